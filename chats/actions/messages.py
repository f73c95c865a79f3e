"""Writing messages and marking them read. The path of every message: validate, one commit, acknowledge, deliver."""

from django.db.models import F, QuerySet
from django.db.models.functions import Greatest, Least, Now

from chats.fanout import ChatRef, Parcel, announce
from chats.ingest.append import Item, Outcome
from chats.ingest.group_commit import submit
from chats.models import Chat, Kind, SenderKind, State
from chats.protocol import ReadFrame, Sender, encode
from chats.queries import count_unread
from chats.text import check_cmid, clean_text
from chatsite.kit.errors import NotFound, Refused


class ChatEnded(Refused):
    code = "chat_ended"
    status = 409
    text = "This chat has ended. Everything in it is kept."


class NotYours(Refused):
    code = "not_yours"
    status = 409
    text = "A colleague answers this chat, or nobody has taken it yet. Take it to write."


class CmidConflict(Refused):
    code = "cmid_conflict"
    status = 409
    text = "This message was sent before with another text. The first one is kept; please send yours again."


class ReadOnly(Refused):
    code = "read_only"
    status = 403
    text = "No messages can be taken here at the moment. What was said before is kept."


_REFUSALS: dict[str, type[Refused]] = {
    "conflict": CmidConflict,
    "absent": NotFound,
    "ended": ChatEnded,
    "not_yours": NotYours,
    "read_only": ReadOnly,
}


def check_outcome(outcome: Outcome) -> Outcome:
    """Return an outcome that is stored (new or dup); raise the refusal that it stands for otherwise."""
    refusal = _REFUSALS.get(outcome.status)
    if refusal is not None:
        raise refusal
    return outcome


async def post_message(*, chat: ChatRef, sender: Sender, sender_id: int, cmid: str, text: str) -> Outcome:
    """Store a message and deliver it; return once it is durable. Safe to repeat with the same cmid.

    The sender's right to write in this chat must have been checked. Raises EmptyText, TextTooLong, BadCmid, ChatEnded,
    NotYours, ReadOnly, CmidConflict, NotFound, Busy.
    """
    item = Item(
        chat_id=chat.id,
        kind=Kind.MESSAGE.value,
        sender_kind=sender.kind,
        sender_id=sender_id,
        cmid=check_cmid(cmid),
        text=clean_text(text),
    )
    return check_outcome(await submit(chat=chat, item=item, sender=sender))


def mark_read_by_visitor(*, chat: ChatRef, seq: int) -> None:
    """Record that the visitor has seen all up to `seq`. Needs the account's scope."""
    if _move_mark(Chat.objects.filter(id=chat.id), "visitor_read_seq", seq):
        _announce_mark(chat, by="visitor", other_side=SenderKind.AGENT, mark="visitor_read_seq")


def mark_read_by_agent(*, chat: ChatRef, member_id: int, seq: int) -> None:
    """Record that the chat's assignee has seen all up to `seq`; a colleague's look changes nothing. Needs the scope."""
    mine = Chat.objects.filter(id=chat.id, assignee_id=member_id).exclude(state=State.WAITING)
    if _move_mark(mine, "agent_read_seq", seq):
        _announce_mark(chat, by="agent", other_side=SenderKind.VISITOR, mark="agent_read_seq")


def _move_mark(chats: QuerySet[Chat], mark: str, seq: int) -> bool:
    to = Greatest(F(mark), Least(seq, F("last_seq")))
    return bool(chats.filter(**{f"{mark}__lt": Least(seq, F("last_seq"))}).update(**{mark: to}, changed_at=Now()))


def _announce_mark(chat: ChatRef, *, by: str, other_side: str, mark: str) -> None:
    seq = Chat.objects.values_list(mark, flat=True).get(id=chat.id)
    unread = count_unread(chat_id=chat.id, sender_kind=other_side, after=seq)
    frame = encode(ReadFrame(chat=chat.public_id, by=by, seq=seq, unread=unread)).decode()  # type: ignore[arg-type]
    announce(chat.account_public_id, [Parcel(frames=(frame,), to_agents=True, to_visitor=chat.visitor_public_id)])
