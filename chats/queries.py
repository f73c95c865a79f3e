"""Reads of chats: what agents and visitors are shown, as the parts of frames. All need the account's scope."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from django.db.models import Count, F, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce, JSONObject, Now

from accounts.models import Member as MemberRow
from chats.fanout import ChatRef
from chats.models import Chat as ChatRow
from chats.models import Event as EventRow
from chats.models import Kind, LogEpoch, SenderKind, State
from chats.protocol import (
    SYNC_PAGE_EVENTS,
    Assignee,
    Chat,
    ChatState,
    Event,
    EventKind,
    Events,
    Head,
    Member,
    OwnChat,
    Preview,
    ReadMarks,
    Sender,
    SiteRef,
    VisitorFrameInfo,
    VisitorInfo,
    encode,
)
from chats.protocol import SenderKind as SenderKindName
from chatsite.kit.errors import NotFound
from chatsite.kit.ids import may_be_id
from widget.models import Visitor

INBOX_MAX_CHATS = 500  # more open chats than that are paged, not live
ENDED_PAGE_CHATS = 50
LAST_CHAT_FOR = timedelta(days=1)  # how long a visitor finds his ended chat again
HEADS_OF_LAST = timedelta(seconds=60)  # four heartbeats: a change older than that was in an earlier one


def to_utc_text(moment: datetime) -> str:
    """Return a time as frames carry it: ISO 8601, UTC, milliseconds cut as Postgres' to_char does."""
    moment = moment.astimezone(UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


def get_chat_ref(public_id: str, *, visitor_id: int | None = None) -> ChatRef:
    """Return the keys of a chat; of this visitor's chat where one is given. Raises NotFound."""
    chats = _named(public_id)
    return _ref(chats if visitor_id is None else chats.filter(visitor_id=visitor_id))


def get_chat_ref_by_id(chat_id: int) -> ChatRef:
    """Return the keys of a chat that a sweep found. Raises NotFound."""
    return _ref(ChatRow.objects.filter(id=chat_id))


def list_open_chats(*, assignee_id: int | None = None) -> list[ChatRef]:
    """Return the keys of the account's open chats, or of those that one member answers."""
    chats = ChatRow.objects.exclude(state=State.ENDED).order_by("id")
    return _refs(chats if assignee_id is None else chats.filter(assignee_id=assignee_id))


def _named(public_id: str) -> QuerySet[ChatRow]:
    return ChatRow.objects.filter(public_id=public_id) if may_be_id(public_id) else ChatRow.objects.none()


def _ref(chats: QuerySet[ChatRow]) -> ChatRef:
    found = _refs(chats[:1])
    if not found:
        raise NotFound("There is no such chat here.")
    return found[0]


def _refs(chats: QuerySet[ChatRow]) -> list[ChatRef]:
    keys = ("id", "public_id", "account_id", "account__public_id", "visitor__public_id")
    return [ChatRef(*row) for row in chats.values_list(*keys)]


def read_epoch() -> str:
    """Return the incarnation of the logs."""
    return str(LogEpoch.objects.values_list("value", flat=True).get())


# -- events --------------------------------------------------------------------------------------------------


def list_events(ref: ChatRef, *, after: int | None = None, before: int | None = None) -> Events:
    """Return a page of a chat's events in order: those after `after`, or the last ones before `before`."""
    rows = EventRow.objects.filter(chat_id=ref.id)
    if before is not None:
        found = list(rows.filter(seq__lt=before).order_by("-seq")[: SYNC_PAGE_EVENTS + 1])
        page = found[:SYNC_PAGE_EVENTS][::-1]
    else:
        found = list(rows.filter(seq__gt=after or 0).order_by("seq")[: SYNC_PAGE_EVENTS + 1])
        page = found[:SYNC_PAGE_EVENTS]
    senders = _name_senders(ref, page)
    return Events(
        chat=ref.public_id,
        events=[_event(row, senders) for row in page],
        more=len(found) > SYNC_PAGE_EVENTS,
        after=None if before is not None else after or 0,
        before=before,
    )


def _name_senders(ref: ChatRef, rows: Iterable[EventRow]) -> dict[tuple[str, int], Sender]:
    wanted = {(row.sender_kind, row.sender_id) for row in rows}
    members = [key for kind, key in wanted if kind == SenderKind.AGENT]
    senders: dict[tuple[str, int], Sender] = {(SenderKind.SYSTEM, 0): Sender(kind="system")}
    if members:
        for key, public_id, alias in MemberRow.objects.filter(id__in=members).values_list("id", "public_id", "alias"):
            senders[(SenderKind.AGENT, key)] = Sender(kind="agent", id=public_id, name=alias)
    visitors = [key for kind, key in wanted if kind == SenderKind.VISITOR]
    for key, public_id, name in Visitor.objects.filter(id__in=visitors).values_list("id", "public_id", "name"):
        senders[(SenderKind.VISITOR, key)] = Sender(kind="visitor", id=public_id, name=name)
    return senders


def _event(row: EventRow, senders: dict[tuple[str, int], Sender]) -> Event:
    return Event(
        seq=row.seq,
        id=row.public_id,
        kind=cast(EventKind, row.kind),
        sender=senders.get((row.sender_kind, row.sender_id), Sender(kind=cast(SenderKindName, row.sender_kind))),
        at=to_utc_text(row.created_at),
        cmid=str(row.cmid),
        text=row.text,
        data=row.data,
    )


# -- chats ---------------------------------------------------------------------------------------------------


def _unread(sender_kind: str, mark: str) -> Any:
    """Count the messages of one side that the other has not seen."""
    messages = (
        EventRow.objects.filter(
            chat_id=OuterRef("pk"), kind=Kind.MESSAGE, sender_kind=sender_kind, seq__gt=OuterRef(mark)
        )
        .order_by()
        .values("chat_id")
        .annotate(count=Count("*"))
        .values("count")
    )
    return Coalesce(Subquery(messages, output_field=IntegerField()), 0)


def _summaries(chats: QuerySet[ChatRow], online_visitors: frozenset[str]) -> list[Chat]:
    last_message = (
        EventRow.objects.filter(chat_id=OuterRef("pk"), kind=Kind.MESSAGE)
        .order_by("-seq")
        .values(found=JSONObject(text="text", by="sender_kind", at="created_at"))[:1]
    )
    rows = chats.select_related("site", "visitor", "assignee").annotate(
        last_message=Subquery(last_message), unread=_unread(SenderKind.VISITOR, "agent_read_seq")
    )
    return [_summary(row, online_visitors) for row in rows]


def _summary(row: Any, online_visitors: frozenset[str]) -> Chat:
    last = row.last_message
    return Chat(
        id=row.public_id,
        state=row.state,
        last=row.last_seq,
        started_at=to_utc_text(row.started_at),
        site=SiteRef(id=row.site.public_id, name=row.site.name),
        visitor=describe_visitor(row.visitor, online_visitors),
        read=ReadMarks(visitor=row.visitor_read_seq, agent=row.agent_read_seq),
        assignee=_assignee(row),
        unread=row.unread,
        preview=Preview(text=last["text"], by=last["by"], at=to_utc_text(datetime.fromisoformat(last["at"])))
        if last
        else None,
        ended_at=to_utc_text(row.ended_at) if row.ended_at else None,
        ended_by=row.ended_by or None,
    )


def _assignee(row: ChatRow) -> Assignee | None:
    return Assignee(id=row.assignee.public_id, name=row.assignee.alias) if row.assignee else None


def describe_visitor(visitor: Visitor, online_visitors: frozenset[str]) -> VisitorInfo:
    """Return what agents see of a visitor."""
    return VisitorInfo(
        id=visitor.public_id,
        name=visitor.name,
        browser=visitor.browser,
        system=visitor.system,
        language=visitor.language,
        page_url=visitor.page_url,
        page_title=visitor.page_title,
        online=visitor.public_id in online_visitors,
    )


def list_inbox(online_visitors: frozenset[str] = frozenset()) -> tuple[list[Chat], bool]:
    """Return the account's open chats, longest waiting first, and whether there are more than are shown."""
    chats = ChatRow.objects.exclude(state=State.ENDED).order_by("started_at", "id")[: INBOX_MAX_CHATS + 1]
    found = _summaries(chats, online_visitors)
    return found[:INBOX_MAX_CHATS], len(found) > INBOX_MAX_CHATS


def get_chat(ref: ChatRef, online_visitors: frozenset[str] = frozenset()) -> Chat:
    """Return one chat as agents see it."""
    return _summaries(ChatRow.objects.filter(id=ref.id), online_visitors)[0]


def list_ended(*, before: str | None, words: str) -> tuple[list[Chat], str | None]:
    """Return a page of ended chats, newest first, and the next page's cursor. `words`: in visitor's or site's name."""
    chats = ChatRow.objects.filter(state=State.ENDED)
    if words:
        chats = chats.filter(visitor__name__icontains=words) | chats.filter(site__name__icontains=words)
    if before:
        edge = _named(before).filter(state=State.ENDED).values_list("ended_at", "id").first()
        if edge is None:
            raise NotFound("That page of the list is no longer there. Please reload it.")
        chats = chats.filter(ended_at__lt=edge[0]) | chats.filter(ended_at=edge[0], id__lt=edge[1])
    found = _summaries(chats.order_by("-ended_at", "-id")[: ENDED_PAGE_CHATS + 1], frozenset())
    more = len(found) > ENDED_PAGE_CHATS
    page = found[:ENDED_PAGE_CHATS]
    return page, page[-1].id if more else None


def find_own_chat(visitor_id: int) -> OwnChat | None:
    """Return the visitor's open chat, else his last one of the past day."""
    row = (
        ChatRow.objects.filter(visitor_id=visitor_id, changed_at__gt=Now() - LAST_CHAT_FOR)
        .select_related("assignee")
        .annotate(unread=_unread(SenderKind.AGENT, "visitor_read_seq"))
        .order_by(F("ended_at").desc(nulls_first=True), "-id")
        .first()
    )
    return describe_own_chat(row) if row else None


def describe_own_chat(row: Any) -> OwnChat:
    """Return a chat as its visitor sees it; `row.unread` must be there."""
    return OwnChat(
        id=row.public_id,
        state=row.state,
        last=row.last_seq,
        started_at=to_utc_text(row.started_at),
        read=ReadMarks(visitor=row.visitor_read_seq, agent=row.agent_read_seq),
        assignee=_assignee(row),
        unread=row.unread,
        ended_at=to_utc_text(row.ended_at) if row.ended_at else None,
        ended_by=row.ended_by or None,
    )


def count_unread(*, chat_id: int, sender_kind: str, after: int) -> int:
    """Count one side's messages after a seq."""
    return EventRow.objects.filter(chat_id=chat_id, kind=Kind.MESSAGE, sender_kind=sender_kind, seq__gt=after).count()


def list_heads() -> dict[str, tuple[str, Head]]:
    """Return where the lately changed chats stand: chat → (its visitor, head)."""
    changed = ChatRow.objects.filter(changed_at__gt=Now() - HEADS_OF_LAST).order_by("-changed_at")  # older ones: told
    rows = changed.values_list(
        "public_id", "visitor__public_id", "last_seq", "state", "visitor_read_seq", "agent_read_seq"
    )[:INBOX_MAX_CHATS]
    return {
        chat: (
            visitor,
            Head(last=last, state=cast(ChatState, state), read=ReadMarks(visitor=visitor_read, agent=agent_read)),
        )
        for chat, visitor, last, state, visitor_read, agent_read in rows
    }


def list_visitor_frames(visitor_public_ids: Sequence[str], online_visitors: frozenset[str]) -> tuple[str, ...]:
    """Return a `visitor` frame for each open chat of these visitors, ready to send to agents."""
    rows = (
        ChatRow.objects.exclude(state=State.ENDED)
        .filter(visitor__public_id__in=visitor_public_ids)
        .select_related("visitor")
    )
    return tuple(
        encode(VisitorFrameInfo(chat=row.public_id, visitor=describe_visitor(row.visitor, online_visitors))).decode()
        for row in rows
    )


def list_members(online: frozenset[str] = frozenset()) -> list[Member]:
    """Return the account's agents as colleagues see them, by name."""
    rows = (
        MemberRow.objects.filter(removed_at=None).order_by("alias", "id").values_list("public_id", "alias", "accepting")
    )
    return [
        Member(id=public_id, name=alias, online=public_id in online, accepting=accepting and public_id in online)
        for public_id, alias, accepting in rows
    ]
