"""A temporary folder of its own for tests that start servers, so that no sockets' folders stay behind."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(autouse=True, scope="module")
def short_temporary_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Short, because a socket's path must be; passable for others, because as root Postgres may run as nobody."""
    tmp_path_factory.getbasetemp()  # made at first use, and not to be made in a folder that goes away
    folder = Path(tempfile.mkdtemp(prefix="ct-"))
    folder.chmod(0o711)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", str(folder))
        patch.setattr(tempfile, "tempdir", str(folder))
        yield folder
    shutil.rmtree(folder)
