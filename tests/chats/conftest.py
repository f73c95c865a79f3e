"""Fixtures of chats: the application's log is looked at, the hub's clocks stand still, a scenario has a stage."""

import logging
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import pytest

from chats import fanout
from tests.chats.scene import Scene
from tests.factories import Team

Scenario = Callable[[Scene], Coroutine[Any, Any, Any]]


@pytest.fixture(autouse=True)
def still_clocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """No heartbeat, presence or check comes by itself: tests call them."""
    monkeypatch.setattr(fanout, "_background", [])


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
