"""Messages of all sockets in few transactions: nobody waits for a stranger, nothing is told before it is stored."""

import asyncio
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from django.db import connections

from chats.fanout import ChatRef
from chats.ingest import group_commit
from chats.ingest.append import Item, Outcome
from chats.ingest.group_commit import ALONE_LOCK_WAIT_MS, LOCK_WAIT_MS, Busy, Unwritable, close_lanes, submit
from chats.protocol import Sender
from chats.queries import list_open_chats
from tests.chats.conftest import Scenario
from tests.chats.hands import WITHIN_S, Commits, head, held, log, until_blocked
from tests.chats.scene import Scene, ask, say, texts
from tests.factories import Team, cmid, make_chat
from tests.sockets import in_thread

Act = Callable[[Scenario], Any]
Play = Callable[..., Any]
pytestmark = pytest.mark.usefixtures("committed_db")


def test_messages_of_many_accounts_share_a_transaction(
    play: Play, team: Team, other_team: Team, commits: Commits
) -> None:
    chats = [make_chat(one) for one in (team, other_team, team, other_team)]

    async def scenario() -> None:
        outcomes = await together(post(chat, f"{n}.{chat.id}") for n in range(3) for chat in chats)
        assert [outcome.status for outcome in outcomes] == ["new"] * 12
        assert [outcome.seq for outcome in outcomes] == [2] * 4 + [3] * 4 + [4] * 4

    play(scenario)
    assert commits.sizes == [12]
    for one, chat in zip((team, other_team, team, other_team), chats, strict=True):
        assert log(one, chat)[1:] == [(n + 2, f"{n}.{chat.id}") for n in range(3)]


def test_what_arrives_during_a_commit_makes_up_the_next_one(play: Play, team: Team, commits: Commits) -> None:
    chat = make_chat(team)

    async def scenario() -> None:
        with commits.held_with("first"):
            first = post(chat, "first")
            await commits.is_held()
            later = [post(chat, f"{n}") for n in range(5)]
        assert [outcome.seq for outcome in await together([first, *later])] == [2, 3, 4, 5, 6, 7]

    play(scenario)
    assert commits.sizes == [1, 5]


def test_a_doubled_cmid_in_one_turn_becomes_one_event(play: Play, team: Team) -> None:
    chat, one = make_chat(team), cmid()

    async def scenario() -> None:
        new, other, dup = await together([post(chat, "x", one), post(chat, "y"), post(chat, "x", one)])
        assert (new.status, other.status, dup.status) == ("new", "new", "dup")
        assert (dup.seq, dup.public_id, dup.at) == (new.seq, new.public_id, new.at)

    play(scenario)
    assert log(team, chat)[1:] == [(2, "x"), (3, "y")]


def test_a_forged_account_reaches_no_chat(play: Play, team: Team, other_team: Team) -> None:
    foreign = make_chat(other_team)
    forged = ChatRef(foreign.id, foreign.public_id, team.account.pk, team.account.public_id, foreign.visitor_public_id)

    async def scenario() -> None:
        assert (await post(forged, "x")).status == "absent"

    play(scenario)
    assert head(other_team, foreign) == 1


# -- one bad event ---------------------------------------------------------------------------------------------


BAD: dict[str, dict[str, Any]] = {
    "NUL": {"text": "a\x00b"},
    "over the limit": {"text": "x" * 8_001},
    "half a character": {"text": "\ud800"},
    "no text": {"text": None},
    "no such kind": {"kind": "shout"},
    "no uuid": {"one": "no uuid"},
}


def test_a_bad_event_fails_alone(play: Play, team: Team, other_team: Team) -> None:
    """What the sockets' checks would never let through must not take its neighbours with it either."""
    chat, foreign = make_chat(team), make_chat(other_team)

    async def scenario() -> None:
        for name, bad in BAD.items():
            bad = {"text": "x"} | bad
            results = await together([post(foreign, "a"), post(chat, "b"), post(chat, **bad), post(chat, "c")])
            assert [getattr(result, "status", None) for result in results] == ["new", "new", 500, "new"], name
            assert isinstance(results[2], Unwritable)
            assert results[2].retry_ms is None, "trying again would not help"

    play(scenario)
    assert log(team, chat)[1:] == [(n + 2, "bc"[n % 2]) for n in range(2 * len(BAD))]
    assert [text for _, text in log(other_team, foreign)][1:] == ["a"] * len(BAD)


# -- a busy chat -----------------------------------------------------------------------------------------------


def test_a_locked_chat_holds_up_nobody_else_and_keeps_its_order(play: Play, team: Team) -> None:
    busy, free = make_chat(team), make_chat(team)

    async def scenario() -> None:
        with held(team, busy) as holder:
            waiting = [post(busy, "1"), post(busy, "2")]
            assert (await post(free, "free")).seq == 2, "while the other is locked"
            waiting.append(post(busy, "3"))
            assert not any(answer.done() for answer in waiting)
            holder.connection.commit()
            assert [outcome.seq for outcome in await together(waiting)] == [2, 3, 4]

    play(scenario)
    assert log(team, busy)[1:] == [(2, "1"), (3, "2"), (4, "3")]


def test_many_locked_chats_do_not_add_up(play: Play, team: Team, commits: Commits) -> None:
    """The batch waits once; then each is tried alone with hardly any wait."""
    chats = [make_chat(team) for _ in range(6)]

    async def scenario() -> None:
        with held(team, *chats[:-1]) as holder:
            waiting = [post(chat, "x") for chat in chats]
            assert (await waiting[-1]).seq == 2
            assert commits.waits[0] == LOCK_WAIT_MS
            assert commits.waits[1:7] == [ALONE_LOCK_WAIT_MS] * 6
            holder.connection.commit()
            assert {outcome.seq for outcome in await together(waiting)} == {2}

    play(scenario)


def test_a_chat_that_stays_locked_is_busy_and_the_same_cmid_is_stored_later(
    play: Play, team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(group_commit, "BUSY_LOCK_WAIT_MS", 60)
    chat, one, two = make_chat(team), cmid(), cmid()

    async def scenario() -> None:
        with held(team, chat):
            results = await together([post(chat, "1", one), post(chat, "2", two)])
            assert [type(result) for result in results] == [Busy, Busy]
            assert results[0].retry_ms
        assert [outcome.seq for outcome in await together([post(chat, "1", one), post(chat, "2", two)])] == [2, 3]

    play(scenario)
    assert log(team, chat)[1:] == [(2, "1"), (3, "2")]


def test_a_later_message_does_not_overtake_by_the_lane_of_busy_chats(
    play: Play, team: Team, commits: Commits, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first goes to the busy lane while the second still queues behind a full batch; then the third arrives."""
    monkeypatch.setattr(group_commit, "BATCH_MAX", 2)
    busy, free = make_chat(team), make_chat(team)

    async def scenario() -> None:
        with held(team, busy) as holder, commits.held_with("free 2"):
            posts = [post(busy, "1"), post(free, "free 1"), post(free, "free 2"), post(free, "free 3"), post(busy, "2")]
            await commits.is_held()
            posts.append(post(busy, "3"))
            holder.connection.commit()
            await posts[0]
        await together(posts)

    play(scenario)
    assert [text for _, text in log(team, busy)[1:]] == ["1", "2", "3"]


# -- nothing before the commit -----------------------------------------------------------------------------------


def test_nothing_is_delivered_or_acknowledged_before_the_commit(act: Act, team: Team) -> None:
    async def scenario(scene: Scene) -> None:
        visitor, agent, chat = await scene.talk()
        (ref,) = await scene.in_scope(list_open_chats)
        holder = held(team, ref)
        cursor = await in_thread(holder.__enter__)
        await visitor.send(t="send", chat=chat, cmid=cmid(), text="held")
        await in_thread(lambda: until_blocked(cursor))
        assert await agent.settled() == []
        assert visitor.line.output_queue.empty()
        await in_thread(lambda: holder.__exit__(None, None, None))
        assert (await visitor.until("ack"))["seq"] == 3
        assert texts(await agent.settled()) == ["held"]

    act(scenario)


def test_what_was_rolled_back_is_never_delivered(act: Act, monkeypatch: pytest.MonkeyPatch) -> None:
    real = group_commit.commit

    def fail_at_the_end(connection: Any, batch: Any, **options: Any) -> list[Outcome]:
        if any(item.text == "lost" for _, item in batch):
            with connection.transaction():
                real(connection, batch, **options)
                raise psycopg.errors.CheckViolation
        return real(connection, batch, **options)

    monkeypatch.setattr(group_commit, "commit", fail_at_the_end)

    async def scenario(scene: Scene) -> None:
        visitor, agent, chat = await scene.talk()
        answer = await say(visitor, chat, "lost")
        assert (answer["t"], answer["code"], answer.get("retry_ms")) == ("err", "internal", None)
        assert (await say(visitor, chat, "kept"))["seq"] == 3, "the number is given again"
        assert texts(await agent.settled()) == ["kept"]

    act(scenario)


def test_a_message_whose_sender_is_gone_is_stored_and_delivered(act: Act, commits: Commits) -> None:
    async def scenario(scene: Scene) -> None:
        visitor, agent, chat = await scene.talk()
        with commits.held_with("last words"):
            await visitor.send(t="send", chat=chat, cmid=cmid(), text="last words")
            await commits.is_held()
            visitor.line.future.cancel()
            await asyncio.wait([visitor.line.future])
        assert (await agent.until("event"))["event"]["text"] == "last words"

    act(scenario)


# -- a broken line to the database -------------------------------------------------------------------------------


def test_a_connection_that_was_killed_is_replaced(play: Play, team: Team, commits: Commits) -> None:
    chat = make_chat(team)

    async def scenario() -> None:
        assert (await post(chat, "1")).seq == 2
        await in_thread(commits.kill)
        assert [outcome.seq for outcome in await together([post(chat, "2"), post(chat, "3")])] == [3, 4]

    play(scenario)
    assert log(team, chat)[1:] == [(2, "1"), (3, "2"), (4, "3")]


def test_a_connection_killed_in_a_transaction_loses_and_doubles_nothing(
    play: Play, team: Team, commits: Commits
) -> None:
    chat, one = make_chat(team), cmid()

    async def scenario() -> None:
        with held(team, chat) as holder:
            answer = post(chat, "1", one)
            await in_thread(lambda: until_blocked(holder))
            await in_thread(commits.kill)
            await in_thread(lambda: until_blocked(holder))
        assert (await answer).seq == 2
        assert (await post(chat, "1", one)).status == "dup"

    play(scenario)
    assert log(team, chat)[1:] == [(2, "1")]


def test_an_answer_that_was_lost_after_the_commit_is_found_again_and_delivered(act: Act, commits: Commits) -> None:
    async def scenario(scene: Scene) -> None:
        visitor, agent, chat = await scene.talk()
        commits.lose_answer = True
        ack = await say(visitor, chat, "stored")
        assert (ack["seq"], ack["dup"]) == (3, True)
        assert texts(await agent.settled()) == ["stored"]

    act(scenario)


def test_without_a_database_everybody_is_told_to_retry_and_nothing_is_doubled(
    act: Act, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries: list[int] = []

    def nobody_there() -> psycopg.Connection:
        tries.append(1)
        raise psycopg.OperationalError("connection refused")

    async def scenario(scene: Scene) -> None:
        visitor, agent, chat = await scene.talk()
        close_lanes()
        one = cmid()
        with monkeypatch.context() as patch:
            patch.setattr(group_commit, "_connect", nobody_there)
            answer = await ask(visitor, t="send", chat=chat, cmid=one, text="x")
            assert (answer["code"], answer["cmid"]) == ("busy", one)
            assert answer["retry_ms"] > 0
            ref = ChatRef(10**9, "chat_x", scene.team.account.pk, scene.team.account.public_id, "vis_x")
            tries.clear()
            results = await together(post(ref, "x") for _ in range(50))
            assert {type(result) for result in results} == {Busy}
            assert len(tries) <= 4, "not once for each message"
        assert (await ask(visitor, t="send", chat=chat, cmid=one, text="x"))["seq"] == 3
        assert (await ask(visitor, t="send", chat=chat, cmid=one, text="x"))["dup"]
        assert texts(await agent.settled())[:1] == ["x"]

    act(scenario)


def test_a_fault_of_ours_in_the_lane_is_answered_and_the_lane_goes_on(
    play: Play, team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    chat = make_chat(team)

    async def scenario() -> None:
        with monkeypatch.context() as patch:
            patch.setattr(group_commit.Lane, "_write", lambda self, batch: 1 // 0)
            assert isinstance((await together([post(chat, "lost")]))[0], Unwritable)
        assert (await post(chat, "kept")).seq == 2

    play(scenario)


def test_the_connection_waits_for_the_disk_and_keeps_the_operators_options(
    committed_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    parameters = connections["default"].get_connection_params() | {"options": "-c work_mem=5MB"}
    monkeypatch.setattr(connections["default"], "get_connection_params", lambda: parameters)
    with group_commit._connect() as connection:
        shown = [connection.execute(f"SHOW {name}").fetchone() for name in ("synchronous_commit", "work_mem")]
        assert shown == [("on",), ("5MB",)]
        assert connection.execute("SELECT current_user").fetchone() == ("chatsite_app",)
    connection.close()


# -- tools -------------------------------------------------------------------------------------------------------


def post(chat: ChatRef, text: str | None, one: str | None = None, kind: str = "message") -> "asyncio.Future[Outcome]":
    """Hand a visitor's message to the lanes, past all checks."""
    item = Item(chat_id=chat.id, kind=kind, sender_kind="visitor", sender_id=1, cmid=one or cmid(), text=text)
    return submit(chat=chat, item=item, sender=Sender(kind="visitor", id="vis_x", name="X"))


async def together(answers: Any) -> list[Any]:
    """Await all answers; refusals are returned like outcomes."""
    async with asyncio.timeout(WITHIN_S * 2):
        return list(await asyncio.gather(*answers, return_exceptions=True))
