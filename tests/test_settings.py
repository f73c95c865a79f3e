"""docs/settings.md tells of every variable; a variable is read in one place."""

import re
from pathlib import Path

import pytest
from django.conf import settings

from chatsite.kit.env import KNOWN

PAGE = settings.BASE_DIR / "docs" / "settings.md"
ROW = re.compile(r"^\| `([A-Z_]+)` \| (?:`(.*?)`)? ?\| (.+) \|$", re.MULTILINE)
# Started before settings exist, or by whoever starts the others.
MAY_READ_THE_ENVIRONMENT = {
    "manage.py", "chatsite/kit/env.py", "chatsite/asgi.py", "chatsite/celery.py", "chatsite/supervisor.py",
    "chatsite/embedded", "chatsite/management",
}  # fmt: skip


def test_the_page_lists_every_variable_with_its_default_and_purpose() -> None:
    listed = {name: (default, purpose) for name, default, purpose in ROW.findall(PAGE.read_text())}
    root = f"{settings.BASE_DIR}/"
    known = {name: (one.default.replace(root, ""), one.purpose) for name, one in KNOWN.items()}
    faults = [
        f"| `{name}` | {f'`{default}` ' if default else ''}| {purpose} |"
        for name, (default, purpose) in known.items()
        if listed.get(name) != (default, purpose)
    ]
    assert not faults, "docs/settings.md needs these lines:\n" + "\n".join(faults)
    assert not listed.keys() - known.keys(), f"docs/settings.md: no such variables {listed.keys() - known.keys()}"


@pytest.mark.parametrize("app", ["accounts", "widget", "chats", "billing", "privacy", "chatsite"])
def test_the_environment_is_read_in_settings_alone(app: str) -> None:
    for path in Path(settings.BASE_DIR / app).rglob("*.py"):
        place = path.relative_to(settings.BASE_DIR).as_posix()
        if not any(place.startswith(allowed) for allowed in MAY_READ_THE_ENVIRONMENT):
            assert "os.environ" not in path.read_text(), f"{place}: name the variable in chatsite/settings.py by env(…)"
