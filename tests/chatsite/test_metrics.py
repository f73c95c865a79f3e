"""What a process counts."""

from collections.abc import Callable
from typing import Any

import pytest
from prometheus_client import REGISTRY, generate_latest

from chats import fanout
from chats.consumers import upkeep
from chats.fanout import Parcel, hub, send_to_processes
from chats.ingest import group_commit
from chats.ingest.group_commit import Busy
from chatsite.kit import metrics
from tests.chats.scene import Scene, ask, say
from tests.factories import Team, cmid

ALLOWED_LABELS = {"outcome", "lane", "audience", "status", "le"}


@pytest.fixture(autouse=True)
def still_clocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fanout, "_background", [])


@pytest.fixture
def act(committed_db: None, team: Team, play: Callable[..., Any]) -> Callable[..., Any]:
    def run(scenario: Callable[[Scene], Any]) -> Any:
        async def whole() -> Any:
            async with Scene(team) as scene:
                return await scenario(scene)

        return play(whole)

    return run


def value(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


class Growth:
    """How much a counter has grown since this was made."""

    def __init__(self, name: str, **labels: str) -> None:
        self.name, self.labels, self.before = name, labels, value(name, **labels)

    def __call__(self) -> float:
        return value(self.name, **self.labels) - self.before


def test_no_label_names_an_account_or_a_person() -> None:
    ours = [metric for metric in REGISTRY.collect() if metric.name.startswith("chatsite_")]
    assert len(ours) >= 10
    assert {label for metric in ours for sample in metric.samples for label in sample.labels} <= ALLOWED_LABELS


def test_every_metric_says_what_it_is() -> None:
    assert b"# HELP chatsite_acks_total Messages settled" in generate_latest()


def test_messages_count_by_what_became_of_them(act: Any) -> None:
    new, dup = Growth("chatsite_acks_total", outcome="new"), Growth("chatsite_acks_total", outcome="dup")
    commits, events = Growth("chatsite_commit_seconds_count"), Growth("chatsite_commit_events_sum")

    async def scenario(scene: Scene) -> None:
        visitor, _, chat = await scene.talk()
        twice = {"t": "send", "chat": chat, "cmid": cmid(), "text": "Once"}
        await ask(visitor, **twice)
        await ask(visitor, **twice)
        await say(visitor, chat, "Twice")

    act(scenario)
    assert (new(), dup()) == (2, 1)
    assert (commits(), events()) == (3, 3)


def test_a_refused_message_counts_by_its_code(act: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    busy = Growth("chatsite_acks_total", outcome="busy")
    monkeypatch.setattr(group_commit.Lane, "_write", lambda self, batch: [Busy() for _ in batch])

    async def scenario(scene: Scene) -> None:
        visitor, _, chat = await scene.talk()
        assert (await say(visitor, chat, "Hello?"))["code"] == "busy"

    act(scenario)
    assert busy() == 1


def test_sockets_count_while_they_are_open(act: Any) -> None:
    agents, visitors = Growth("chatsite_sockets", audience="agent"), Growth("chatsite_sockets", audience="visitor")

    async def scenario(scene: Scene) -> None:
        await scene.talk()
        assert (agents(), visitors()) == (1, 1)

    act(scenario)
    assert (agents(), visitors()) == (0, 0)


def test_a_client_that_asks_for_what_it_missed_counts(act: Any) -> None:
    syncs = Growth("chatsite_syncs_total", audience="visitor")

    async def scenario(scene: Scene) -> None:
        visitor, _, chat = await scene.talk()
        await visitor.send(t="sync", chat=chat, after=0)
        await visitor.until("events")

    act(scenario)
    assert syncs() == 1


def test_a_reader_that_is_too_slow_counts(act: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = Growth("chatsite_slow_readers_closed_total")

    async def scenario(scene: Scene) -> None:
        visitor = await scene.visitor()
        monkeypatch.setattr("chats.consumers.base.QUEUE_MAX_FRAMES", 0)
        await visitor.send(t="ping", n=1)
        assert await visitor.closed() == 4408

    act(scenario)
    assert slow() == 1


def test_a_hint_that_is_lost_counts(play: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    lost = Growth("chatsite_hints_lost_total")

    def fail() -> Any:
        raise ConnectionError

    monkeypatch.setattr(fanout, "get_channel_layer", fail)
    play(lambda: send_to_processes("acc_x", [Parcel(presence=True)], origin=""))
    assert lost() == 1


def test_a_round_of_heartbeats_that_comes_late_counts(play: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    late = Growth("chatsite_heartbeats_late_total")
    times = iter([0.0, 15.1, 15.1, 40.0])
    monkeypatch.setattr(upkeep, "HEARTBEAT_EVERY_S", 0.0)
    monkeypatch.setattr(upkeep, "LATE_AFTER_S", 17.0)

    class Clock:
        @staticmethod
        def monotonic() -> float:
            return next(times)

    monkeypatch.setattr(upkeep, "time", Clock)

    async def scenario() -> None:
        with pytest.raises((StopIteration, RuntimeError)):
            await upkeep.beat(hub())

    play(scenario)
    assert late() == 1


def test_the_lanes_tell_how_much_waits(act: Any) -> None:
    async def scenario(scene: Scene) -> None:
        visitor, _, chat = await scene.talk()
        await say(visitor, chat, "Hello?")
        [(common, _)] = [lanes for loop, lanes in group_commit._lanes.items() if loop.is_running()]
        common.queue.extend([None, None])  # type: ignore[list-item]
        assert value("chatsite_lane_entries", lane="common") == 2
        common.queue.clear()

    act(scenario)


def test_children_are_looked_up_once() -> None:
    assert metrics.ACKS["new"] is metrics.ACKS["new"]
