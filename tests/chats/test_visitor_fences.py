"""What a visitor is never shown, and how soon he is answered."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.chats.conftest import Scenario
from tests.chats.scene import Scene, ask, refused, say, start
from tests.factories import Team, cmid, make_chat
from tests.sockets import ANSWER_WITHIN_S

Act = Callable[[Scenario], Any]
pytestmark = pytest.mark.usefixtures("no_traceback", "committed_db")


# -- the first message -------------------------------------------------------------------------------------------


def test_another_visitors_chat_is_absent_whoever_he_is(act: Act, other_team: Team) -> None:
    foreign = make_chat(other_team).public_id

    async def scenario(scene: Scene) -> None:
        stranger, agent, chat = await scene.talk()
        visitor = await scene.visitor()
        for one in (chat, foreign, "chat_0000000000000000000000"):
            for frame in (
                {"t": "send", "cmid": cmid(), "text": "x"},
                {"t": "sync", "after": 0},
                {"t": "history", "before": 9},
                {"t": "read", "seq": 1},
                {"t": "typing", "on": True},
                {"t": "end", "cmid": cmid()},
            ):
                assert await refused(visitor, chat=one, **frame) == "not_found", (one, frame)
        assert await stranger.settled() == [] == await agent.settled()

    act(scenario)


def test_a_visitor_hears_nothing_of_other_visitors(act: Act) -> None:
    async def scenario(scene: Scene) -> None:
        bystander = await scene.visitor()
        visitor, agent, chat = await scene.talk()
        await agent.send(t="typing", chat=chat, on=True)
        await visitor.send(t="typing", chat=chat, on=True)
        await say(visitor, chat, "secret")
        await visitor.send(t="viewing", page={"url": "https://shop.example.com/x", "title": "X"})
        await ask(agent, t="end", chat=chat, cmid=cmid())
        assert await bystander.settled() == []

    act(scenario)


def test_typing_is_shown_to_the_agents_only(act: Act) -> None:
    async def scenario(scene: Scene) -> None:
        visitor, agent, chat = await scene.talk()
        await visitor.send(t="typing", chat=chat, on=True)
        sender = {"kind": "visitor", "id": visitor.frames[0]["me"]["id"], "name": visitor.frames[0]["me"]["name"]}
        assert await visitor.settled() == []
        assert await agent.settled() == [{"t": "typing", "chat": chat, "sender": sender, "on": True}]

    act(scenario)


FOR_VISITORS = {
    "welcome": {"v", "sid", "epoch", "me", "online", "hb_s", "chat"},
    "own_chat": {"chat"},
    "ack": {"cmid", "chat", "seq", "id", "at", "dup"},
    "event": {"chat", "event"},
    "events": {"chat", "events", "more", "after", "before"},
    "read": {"chat", "by", "seq", "unread"},
    "typing": {"chat", "sender", "on"},
    "online": {"online"},
    "hb": {"heads"},
}
PARTS = {
    "chat": {"id", "state", "last", "started_at", "read", "assignee", "unread", "ended_at", "ended_by"},
    "event": {"seq", "id", "kind", "sender", "at", "cmid", "text", "data"},
    "assignee": {"id", "name"},
    "sender": {"kind", "id", "name"},
}


def test_a_visitor_is_told_only_what_is_on_the_list(act: Act, team: Team) -> None:
    """No e-mail address, no other member, no page or browser, no number of ours reaches a visitor."""

    async def scenario(scene: Scene) -> None:
        _, token = await scene.new_visitor()
        visitor, agent = await scene.visitor(token), await scene.agent()
        chat = await start(visitor, "Hello?")
        await ask(agent, t="take", chat=chat, cmid=cmid())
        await agent.send(t="typing", chat=chat, on=True)
        await say(agent, chat, "Yes?")
        await agent.send(t="read", chat=chat, seq=1)
        await visitor.send(t="read", chat=chat, seq=3)
        await visitor.send(t="sync", chat=chat, after=0)
        await visitor.until("events")
        again = await scene.visitor(token)
        await ask(agent, t="end", chat=chat, cmid=cmid())
        await visitor.settled()
        frames = visitor.frames + again.frames
        assert {frame["t"] for frame in frames} >= {"welcome", "own_chat", "ack", "event", "events", "read", "typing"}
        for frame in frames:
            if frame["t"] != "pong":
                assert set(frame) - {"t"} <= FOR_VISITORS[frame["t"]], frame
            for part in parts(frame):
                assert set(part[1]) <= PARTS[part[0]], frame
        text = json.dumps(frames)
        for member in team.members.values():
            assert member.person.email not in text and member.person.public_id not in text
        assert "Acme agent2" not in text and team.account.public_id not in text and "Lamps" not in text

    act(scenario)


def parts(value: Any, name: str = "") -> list[tuple[str, dict[str, Any]]]:
    """All objects inside a frame that have a list of allowed fields, by their name."""
    if isinstance(value, list):
        return [part for one in value for part in parts(one, "event")]
    if not isinstance(value, dict):
        return []
    own = [(name, value)] if name in PARTS else []
    return own + [part for key, inner in value.items() for part in parts(inner, key)]


def test_a_socket_answers_within_the_time_that_clients_wait(act: Act) -> None:
    async def scenario(scene: Scene) -> None:
        visitor = await scene.visitor()
        async with asyncio.timeout(ANSWER_WITHIN_S):
            await visitor.send(t="ping", n=5)
            assert await visitor.next() == {"t": "pong", "n": 5}
            await visitor.send(t="alive")
            assert await visitor.settled() == []

    act(scenario)
