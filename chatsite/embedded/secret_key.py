"""The secret key of a local installation, made at its first start and kept beside its data."""

import argparse
import os
import secrets
from collections.abc import Sequence
from pathlib import Path

DEFAULT_FOLDER = Path(".local")
KEY_BYTES = 48  # 64 characters; Django warns below 50


def provide_secret_key(*, arguments: Sequence[str]) -> None:
    """Set CHATSITE_SECRET_KEY, unless it is set, to the key in the folder that `--local-dir` names.

    Called before Django's settings load, which refuse to do so without a key.
    """
    if not os.environ.get("CHATSITE_SECRET_KEY"):
        options = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
        options.add_argument("--local-dir", type=Path, default=DEFAULT_FOLDER)
        folder = options.parse_known_args(list(arguments))[0].local_dir
        os.environ["CHATSITE_SECRET_KEY"] = keep_secret_key(folder / "secret_key")


def keep_secret_key(path: Path) -> str:
    """The key in the file, which is made, readable by us alone, when it does not exist or a kill left it empty."""
    if not path.exists() or not path.read_text():
        make_local_folder(path.parent)
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(KEY_BYTES))
    return path.read_text()


def make_local_folder(folder: Path) -> None:
    """Others may pass through but not look around: as root, Postgres may have to run as `nobody` in there."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o711)
