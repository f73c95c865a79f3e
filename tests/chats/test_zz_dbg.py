"""Frames reach the sockets that may see them, here at once, in other processes by Redis, and after the commit only."""

import asyncio
import logging
import threading
import weakref
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from channels.layers import channel_layers, get_channel_layer
from django.conf import settings
from django.db import transaction

from accounts.tenancy import account_scope
from chats import fanout
from chats.actions.chats import end_chat_as_system, take_chat
from chats.fanout import Parcel, announce, hub, send_now, stop_hub
from chats.ingest.group_commit import close_lanes
from chats.queries import get_chat_ref
from chatsite.embedded.processes import stop_server
from chatsite.embedded.valkey import start_valkey
async def close_async_redis(): pass
from tests.chats.conftest import Scenario
from tests.chats.hands import WITHIN_S
from tests.chats.scene import Scene, kinds, say, texts, until_true
from tests.factories import Team, cmid, make_chat, make_visitor
from tests.sockets import in_thread

Act = Callable[[Scenario], Any]
Play = Callable[..., Any]


@dataclass(eq=False)
class Ear:
    """A socket that only listens."""

    person_public_id: str
    is_agent: bool = False
    account_public_id: str = "acc_1"
    account_id: int = 1
    heard: list[str] = field(default_factory=list)
    revoked: int = 0

    def push(self, frame: str) -> None:
        self.heard.append(frame)

    def revoke(self) -> None:
        self.revoked += 1


def test_a_frame_reaches_only_its_audience(play: Play) -> None:
    async def scenario() -> None:
        agent, colleague = Ear("mem_1", is_agent=True), Ear("mem_2", is_agent=True)
        tab, second_tab, other = Ear("vis_1"), Ear("vis_1"), Ear("vis_2")
        foreign = [Ear("mem_1", is_agent=True, account_public_id="acc_2"), Ear("vis_1", account_public_id="acc_2")]
        for ear in (agent, colleague, tab, second_tab, other, *foreign):
            hub().join(ear)
        hub().publish("acc_1", [Parcel(frames=("both",), to_agents=True, to_visitor="vis_1")])
        hub().publish("acc_1", [Parcel(frames=("agents",), to_agents=True), Parcel(frames=("v",), to_visitor="vis_1")])
        hub().publish("acc_1", [Parcel(frames=("nobody",)), Parcel(frames=("absent",), to_visitor="vis_9")])
        hub().publish("acc_9", [Parcel(frames=("x",), to_agents=True)])
        assert agent.heard == colleague.heard == ["both", "agents"]
        assert tab.heard == second_tab.heard == ["both", "v"]
        assert [ear.heard for ear in (other, *foreign)] == [[], [], []]

    play(scenario)


def test_a_room_is_there_as_long_as_somebody_is_in_it(play: Play) -> None:
    async def scenario() -> None:
        agent, tab, second = Ear("mem_1", is_agent=True), Ear("vis_1"), Ear("vis_1")
        room = hub().join(agent)
        assert hub().join(tab) is room is hub().join(second)
        assert set(room.sockets()) == {agent, tab, second}
        for ear in (agent, tab, tab):
            hub().leave(ear)
        assert hub().rooms == {"acc_1": room}
        hub().publish("acc_1", [Parcel(frames=("x",), to_agents=True, to_visitor="vis_1")])
        assert (agent.heard, tab.heard, second.heard) == ([], [], ["x"])
        hub().leave(second)
        hub().leave(second)
        assert hub().rooms == {}

    play(scenario)


def test_revoking_closes_the_sockets_of_a_person_or_of_an_account(play: Play) -> None:
    async def scenario() -> None:
        agent, again, visitor = Ear("mem_1", is_agent=True), Ear("mem_1", is_agent=True), Ear("vis_1")
        foreign = Ear("mem_1", is_agent=True, account_public_id="acc_2")
        for ear in (agent, again, visitor, foreign):
            hub().join(ear)
        hub().publish("acc_1", [Parcel(revoke="mem_1")])
        assert [ear.revoked for ear in (agent, again, visitor, foreign)] == [1, 1, 0, 0]
        hub().publish("acc_1", [Parcel(revoke="acc_1")])
        assert [ear.revoked for ear in (agent, again, visitor, foreign)] == [2, 2, 1, 0]

    play(scenario)


def test_what_is_published_in_one_turn_leaves_as_one_message_for_each_account(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[tuple[str, list[str]]] = []

    async def note(account: str, parcels: list[Parcel], *, origin: str) -> None:
        sent.append((account, [frame for parcel in parcels for frame in parcel.frames]))

    monkeypatch.setattr(fanout, "send_to_processes", note)

    async def scenario() -> None:
        for n in range(3):
            hub().publish("acc_1", [Parcel(frames=(f"a{n}",), to_agents=True)])
            hub().publish("acc_2", [Parcel(frames=(f"b{n}",), to_agents=True)])
        await until_true(lambda: len(sent) == 2)
        hub().publish("acc_1", [Parcel(frames=("later",), to_agents=True)])
        await until_true(lambda: len(sent) == 3)
        assert sent == [("acc_1", ["a0", "a1", "a2"]), ("acc_2", ["b0", "b1", "b2"]), ("acc_1", ["later"])]

    play(scenario)


# -- after the commit --------------------------------------------------------------------------------------------


def test_what_is_announced_is_told_after_the_commit_and_never_after_a_rollback(act: Act, team: Team) -> None:
    def tell(text: str) -> None:
        announce(team.account.public_id, [Parcel(frames=(f'{{"t":"{text}"}}',), to_agents=True)])

    def work(told: Callable[[], int]) -> None:
        with pytest.raises(ZeroDivisionError), account_scope(team.account.pk):
            tell("rolled back")
            1 / 0  # noqa: B018
        with account_scope(team.account.pk):
            with pytest.raises(ZeroDivisionError), transaction.atomic():
                tell("savepoint")
                1 / 0  # noqa: B018
            tell("committed")
            assert told() == 0

    async def scenario(scene: Scene) -> None:
        agent = await scene.agent()
        await in_thread(lambda: work(agent.line.output_queue.qsize))
        assert kinds(await agent.settled()) == ["committed"]

    act(scenario)


# -- other processes -----------------------------------------------------------------------------------------------


def test_two_processes_share_a_chat(redis_layer: None, act: Act, team: Team) -> None:
    """The visitor's socket is here, the agent's in another process; each message is told once to each."""
    person, token = make_visitor(team)
    ref = make_chat(team, person)
    with account_scope(team.account.pk):
        take_chat(chat=ref, member=team.agent, cmid=cmid())
    chat = ref.public_id

    async def scenario(scene: Scene) -> None:
        other, there = OtherProcess(), Scene(team)
        try:
            agent = await other.run(there.agent())
            visitor = await scene.visitor(token)
            await other.run(subscribed())
            await subscribed()
            for n in range(4):
                await visitor.send(t="send", chat=chat, cmid=cmid(), text=f"{n}")
            await other.run(agent.until(lambda f: f["t"] == "event" and f["event"]["seq"] == 6))
            assert texts(agent.frames) == ["0", "1", "2", "3"], "each once, in order"
            for text in ("yes", "we do"):
                await other.run(say(agent, chat, text))
            await visitor.until(lambda f: f["t"] == "event" and f["event"]["text"] == "we do")
            assert texts(visitor.frames) == ["0", "1", "2", "3", "yes", "we do"]
            assert texts(agent.frames) == ["0", "1", "2", "3", "yes", "we do"]
        finally:
            await other.run(there.__aexit__(None, None, None))
            await other.end()

    act(scenario)


def test_a_worker_without_sockets_reaches_them_through_redis(
    redis_layer: None, act: Act, team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario(scene: Scene) -> None:
        import sys; sys.path.insert(0, "/tmp"); import dump; dump.watch(asyncio.get_running_loop())
        visitor, _, chat = await scene.talk()
        await subscribed()

        def as_worker() -> None:
            with monkeypatch.context() as patch, account_scope(team.account.pk):
                patch.setattr(fanout, "_hubs", weakref.WeakKeyDictionary())
                end_chat_as_system(chat=get_chat_ref(chat))
                transaction.on_commit(sent.set)
                sent.wait(0)

        sent = threading.Event()
        await in_thread(as_worker)
        ended = await visitor.until("event")
        assert ended["event"]["data"] == {"by": "system"}

    act(scenario)


def test_a_hint_from_another_release_does_not_make_a_process_deaf(
    redis_layer: None, play: Play, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario() -> None:
        ear = Ear("mem_1", is_agent=True)
        hub().join(ear)
        await subscribed()
        newer = {"frames": ["x"], "to_agents": True, "a_field_of_tomorrow": 1}
        layer = get_channel_layer()
        for message in ({"parcels": [newer]}, {"no": "account"}, {"parcels": None}):
            await layer.group_send("acc_1", {"type": "parcels", "origin": "y", "account": "acc_1"} | message)
        await layer.group_send("acc_1", {"type": "parcels", "parcels": []})
        await in_thread(lambda: announce_from_elsewhere("acc_1", Parcel(frames=("understood",), to_agents=True)))
        await until_true(lambda: bool(ear.heard))
        assert ear.heard == ["understood"]

    play(scenario)
    assert "was not understood" in caplog.text


@pytest.mark.slow  # starts a Valkey, stops it, starts it again
def test_without_redis_local_delivery_goes_on_and_the_line_comes_back(
    own_valkey: "OwnValkey", play: Play, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fanout, "RESUBSCRIBE_AFTER_S", 0.05)

    async def scenario() -> None:
        first, late = Ear("mem_1", is_agent=True), Ear("mem_1", is_agent=True, account_public_id="acc_2")
        hub().join(first)
        await subscribed()
        own_valkey.stop()
        hub().publish("acc_1", [Parcel(frames=("here",), to_agents=True)])
        hub().join(late)
        hub().publish("acc_2", [Parcel(frames=("here",), to_agents=True)])
        assert (first.heard, late.heard) == (["here"], ["here"])
        await until_true(lambda: "hint to the other processes was lost" in caplog.text)
        await until_true(lambda: "no line to the other processes yet" in caplog.text)
        own_valkey.start()
        await subscribed()

        async def heard_again(ear: Ear) -> None:
            while ear.heard[-1] != "back":  # the layer's own reconnecting may take a second
                await in_thread(
                    lambda: announce_from_elsewhere(ear.account_public_id, Parcel(frames=("back",), to_agents=True))
                )
                await asyncio.sleep(0.05)

        async with asyncio.timeout(WITHIN_S * 2):
            await heard_again(late)
            await heard_again(first)

    play(scenario)
    ours = [record for record in caplog.records if record.name == fanout.__name__]
    assert ours and all(record.levelno == logging.WARNING and not record.exc_info for record in ours)


def test_a_redis_that_hangs_does_not_fill_the_memory(
    play: Play, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def hang(*args: object, **options: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(fanout, "send_to_processes", hang)
    monkeypatch.setattr(fanout, "SENDING_MAX", 5)

    async def scenario() -> None:
        ear = Ear("mem_1", is_agent=True)
        hub().join(ear)
        for n in range(20):
            hub().publish("acc_1", [Parcel(frames=(f"{n}",), to_agents=True)])
            await asyncio.sleep(0)
        assert len(ear.heard) == 20
        assert len(hub().sending) == 5
        await stop_hub()

    play(scenario)
    assert "does not follow" in caplog.text


def test_a_room_that_was_left_is_not_subscribed_any_more(redis_layer: None, play: Play) -> None:
    async def scenario() -> None:
        ear = Ear("mem_1", is_agent=True)
        hub().join(ear)
        await subscribed()
        layer = get_channel_layer()._get_layer()
        assert any("acc_1" in group for group in layer.groups)
        hub().leave(ear)
        await until_true(lambda: not any("acc_1" in group for group in layer.groups))
        hub().join(ear)
        await until_true(lambda: any("acc_1" in group for group in layer.groups))

    play(scenario)


# -- tools ---------------------------------------------------------------------------------------------------------


def announce_from_elsewhere(account_public_id: str, parcel: Parcel) -> None:
    """As a process does that serves no sockets."""
    living, fanout._hubs = fanout._hubs, weakref.WeakKeyDictionary()
    try:
        send_now(account_public_id, [parcel])
    finally:
        fanout._hubs = living


async def subscribed() -> None:
    """Wait until the running loop's hub hears of all its rooms."""
    await until_true(lambda: not hub().unsubscribed)


class OtherProcess:
    """A thread with a loop of its own, and so with its own hub: it shares nothing with this one but Redis."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self) -> None:
        self.loop.run_forever()
        self.loop.close()

    async def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self.loop))

    async def end(self) -> None:
        async def close() -> None:
            await stop_hub()
            close_lanes()
            await close_async_redis()

        await self.run(close())
        self.loop.call_soon_threadsafe(self.loop.stop)
        await asyncio.to_thread(self.thread.join, WITHIN_S)


def use_redis(url: str) -> None:
    settings.CHANNEL_LAYERS["default"] = {
        "BACKEND": "chatsite.kit.channel_layer.PubSubLayer",
        "CONFIG": {"hosts": [url]},
    }
    channel_layers.backends.pop("default", None)


@pytest.fixture
def redis_layer(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The line between processes as in production."""
    monkeypatch.setitem(settings.CHANNEL_LAYERS, "default", {})
    use_redis(settings.REDIS_URL)
    yield
    channel_layers.backends.pop("default", None)


class OwnValkey:
    """A server that a test may stop."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.start()

    def start(self) -> None:
        self.running = start_valkey(data_dir=self.folder, log=self.folder / "log")

    def stop(self) -> None:
        stop_server(self.running)


@pytest.fixture
def own_valkey(redis_layer: None, tmp_path: Path) -> Iterator[OwnValkey]:
    server = OwnValkey(tmp_path)
    use_redis(server.running.url)
    yield server
    server.stop()
import chatsite.kit.redis as _r
async def _noop(): pass
_r.close_async_redis = _noop
