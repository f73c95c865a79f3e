"""Environment variables: each is read once, in settings, with its default and purpose.

`KNOWN` is what `docs/settings.md` lists; a test compares the two.
"""

import os
from dataclasses import dataclass


@dataclass(frozen=True)
class Variable:
    name: str
    default: str
    purpose: str


KNOWN: dict[str, Variable] = {}


def env(name: str, default: str, purpose: str) -> str:
    """Return the variable's value, or its default when it is unset or empty."""
    KNOWN[name] = Variable(name=name, default=default, purpose=purpose)
    return os.environ.get(name) or default


def env_flag(name: str, purpose: str) -> bool:
    """Return whether the variable is set to 1, true, yes or on."""
    return env(name, "", purpose).lower() in {"1", "true", "yes", "on"}


def env_list(name: str, default: str, purpose: str) -> list[str]:
    """Return the variable's comma-separated parts."""
    return [part.strip() for part in env(name, default, purpose).split(",") if part.strip()]
