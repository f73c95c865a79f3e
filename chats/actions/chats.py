"""The life of a chat: start, take, end, release. Each needs the account's scope and announces after the commit."""

import uuid

from django.db import IntegrityError, connection, transaction

from accounts.models import Account, Member
from accounts.permissions import Permission, allows
from chats.actions.messages import ChatEnded, NotYours, ReadOnly, check_outcome
from chats.fanout import ChatRef, Parcel, announce
from chats.ingest.append import Item, Outcome, append
from chats.ingest.telling import pack_event
from chats.models import Chat, Kind, SenderKind, State
from chats.models import Event as EventRow
from chats.protocol import AgentChat, Sender, VisitorChat, encode
from chats.queries import describe_own_chat, get_chat
from chats.text import check_cmid, clean_text
from chatsite.kit.errors import NotFound, NotPermitted, Refused
from widget.models import Visitor

SYSTEM = Sender(kind="system")


class ChatTaken(Refused):
    code = "chat_taken"
    status = 409
    text = "A colleague answers this chat already."


def start_chat(*, visitor: Visitor, cmid: str, text: str) -> tuple[ChatRef, Outcome]:
    """Open a chat with its first message, or write into the visitor's open one. Safe to repeat with the same cmid.

    Raises ReadOnly where the account or the site takes no chats, and what a message may raise.
    """
    cmid, text = check_cmid(cmid), clean_text(text)
    account = Account.objects.get(id=visitor.account_id)
    chat = _find_chat_with(visitor=visitor, cmid=cmid)
    if chat is None and not (account.takes_chats and visitor.site.active):
        raise ReadOnly
    created = False
    if chat is None:
        chat, created = _open_chat(visitor=visitor, cmid=cmid)
    ref = ChatRef(chat.id, chat.public_id, visitor.account_id, account.public_id, visitor.public_id)
    frames_before: list[Parcel] = []
    if created:
        chat.unread = 0  # type: ignore[attr-defined]
        own = encode(VisitorChat(chat=describe_own_chat(chat))).decode()
        summary = encode(AgentChat(chat=get_chat(ref, frozenset({visitor.public_id})))).decode()
        frames_before = [Parcel(frames=(summary,), to_agents=True), Parcel(frames=(own,), to_visitor=visitor.public_id)]
    sender = Sender(kind="visitor", id=visitor.public_id, name=visitor.name)
    item = Item(
        chat_id=chat.id, kind=Kind.MESSAGE, sender_kind=SenderKind.VISITOR, sender_id=visitor.id, cmid=cmid, text=text
    )
    return ref, _append_and_announce(ref, item, sender, before=frames_before)


def _find_chat_with(*, visitor: Visitor, cmid: str) -> Chat | None:
    """Return the chat in which this message is stored already, also where it was not its first: else a repeated start
    would open another one, once that has ended."""
    stored = EventRow.objects.filter(
        chat__visitor_id=visitor.id, sender_kind=SenderKind.VISITOR, sender_id=visitor.id, cmid=cmid
    )
    return Chat.objects.filter(visitor_id=visitor.id, id__in=stored.values("chat_id")).first()


def _open_chat(*, visitor: Visitor, cmid: str) -> tuple[Chat, bool]:
    """Return the visitor's open chat, or a new one and True. Two tabs at once end up in the same chat."""
    open_chats = Chat.objects.filter(visitor_id=visitor.id).exclude(state=State.ENDED)
    chat = open_chats.first()
    if chat is not None:
        return chat, False
    try:
        with transaction.atomic():
            chat = Chat.objects.create(
                account_id=visitor.account_id, site_id=visitor.site_id, visitor=visitor, start_cmid=cmid
            )
    except IntegrityError:  # the other tab was first, with this cmid or another
        chat = open_chats.first() or Chat.objects.get(visitor_id=visitor.id, start_cmid=cmid)
        return chat, False
    chat.refresh_from_db()
    return chat, True


def take_chat(*, chat: ChatRef, member: Member, cmid: str) -> Outcome:
    """Make the member the one who answers a waiting chat. Raises ChatTaken, ChatEnded, NotFound."""
    row = _lock(chat)
    item = _agent_item(chat, member, Kind.ASSIGNED, cmid, {"member": member.public_id, "name": member.alias})
    if row.state == State.ACTIVE and row.assignee_id != member.id:
        raise ChatTaken
    if row.state == State.ENDED:
        raise ChatEnded
    outcome = _append_and_announce(chat, item, describe_agent(member))
    if outcome.status == "new":
        Chat.objects.filter(id=chat.id).update(state=State.ACTIVE, assignee_id=member.id)
    return outcome


def end_chat_as_agent(*, chat: ChatRef, member: Member, cmid: str) -> Outcome:
    """End a chat: one's own, or with Permission.CHAT_END_ANY any. Raises NotYours, NotPermitted, ChatEnded."""
    row = _lock(chat)
    if not allows(member.role, Permission.CHAT_ANSWER):
        raise NotPermitted
    if row.assignee_id != member.id and not allows(member.role, Permission.CHAT_END_ANY):
        raise NotYours
    item = _agent_item(chat, member, Kind.ENDED, cmid, {"by": "agent"})
    return _end(chat, item, describe_agent(member))


def end_chat_as_visitor(*, chat: ChatRef, visitor: Visitor, cmid: str) -> Outcome:
    """End one's own chat. Raises ChatEnded."""
    _lock(chat)
    item = Item(
        chat_id=chat.id,
        kind=Kind.ENDED,
        sender_kind=SenderKind.VISITOR,
        sender_id=visitor.id,
        cmid=check_cmid(cmid),
        data={"by": "visitor"},
    )
    return _end(chat, item, Sender(kind="visitor", id=visitor.public_id, name=visitor.name))


def end_chat_as_system(*, chat: ChatRef) -> None:
    """End a chat for a reason that nobody in it gave: forgotten, or the account has become read-only."""
    if _lock(chat).state == State.ENDED:
        return
    item = Item(chat_id=chat.id, kind=Kind.ENDED, sender_kind=SenderKind.SYSTEM, sender_id=0,
                cmid=str(uuid.uuid4()), data={"by": "system"})  # fmt: skip
    _end(chat, item, SYSTEM)


def release_chat(*, chat: ChatRef, member: Member) -> None:
    """Put a chat that the member answers back to the queue, so that nobody waits for who has left. Safe to repeat."""
    row = _lock(chat)
    if row.state != State.ACTIVE or row.assignee_id != member.id:
        return
    item = Item(chat_id=chat.id, kind=Kind.ASSIGNED, sender_kind=SenderKind.SYSTEM, sender_id=0,
                cmid=str(uuid.uuid4()), data={"member": None, "name": member.alias})  # fmt: skip
    _append_and_announce(chat, item, SYSTEM)
    Chat.objects.filter(id=chat.id).update(state=State.WAITING, assignee_id=None)


def describe_agent(member: Member) -> Sender:
    """Return a member as the sender of events."""
    return Sender(kind="agent", id=member.public_id, name=member.alias)


def _agent_item(chat: ChatRef, member: Member, kind: str, cmid: str, data: dict[str, str]) -> Item:
    return Item(
        chat_id=chat.id, kind=kind, sender_kind=SenderKind.AGENT, sender_id=member.id, cmid=check_cmid(cmid), data=data
    )


def _lock(chat: ChatRef) -> Chat:
    row = Chat.objects.select_for_update(no_key=True).filter(id=chat.id).first()
    if row is None:
        raise NotFound("There is no such chat here.")
    return row


def _end(chat: ChatRef, item: Item, sender: Sender) -> Outcome:
    outcome = _append_and_announce(chat, item, sender)
    if outcome.status == "new":
        Chat.objects.filter(id=chat.id).update(state=State.ENDED, ended_at=outcome.at, ended_by=item.sender_kind)
    return outcome


def _append_and_announce(chat: ChatRef, item: Item, sender: Sender, *, before: list[Parcel] | None = None) -> Outcome:
    """Append one event in the transaction under way; deliver it, after `before`, once that has committed."""
    with connection.cursor() as cursor:
        outcome = check_outcome(append(cursor, [item])[0])
    parcel = pack_event(chat=chat, item=item, sender=sender, outcome=outcome)
    announce(chat.account_public_id, [*(before or []), parcel])
    return outcome
