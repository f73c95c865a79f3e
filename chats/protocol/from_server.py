"""Frames that the server sends. Clients ignore what they do not know."""

from __future__ import annotations

from typing import Literal

import msgspec

from chats.protocol.limits import HEARTBEAT_EVERY_S
from chats.protocol.parts import Chat, Event, Head, Member, OwnChat, Sender, VisitorInfo


class Out(msgspec.Struct, omit_defaults=True, tag_field="t"):
    """A frame to a browser. Clients ignore frames and fields that they do not know."""


class VisitorWelcome(Out, tag="welcome"):
    """The socket is open. `chat` is the visitor's open chat, else his last one of the past day."""

    v: int
    sid: str
    epoch: str
    me: Sender
    online: bool
    hb_s: int = HEARTBEAT_EVERY_S
    chat: OwnChat | None = None


class AgentWelcome(Out, tag="inbox"):
    """The socket is open. `chats` are all open chats of the account, longest waiting first."""

    v: int
    sid: str
    epoch: str
    me: Member
    members: list[Member]
    chats: list[Chat]
    hb_s: int = HEARTBEAT_EVERY_S
    more: bool = False


class Ack(Out, tag="ack"):
    """What was sent with `cmid` is stored for good as `seq` of `chat`. `dup`: it already was."""

    cmid: str
    chat: str
    seq: int
    id: str
    at: str
    dup: bool = False


class EventFrame(Out, tag="event"):
    """The next event of a chat; a gap before it means that a hint was lost: ask `sync`."""

    chat: str
    event: Event


class Events(Out, tag="events"):
    """A page of events in order: `after` names the `sync` that it answers, `before` the `history`."""

    chat: str
    events: list[Event]
    more: bool
    after: int | None = None
    before: int | None = None


class AgentChat(Out, tag="chat"):
    """To agents: a chat as it is now; sent when one begins. Older than what the client has: to be ignored."""

    chat: Chat


class VisitorChat(Out, tag="own_chat"):
    """To its visitor: a chat as it is now."""

    chat: OwnChat


class ReadFrame(Out, tag="read"):
    """One side has seen all up to `seq`; `unread` is what remains unread for that side."""

    chat: str
    by: Literal["visitor", "agent"]
    seq: int
    unread: int = 0


class TypingFrame(Out, tag="typing"):
    """Somebody writes; goes out by itself after TYPING_LEASE_S."""

    chat: str
    sender: Sender
    on: bool = False


class VisitorFrameInfo(Out, tag="visitor"):
    """To agents: what is known of the chat's visitor has changed."""

    chat: str
    visitor: VisitorInfo


class Presence(Out, tag="presence"):
    """To agents: who of the team is here."""

    members: list[Member]


class Online(Out, tag="online"):
    """To visitors: is somebody there to answer?"""

    online: bool


class Heartbeat(Out, tag="hb"):
    """Every HEARTBEAT_EVERY_S; to be answered with `alive`. `heads` of the chats that changed lately."""

    heads: dict[str, Head] = {}


class Reset(Out, tag="reset"):
    """Drop the local copy of the chat and load it anew (a restored database, an erased text)."""

    chat: str


class Gone(Out, tag="gone"):
    """The chat may no longer be seen from here."""

    chat: str


class Pong(Out, tag="pong"):
    n: int = 0


class Bye(Out, tag="bye"):
    """The server closes this socket now; come back after `retry_ms`, or not at all where it is missing."""

    code: str
    text: str
    retry_ms: int | None = None


class Err(Out, tag="err"):
    """What was asked did not happen. `cmid`/`chat` tell which; with `retry_ms` the same frame may be sent again."""

    code: str
    text: str
    cmid: str | None = None
    chat: str | None = None
    retry_ms: int | None = None


ServerFrame = (
    VisitorWelcome | AgentWelcome | Ack | EventFrame | Events | AgentChat | VisitorChat | ReadFrame | TypingFrame
    | VisitorFrameInfo | Presence | Online | Heartbeat | Reset | Gone | Pong | Bye | Err
)  # fmt: skip

encode = msgspec.json.Encoder().encode
