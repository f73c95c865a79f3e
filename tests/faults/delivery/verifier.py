"""Reads what every page wrote down and what Postgres holds, and says where the two, or the promises, do not agree."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import psycopg

from tests.faults.delivery.journal import Journal, Shown

EVENTS = """
SELECT account.public_id, chat.public_id, visitor.public_id, event.seq, event.public_id, event.cmid::text, event.kind,
    coalesce(sender.public_id, member.public_id, ''), event.text
FROM chats_event event
JOIN chats_chat chat ON chat.id = event.chat_id AND chat.account_id = event.account_id
JOIN accounts_account account ON account.id = chat.account_id
JOIN widget_visitor visitor ON visitor.id = chat.visitor_id
LEFT JOIN widget_visitor sender ON event.sender_kind = 'visitor' AND sender.id = event.sender_id
LEFT JOIN accounts_member member ON event.sender_kind = 'agent' AND member.id = event.sender_id
ORDER BY chat.id, event.seq
"""
HEADS = "SELECT public_id, last_seq FROM chats_chat"


@dataclass(frozen=True, slots=True)
class Row:
    """An event as Postgres has it."""

    account: str
    chat: str
    visitor: str
    seq: int
    id: str
    cmid: str
    kind: str
    sender: str
    text: str | None


@dataclass(frozen=True)
class Stored:
    """The truth at the end of a run."""

    rows: dict[str, list[Row]]  # by chat
    heads: dict[str, int]


def read_stored(url: str) -> Stored:
    """Read everything, as a role that no policy binds."""
    rows: dict[str, list[Row]] = defaultdict(list)
    with psycopg.connect(url, dbname="chatsite") as connection:
        for values in connection.execute(EVENTS):
            rows[values[1]].append(Row(*values))
        heads = dict(connection.execute(HEADS).fetchall())
    return Stored(dict(rows), heads)


def verify(journals: Iterable[Journal], stored: Stored) -> dict[str, list[str]]:
    """Return every broken promise, by the promise's name; empty lists where all is well."""
    journals = list(journals)
    found: dict[str, list[str]] = {
        "acknowledged and not stored": [],
        "acknowledged and not shown": [],
        "stored twice": [],
        "shown twice": [],
        "shown out of order": [],
        "gaps": [],
        "shown but not stored": [],
        "shown to the wrong person": [],
        "not repaired": [],
        "presence": [],
        "unforeseen": [f"{journal.name}: {text}" for journal in journals for text in journal.complaints],
    }
    _check_stored(stored, found)
    by_cmid = {(row.chat, row.sender, row.cmid): row for rows in stored.rows.values() for row in rows}
    for journal in journals:
        _check_acks(journal, by_cmid, found)
        _check_shown(journal, stored, found)
    _check_acked_is_shown(journals, stored, found)
    return found


def _check_stored(stored: Stored, found: dict[str, list[str]]) -> None:
    for chat, head in stored.heads.items():
        rows = stored.rows.get(chat, [])
        if [row.seq for row in rows] != list(range(1, head + 1)):
            found["gaps"].append(f"{chat}: the log does not run from 1 to {head}")
    counts = Counter((row.sender, row.cmid) for rows in stored.rows.values() for row in rows)
    found["stored twice"] += [f"{sender} {cmid}" for (sender, cmid), count in counts.items() if count > 1]


def _check_acks(journal: Journal, by_cmid: dict[tuple[str, str, str], Row], found: dict[str, list[str]]) -> None:
    texts = {one.cmid: one.text for one in journal.written}
    for ack in journal.acked:
        row = by_cmid.get((ack.chat, journal.person, ack.cmid))
        if row is None or (row.seq, row.id) != (ack.seq, ack.id):
            found["acknowledged and not stored"].append(f"{journal.name}: {ack.cmid} as {ack.chat} {ack.seq}, is {row}")
        elif row.kind == "message" and ack.cmid in texts and texts[ack.cmid] != row.text:
            found["acknowledged and not stored"].append(f"{journal.name}: {ack.cmid} with another text")


def _check_shown(journal: Journal, stored: Stored, found: dict[str, list[str]]) -> None:
    by_chat: dict[str, list[Shown]] = defaultdict(list)
    for shown in journal.shown:
        by_chat[shown.chat].append(shown)
    for chat, events in by_chat.items():
        where = f"{journal.name} {chat}"
        rows = {row.seq: row for row in stored.rows.get(chat, [])}
        for field in ("seq", "id", "cmid"):
            counts = Counter(str(getattr(event, field)) for event in events)
            found["shown twice"] += [f"{where}: {field} {value}" for value, count in counts.items() if count > 1]
        later = [event.seq for event in events if not event.older]
        older = [event.seq for event in events if event.older]
        if later != sorted(later) or older != sorted(older, reverse=True):
            found["shown out of order"].append(where)
        run = sorted({event.seq for event in events})
        if run != list(range(run[0], run[-1] + 1)):
            found["gaps"].append(f"{where}: shown {run[0]} to {run[-1]} with holes")
        for event in events:
            row = rows.get(event.seq)
            same = (event.id, event.cmid, event.kind, event.sender, event.text)
            if row is None or same != (row.id, row.cmid, row.kind, row.sender, row.text):
                found["shown but not stored"].append(f"{where}: {event.seq} {event.id}")
            elif row.account != journal.account or (not journal.is_agent and row.visitor != journal.person):
                found["shown to the wrong person"].append(f"{where}: {event.seq}")


def _check_acked_is_shown(journals: list[Journal], stored: Stored, found: dict[str, list[str]]) -> None:
    """Whoever lived until the end has seen all that he may see, as far as it was acknowledged to anybody."""
    acked = {(ack.chat, ack.cmid) for journal in journals for ack in journal.acked}
    for journal in journals:
        if not journal.final:
            continue
        seen = {(event.chat, event.cmid) for event in journal.shown}
        chats = {event.chat for event in journal.shown}
        for chat, rows in stored.rows.items():
            entitled = rows[0].account == journal.account and (journal.is_agent or rows[0].visitor == journal.person)
            # A chat that began and ended while a page was away is in its archive, not in its list.
            if not entitled or (chat not in chats and rows[-1].kind == "ended"):
                continue
            missing = [row for row in rows if (row.chat, row.cmid) not in seen]
            found["acknowledged and not shown"] += [
                f"{journal.name}: {chat} {row.seq}" for row in missing if (chat, row.cmid) in acked
            ]
            if missing:
                found["not repaired"].append(f"{journal.name}: {chat} lacks {len(missing)} of {len(rows)}")
