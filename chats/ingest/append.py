"""Numbers and inserts events: the one primitive behind every entry in a chat's log.

Two statements, on purpose: the lock first, then, with a fresh snapshot, the look-up of known cmids, the numbering and
the insert. In one statement all of it would read a snapshot from before the lock was granted and leave gaps.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from django.db.models import TextChoices

from accounts.models import TAKING_CHATS
from chats.models import Kind, SenderKind, State
from chats.protocol import encode
from chatsite.kit.ids import new_id

Status = Literal["new", "dup", "conflict", "absent", "ended", "not_yours", "read_only"]


class Cursor(Protocol):
    """A psycopg cursor or Django's wrapper of one."""

    def execute(self, query: Any, params: Any = ...) -> Any: ...

    def fetchall(self) -> Sequence[Any]: ...


@dataclass(frozen=True, slots=True)
class Item:
    """What is to become an event. `chat_id` and `sender_id` are internal keys of the account in scope."""

    chat_id: int
    kind: str
    sender_kind: str
    sender_id: int
    cmid: str
    text: str | None = None
    data: dict[str, Any] = field(default_factory=dict)
    public_id: str = field(default_factory=lambda: new_id("evt"))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an item. `seq`, `public_id`, `at` (UTC, ISO 8601) are set for new and dup."""

    status: Status
    seq: int = 0
    public_id: str = ""
    at: str = ""


def _values(choices: type[TextChoices]) -> dict[str, str]:
    return {choice.name: choice.value for choice in choices}


LOCK = "SELECT id FROM chats_chat WHERE account_id = app_account_id() AND id = ANY(%s) ORDER BY id FOR NO KEY UPDATE"

# A message needs an open chat, an agent's message also that the chat is his, a visitor's that the account takes chats.
APPEND = """
WITH item AS (
    SELECT * FROM ROWS FROM (jsonb_to_recordset(%s) AS (chat_id bigint, kind text, sender_kind text, sender_id bigint,
        cmid uuid, text text, data jsonb, public_id text)
    ) WITH ORDINALITY AS item (chat_id, kind, sender_kind, sender_id, cmid, text, data, public_id, ord)
), judged AS (
    SELECT item.*, chat.last_seq,
        known.seq AS known_seq, known.public_id AS known_public_id, known.created_at AS known_at,
        CASE
            WHEN chat.id IS NULL THEN 'absent'
            WHEN known.seq IS NOT NULL THEN
                CASE WHEN known.kind = item.kind AND known.text IS NOT DISTINCT FROM item.text
                    THEN 'dup' ELSE 'conflict' END
            WHEN chat.state = '{ENDED}' THEN 'ended'
            WHEN item.sender_kind = '{AGENT}' AND item.kind = '{MESSAGE}'
                AND chat.assignee_id IS DISTINCT FROM item.sender_id THEN 'not_yours'
            WHEN item.sender_kind = '{VISITOR}' AND item.kind = '{MESSAGE}' AND NOT EXISTS (
                SELECT 1 FROM accounts_account WHERE id = app_account_id() AND state IN ({taking})) THEN 'read_only'
            ELSE 'new'
        END AS status
    FROM item
    LEFT JOIN chats_chat chat ON chat.account_id = app_account_id() AND chat.id = item.chat_id
    LEFT JOIN chats_event known ON known.account_id = app_account_id() AND known.chat_id = item.chat_id
        AND known.sender_kind = item.sender_kind AND known.sender_id = item.sender_id AND known.cmid = item.cmid
), fresh AS (
    SELECT *, last_seq + row_number() OVER (PARTITION BY chat_id ORDER BY ord) AS seq FROM judged WHERE status = 'new'
), moved AS (
    UPDATE chats_chat chat SET last_seq = head.seq, changed_at = clock_timestamp()
    FROM (SELECT chat_id, max(seq) AS seq FROM fresh GROUP BY chat_id) head
    WHERE chat.account_id = app_account_id() AND chat.id = head.chat_id
), written AS (
    INSERT INTO chats_event (account_id, chat_id, seq, public_id, kind, sender_kind, sender_id, cmid, text, data)
    SELECT app_account_id(), chat_id, seq, public_id, kind, sender_kind, sender_id, cmid, text, data FROM fresh
    RETURNING chat_id, seq, created_at
)
SELECT judged.status, coalesce(fresh.seq, judged.known_seq), coalesce(fresh.public_id, judged.known_public_id),
    to_char(coalesce(written.created_at, judged.known_at) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
FROM judged
LEFT JOIN fresh ON fresh.ord = judged.ord
LEFT JOIN written ON written.chat_id = fresh.chat_id AND written.seq = fresh.seq
ORDER BY judged.ord
""".format(
    **_values(State), **_values(SenderKind), MESSAGE=Kind.MESSAGE.value,
    taking=", ".join(f"'{state.value}'" for state in sorted(TAKING_CHATS)),
)  # fmt: skip


def write(cursor: Cursor, items: Sequence[Item]) -> None:
    """Lock the items' chats and append to them, in the account scope and transaction of `cursor`.

    Leaves the answer on the cursor for `outcomes`, so that a pipeline can send further statements first. A cmid may
    stand only once per sender and chat in `items`; see `distinct`.
    """
    cursor.execute(LOCK, [sorted({item.chat_id for item in items})])
    # One value instead of an array for each column: psycopg needs as long to write those as for all else.
    cursor.execute(APPEND, [encode(items).decode()])


def outcomes(cursor: Cursor) -> list[Outcome]:
    """Return the outcomes of the last `write`, in its order."""
    return [
        Outcome(status=status, seq=seq or 0, public_id=public_id or "", at=at or "")
        for status, seq, public_id, at in cursor.fetchall()
    ]


def append(cursor: Cursor, items: Sequence[Item]) -> list[Outcome]:
    """Append `items` to their chats and return what became of each, in order.

    Needs an open transaction in the account's scope; holds the chats' row locks until it ends, so it belongs among the
    caller's last statements. Announce only after the commit. Raises psycopg.errors.LockNotAvailable where the
    connection has a lock_timeout and a chat is busy.
    """
    write(cursor, items)
    return outcomes(cursor)
