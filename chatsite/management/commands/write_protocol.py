"""Writes the browser's and the reader's form of chats/protocol."""

import typing
from pathlib import Path
from types import UnionType
from typing import Any

import msgspec
from django.conf import settings
from django.core.management.base import BaseCommand

from chats import protocol
from chats.protocol import from_browser, from_server, parts

CONSTANTS = ["PROTOCOL_VERSION", "FRAME_MAX_BYTES", "TEXT_MAX_CHARS", "SYNC_PAGE_EVENTS", "HELLO_WITHIN_S",
             "HEARTBEAT_EVERY_S", "LEASE_S", "TYPING_LEASE_S"]  # fmt: skip
LITERALS = ["ChatState", "SenderKind", "EventKind"]
UNIONS = ["VisitorFrame", "AgentFrame", "ServerFrame"]
MADE = "Made from chats/protocol by `manage.py write_protocol`: do not edit."


class Command(BaseCommand):
    help = "Write static/shared/protocol.js, protocol.d.ts and docs/protocol.md from chats/protocol."

    def handle(self, **options: Any) -> None:
        for name, text in render_all().items():
            (settings.BASE_DIR / name).write_text(text)


def render_all() -> dict[str, str]:
    """Return path → text of every file made from the protocol."""
    return {
        str(Path("static/shared/protocol.js")): _render_values(),
        str(Path("static/shared/protocol.d.ts")): _render_types(),
        str(Path("docs/protocol.md")): _render_page(),
    }


def _structs() -> list[type[msgspec.Struct]]:
    bases = (protocol.Part, protocol.In, protocol.Out)
    return [
        value
        for module in (parts, from_browser, from_server)
        for value in vars(module).values()
        if isinstance(value, type)
        and issubclass(value, msgspec.Struct)
        and value not in bases
        and value.__module__ == module.__name__
    ]


def _type(form: Any) -> str:
    origin, arguments = typing.get_origin(form), typing.get_args(form)
    if origin is typing.Annotated:
        return _type(arguments[0])
    if origin is typing.Literal:
        return " | ".join(f'"{value}"' for value in arguments)
    if origin in (typing.Union, UnionType):
        return " | ".join(_type(part) for part in arguments)
    if origin is list:
        return f"{_type(arguments[0])}[]"
    if origin is dict:
        return f"Record<{_type(arguments[0])}, {_type(arguments[1])}>"
    if form is type(None):
        return "null"
    names = {str: "string", int: "number", bool: "boolean", Any: "any"}
    return names.get(form) or str(form.__name__)


def _fields(struct: type[msgspec.Struct]) -> list[tuple[str, bool, str]]:
    hints = typing.get_type_hints(struct, include_extras=True)
    return [(field.name, field.required, _type(hints[field.name])) for field in msgspec.structs.fields(struct)]


def _words(struct: type[msgspec.Struct]) -> str:
    return " ".join((struct.__doc__ or "").split())


def _render_values() -> str:
    lines = [f"// {MADE}", ""]
    lines += [f"export const {name} = {getattr(protocol, name)};" for name in CONSTANTS]
    lines += ["", "/** Close codes of the sockets. */", "export const CLOSE = Object.freeze({"]
    lines += [f"  {name}: {code}," for name, code in vars(protocol.Close).items() if name.isupper()]
    return "\n".join([*lines, "});", ""])


def _render_types() -> str:
    lines = [f"// {MADE}", ""]
    lines += [f"export type {name} = {_type(getattr(protocol, name))};" for name in LITERALS]
    for struct in _structs():
        lines += ["", f"/** {_words(struct)} */" if _words(struct) else "", f"export interface {struct.__name__} {{"]
        tag = struct.__struct_config__.tag
        lines += [f'  t: "{tag}";'] if tag else []
        lines += [f"  {name}{'' if required else '?'}: {form};" for name, required, form in _fields(struct)]
        lines += ["}"]
    lines += [""] + [f"export type {name} = {_type(getattr(protocol, name))};" for name in UNIONS]
    lines += [""] + [f"export const {name}: {getattr(protocol, name)};" for name in CONSTANTS]
    codes = " ".join(f"{name}: {code};" for name, code in vars(protocol.Close).items() if name.isupper())
    lines += [f"export const CLOSE: Readonly<{{ {codes} }}>;", ""]
    return "\n".join(lines)


def _render_page() -> str:
    lines = ["# Protocol of the sockets", "", f"<!-- {MADE} -->", "", f"Version {protocol.PROTOCOL_VERSION}.", ""]
    lines += [(protocol.__doc__ or "").split("\n", 1)[1].strip(), "", "| Constant | Value |", "|---|---|"]
    lines += [f"| `{name}` | {getattr(protocol, name):,} |" for name in CONSTANTS]
    for title, base in (
        ("From the browser", protocol.In),
        ("From the server", protocol.Out),
        ("Parts", protocol.Part),
    ):
        lines += ["", f"## {title}"]
        for struct in _structs():
            if not issubclass(struct, base):
                continue
            lines += ["", f"### `{struct.__struct_config__.tag or struct.__name__}`", "", _words(struct), ""]
            if _fields(struct):
                lines += ["| Field | Type | |", "|---|---|---|"]
                lines += [
                    f"| `{name}` | `{form.replace('|', chr(92) + '|')}` | {'' if required else 'optional'} |"
                    for name, required, form in _fields(struct)
                ]
    lines += ["", "## Codes of `err` and `bye`", "", "| Code | Meaning |", "|---|---|"]
    lines += [f"| `{code}` | {text} |" for code, text in protocol.ERROR_CODES.items()]
    lines += ["", "## Close codes", "", "| Code | Meaning |", "|---|---|"]
    lines += [f"| {code} | {name.lower()} |" for name, code in vars(protocol.Close).items() if name.isupper()]
    lines += ["| 1009, 1007 | over the transport's own limit of 128 KiB; not UTF-8 |", "| 1012 | restart |", ""]
    return "\n".join(lines)
