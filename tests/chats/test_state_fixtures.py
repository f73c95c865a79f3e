"""After every action: what a client had, plus the frames that it got, is what a new client is told.

Here the server writes both down, in tests/fixtures/state; static/shared/fixtures.test.js replays them with the
browser's own state. `WRITE_FIXTURES=1 pytest tests/chats/test_state_fixtures.py` writes them anew.
"""

import asyncio
import json
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from accounts.actions import remove_member, set_account_state
from accounts.models import AccountState
from accounts.tenancy import account_scope
from chats import tasks
from chats.consumers.upkeep import _beat_rooms, _look_around
from tests.chats.conftest import Scenario
from tests.chats.normal import Names
from tests.chats.scene import Scene, ask, hang_up, say, start
from tests.factories import cmid
from tests.sockets import Client, in_thread

FOLDER = Path(__file__).resolve().parent.parent / "fixtures" / "state"
pytestmark = pytest.mark.usefixtures("committed_db", "no_limits")
Act = Callable[[Scenario], Any]
Frame = dict[str, Any]


@dataclass
class Stage:
    """One visitor with a chat, the agent who answers, a colleague who looks on; another visitor waits."""

    scene: Scene
    token: str
    visitor: Client
    agent: Client
    colleague: Client
    chat: str = ""

    @property
    def audiences(self) -> dict[str, Client]:
        return {"visitor": self.visitor, "agent": self.agent, "colleague": self.colleague}

    async def fresh(self, audience: str) -> Frame:
        """What somebody is told who opens the same page now."""
        if audience == "visitor":
            client = await self.scene.visitor(self.token)
        else:
            client = await self.scene.agent({"agent": "agent", "colleague": "agent2"}[audience])
        await hang_up(client)
        return client.frames[0]

    async def settle(self) -> None:
        await _look_around(self.scene.room)
        for client in self.audiences.values():
            if not client.line.future.done():
                await client.settled()


Step = Callable[[Stage], Awaitable[None]]


# -- what happens --------------------------------------------------------------------------------------------------


async def began(stage: Stage) -> None:
    page = {"url": "https://shop.example.com/cart", "title": "Cart"}
    stage.chat = (await ask(stage.visitor, t="start", cmid=cmid(), text="Hello?", page=page))["chat"]


async def answered(stage: Stage) -> None:
    await began(stage)
    await taken(stage)
    await agent_message(stage)


async def agent_here(stage: Stage) -> None:
    await answered(stage)
    await accepting(stage)


async def second_message(stage: Stage) -> None:
    await say(stage.visitor, stage.chat, "Are you there?")


async def taken(stage: Stage) -> None:
    await ask(stage.agent, t="take", chat=stage.chat, cmid=cmid())


async def agent_message(stage: Stage) -> None:
    await say(stage.agent, stage.chat, "We do.")
    await say(stage.agent, stage.chat, "It takes three days.")


async def repeated_message(stage: Stage) -> None:
    one = cmid()
    for _ in range(2):
        await ask(stage.visitor, t="send", chat=stage.chat, cmid=one, text="once")


async def read_by_visitor(stage: Stage) -> None:
    await stage.visitor.send(t="read", chat=stage.chat, seq=4)
    await stage.visitor.settled()


async def read_by_agent(stage: Stage) -> None:
    await stage.agent.send(t="read", chat=stage.chat, seq=1)
    await stage.agent.send(t="read", chat=stage.chat, seq=6)
    await stage.agent.settled()


async def read_in_part_by_agent(stage: Stage) -> None:
    await say(stage.visitor, stage.chat, "Do you ship to Norway?")
    await say(stage.visitor, stage.chat, "And to Iceland?")
    await stage.agent.send(t="read", chat=stage.chat, seq=7)
    await stage.agent.settled()


async def ended_by_visitor(stage: Stage) -> None:
    await ask(stage.visitor, t="end", chat=stage.chat, cmid=cmid())


async def ended_by_agent(stage: Stage) -> None:
    await ask(stage.agent, t="end", chat=stage.chat, cmid=cmid())


async def ended_by_system(stage: Stage) -> None:
    account = stage.scene.team.account
    await in_thread(lambda: set_account_state(account=account, state=AccountState.SUSPENDED))
    await in_thread(lambda: tasks.end_open_chats(account_id=account.pk))


async def agent_removed(stage: Stage) -> None:
    member = stage.scene.team.agent

    def remove() -> None:
        with account_scope(member.account_id):
            remove_member(member=member)

    await in_thread(remove)
    await in_thread(lambda: tasks.release_member(account_id=member.account_id, member_id=member.pk))
    await stage.agent.closed()
    await stage.agent.line.wait()


async def colleague_took(stage: Stage) -> None:
    await ask(stage.colleague, t="take", chat=stage.chat, cmid=cmid())
    await say(stage.colleague, stage.chat, "I take over.")


async def visitor_moved(stage: Stage) -> None:
    await stage.visitor.send(t="viewing", page={"url": "https://shop.example.com/pay?card=1", "title": "Pay"})
    await stage.visitor.settled()


async def visitor_left(stage: Stage) -> None:
    await hang_up(stage.visitor)


async def written_after_the_end(stage: Stage) -> None:
    await ask(stage.visitor, t="send", chat=stage.chat, cmid=cmid(), text="one more thing")


async def accepting(stage: Stage) -> None:
    await stage.agent.send(t="availability", accepting=True)
    await stage.agent.settled()


async def accepting_no_more(stage: Stage) -> None:
    await stage.agent.send(t="availability", accepting=False)
    await stage.agent.settled()


async def agent_left(stage: Stage) -> None:
    await hang_up(stage.agent)


async def typing(stage: Stage) -> None:
    for client in (stage.agent, stage.visitor):
        await client.send(t="typing", chat=stage.chat, on=True)
        await client.settled()


async def heartbeat(stage: Stage) -> None:
    await _beat_rooms([stage.scene.room])


STORIES: dict[str, list[Step]] = {
    "a chat": [
        began, second_message, accepting, taken, agent_message, repeated_message, read_by_visitor, read_by_agent,
        read_in_part_by_agent, typing, heartbeat, visitor_moved, accepting_no_more, ended_by_agent,
        written_after_the_end, ended_by_visitor,
    ],
    "an agent is removed": [answered, agent_removed, colleague_took, ended_by_system],
    "somebody leaves": [agent_here, visitor_left, agent_left],
}  # fmt: skip


@pytest.mark.slow  # up to sixteen steps, each with three new clients
@pytest.mark.parametrize("story", STORIES)
def test_frames_lead_to_what_a_new_client_is_told(act: Act, story: str) -> None:
    async def scenario(scene: Scene) -> None:
        await start(await scene.visitor(), "I wait too.")
        _, token = await scene.new_visitor()
        visitor, agent, colleague = await scene.visitor(token), await scene.agent(), await scene.agent("agent2")
        stage = Stage(scene, token, visitor, agent, colleague)
        await stage.settle()
        had = {audience: await stage.fresh(audience) for audience in stage.audiences}
        for happens in STORIES[story]:
            seen = {audience: len(client.frames) for audience, client in stage.audiences.items()}
            await asyncio.sleep(0.002)  # what follows has another time, in milliseconds
            await happens(stage)
            await stage.settle()
            for audience, client in stage.audiences.items():
                if client.line.future.done():
                    continue
                frames = [frame for frame in client.frames[seen[audience] :] if frame["t"] != "pong"]
                told = await stage.fresh(audience)
                check(happens.__name__, audience, had[audience], frames, told)
                had[audience] = told

    act(scenario)


def test_no_file_is_left_of_a_step_that_is_gone() -> None:
    steps = [step.__name__ for story in STORIES.values() for step in story]
    assert len(steps) == len(set(steps))
    assert {path.name.split(".")[0] for path in FOLDER.glob("*.json")} == set(steps)


def check(name: str, audience: str, before: Frame, frames: list[Frame], after: Frame) -> None:
    """Compare with the stored file, or write it."""
    case = {"name": name.replace("_", " "), "audience": audience, "before": before, "frames": frames, "after": after}
    text = json.dumps(Names().normal(case), indent=1, ensure_ascii=False) + "\n"
    path = FOLDER / f"{name}.{audience}.json"
    if os.environ.get("WRITE_FIXTURES"):
        path.write_text(text)
    stored = path.read_text() if path.exists() else ""
    assert stored == text, (
        f"{path.name} differs from what the server says now; run with WRITE_FIXTURES=1 and look at it"
    )
