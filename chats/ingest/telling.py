"""What is told of a stored event: the same frame to all who may see its chat, whichever way it was written."""

from typing import cast

from chats.fanout import ChatRef, Parcel
from chats.ingest.append import Item, Outcome
from chats.protocol import Event, EventFrame, EventKind, Sender, encode


def pack_event(*, chat: ChatRef, item: Item, sender: Sender, outcome: Outcome) -> Parcel:
    """Return the parcel for an item whose outcome is new or dup; to be sent only after the commit.

    What was stored before is told again: its first telling may have died with its process. Who has it drops it.
    """
    event = Event(
        seq=outcome.seq,
        id=outcome.public_id,
        kind=cast(EventKind, item.kind),
        sender=sender,
        at=outcome.at,
        cmid=item.cmid,
        text=item.text,
        data=item.data,
    )
    frame = encode(EventFrame(chat=chat.public_id, event=event)).decode()
    return Parcel(frames=(frame,), to_agents=True, to_visitor=chat.visitor_public_id)
