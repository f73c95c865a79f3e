"""Numbers, codes and the smallest words of the protocol."""

from typing import Annotated, Literal

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
