"""Every frame of the visitors' and agents' sockets: the contract with the browser.

JSON text frames, told apart by the field `t`. From this file `manage.py write_protocol` writes
`static/shared/protocol.js` and `docs/protocol.md`; a test compares. Adding an optional field or a new frame
keeps the version; anything else raises PROTOCOL_VERSION and keeps the old form working for one release.

Times are ISO 8601 in UTC, made by Postgres. Identifiers are random and public (`chat_…`, `vis_…`, `mem_…`, `evt_…`).
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

PROTOCOL_VERSION = 1

FRAME_MAX_BYTES = 64 * 1024  # ours, answered with err{too_big}; the transport's own limit is twice that
TEXT_MAX_CHARS = 8_000  # code points; more is a document, not a message
SYNC_PAGE_EVENTS = (
    100  # events in one `events` frame: well under FRAME_MAX_BYTES × 16 in the worst case, one screen in the usual
)
HELLO_WITHIN_S = 5  # a socket that has not introduced itself by then is closed 4401
HEARTBEAT_EVERY_S = 15  # two losses stay within the lease below
LEASE_S = 40  # presence without an answer to a heartbeat ends after this
TYPING_LEASE_S = 6  # a typing sign that is not renewed goes out after this

ChatId = Annotated[str, msgspec.Meta(max_length=64)]
Cmid = Annotated[str, msgspec.Meta(max_length=36)]
Seq = Annotated[int, msgspec.Meta(ge=0, le=2**53)]

ChatState = Literal["waiting", "active", "ended"]
SenderKind = Literal["visitor", "agent", "system"]
EventKind = Literal["message", "file", "assigned", "ended"]  # `file` is reserved: nothing sends it yet


class Close:
    """Close codes of our sockets, beside the transport's 1009 (too big), 1007 (not UTF-8) and 1012 (restart)."""

    PROTOCOL = 4400  # first frame was no hello, or a binary frame
    UNAUTHENTICATED = 4401  # ticket bad or late, session or membership ended
    FORBIDDEN = 4403  # wrong origin, site switched off
    SLOW = 4408  # the reader fell behind; resume by sync
    OUTDATED = 4426  # protocol version not spoken here: reload the page
    RATE = 4429  # too many frames


# -- parts ---------------------------------------------------------------------------------------------------


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


# -- client → server -----------------------------------------------------------------------------------------


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


# -- server → client -----------------------------------------------------------------------------------------


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

ERROR_CODES: dict[str, str] = {
    "bad_frame": "The frame is not one of ours, or a field has the wrong type.",
    "too_big": "The frame is over 64 KiB.",
    "empty_text": "There is nothing to read in the message.",
    "text_too_long": "The message is over 8,000 characters.",
    "bad_cmid": "The cmid is not a UUID.",
    "not_found": "There is no such chat here.",
    "not_permitted": "This role may not do that.",
    "chat_ended": "The chat has ended.",
    "chat_taken": "A colleague answers this chat already.",
    "not_yours": "Only the agent who answers this chat may do that.",
    "cmid_conflict": "This cmid was used before, with another text.",
    "busy": "The chat is busy; the same frame may be sent again.",
    "rate_limited": "Too many messages in a short time.",
    "read_only": "The account takes no new chats now.",
    "internal": "Something failed on the server; the same frame may be sent again.",
    "hello_expected": "The first frame must be hello.",
    "bad_ticket": "The ticket is unknown, used or too old.",
    "outdated": "This page speaks an old version; it must be reloaded.",
    "signed_out": "The session or the membership has ended.",
    "slow": "The connection is too slow to follow; what was missed is loaded on return.",
    "restart": "The server restarts.",
}

encode = msgspec.json.Encoder().encode
decode_visitor = msgspec.json.Decoder(VisitorFrame).decode
decode_agent = msgspec.json.Decoder(AgentFrame).decode
