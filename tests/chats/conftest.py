"""Fixtures of chats: the application's log is looked at, the hub's clocks stand still, a scenario has a stage."""

import logging
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import pytest

from chats import fanout
from chats.consumers import agent, base, visitor
from chats.ingest import group_commit
from tests.chats.hands import Commits
from tests.chats.scene import Scene
from tests.factories import Team, make_chat, make_team

Scenario = Callable[[Scene], Coroutine[Any, Any, Any]]


@pytest.fixture(autouse=True)
def still_clocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """No heartbeat, presence or check comes by itself: tests call them."""
    monkeypatch.setattr(fanout, "_background", [])


@pytest.fixture
def other_team(request: pytest.FixtureRequest) -> Team:
    """As everywhere, somebody else's account with a chat; made once where rows stay."""
    if "committed_db" not in request.fixturenames:
        request.getfixturevalue("db")
        return make_noise()
    if not _noise:
        request.getfixturevalue("committed_db")
        _noise.append(make_noise())
    return _noise[0]


_noise: list[Team] = []


def make_noise() -> Team:
    other = make_team("Other")
    make_chat(other, text="CANARY-OTHER")
    return other


@pytest.fixture
def no_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sockets that may send as much as they like."""
    for module, name in ((base, "FRAMES_BURST"), (visitor, "SENDS_BURST"), (agent, "SENDS_BURST")):
        monkeypatch.setattr(module, name, 10**6)


@pytest.fixture
def act(committed_db: None, team: Team, play: Callable[..., Any]) -> Callable[[Scenario], Any]:
    """Play a scenario with the sockets of `team`; another account is there too."""

    def run(scenario: Scenario) -> Any:
        async def whole() -> Any:
            async with Scene(team) as scene:
                return await scenario(scene)

        return play(whole)

    return run


@pytest.fixture
def no_traceback(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Whatever a browser sends, the log gets no traceback and no error."""
    yield
    assert not [r.getMessage() for r in caplog.get_records("call") if r.exc_info or r.levelno >= logging.ERROR]


@pytest.fixture
def commits(monkeypatch: pytest.MonkeyPatch) -> Commits:
    """The lanes' transactions, watched and held up at will."""
    watched = Commits(group_commit.commit)
    monkeypatch.setattr(group_commit, "commit", watched)
    return watched
