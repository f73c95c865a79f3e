"""The agents' side: who may take, write and end, what each console is told, and nothing of other accounts."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest

from accounts.permissions import Role
from chats.consumers import agent as agent_module
from chats.consumers.upkeep import _look_around
from tests.chats.conftest import Scenario
from tests.chats.scene import Scene, ask, kinds, refused, say, start, texts
from tests.factories import Team, cmid, make_chat

Act = Callable[[Scenario], Any]
pytestmark = pytest.mark.usefixtures("no_traceback", "committed_db")


# -- the inbox ---------------------------------------------------------------------------------------------------


def test_the_inbox_holds_the_accounts_open_chats_longest_waiting_first(act: Act, team: Team) -> None:
    chats = [make_chat(team, text=f"{n}").public_id for n in range(3)]

    async def scenario(scene: Scene) -> None:
        agent = await scene.agent()
        await ask(agent, t="take", chat=chats[1], cmid=cmid())
        await ask(agent, t="end", chat=chats[1], cmid=cmid())
        inbox = (await scene.agent("viewer")).frames[0]
        assert [(chat["id"], chat["preview"]["text"]) for chat in inbox["chats"]] == [(chats[0], "0"), (chats[2], "2")]
        assert all(chat["state"] == "waiting" and chat["unread"] == 1 for chat in inbox["chats"])
        assert [member["name"] for member in inbox["members"]] == sorted(f"Acme {who}" for who in team.members)
        assert inbox["me"]["name"] == "Acme viewer"
        assert "more" not in inbox
        assert "CANARY-OTHER" not in json.dumps(inbox)

    act(scenario)


def test_all_consoles_are_told_of_a_new_chat_and_other_accounts_are_not(
    act: Act, team: Team, other_team: Team, play: Callable[..., Any]
) -> None:
    async def scenario(scene: Scene) -> None:
        other = Scene(other_team)
        async with other:
            stranger, foreign_visitor = await other.agent(), await other.visitor()
            consoles = [await scene.agent(who) for who in ("agent", "viewer", "owner")]
            visitor, agent, chat = await scene.talk("agent2")
            await say(visitor, chat, "mine")
            await agent.send(t="typing", chat=chat, on=True)
            await agent.send(t="availability", accepting=True)
            await ask(agent, t="end", chat=chat, cmid=cmid())
            await agent.settled()
            for console in consoles:
                seen = await console.settled()
                assert kinds(seen)[:3] == ["chat", "event", "event"]
                assert texts(seen) == ["Hello?", "mine"]
            assert await stranger.settled() == [] == await foreign_visitor.settled()

    act(scenario)


def test_a_colleague_who_comes_back_finds_all_by_sync(act: Act) -> None:
    async def scenario(scene: Scene) -> None:
        visitor, agent, chat = await scene.talk()
        await agent.close()
        await say(visitor, chat, "are you there?")
        back = await scene.agent()
        (summary,) = back.frames[0]["chats"]
        assert (summary["id"], summary["last"], summary["unread"]) == (chat, 3, 2)
        await back.send(t="sync", chat=chat, after=2)
        page = await back.until("events")
        assert [event["text"] for event in page["events"]] == ["are you there?"]

    act(scenario)


# -- taking ------------------------------------------------------------------------------------------------------


def test_of_two_agents_who_take_at_once_one_gets_the_chat(act: Act) -> None:
    async def scenario(scene: Scene) -> None:
        agents = [await scene.agent("agent"), await scene.agent("agent2"), await scene.agent("owner")]
        visitor = await scene.visitor()
        chat = await start(visitor, "Hello?")
        answers = await asyncio.gather(*(ask(agent, t="take", chat=chat, cmid=cmid()) for agent in agents))
        assert sorted(answer.get("code", answer["t"]) for answer in answers) == ["ack", "chat_taken", "chat_taken"]
        taken = [f for f in await visitor.settled() if f["t"] == "event" and f["event"]["kind"] == "assigned"]
        assert len(taken) == 1
        winner = answers.index(next(answer for answer in answers if answer["t"] == "ack"))
        assert (await say(agents[winner], chat, "I am here"))["t"] == "ack"

    act(scenario)


def test_a_repeated_take_is_the_same_event(act: Act) -> None:
    async def scenario(scene: Scene) -> None:
        agent, visitor = await scene.agent(), await scene.visitor()
        chat, one = await start(visitor, "Hello?"), cmid()
        first = await ask(agent, t="take", chat=chat, cmid=one)
        assert await ask(agent, t="take", chat=chat, cmid=one) == first | {"dup": True}

    act(scenario)


def test_an_ended_chat_cannot_be_taken_written_or_ended(act: Act) -> None:
    async def scenario(scene: Scene) -> None:
        visitor, agent, chat = await scene.talk()
        await ask(visitor, t="end", chat=chat, cmid=cmid())
        await agent.settled()
        assert await refused(agent, t="take", chat=chat, cmid=cmid()) == "chat_ended"
        assert await refused(agent, t="send", chat=chat, cmid=cmid(), text="x") == "chat_ended"
        assert await refused(agent, t="end", chat=chat, cmid=cmid()) == "chat_ended"

    act(scenario)


# -- writing and ending ------------------------------------------------------------------------------------------


def test_only_the_one_who_answers_writes(act: Act) -> None:
    async def scenario(scene: Scene) -> None:
        colleague, visitor = await scene.agent("supervisor"), await scene.visitor()
        chat = await start(visitor, "Hello?")
        assert await refused(colleague, t="send", chat=chat, cmid=cmid(), text="x") == "not_yours", "not taken"
        agent = await scene.agent()
        await ask(agent, t="take", chat=chat, cmid=cmid())
        await colleague.settled()
        assert await refused(colleague, t="send", chat=chat, cmid=cmid(), text="x") == "not_yours"
        assert texts(await visitor.settled()) == []

    act(scenario)


def test_an_agent_ends_his_own_chat_and_a_supervisor_any(act: Act) -> None:
    async def scenario(scene: Scene) -> None:
        for role, code in (("agent2", "not_yours"), ("supervisor", None), ("admin", None), ("owner", None)):
            visitor, agent, chat = await scene.talk()
            colleague = await scene.agent(role)
            answer = await ask(colleague, t="end", chat=chat, cmid=cmid())
            assert answer.get("code") == code, role
            if code:
                assert (await ask(agent, t="end", chat=chat, cmid=cmid()))["t"] == "ack"
            ended = await visitor.until(lambda f: f["t"] == "event" and f["event"]["kind"] == "ended")
            assert ended["event"]["data"] == {"by": "agent"}

    act(scenario)


def test_a_viewer_watches_and_does_nothing(act: Act) -> None:
    async def scenario(scene: Scene) -> None:
        viewer, visitor = await scene.agent("viewer"), await scene.visitor()
        chat = await start(visitor, "Hello?")
        await viewer.settled()
        for frame in (
            {"t": "take", "chat": chat, "cmid": cmid()},
            {"t": "send", "chat": chat, "cmid": cmid(), "text": "x"},
            {"t": "end", "chat": chat, "cmid": cmid()},
            {"t": "read", "chat": chat, "seq": 1},
            {"t": "typing", "chat": chat, "on": True},
            {"t": "availability", "accepting": True},
        ):
            assert await refused(viewer, **frame) == "not_permitted", frame
        await viewer.send(t="sync", chat=chat, after=0)
        assert len((await viewer.until("events"))["events"]) == 1
        assert await visitor.settled() == []

    act(scenario)


def test_a_changed_role_counts_at_once_when_it_is_noticed(act: Act) -> None:
    from chats.consumers.upkeep import _look_at_agents

    async def scenario(scene: Scene) -> None:
        agent, visitor = await scene.agent(), await scene.visitor()
        chat = await start(visitor, "Hello?")
        await scene.change_member("agent", role=Role.VIEWER)
        await _look_at_agents(scene.room)
        await agent.settled()
        assert await refused(agent, t="take", chat=chat, cmid=cmid()) == "not_permitted"

    act(scenario)


def test_another_accounts_chat_is_absent(act: Act, other_team: Team) -> None:
    foreign = make_chat(other_team)

    async def scenario(scene: Scene) -> None:
        owner, other = await scene.agent("owner"), Scene(other_team)
        async with other:
            console = await other.agent()
            for frame in (
                {"t": "take", "cmid": cmid()},
                {"t": "send", "cmid": cmid(), "text": "x"},
                {"t": "sync", "after": 0},
                {"t": "history", "before": 9},
                {"t": "read", "seq": 1},
                {"t": "typing", "on": True},
                {"t": "end", "cmid": cmid()},
            ):
                assert await refused(owner, chat=foreign.public_id, **frame) == "not_found", frame
            assert await console.settled() == []

    act(scenario)


def test_agents_do_not_open_chats_or_move_on_pages(act: Act) -> None:
    async def scenario(scene: Scene) -> None:
        agent = await scene.agent()
        for frame in (
            {"t": "start", "cmid": cmid(), "text": "x"},
            {"t": "viewing", "page": {"url": "https://x.example"}},
        ):
            assert await refused(agent, **frame) == "bad_frame"

    act(scenario)


def test_agents_may_write_faster_than_visitors_but_not_without_end(act: Act) -> None:
    async def scenario(scene: Scene) -> None:
        _, agent, chat = await scene.talk()
        answers = [await say(agent, chat, f"{n}") for n in range(agent_module.SENDS_BURST + 8)]
        codes = [answer.get("code", "ack") for answer in answers]
        assert codes[: agent_module.SENDS_BURST] == ["ack"] * agent_module.SENDS_BURST
        assert set(codes[agent_module.SENDS_BURST :]) <= {"ack", "rate_limited"}

    act(scenario)


# -- seen --------------------------------------------------------------------------------------------------------


def test_only_the_assignees_reading_counts(act: Act) -> None:
    async def scenario(scene: Scene) -> None:
        colleague, agent, visitor = await scene.agent("supervisor"), await scene.agent(), await scene.visitor()
        chat = await start(visitor, "one")
        await agent.send(t="read", chat=chat, seq=1)
        await agent.settled()
        assert "read" not in kinds(await visitor.settled()), "nobody answers it yet"
        await ask(agent, t="take", chat=chat, cmid=cmid())
        await say(visitor, chat, "two")
        await colleague.send(t="read", chat=chat, seq=3)
        await colleague.settled()
        assert "read" not in kinds(await visitor.settled())
        await agent.send(t="read", chat=chat, seq=1)
        assert await visitor.until("read") == {"t": "read", "chat": chat, "by": "agent", "seq": 1, "unread": 1}
        await agent.send(t="read", chat=chat, seq=3)
        assert await colleague.until(lambda f: f["t"] == "read" and f["seq"] == 3)
        (summary,) = (await scene.agent("owner")).frames[0]["chats"]
        assert (summary["read"], summary.get("unread", 0)) == ({"agent": 3}, 0)

    act(scenario)


def test_unread_counts_the_visitors_messages_only(act: Act) -> None:
    async def scenario(scene: Scene) -> None:
        visitor, agent, chat = await scene.talk()
        await say(agent, chat, "three")
        await say(visitor, chat, "four")
        (summary,) = (await scene.agent("viewer")).frames[0]["chats"]
        assert (summary["last"], summary["unread"], summary["preview"]["text"]) == (4, 2, "four")

    act(scenario)


def test_typing_is_shown_to_colleagues_and_the_visitor(act: Act) -> None:
    async def scenario(scene: Scene) -> None:
        colleague = await scene.agent("viewer")
        visitor, agent, chat = await scene.talk()
        await colleague.settled()
        await agent.send(t="typing", chat=chat, on=True)
        await agent.send(t="typing", chat=chat, on=False)
        await agent.settled()
        shown = await visitor.settled()
        assert [(frame["sender"]["name"], frame.get("on", False)) for frame in shown] == [
            ("Acme agent", True),
            ("Acme agent", False),
        ]
        assert await colleague.settled() == shown

    act(scenario)


# -- here or not -------------------------------------------------------------------------------------------------


def test_who_accepts_chats_is_shown_to_colleagues_and_visitors(act: Act) -> None:
    async def scenario(scene: Scene) -> None:
        agent, colleague, visitor = await scene.agent(), await scene.agent("agent2"), await scene.visitor()
        assert not visitor.frames[0].get("online")
        await _look_around(scene.room)
        for client in (agent, colleague):
            assert kinds(await client.settled()) == ["presence"]
        await agent.send(t="availability", accepting=True)
        await agent.settled()
        assert scene.room.stale_presence
        await _look_around(scene.room)
        (presence,) = await colleague.settled()
        assert accepting(presence) == ["Acme agent"]
        assert await visitor.settled() == [{"t": "online", "online": True}]
        assert (await scene.visitor()).frames[0]["online"]
        await agent.close()
        await _look_around(scene.room)
        (presence,) = await colleague.settled()
        assert accepting(presence) == [], "who is not here does not accept"
        assert await visitor.settled() == [{"t": "online", "online": False}]

    act(scenario)


def test_a_second_console_of_an_agent_keeps_him_here(act: Act) -> None:
    async def scenario(scene: Scene) -> None:
        agent, second, colleague = await scene.agent(), await scene.agent(), await scene.agent("agent2")
        await _look_around(scene.room)
        await colleague.settled()
        await agent.close()
        await _look_around(scene.room)
        assert await colleague.settled() == []
        await second.close()
        await _look_around(scene.room)
        (presence,) = await colleague.settled()
        assert [member["name"] for member in presence["members"] if member.get("online")] == ["Acme agent2"]

    act(scenario)


def accepting(presence: dict[str, Any]) -> list[str]:
    return [member["name"] for member in presence["members"] if member.get("accepting")]


def test_agents_see_whether_their_visitors_are_here_and_where(act: Act) -> None:
    async def scenario(scene: Scene) -> None:
        visitor, agent, chat = await scene.talk()
        await _look_around(scene.room)
        (frame,) = [f for f in await agent.settled() if f["t"] == "visitor"]
        assert (frame["chat"], frame["visitor"]["online"]) == (chat, True)
        await visitor.send(t="viewing", page={"url": "https://shop.example.com/p?x=1", "title": "P"})
        await visitor.send(t="viewing", page={"url": "https://shop.example.com/p?x=2", "title": "P"})
        await visitor.settled()
        (frame,) = await agent.settled()
        assert frame["visitor"]["page_url"] == "https://shop.example.com/p", "the second is the same page"
        await visitor.close()
        await _look_around(scene.room)
        (frame,) = await agent.settled()
        assert not frame["visitor"].get("online")

    act(scenario)
