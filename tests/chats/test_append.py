"""The log's only writer: numbers without a gap, once per cmid, in the right account."""

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, transaction

from accounts.models import Account, Member
from accounts.tenancy import account_scope
from chats.actions.chats import end_chat_as_system, take_chat
from chats.fanout import ChatRef
from chats.ingest.append import Item, Outcome, append
from tests.chats.hands import WITHIN_S, connected, head, log, until_blocked
from tests.factories import Team, cmid, make_chat

# -- one connection ----------------------------------------------------------------------------------------------


def test_events_are_numbered_without_a_gap(team: Team, chat: ChatRef) -> None:
    outcomes = write(team, *[message(chat, text=f"{n}") for n in range(3)])
    outcomes += write(team, message(chat, text="3"))
    assert [outcome.seq for outcome in outcomes] == [2, 3, 4, 5]
    assert log(team, chat) == [(1, "Hello?"), (2, "0"), (3, "1"), (4, "2"), (5, "3")]
    assert head(team, chat) == 5


def test_chats_in_one_call_are_numbered_apart(team: Team, chat: ChatRef) -> None:
    second = make_chat(team)
    outcomes = write(team, message(second), message(chat), message(second))
    assert [outcome.seq for outcome in outcomes] == [2, 2, 3]
    assert (head(team, chat), head(team, second)) == (2, 3)


def test_the_same_cmid_again_gives_the_same_event(team: Team, chat: ChatRef) -> None:
    item = message(chat)
    (first,), (again,) = write(team, item), write(team, message(chat, cmid=item.cmid))
    assert (first.status, again.status) == ("new", "dup")
    assert (again.seq, again.public_id, again.at) == (first.seq, first.public_id, first.at)
    assert head(team, chat) == 2


def test_the_same_cmid_with_another_text_is_a_conflict(team: Team, chat: ChatRef) -> None:
    item = message(chat, text="one")
    write(team, item)
    assert statuses(team, message(chat, cmid=item.cmid, text="two")) == ["conflict"]
    assert statuses(team, message(chat, cmid=item.cmid, kind="ended", text=None)) == ["conflict"]
    assert log(team, chat)[1:] == [(2, "one")]


def test_the_same_cmid_of_another_sender_is_another_event(team: Team, chat: ChatRef) -> None:
    take(team, chat)
    one = cmid()
    assert statuses(team, message(chat, cmid=one), agent_message(team.agent, chat, cmid=one)) == ["new", "new"]


def test_a_known_event_costs_its_neighbours_no_number(team: Team, chat: ChatRef) -> None:
    known = message(chat)
    write(team, known)
    outcomes = write(team, message(chat), known, message(chat))
    assert [(outcome.status, outcome.seq) for outcome in outcomes] == [("new", 3), ("dup", 2), ("new", 4)]


def test_absent_and_foreign_chats_look_the_same(team: Team, other_team: Team, chat: ChatRef) -> None:
    foreign = make_chat(other_team)
    absent = ChatRef(10**12, "chat_x", team.account.pk, team.account.public_id, "vis_x")
    assert statuses(team, message(absent), message(foreign), message(chat)) == ["absent", "absent", "new"]
    assert head(other_team, foreign) == 1


def test_an_ended_chat_takes_nothing_but_still_knows_its_events(team: Team, chat: ChatRef) -> None:
    item = message(chat)
    write(team, item)
    with account_scope(team.account.pk):
        end_chat_as_system(chat=chat)
    assert statuses(team, item, message(chat), message(chat, kind="assigned", text=None)) == ["dup", "ended", "ended"]


def test_only_the_assignee_writes_as_an_agent(team: Team, chat: ChatRef) -> None:
    assert statuses(team, agent_message(team.agent, chat)) == ["not_yours"], "nobody has taken it"
    take(team, chat)
    assert statuses(team, agent_message(team.agent2, chat), agent_message(team.agent, chat)) == ["not_yours", "new"]


@pytest.mark.parametrize("state", ["suspended", "closing", "closed"])
def test_a_read_only_account_takes_no_visitors_message(team: Team, chat: ChatRef, state: str) -> None:
    item = message(chat)
    write(team, item)
    with account_scope(team.account.pk):
        Account.objects.filter(pk=team.account.pk).update(state=state)
    assert statuses(team, message(chat), item) == ["read_only", "dup"]


@pytest.mark.parametrize("state", ["trialing", "active", "past_due"])
def test_an_account_that_owes_us_something_still_takes_messages(team: Team, chat: ChatRef, state: str) -> None:
    with account_scope(team.account.pk):
        Account.objects.filter(pk=team.account.pk).update(state=state)
    assert statuses(team, message(chat)) == ["new"]


def test_a_time_is_the_databases_in_utc(team: Team, chat: ChatRef) -> None:
    (outcome,) = write(team, message(chat))
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", outcome.at)


# -- the fence ---------------------------------------------------------------------------------------------------


def test_postgres_refuses_an_event_in_a_foreign_chat(team: Team, other_team: Team, chat: ChatRef) -> None:
    """Even by hand: with the foreign account's number the policy says no, with one's own the foreign key does."""
    foreign = make_chat(other_team)
    cases = {foreign.account_id: "row-level security", team.account.pk: "chats_event_chat_id_fence"}
    for account_id, error in cases.items():
        with account_scope(team.account.pk), connection.cursor() as cursor:
            with pytest.raises(Exception, match=error), transaction.atomic():
                cursor.execute(
                    "INSERT INTO chats_event"
                    " (account_id, chat_id, seq, public_id, kind, sender_kind, sender_id, cmid, text)"
                    " VALUES (%s, %s, 99, 'evt_x', 'message', 'visitor', 1, gen_random_uuid(), 'x')",
                    [account_id, foreign.id],
                )
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    assert log(other_team, foreign) == [(1, "Hello?")]


def test_without_a_scope_nothing_is_written(team: Team, chat: ChatRef) -> None:
    with connection.cursor() as cursor:
        assert [outcome.status for outcome in append(cursor, [message(chat)])] == ["absent"]


def test_nothing_else_writes_the_log() -> None:
    writes = re.compile(
        r"INSERT INTO chats_event|UPDATE chats_event|DELETE FROM chats_event|last_seq\s*=[^=]"
        r"|\bEvent(Row)?\.objects\.\w*(create|update|save|delete)|\bEvent(Row)?\([^)]*chat_id"
    )
    for sample in ("Chat.objects.update(last_seq=F('last_seq') + 1)", "Event.objects.bulk_create(rows)"):
        assert writes.search(sample), sample
    packages = [settings.BASE_DIR / name for name in ("accounts", "billing", "chats", "chatsite", "privacy", "widget")]
    files = [file for package in packages for file in package.rglob("*.py") if "migrations" not in file.parts]
    writers = {str(file.relative_to(settings.BASE_DIR)) for file in files if writes.search(uncommented(file))}
    assert writers <= {"chats/ingest/append.py", "chats/models.py"}


# -- two connections ---------------------------------------------------------------------------------------------


def test_a_retry_that_meets_its_own_first_try_gets_the_same_number(committed_db: None, team: Team) -> None:
    """The first commit is held; the same cmid arrives by another process. One row, one number for both."""
    chat = make_chat(team)
    item, waiting = message(chat), threading.Event()

    def second() -> Outcome:
        with connected(team) as cursor:
            waiting.set()
            return append(cursor, [message(chat, cmid=item.cmid)])[0]

    with ThreadPoolExecutor(1) as threads, connected(team) as cursor:
        (first,) = append(cursor, [item])
        other = threads.submit(second)
        assert waiting.wait(WITHIN_S)
        until_blocked(cursor)
        cursor.connection.commit()
        again = other.result(WITHIN_S)
    assert (first.status, again.status) == ("new", "dup")
    assert (again.seq, again.public_id, again.at) == (first.seq, first.public_id, first.at)
    assert log(team, chat) == [(1, "Hello?"), (2, "text")]


def test_a_number_that_was_rolled_back_is_given_again(committed_db: None, team: Team) -> None:
    chat = make_chat(team)
    with ThreadPoolExecutor(1) as threads, connected(team) as cursor:
        (lost,) = append(cursor, [message(chat, text="lost")])
        other = threads.submit(lambda: in_own_connection(team, message(chat, text="kept")))
        until_blocked(cursor)
        cursor.connection.rollback()
        (kept,) = other.result(WITHIN_S)
    assert (lost.seq, kept.seq) == (2, 2)
    assert log(team, chat) == [(1, "Hello?"), (2, "kept")]


def test_two_senders_at_once_leave_no_gap_and_keep_their_order(committed_db: None, team: Team) -> None:
    chat = make_chat(team)
    take(team, chat)
    begin = threading.Barrier(2)

    def run(make: Any, prefix: str) -> list[int]:
        begin.wait(WITHIN_S)
        seqs = []
        with connected(team) as cursor:
            for n in range(40):
                cursor.execute("SELECT set_config('app.account_id', %s, true)", [str(team.account.pk)])
                seqs.append(append(cursor, [make(f"{prefix}{n}")])[0].seq)
                cursor.connection.commit()
        return seqs

    with ThreadPoolExecutor(2) as threads:
        visitor = threads.submit(run, lambda text: message(chat, text=text), "v")
        agent = threads.submit(run, lambda text: agent_message(team.agent, chat, text=text), "a")
        mine, his = visitor.result(30), agent.result(30)
    events = log(team, chat)
    assert [seq for seq, _ in events] == list(range(1, 83))
    assert mine == sorted(mine) and his == sorted(his)
    assert [text for _, text in events if text and text[0] == "v"] == [f"v{n}" for n in range(40)]
    assert [text for _, text in events if text and text[0] == "a"] == [f"a{n}" for n in range(40)]


# -- tools -------------------------------------------------------------------------------------------------------


@pytest.fixture
def chat(team: Team) -> ChatRef:
    return make_chat(team)


def message(chat: ChatRef, **changes: Any) -> Item:
    """A message of a visitor; whose is of no matter to the log."""
    values = {"kind": "message", "sender_kind": "visitor", "sender_id": 1, "cmid": cmid(), "text": "text"} | changes
    return Item(chat_id=chat.id, **values)


def agent_message(member: Member, chat: ChatRef, **changes: Any) -> Item:
    return message(chat, sender_kind="agent", sender_id=member.pk, **changes)


def write(team: Team, *items: Item) -> list[Outcome]:
    with account_scope(team.account.pk), connection.cursor() as cursor:
        return append(cursor, items)


def statuses(team: Team, *items: Item) -> list[str]:
    return [outcome.status for outcome in write(team, *items)]


def take(team: Team, chat: ChatRef) -> None:
    with account_scope(team.account.pk):
        take_chat(chat=chat, member=team.agent, cmid=cmid())


def in_own_connection(team: Team, item: Item) -> list[Outcome]:
    with connected(team) as cursor:
        return append(cursor, [item])


def uncommented(file: Path) -> str:
    return re.sub(r"#.*", "", file.read_text())
