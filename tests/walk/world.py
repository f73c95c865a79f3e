"""Two accounts full of life; in every text of the second one stands a canary that names its column."""

import re
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import astuple, dataclass, field
from typing import Any

from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.db import connection, models
from psycopg import sql
from psycopg.types.json import Jsonb

from accounts.actions import remove_member
from accounts.models import Member, Person
from accounts.tenancy import account_scope
from chats.actions.chats import end_chat_as_agent, take_chat
from chats.fanout import ChatRef
from chats.ingest.append import Item, append
from chats.models import Event
from chatsite.kit.ids import new_id, new_token
from chatsite.kit.signing import seal
from tests.databases import connect
from tests.factories import Team, cmid, make_chat, make_person, make_team, make_visitor, unique
from widget.models import Visitor

CANARY = re.compile(r"canary-([a-z_]+)-([a-z0-9_]+)-x", re.IGNORECASE)
# Texts that must keep their form, so that no canary fits in; none of them says anything of people.
WITHOUT_CANARY = {
    "public_id": "an identifier; seen for itself",
    "password": "a hash",
    "color": "#rrggbb",
    "email": "seen for itself: canary-accounts_person-email-x.…@example.com",
    "state": "one of a list", "role": "one of a list", "kind": "one of a list", "position": "one of a list",
    "sender_kind": "one of a list", "ended_by": "one of a list",
}  # fmt: skip


@dataclass(frozen=True)
class Ids:
    """The identifiers by which something of an account, or nothing at all, can be named from outside."""

    account: str
    site: str
    chat: str
    ended_chat: str
    event: str
    visitor: str
    member: str
    person: str
    email: str
    token: str
    handle: str
    cmid: str
    account_key: int
    member_key: int
    person_key: int
    site_key: int

    def texts(self) -> list[str]:
        """All that may be echoed, the longest first."""
        return sorted((str(value) for value in astuple(self) if isinstance(value, str)), key=len, reverse=True)


@dataclass(frozen=True)
class Side:
    """One account with its people, two visitors with an open chat each, and an ended chat."""

    team: Team
    visitors: tuple[Visitor, Visitor]
    tokens: tuple[str, str]
    chats: tuple[ChatRef, ChatRef]
    ended_chat: ChatRef
    removed: Member
    known: dict[int, Ids] = field(default_factory=dict)

    def ids(self, visitor: int = 0) -> Ids:
        """The identifiers around one of the two visitors; the agent answers the first one's chat."""
        if visitor not in self.known:
            self.known[visitor] = self._read_ids(visitor)
        return self.known[visitor]

    def _read_ids(self, visitor: int) -> Ids:
        member, site, token = self.team.agent, self.team.site, self.tokens[visitor]
        with account_scope(self.team.account.pk):
            event = Event.objects.get(chat_id=self.chats[visitor].id, seq=1)
        return Ids(
            account=self.team.account.public_id,
            site=site.public_id,
            chat=self.chats[visitor].public_id,
            ended_chat=self.ended_chat.public_id,
            event=event.public_id,
            visitor=self.visitors[visitor].public_id,
            member=member.public_id,
            person=member.person.public_id,
            email=_read_email(member.person_id),
            token=token,
            handle=seal("handle", token, bound_to=site.public_id),
            cmid=str(event.cmid),
            account_key=self.team.account.pk,
            member_key=member.pk,
            person_key=member.person_id,
            site_key=site.pk,
        )


@dataclass(frozen=True)
class World:
    own: Side
    foreign: Side
    staff: Person

    def ghost(self) -> Ids:
        """Identifiers that look right and lead to nothing."""
        return Ids(
            account=new_id("acc"),
            site=new_id("site"),
            chat=new_id("chat"),
            ended_chat=new_id("chat"),
            event=new_id("evt"),
            visitor=new_id("vis"),
            member=new_id("mem"),
            person=new_id("per"),
            email=f"{unique('nobody')}@example.com",
            token=new_token(),
            handle=seal("handle", new_token(), bound_to=new_id("site")),
            cmid=str(uuid.uuid4()),
            account_key=2**53 - 1,
            member_key=2**53 - 2,
            person_key=2**53 - 3,
            site_key=2**53 - 4,
        )


def make_world() -> World:
    """Make both accounts, through the actions, and plant the canaries."""
    world = World(own=_make_side("Own"), foreign=_make_side("Foreign"), staff=make_person("Sasha", is_staff=True))
    _plant(world.foreign.team.account.pk)
    for side in (world.own, world.foreign):  # now, as the web role: later somebody may look with fewer rights
        side.ids(0), side.ids(1)
    return world


def _make_side(name: str) -> Side:
    team = make_team(name)
    account_id = team.account.pk
    guests = [make_visitor(team) for _ in range(3)]
    chats = [make_chat(team, visitor, text=f"Hello from {name}") for visitor, _ in guests]
    with account_scope(account_id):
        for chat in (chats[0], chats[2]):
            take_chat(chat=chat, member=team.agent, cmid=cmid())
            with connection.cursor() as cursor:
                answer = Item(chat.id, "message", "agent", team.agent.pk, cmid(), text=f"Answer of {name}")
                append(cursor, [answer])
        end_chat_as_agent(chat=chats[2], member=team.agent, cmid=cmid())
        removed = Member.objects.create(
            account=team.account, person=make_person(f"{name} removed"), role="agent", alias="Left"
        )
        remove_member(member=removed)
    return Side(
        team=team,
        visitors=(guests[0][0], guests[1][0]),
        tokens=(guests[0][1], guests[1][1]),
        chats=(chats[0], chats[1]),
        ended_chat=chats[2],
        removed=removed,
    )


def _read_email(person_id: int) -> str:
    with connect(maintenance=True) as owner:
        row = owner.execute("SELECT email FROM accounts_person WHERE id = %s", [person_id]).fetchone()
    assert row is not None
    return str(row[0])


# -- canaries ------------------------------------------------------------------------------------------------


def _plant(account_id: int) -> None:
    with connect(maintenance=True) as owner:
        for model in apps.get_models():
            where = _rows_of(model._meta.db_table)
            if where is None:
                continue
            for field in model._meta.local_concrete_fields:
                value = _canary(model._meta.db_table, field)
                if value is not None:
                    owner.execute(
                        sql.SQL("UPDATE {} SET {} = %s WHERE {} AND {} IS NOT NULL").format(
                            sql.Identifier(model._meta.db_table),
                            sql.Identifier(field.column),
                            where,
                            sql.Identifier(field.column),
                        ),
                        [value, account_id],
                    )
        people = "UPDATE accounts_person SET email = 'canary-accounts_person-email-x.' || id || '@example.com' WHERE "
        owner.execute(sql.SQL(people) + _where("accounts_person"), [account_id])


def _where(table: str) -> sql.SQL:
    condition = _rows_of(table)
    assert condition is not None
    return condition


def _canary(table: str, column: "models.Field[Any, Any]") -> Any:
    if column.name in WITHOUT_CANARY:
        return None
    word = f"canary-{table}-{column.name}-x"
    if isinstance(column, ArrayField):
        return [f"{word}.example.com"]
    if isinstance(column, models.JSONField):
        return Jsonb({"name": word})
    if isinstance(column, models.CharField | models.TextField):
        assert column.max_length is None or len(word) <= column.max_length, (
            f"no canary fits into {table}.{column.name}: name it in WITHOUT_CANARY with the reason"
        )
        return word
    return None


def find_canaries(text: str) -> set[str]:
    """Return the columns (`table.column`) of the foreign account whose canary sings in this text."""
    return {f"{table}.{column}" for table, column in CANARY.findall(text)}


# -- rows ----------------------------------------------------------------------------------------------------


def _rows_of(table: str) -> sql.SQL | None:
    """The condition for an account's rows, with one parameter; None for tables that hold none."""
    special = {
        "accounts_account": sql.SQL("id = %s"),
        "accounts_person": sql.SQL("id IN (SELECT person_id FROM accounts_member WHERE account_id = %s)"),
    }
    if table in special:
        return special[table]
    model = next((model for model in apps.get_models() if model._meta.db_table == table), None)
    has_account = model is not None and any(field.column == "account_id" for field in model._meta.local_concrete_fields)
    return sql.SQL("account_id = %s") if has_account else None


Snapshot = Counter[tuple[str, str]]


class Rows:
    """Looks at accounts' rows as the owner of the tables, past all fences."""

    def __init__(self) -> None:
        self._owner = connect(maintenance=True)
        tables = [model._meta.db_table for model in apps.get_models()]
        self._parts = [(table, where) for table in tables if (where := _rows_of(table)) is not None]
        self._query = sql.SQL(" UNION ALL ").join(
            sql.SQL("SELECT {}, md5(t::text) FROM {} t WHERE {}").format(
                sql.Literal(table), sql.Identifier(table), where
            )
            for table, where in self._parts
        )

    def snapshot(self, account_id: int) -> Snapshot:
        """Return (table, hash) of every row of the account."""
        rows = self._owner.execute(self._query, [account_id] * len(self._parts)).fetchall()
        return Counter((table, digest) for table, digest in rows)

    def identifiers(self, account_id: int) -> set[str]:
        """Return all public identifiers of the account's rows, and its people's addresses."""
        found = set()
        for model in apps.get_models():
            where = _rows_of(model._meta.db_table)
            columns = {field.column for field in model._meta.local_concrete_fields} & {"public_id", "email"}
            for column in columns if where else ():
                query = sql.SQL("SELECT {} FROM {} WHERE {}")
                names = sql.Identifier(column), sql.Identifier(model._meta.db_table)
                found |= {value for (value,) in self._owner.execute(query.format(*names, where), [account_id])}
        return found

    def close(self) -> None:
        self._owner.close()


def describe_difference(before: Snapshot, after: Snapshot) -> set[str]:
    """Return `table: row added` and the like; a changed row is one removed and one added."""
    gone = Counter(table for table, _ in (before - after).elements())
    new = Counter(table for table, _ in (after - before).elements())
    changed = {f"{table}: row changed" for table in gone.keys() & new.keys()}
    return changed | {f"{t}: row removed" for t in gone - new} | {f"{t}: row added" for t in new - gone}


@contextmanager
def watched_rows() -> Iterator[Rows]:
    rows = Rows()
    try:
        yield rows
    finally:
        rows.close()
