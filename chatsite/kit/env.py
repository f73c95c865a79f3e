"""Environment variables: each is read once, in settings, with its default and purpose.

`KNOWN` is what `docs/settings.md` lists; a test compares the two. Each may also be given as a file: `NAME_FILE` holds
the path of one with the value, so that a secret shows in no list of processes or containers.
"""

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Variable:
    name: str
    default: str
    purpose: str


KNOWN: dict[str, Variable] = {}


def env(name: str, default: str, purpose: str) -> str:
    """Return the variable's value, else the content of the file that NAME_FILE names, else the default."""
    KNOWN[name] = Variable(name=name, default=default, purpose=purpose)
    return read_variable(name) or default


def read_variable(name: str) -> str:
    """Return the value of NAME or of the file NAME_FILE; empty when neither is set. Raises OSError without the file."""
    if os.environ.get(name):
        return os.environ[name]
    path = os.environ.get(f"{name}_FILE")
    return Path(path).read_text().strip() if path else ""


def env_flag(name: str, purpose: str) -> bool:
    """Return whether the variable is set to 1, true, yes or on."""
    return env(name, "", purpose).lower() in {"1", "true", "yes", "on"}


def env_list(name: str, default: str, purpose: str) -> list[str]:
    """Return the variable's comma-separated parts."""
    return [part.strip() for part in env(name, default, purpose).split(",") if part.strip()]
