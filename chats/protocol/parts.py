"""Pieces of frames, used in both directions."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from chats.protocol.limits import ChatState, EventKind, SenderKind


class Part(msgspec.Struct, omit_defaults=True):
    """A piece of a frame. Fields at their default are left out on the wire."""


class Sender(Part):
    """Who did it. `name` is what the other side may see: an agent's public alias, a visitor's handle."""

    kind: SenderKind
    id: str | None = None
    name: str | None = None


class Event(Part):
    """One entry of a chat's gapless list. `data` by kind: assigned {member, name}; ended {by}."""

    seq: int
    id: str
    kind: EventKind
    sender: Sender
    at: str
    cmid: str
    text: str | None = None
    data: dict[str, Any] = {}


class Member(Part):
    """An agent as colleagues see him."""

    id: str
    name: str
    online: bool = False  # has a living console
    accepting: bool = False  # wants new chats


class Assignee(Part):
    id: str
    name: str


class SiteRef(Part):
    id: str
    name: str


class VisitorInfo(Part):
    """What the agent sees of a visitor; the address is cut before `?` and `#` in the browser."""

    id: str
    name: str
    browser: str = ""
    system: str = ""
    language: str = ""
    page_url: str = ""
    page_title: str = ""
    online: bool = False


class Preview(Part):
    """The last message, for the list of chats."""

    text: str
    by: SenderKind
    at: str


class ReadMarks(Part):
    """The highest seq that each side has seen."""

    visitor: int = 0
    agent: int = 0


class Chat(Part):
    """A chat without its events, as agents see it. `unread` counts visitor's messages beyond read.agent."""

    id: str
    state: ChatState
    last: int
    started_at: str
    site: SiteRef
    visitor: VisitorInfo
    read: ReadMarks
    assignee: Assignee | None = None
    unread: int = 0
    preview: Preview | None = None
    ended_at: str | None = None
    ended_by: SenderKind | None = None


class OwnChat(Part):
    """A chat without its events, as its visitor sees it. `unread` counts agents' messages beyond read.visitor."""

    id: str
    state: ChatState
    last: int
    started_at: str
    read: ReadMarks
    assignee: Assignee | None = None
    unread: int = 0
    ended_at: str | None = None
    ended_by: SenderKind | None = None


class PageRef(Part):
    """The page a visitor is on, without query and fragment."""

    url: Annotated[str, msgspec.Meta(max_length=2048)] = ""
    title: Annotated[str, msgspec.Meta(max_length=200)] = ""


class Head(Part):
    """Where a chat stands, for the repair of lost hints."""

    last: int
    state: ChatState
    read: ReadMarks
