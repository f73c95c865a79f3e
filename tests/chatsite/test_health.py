"""Which part is broken, and whether to send work here."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client

from chatsite import pages
from chatsite.kit import draining, worker_sign
from chatsite.kit.redis import RedisError


@pytest.fixture
def worker_sign_there() -> Iterator[None]:
    worker_sign.renew_sign()
    yield


@pytest.fixture
def health(db: None, client: Client, worker_sign_there: None) -> Any:
    """Asks and returns (status, state, parts)."""

    def ask(path: str = "/health/ready") -> tuple[int, str, dict[str, str]]:
        answer = client.get(path)
        said = answer.json()
        return answer.status_code, said["state"], said.get("parts", {})

    return ask


def raise_redis_error(*arguments: Any) -> Any:
    raise RedisError


def test_all_is_well(health: Any) -> None:
    well = {"database": "ok", "migrations": "ok", "redis": "ok", "worker": "ok"}
    assert health() == (200, "ok", well)
    assert health("/health") == health("/health/ready"), "the short address is the same page"


def test_without_the_database_no_work_is_wanted(health: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: Any) -> Any:
        raise OperationalError

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(connection, "cursor", refuse)
        status, state, parts = health()
    assert (status, state) == (503, "down")
    assert (parts["database"], parts["redis"]) == ("down", "ok")


def test_without_redis_chats_go_on(health: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "is_sign_there", raise_redis_error)
    status, state, parts = health()
    assert (status, state) == (200, "degraded")
    assert (parts["redis"], parts["worker"]) == ("down", "unknown")


def test_a_worker_without_a_sign_is_late(health: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_sign, "KEY", "worker:nobody")
    assert health()[1:] == ("degraded", {"database": "ok", "migrations": "ok", "redis": "ok", "worker": "late"})


def test_beat_has_a_worker_leave_its_sign_well_before_it_is_missed() -> None:
    from chatsite.celery import app, leave_sign

    [entry] = [entry for entry in app.conf.beat_schedule.values() if entry["task"] == leave_sign.name]
    assert entry["schedule"] * 2 < worker_sign.LIVES_S


def test_migrations_that_are_missing_are_named(health: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    known = pages._known_migrations() | {("chats", "9999_of_the_next_release")}
    monkeypatch.setattr(pages, "_known_migrations", lambda: known)
    assert health()[1:] == ("degraded", {"database": "ok", "migrations": "pending", "redis": "ok", "worker": "ok"})


def test_migrations_of_a_newer_release_do_not_disturb(health: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    known = frozenset(sorted(pages._known_migrations())[1:])
    monkeypatch.setattr(pages, "_known_migrations", lambda: known)
    assert health()[1] == "ok"


def test_a_process_that_ends_says_so_and_lives(health: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(draining, "_begun", False)
    draining.begin_draining()
    assert health()[:2] == (503, "draining")
    assert health("/health/live") == (200, "ok", {})


def test_the_process_is_alive_also_without_its_parts(client: Client) -> None:
    # No fixture of the database here: asking it would fail the test.
    assert client.get("/health/live").json() == {"state": "ok"}
