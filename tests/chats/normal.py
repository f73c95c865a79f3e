"""Frames made comparable: what is random or by the clock gets a name by the order in which it appears."""

import re
from typing import Any

PUBLIC_ID = re.compile(r"^(chat|vis|mem|evt|sid|site|acc)_[0-9A-Za-z]{22}$")
UUID = re.compile(r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
TIME = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
HANDLE = re.compile(r"^[A-Z][a-z]+ [A-Z][a-z]+$")  # a visitor's name, made from his id


class Names:
    """Equal values keep an equal name, so that a wrong time or id in one frame shows."""

    def __init__(self) -> None:
        self._names: dict[tuple[str, str], str] = {}
        self._counts: dict[str, int] = {}

    def normal(self, value: Any, field: str = "", parent: str = "") -> Any:
        if isinstance(value, dict):
            around = f"{value.get('id', '')}"
            return {self.normal(key): self.normal(inner, key, around) for key, inner in value.items()}
        if isinstance(value, list):
            return [self.normal(inner, field, parent) for inner in value]
        if not isinstance(value, str):
            return value
        if field == "epoch":
            return self._name("epoch", value, "epoch_{}")
        if match := PUBLIC_ID.match(value):
            return self._name(match[1], value, match[1] + "_{}")
        if UUID.match(value):
            return self._name("cmid", value, "00000000-0000-4000-8000-{:012}")
        if TIME.match(value):
            # The chat's own beginning may or may not fall into the millisecond of its first event.
            return self._name(
                "time", f"{parent} began" if field == "started_at" else value, "2026-01-01T00:00:{:02}.000Z"
            )
        if field == "name" and HANDLE.match(value) and not value.startswith("Acme "):
            return self._name("handle", value, "Visitor {}")
        return value

    def _name(self, kind: str, value: str, form: str) -> str:
        key = (kind, value)
        if key not in self._names:
            self._counts[kind] = self._counts.get(kind, 0) + 1
            self._names[key] = form.format(self._counts[kind])
        return self._names[key]
