"""One browser that floods, or does not read, harms itself only."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from channels.testing import WebsocketCommunicator
from django.conf import settings

from chats.consumers import base
from chats.fanout import Parcel, hub
from chats.protocol import Close
from chatsite.kit.ratelimit import Bucket
from tests.chats.conftest import Scenario
from tests.chats.scene import Scene, ask, say, start
from tests.factories import Team, cmid, make_visitor
from tests.sockets import ANSWER_WITHIN_S, Client, agent_ticket, application, visitor_ticket

Act = Callable[[Scenario], Any]
pytestmark = pytest.mark.usefixtures("no_traceback", "committed_db")


# -- too much --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["visitor", "agent"])
def test_a_flood_of_frames_is_refused_then_the_socket_is_closed(act: Act, path: str) -> None:
    async def scenario(scene: Scene) -> None:
        client, other = await getattr(scene, path)(), await scene.agent("agent2")
        frozen = Bucket(per_s=0, burst=base.FRAMES_BURST)
        socket = next(s for s in scene.room.sockets() if s.sid == client.frames[0]["sid"])
        socket.bucket = frozen
        for answer in ["pong"] * base.FRAMES_BURST + ["err"] * base.RATE_STRIKES + ["bye"]:
            await client.send(t="ping", n=1)
            assert (await client.next())["t"] == answer
        assert await client.closed() == Close.RATE
        refusal = client.frames[-2]
        assert (refusal["code"], refusal["retry_ms"]) == ("rate_limited", base.RETRY_MS)
        assert await other.settled() == []

    act(scenario)


def test_a_flood_at_once_closes_the_socket_and_nothing_follows(act: Act) -> None:
    async def scenario(scene: Scene) -> None:
        visitor = await scene.visitor()
        next(iter(scene.room.sockets())).bucket = Bucket(per_s=0, burst=5)
        for _ in range(200):
            await visitor.send(t="ping", n=1)
        assert await visitor.closed() == Close.RATE
        await visitor.line.wait()
        assert visitor.line.output_queue.empty()

    act(scenario)


def test_a_refused_frame_of_a_flood_names_its_message(act: Act) -> None:
    async def scenario(scene: Scene) -> None:
        visitor = await scene.visitor()
        next(iter(scene.room.sockets())).bucket = Bucket(per_s=0, burst=0)
        await visitor.send(t="send", chat="chat_x", cmid="c1", text="x")
        answer = await visitor.next()
        assert (answer["code"], answer["cmid"], answer["chat"]) == ("rate_limited", "c1", "chat_x")

    act(scenario)


def test_who_slows_down_is_heard_again(act: Act) -> None:
    async def scenario(scene: Scene) -> None:
        visitor = await scene.visitor()
        socket = next(iter(scene.room.sockets()))
        for _ in range(3):
            socket.bucket = Bucket(per_s=0, burst=0)
            for _ in range(base.RATE_STRIKES - 1):
                await visitor.send(t="ping")
                assert (await visitor.next())["code"] == "rate_limited"
            socket.bucket = Bucket(per_s=0, burst=9)
            assert await visitor.settled() == [], "strikes count in a row only"

    act(scenario)


# -- too slow --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "frames",
    [('{"t":"presence","members":[]}',) * (base.QUEUE_MAX_FRAMES + 10), ("x" * 60_000,) * 20],
    ids=["too many", "too long"],
)
def test_a_browser_that_does_not_read_is_told_and_closed_and_nobody_else_notices(
    act: Act, team: Team, frames: tuple[str, ...]
) -> None:
    ticket = agent_ticket(team.agent)

    async def scenario(scene: Scene) -> None:
        slow, reader = Reluctant("/ws/agent"), await scene.agent("agent2")
        await slow.open(ticket)
        await reader.settled()
        slow.reading.clear()
        read = 0
        for frame in frames:
            hub().publish(team.account.public_id, [Parcel(frames=(frame,), to_agents=True)])
            async with asyncio.timeout(ANSWER_WITHIN_S):
                assert (await reader.line.receive_output())["text"] == frame
            read += 1
        assert read == len(frames)
        (socket,) = [s for s in scene.room.agents if s.person_public_id == team.agent.public_id] or [None]
        assert socket is None or not socket._queue, "what it will not read is not kept"
        slow.reading.set()
        while (message := await slow.line.receive_output(timeout=ANSWER_WITHIN_S))["type"] == "websocket.send":
            last = message["text"]
        assert '"code":"slow"' in last and '"retry_ms"' in last
        assert message == {"type": "websocket.close", "code": Close.SLOW}
        assert [s.person_public_id for s in scene.room.agents] == [team.agent2.public_id]

    act(scenario)


def test_who_was_too_slow_gets_everything_on_return(act: Act, team: Team) -> None:
    _, token = make_visitor(team)
    tickets = [visitor_ticket(team, token) for _ in range(2)]

    async def scenario(scene: Scene) -> None:
        slow = Reluctant("/ws/visitor")
        await slow.open(tickets[0])
        writer, agent = await scene.visitor(token), await scene.agent()
        chat = await start(writer, "Hello?")
        await ask(agent, t="take", chat=chat, cmid=cmid())
        slow.reading.clear()
        for n in range(3):
            await say(agent, chat, f"{n}")
        hub().publish(team.account.public_id, [Parcel(frames=("{}",) * 300, to_visitor=slow.frames[0]["me"]["id"])])
        slow.reading.set()
        assert await slow.closed() == Close.SLOW
        back = Client("/ws/visitor")
        welcome = await back.open(tickets[1])
        assert (welcome["chat"]["last"], welcome["chat"]["unread"]) == (5, 3)
        await back.send(t="sync", chat=chat, after=2)
        page = await back.until("events")
        assert [event["text"] for event in page["events"]] == ["0", "1", "2"]
        await back.close()

    act(scenario)


# -- tools -----------------------------------------------------------------------------------------------------


class Reluctant(Client):
    """A browser that reads only while `reading` is set; the server's send waits, as on a full TCP window."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.reading = asyncio.Event()
        self.reading.set()

        async def through(scope: Any, receive: Any, send: Any) -> None:
            async def waiting_send(message: Any) -> None:
                await self.reading.wait()
                await send(message)

            await application(scope, receive, waiting_send)

        self.line = WebsocketCommunicator(through, path, headers=[(b"origin", settings.ORIGIN.encode())])
