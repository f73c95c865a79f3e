"""Tickets open one socket, once, within half a minute."""

import asyncio
from typing import Any

import pytest
import time_machine

from chatsite.kit import tickets
from chatsite.kit.redis import RedisError
from chatsite.kit.tickets import LIVES_S, issue_ticket, redeem_ticket

VALUES = {"account": 7, "member": 8}


def redeem(ticket: str, audience: str = "agent") -> dict[str, Any] | None:
    return asyncio.run(redeem_ticket(audience, ticket))


def test_a_ticket_carries_its_values() -> None:
    values = redeem(issue_ticket("agent", VALUES))
    assert values is not None and values.items() >= VALUES.items()


def test_a_ticket_works_once(other_process: Any) -> None:
    ticket = issue_ticket("agent", VALUES)
    assert redeem(ticket) is not None
    assert redeem(ticket) is None
    other_process()
    assert redeem(ticket) is None


def test_two_processes_at_once_let_a_ticket_in_once(other_process: Any) -> None:
    ticket = issue_ticket("agent", VALUES)

    async def both() -> list[Any]:
        first = asyncio.create_task(redeem_ticket("agent", ticket))
        await asyncio.sleep(0)  # the first has noted it and waits for Redis
        other_process()
        return [await first, await redeem_ticket("agent", ticket)]

    assert [values is not None for values in asyncio.run(both())].count(True) == 1


def test_a_visitors_ticket_opens_no_agents_socket() -> None:
    assert redeem(issue_ticket("visitor", {"account": 7, "session": 8})) is None


def test_a_ticket_ends_after_half_a_minute() -> None:
    with time_machine.travel("2030-01-01T00:00:00Z", tick=False) as clock:
        fresh, late = issue_ticket("agent", VALUES), issue_ticket("agent", VALUES)
        clock.shift(LIVES_S - 1)
        assert redeem(fresh) is not None
        clock.shift(2)
        assert redeem(late) is None


@pytest.mark.parametrize("ticket", ["", "x", "\x00", "\ud800", "A" * 512])
def test_what_is_no_ticket_opens_nothing(ticket: str) -> None:
    assert redeem(ticket) is None


def test_a_ticket_shows_nothing_to_its_bearer_and_fits_a_hello() -> None:
    ticket = issue_ticket("agent", {**VALUES, "session_key": "k" * 32})
    assert "member" not in ticket and "kkkk" not in ticket
    assert len(ticket) <= 512  # chats.protocol.Hello.ticket


def test_while_redis_is_away_a_ticket_works_once_in_this_process(redis_away: None) -> None:
    ticket = issue_ticket("agent", VALUES)
    assert redeem(ticket) is not None
    assert redeem(ticket) is None


def test_used_tickets_are_forgotten_when_their_time_is_over() -> None:
    with time_machine.travel("2030-01-01T00:00:00Z", tick=False) as clock:
        redeem(issue_ticket("agent", VALUES))
        assert len(tickets._used_here) == 1
        clock.shift(LIVES_S + 1)
        redeem(issue_ticket("agent", VALUES))
        assert len(tickets._used_here) == 1


@pytest.fixture(autouse=True)
def nothing_used_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tickets, "_used_here", {})


@pytest.fixture
def other_process(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Calling it takes this process's memory away, as if the next look came from another one."""
    return lambda: monkeypatch.setattr(tickets, "_used_here", {})


@pytest.fixture
def redis_away(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> Any:
        raise RedisError("away")

    monkeypatch.setattr(tickets, "async_redis", refuse)
