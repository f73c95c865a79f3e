"""Everybody goes through every door with the identifiers of another account. See tests/walk."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest
from django.test import override_settings

from chats import fanout
from tests.walk import frames, http, tasks
from tests.walk.addresses import find_unlisted, list_addresses
from tests.walk.roles import MEMBERS, ROLES, VISITORS
from tests.walk.world import Rows, World, make_world, watched_rows

pytestmark = pytest.mark.usefixtures("committed_db")
Play = Callable[..., list[str]]


def test_every_address_is_in_the_table_of_doors() -> None:
    report(find_unlisted(list_addresses()))


@pytest.mark.parametrize("role", ROLES)
def test_no_address_shows_tells_of_or_touches_another_account(world: World, rows: Rows, role: str) -> None:
    report(http.walk(world, rows, role))


@pytest.mark.parametrize("role", ROLES)
def test_every_address_lets_in_whom_the_table_names_and_nobody_else(world: World, role: str) -> None:
    report(http.check_access(world, role))


def test_looking_changes_nothing(world: World, rows: Rows) -> None:
    report(http.check_looks_change_nothing(world, rows, "owner"))
    report(http.check_looks_change_nothing(world, rows, "visitor"))


def test_a_public_site_key_opens_a_chat_and_nothing_else(world: World, rows: Rows) -> None:
    report(http.check_site_key_of_another_account(world, rows))


def test_every_kind_of_frame_is_in_the_table_of_frames() -> None:
    report(frames.find_unlisted())


@pytest.mark.parametrize("role", (*VISITORS, *MEMBERS))
def test_no_frame_shows_tells_of_or_touches_another_account(world: World, rows: Rows, play: Play, role: str) -> None:
    report(play(frames.collect(frames.walk(world, rows, role))))


def test_no_frame_tells_a_visitor_of_another_visitors_chat(world: World, play: Play) -> None:
    report(play(frames.collect(frames.walk_between_visitors(world))))


def test_nobody_hears_another_account(world: World, play: Play) -> None:
    report(play(frames.collect(frames.listen_to_the_others(world))))


def test_every_socket_opens_for_whom_the_table_names_and_nobody_else(world: World, play: Play) -> None:
    report(play(frames.collect(frames.check_opening(world))))


@pytest.mark.parametrize("role", (*VISITORS, *MEMBERS))
def test_every_frame_is_done_for_whom_the_table_names_and_nobody_else(world: World, play: Play, role: str) -> None:
    report(play(frames.collect(frames.check_access(world, role))))


def test_every_task_is_in_the_table_of_tasks() -> None:
    report(tasks.find_unlisted())


def test_no_task_touches_another_account(world: World, rows: Rows) -> None:
    report(tasks.walk(world, rows))


def report(faults: Iterable[str]) -> None:
    found = list(faults)
    assert not found, f"{len(found)} findings:\n" + "\n".join(found)


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    calm = override_settings(
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"], ACCOUNT_RATE_LIMITS=False
    )
    with django_db_blocker.unblock(), calm, pytest.MonkeyPatch.context() as patch:
        patch.setattr("celery.app.task.Task.apply_async", lambda *a, **k: None)
        yield make_world()


@pytest.fixture(scope="module")
def rows(world: World) -> Iterator[Rows]:
    with watched_rows() as rows:
        yield rows


@pytest.fixture(autouse=True)
def still_clocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """No heartbeat or presence comes by itself: what a socket hears is the answer to what was sent."""
    monkeypatch.setattr(fanout, "_background", [])
