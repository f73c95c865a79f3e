"""Hands on Postgres beside the application: other processes' connections, held locks, broken lines."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from django.db import connections

from accounts.tenancy import account_scope
from chats.fanout import ChatRef
from chats.ingest.append import Outcome
from chats.models import Chat, Event
from tests.chats.scene import until_true
from tests.factories import Team

WITHIN_S = 5  # generous: a test machine may be busy


def connect(alias: str = "default", **options: Any) -> psycopg.Connection[Any]:
    """A connection of our own as the role of `alias`: the web's, or the owner's."""
    parameters = dict(connections[alias].get_connection_params())
    for name in ("cursor_factory", "context", "pool"):
        parameters.pop(name, None)
    return psycopg.connect(**parameters, **options)


@contextmanager
def connected(team: Team) -> Iterator[psycopg.Cursor[Any]]:
    """Another process's connection as the web role, in the account's scope; committed at the end."""
    with connect() as other, other.cursor() as cursor:
        cursor.execute("SELECT set_config('app.account_id', %s, true)", [str(team.account.pk)])
        yield cursor


@contextmanager
def held(team: Team, *chats: ChatRef) -> Iterator[psycopg.Cursor[Any]]:
    """Somebody else holds these chats' locks until the block ends, or he commits."""
    with connected(team) as cursor:
        ids = [chat.id for chat in chats]
        cursor.execute("SELECT id FROM chats_chat WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE", [ids])
        assert cursor.rowcount == len(ids)
        yield cursor


def until_blocked(cursor: psycopg.Cursor[Any]) -> None:
    """Wait until somebody waits for a lock that this connection holds."""
    pid = cursor.connection.info.backend_pid
    with connect("owner", autocommit=True) as looking:
        for _ in range(WITHIN_S * 200):
            query = "SELECT 1 FROM pg_locks WHERE NOT granted AND %s = ANY(pg_blocking_pids(pid))"
            if looking.execute(query, [pid]).fetchone():
                return
            threading.Event().wait(0.005)
    raise AssertionError("nobody waits")


def log(team: Team, chat: ChatRef) -> list[tuple[int, str | None]]:
    """The chat's events as (number, text)."""
    with account_scope(team.account.pk):
        return list(Event.objects.filter(chat_id=chat.id).order_by("seq").values_list("seq", "text"))


def head(team: Team, chat: ChatRef) -> int:
    with account_scope(team.account.pk):
        return Chat.objects.get(id=chat.id).last_seq


class Commits:
    """What the lanes commit, and a hand that holds it up."""

    def __init__(self, real: Callable[..., list[Outcome]]) -> None:
        self.real = real
        self.sizes: list[int] = []
        self.waits: list[int] = []
        self.connection: psycopg.Connection[Any] | None = None
        self.lose_answer = False
        self._held_text: str | None = None
        self._held, self._go = threading.Event(), threading.Event()

    def __call__(self, connection: Any, batch: Any, *, lock_wait_ms: int) -> list[Outcome]:
        self.connection = connection
        self.sizes.append(len(batch))
        self.waits.append(lock_wait_ms)
        if self._held_text in [item.text for _, item in batch]:
            self._held.set()
            assert self._go.wait(WITHIN_S)
        outcomes = self.real(connection, batch, lock_wait_ms=lock_wait_ms)
        if self.lose_answer:
            self.lose_answer = False
            raise psycopg.OperationalError("server closed the connection unexpectedly")
        return outcomes

    def held_with(self, text: str) -> "Commits":
        """Hold the transaction with this message back until the block ends."""
        self._held_text = text
        return self

    def __enter__(self) -> None:
        pass

    def __exit__(self, *error: object) -> None:
        self._held_text = None
        self._go.set()

    async def is_held(self) -> None:
        await until_true(self._held.is_set)

    def kill(self) -> None:
        """End the lane's connection from the server's side."""
        assert self.connection is not None
        with connect("owner", autocommit=True) as admin:
            pid = self.connection.info.backend_pid
            admin.execute("SET ROLE chatsite_app")  # a role may end its own connections
            assert admin.execute("SELECT pg_terminate_backend(%s, 5000)", [pid]).fetchone() == (True,)
