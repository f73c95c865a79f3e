"""What happens to sockets by the clock: heartbeats repair, presence lapses, who may not stay is out."""

import logging
from collections.abc import Callable
from typing import Any

import pytest
import redis
from django.contrib.sessions.backends.db import SessionStore
from django.db import OperationalError

from accounts.actions import remove_member, set_account_state, set_person_active
from accounts.models import AccountState
from accounts.tenancy import account_scope
from chats import fanout, tasks
from chats.consumers import upkeep
from chats.consumers.upkeep import _beat_rooms, _look_around, _look_at_agents, _look_at_visitors
from chats.models import Chat
from chats.protocol import LEASE_S, Close
from chatsite.kit.redis import async_redis
from tests.chats.conftest import Scenario
from tests.chats.scene import Scene, ask, refused, say, start, texts
from tests.factories import Team, cmid
from tests.sockets import in_thread, sign_in_session
from widget.actions import end_session
from widget.models import Site
from widget.queries import find_session

Act = Callable[[Scenario], Any]
pytestmark = pytest.mark.usefixtures("committed_db")


# -- heartbeats --------------------------------------------------------------------------------------------------


def test_a_heartbeat_repairs_a_lost_tail(act: Act, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every hint is lost; the heads tell each client what it misses, and `sync` brings it."""

    async def scenario(scene: Scene) -> None:
        visitor, agent, chat = await scene.talk()
        with monkeypatch.context() as patch:
            patch.setattr(fanout, "deliver", lambda room, parcel: None)
            await say(visitor, chat, "lost on the way")
        assert await agent.settled() == []
        await _beat_rooms([scene.room])
        for client in (agent, visitor):
            (beat,) = await client.settled()
            head = beat["heads"][chat]
            assert (beat["t"], head["last"], head["state"]) == ("hb", 3, "active")
        await agent.send(t="sync", chat=chat, after=2)
        assert [e["text"] for e in (await agent.until("events"))["events"]] == ["lost on the way"]

    act(scenario)


def test_a_heartbeat_tells_a_visitor_of_his_own_chat_only(act: Act) -> None:
    async def scenario(scene: Scene) -> None:
        visitor, other, silent = await scene.visitor(), await scene.visitor(), await scene.visitor()
        chat, others = await start(visitor, "one"), await start(other, "two")
        agent = await scene.agent()
        await _beat_rooms([scene.room])
        assert [set(beat["heads"]) for beat in await visitor.settled()] == [{chat}]
        assert [set(beat["heads"]) for beat in await agent.settled()] == [{chat, others}]
        assert await silent.settled() == [{"t": "hb"}]

    act(scenario)


def test_a_chat_that_rests_is_no_part_of_heartbeats(act: Act) -> None:
    async def scenario(scene: Scene) -> None:
        visitor, agent, chat = await scene.talk()
        await scene.in_scope(lambda: Chat.objects.filter(public_id=chat).update(changed_at="2020-01-01T00:00:00Z"))
        await _beat_rooms([scene.room])
        assert await agent.settled() == await visitor.settled() == [{"t": "hb"}]
        await visitor.send(t="read", chat=chat, seq=1)
        await visitor.settled()
        await agent.settled()
        await _beat_rooms([scene.room])
        assert list((await agent.settled())[0]["heads"]) == [chat], "marks are repaired too"

    act(scenario)


def test_heartbeats_go_on_without_a_database_and_wait_for_it_once(
    act: Act, other_team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries: list[int] = []

    async def away(account_id: int, work: Any) -> None:
        tries.append(account_id)
        raise OperationalError("the pool has no connection")

    async def scenario(scene: Scene) -> None:
        async with Scene(other_team) as other:
            clients = [await scene.agent(), await scene.visitor(), await other.agent(), await other.visitor()]
            with monkeypatch.context() as patch:
                patch.setattr(upkeep, "in_scope", away)
                await _beat_rooms([scene.room, other.room])
            for client in clients:
                assert await client.settled() == [{"t": "hb"}]
            assert len(tries) == 1

    act(scenario)


# -- presence ----------------------------------------------------------------------------------------------------


def test_an_answered_heartbeat_renews_the_lease(act: Act, team: Team) -> None:
    """Nothing else is needed to stay here: a hidden tab's timers sleep, its message handler does not."""

    async def scenario(scene: Scene) -> None:
        agent, visitor = await scene.agent(), await scene.visitor()
        for kind, client in (("agents", agent), ("visitors", visitor)):
            before = await lease(scene, kind)
            await client.send(t="alive")
            await client.settled()
            assert await lease(scene, kind) > before

    async def lease(scene: Scene, kind: str) -> float:
        ((_, until),) = await async_redis().zrange(f"t:{team.account.public_id}:{kind}", 0, -1, withscores=True)
        seconds, micros = await async_redis().time()
        assert 0 < until / 1000 - seconds - micros / 1e6 <= LEASE_S
        return float(until)

    act(scenario)


def test_an_ended_lease_is_shown_to_everybody(act: Act, team: Team) -> None:
    """The laptop was closed: no goodbye came, the socket is still in the room, its agent is not here any more."""

    async def scenario(scene: Scene) -> None:
        agent, colleague, visitor = await scene.agent(), await scene.agent("agent2"), await scene.visitor()
        await agent.send(t="availability", accepting=True)
        await agent.settled()
        await _look_around(scene.room)
        await visitor.settled()
        await colleague.settled()
        (holder,) = [h for h in await holders(team) if h.startswith(team.agent.public_id)]
        await async_redis().zadd(f"t:{team.account.public_id}:agents", {holder: 1})  # ended long ago
        await _look_around(scene.room)
        (presence,) = await colleague.settled()
        assert [member["name"] for member in presence["members"] if member.get("online")] == ["Acme agent2"]
        assert await visitor.settled() == [{"t": "online", "online": False}]
        await agent.send(t="alive")
        await agent.settled()
        await _look_around(scene.room)
        assert await visitor.settled() == [{"t": "online", "online": True}], "the laptop was opened again"

    act(scenario)


async def holders(team: Team) -> list[str]:
    return list(await async_redis().zrange(f"t:{team.account.public_id}:agents", 0, -1))


@pytest.mark.parametrize("broken", ["online_agents", "in_scope"])
def test_a_change_that_could_not_be_told_is_told_later(act: Act, monkeypatch: pytest.MonkeyPatch, broken: str) -> None:
    async def away(*args: object) -> None:
        raise redis.ConnectionError if broken == "online_agents" else OperationalError

    async def scenario(scene: Scene) -> None:
        agent, visitor = await scene.agent(), await scene.visitor()
        await _look_around(scene.room)
        await agent.send(t="availability", accepting=True)
        await agent.settled()
        with monkeypatch.context() as patch:
            patch.setattr(upkeep, broken, away)
            await upkeep._survive(_look_around(scene.room), "presence")
        assert await visitor.settled() == []
        await _look_around(scene.room)  # the sweep, without a new word of change
        assert await visitor.settled() == [{"t": "online", "online": True}]

    act(scenario)


def test_chats_go_on_while_redis_is_away(
    act: Act, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    class Away:
        def __getattr__(self, name: str) -> Any:
            async def fail(*args: object, **options: object) -> None:
                raise redis.ConnectionError("refused")

            return fail

    for module in ("accounts.presence", "widget.presence", "chatsite.kit.tickets"):
        monkeypatch.setattr(f"{module}.async_redis", Away)

    async def scenario(scene: Scene) -> None:
        visitor, agent, chat = await scene.talk()
        assert [m["name"] for m in agent.frames[0]["members"] if m.get("online")] == ["Acme agent"], "at least oneself"
        await visitor.send(t="alive")
        await say(visitor, chat, "still here?")
        assert texts(await agent.settled()) == ["still here?"]
        await visitor.close()

    act(scenario)
    assert not [record for record in caplog.records if record.levelno > logging.WARNING]


# -- may they stay? ----------------------------------------------------------------------------------------------


def test_a_removed_agent_is_out_and_his_chats_wait_again(act: Act, team: Team) -> None:
    async def scenario(scene: Scene) -> None:
        visitor, agent, chat = await scene.talk()
        colleague = await scene.agent("agent2")
        await in_thread(lambda: run_in(team, lambda: remove_member(member=team.agent)))
        await in_thread(lambda: tasks.release_member(account_id=team.account.pk, member_id=team.agent.pk))
        assert await agent.closed() == Close.UNAUTHENTICATED
        assert agent.frames[-1]["code"] == "signed_out"
        released = (await visitor.until("event"))["event"]
        assert (released["kind"], released["data"]) == ("assigned", {"member": None, "name": "Acme agent"})
        assert released["sender"] == {"kind": "system"}
        await colleague.settled()
        assert (await ask(colleague, t="take", chat=chat, cmid=cmid()))["t"] == "ack"
        assert (await say(colleague, chat, "I am taking over"))["t"] == "ack"

    act(scenario)


def test_a_removed_agent_is_out_also_where_the_word_of_it_was_lost(act: Act, team: Team) -> None:
    async def scenario(scene: Scene) -> None:
        agent, colleague = await scene.agent(), await scene.agent("agent2")
        await in_thread(lambda: run_in(team, lambda: remove_member(member=team.agent)))
        await _look_at_agents(scene.room)
        assert await agent.closed() == Close.UNAUTHENTICATED
        assert await colleague.settled() == []

    act(scenario)


def test_colleagues_are_told_of_a_removed_member_who_was_not_here(act: Act, team: Team) -> None:
    async def scenario(scene: Scene) -> None:
        colleague = await scene.agent("agent2")
        await _look_around(scene.room)
        await colleague.settled()
        await in_thread(lambda: run_in(team, lambda: remove_member(member=team.agent)))
        await in_thread(lambda: tasks.release_member(account_id=team.account.pk, member_id=team.agent.pk))
        await colleague.settled()
        assert scene.room.stale_presence
        await _look_around(scene.room)
        (presence,) = await colleague.settled()
        assert team.agent.public_id not in {member["id"] for member in presence["members"]}

    act(scenario)


def test_releasing_twice_or_beside_an_end_changes_nothing_more(act: Act, team: Team) -> None:
    async def scenario(scene: Scene) -> None:
        visitor, _, chat = await scene.talk()
        second, _, ended = await scene.talk()
        listed = tasks.list_open_chats

        def end_in_between(**options: Any) -> Any:
            chats = listed(**options)
            for ref in chats:
                if ref.public_id == ended:
                    tasks.end_chat_as_system(chat=ref)
            return chats

        def release() -> None:
            tasks.release_member(account_id=team.account.pk, member_id=team.agent.pk)

        tasks.list_open_chats = end_in_between
        try:
            await in_thread(release)
        finally:
            tasks.list_open_chats = listed
        await in_thread(release)
        assert [f["event"]["kind"] for f in await visitor.settled() if f["t"] == "event"] == ["assigned"]
        assert [f["event"]["kind"] for f in await second.settled() if f["t"] == "event"] == ["ended"]
        states = await scene.in_scope(lambda: dict(Chat.objects.values_list("public_id", "state")))
        assert (states[chat], states[ended]) == ("waiting", "ended")

    act(scenario)


@pytest.mark.parametrize("how", ["signed out", "session ran out", "made inactive"])
def test_who_signs_out_loses_the_console(act: Act, team: Team, how: str) -> None:
    key = sign_in_session(team.agent)

    def end() -> None:
        if how == "signed out":
            SessionStore(session_key=key).delete()
        elif how == "session ran out":
            session = SessionStore(session_key=key)
            session.set_expiry(-1)
            session.save()
        else:
            set_person_active(person=team.agent.person, active=False)

    async def scenario(scene: Scene) -> None:
        agent, colleague = await scene.agent(session_key=key), await scene.agent("agent2")
        await _look_at_agents(scene.room)
        assert await agent.settled() == []
        await in_thread(end)
        await _look_at_agents(scene.room)
        assert await agent.closed() == Close.UNAUTHENTICATED
        assert await colleague.settled() == []
        await agent.line.send_input({"type": "websocket.receive", "text": '{"t":"ping"}'})
        await agent.line.wait()
        assert agent.line.output_queue.empty(), "nothing is answered any more"

    act(scenario)


@pytest.mark.parametrize("how", ["forgotten", "switched off"])
def test_a_visitor_whose_session_or_site_ends_is_out(act: Act, team: Team, how: str) -> None:
    async def scenario(scene: Scene) -> None:
        _, token = await scene.new_visitor()
        visitor, other = await scene.visitor(token), await scene.visitor()

        def end() -> None:
            if how == "forgotten":
                session = find_session(token=token)
                assert session is not None
                end_session(session=session)
            else:
                Site.objects.filter(pk=team.site.pk).update(active=False)

        await _look_at_visitors(scene.room)
        assert await visitor.settled() == []
        await scene.in_scope(end)
        await _look_at_visitors(scene.room)
        assert await visitor.closed() == Close.UNAUTHENTICATED
        if how == "forgotten":
            assert await other.settled() == []

    act(scenario)


# -- read-only ---------------------------------------------------------------------------------------------------


def test_an_account_that_becomes_read_only_ends_its_chats_politely(act: Act, team: Team, other_team: Team) -> None:
    async def scenario(scene: Scene) -> None:
        visitor, agent, chat = await scene.talk()
        waiting = await scene.visitor()
        await start(waiting, "Hello?")
        await agent.settled()
        await in_thread(lambda: set_account_state(account=team.account, state=AccountState.SUSPENDED))
        for _ in range(2):
            await in_thread(lambda: tasks.end_open_chats(account_id=team.account.pk))
        for client in (visitor, waiting):
            (frame,) = await client.settled()
            assert (frame["event"]["kind"], frame["event"]["data"]) == ("ended", {"by": "system"})
        assert len(await agent.settled()) == 2
        assert await refused(visitor, t="send", chat=chat, cmid=cmid(), text="x") == "read_only"
        assert await refused(agent, t="send", chat=chat, cmid=cmid(), text="x") == "chat_ended"
        assert (await scene.agent("owner")).frames[0]["chats"] == []

    act(scenario)
    with_other = run_in(other_team, lambda: Chat.objects.exclude(state="ended").exists())
    assert with_other, "another account's chats go on"


def test_a_forgotten_chat_ends_by_itself_and_others_do_not(act: Act, team: Team) -> None:
    async def scenario(scene: Scene) -> None:
        visitor, _, chat = await scene.talk()
        fresh, _, _ = await scene.talk()
        await scene.in_scope(lambda: Chat.objects.filter(public_id=chat).update(changed_at="2020-01-01T00:00:00Z"))
        await in_thread(tasks.end_forgotten_chats)
        assert [f["event"]["data"] for f in await visitor.settled() if f["t"] == "event"] == [{"by": "system"}]
        assert await fresh.settled() == []

    act(scenario)


def run_in(team: Team, work: Callable[[], Any]) -> Any:
    with account_scope(team.account.pk):
        return work()
