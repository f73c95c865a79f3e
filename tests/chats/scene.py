"""A loop in which browsers come and go. The hub's clocks stand still: a test calls what it wants to happen."""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Any

from accounts.models import Member
from accounts.tenancy import account_scope
from chats.fanout import Room, hub
from tests.factories import Team, cmid, make_visitor
from tests.sockets import Client, agent_ticket, in_thread, visitor_ticket
from widget.models import Visitor


class Scene:
    """One account's sockets; all are closed when it ends."""

    def __init__(self, team: Team) -> None:
        self.team = team
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> "Scene":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    @property
    def room(self) -> Room:
        return hub().rooms[self.team.account.public_id]

    async def agent(self, who: str = "agent", *, session_key: str | None = None) -> Client:
        """Open a console; `welcome` is its first frame."""
        client = Client("/ws/agent")
        await self._open(client, await in_thread(lambda: agent_ticket(self.team.members[who], session_key)))
        return client

    async def visitor(self, token: str | None = None) -> Client:
        """Open a widget, of a new visitor unless a token is given."""
        client = Client("/ws/visitor")
        if token is None:
            token = (await self.new_visitor())[1]
        await self._open(client, await in_thread(lambda: visitor_ticket(self.team, token)))
        return client

    async def new_visitor(self) -> tuple[Visitor, str]:
        made: tuple[Visitor, str] = await in_thread(lambda: make_visitor(self.team))
        return made

    async def _open(self, client: Client, ticket: str) -> None:
        await client.open(ticket)
        self._stack.push_async_callback(hang_up, client)

    async def in_scope(self, work: Callable[[], Any]) -> Any:
        """Run blocking work in the account's scope, beside the loop."""

        def run() -> Any:
            with account_scope(self.team.account.pk):
                return work()

        return await in_thread(run)

    async def change_member(self, who: str, **fields: Any) -> None:
        pk = self.team.members[who].pk
        await self.in_scope(lambda: Member.objects.filter(pk=pk).update(**fields))

    async def talk(self, who: str = "agent") -> tuple[Client, Client, str]:
        """A visitor has asked, an agent has taken the chat; all frames so far are read."""
        agent, visitor = await self.agent(who), await self.visitor()
        chat = await start(visitor, "Hello?")
        await ask(agent, t="take", chat=chat, cmid=cmid())
        await visitor.settled()
        await agent.settled()
        return visitor, agent, chat


async def hang_up(client: Client) -> None:
    """Leave as a browser does, also where the server has closed already."""
    if not client.line.future.done():
        await client.close()


async def ask(client: Client, **frame: Any) -> dict[str, Any]:
    """Send a frame and return the ack or err that answers it."""
    await client.send(**frame)
    return await client.until(lambda answer: answer["t"] in {"ack", "err"})


async def start(visitor: Client, text: str) -> str:
    """Open a chat; return its id."""
    ack = await ask(visitor, t="start", cmid=cmid(), text=text)
    assert ack["t"] == "ack", ack
    return str(ack["chat"])


async def say(client: Client, chat: str, text: str) -> dict[str, Any]:
    return await ask(client, t="send", chat=chat, cmid=cmid(), text=text)


async def refused(client: Client, **frame: Any) -> str:
    """Send a frame that is refused, see that the socket lives on, and return the code."""
    answer = await ask(client, **frame)
    assert answer["t"] == "err", answer
    assert answer["text"], "a refusal has a sentence for people"
    await client.settled()
    return str(answer["code"])


def texts(frames: list[dict[str, Any]]) -> list[str]:
    """The messages among these frames."""
    return [f["event"]["text"] for f in frames if f["t"] == "event" and f["event"]["kind"] == "message"]


def kinds(frames: list[dict[str, Any]]) -> list[str]:
    return [frame["t"] for frame in frames]


async def until_true(what: Callable[[], bool], *, within_s: float = 5) -> None:
    """Wait until something in another thread or process has come about."""
    async with asyncio.timeout(within_s):
        while not what():
            await asyncio.sleep(0.005)
