"""Frames that a browser sends. Strict: what is not described here is refused."""

from __future__ import annotations

from typing import Annotated

import msgspec

from chats.protocol.limits import ChatId, Cmid, Seq
from chats.protocol.parts import PageRef


class In(msgspec.Struct, forbid_unknown_fields=True, tag_field="t"):
    """A frame from a browser. Unknown fields are refused (`bad_frame`)."""


class Hello(In, tag="hello"):
    """The first frame, within HELLO_WITHIN_S. The ticket comes from an authenticated HTTP call and works once."""

    v: int
    ticket: Annotated[str, msgspec.Meta(max_length=512)]


class Start(In, tag="start"):
    """Visitor: open a chat with its first message. Answered by chat, ack, event. Same cmid again: same chat."""

    cmid: Cmid
    text: str
    page: PageRef = msgspec.field(default_factory=PageRef)


class Send(In, tag="send"):
    """Write a message. The cmid is reused on every retry. A visitor's send to an ended chat opens a new one."""

    chat: ChatId
    cmid: Cmid
    text: str


class Sync(In, tag="sync"):
    """Ask for the events after `after`, oldest first; answered by `events`."""

    chat: ChatId
    after: Seq


class History(In, tag="history"):
    """Ask for the events before `before`, newest page; answered by `events`."""

    chat: ChatId
    before: Seq


class Read(In, tag="read"):
    """All up to `seq` was on the screen. Only the assignee's reading counts for the agents' side."""

    chat: ChatId
    seq: Seq


class Typing(In, tag="typing"):
    """Writing now; repeated every 3 s while it lasts, `on: false` when it stops."""

    chat: ChatId
    on: bool


class Viewing(In, tag="viewing"):
    """Visitor: is on this page now."""

    page: PageRef


class Take(In, tag="take"):
    """Agent: answer this waiting chat."""

    chat: ChatId
    cmid: Cmid


class End(In, tag="end"):
    """End the chat."""

    chat: ChatId
    cmid: Cmid


class Availability(In, tag="availability"):
    """Agent: accept new chats or not."""

    accepting: bool


class Alive(In, tag="alive"):
    """The answer to `hb`, sent from the message handler: timers of hidden tabs sleep."""


class Ping(In, tag="ping"):
    """Is the line alive? Answered by `pong` with the same number."""

    n: Seq = 0


VisitorFrame = Hello | Start | Send | Sync | History | Read | Typing | Viewing | End | Alive | Ping
AgentFrame = Hello | Send | Sync | History | Read | Typing | Take | End | Availability | Alive | Ping

decode_visitor = msgspec.json.Decoder(VisitorFrame).decode
decode_agent = msgspec.json.Decoder(AgentFrame).decode
