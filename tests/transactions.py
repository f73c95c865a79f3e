"""Watches the test run for transactions that are left open while nobody asks the database anything.

A scope is a transaction (DESIGN § 5): one that stays open across a network call or the rendering of a page holds locks
and a connection. In a whole run none may be idle for more than a second.
"""

import os
import threading
import time
from collections import deque
from collections.abc import Iterator

import psycopg
import pytest
from django.db import connections

from chatsite.embedded import roles
from tests.databases import Row, connect

LONGEST_S = 1.0
LOOK_EVERY_S = 0.25
# On a machine that has no time for us a transaction waits for the processor, not for our code: what this thread itself
# was kept waiting lately is forgiven, several times over.
FORGIVEN_LOOKS, FORGIVEN_TIMES = 12, 4

IDLE = (
    "SELECT pid, usename, round(extract(epoch FROM clock_timestamp() - state_change)::numeric, 2)::text, query"
    " FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%%'"
    " AND clock_timestamp() - state_change > make_interval(secs => %s) AND pid <> ALL(%s)"
)


class Watch:
    """Looks a few times a second; what it has found is taken by `findings`."""

    def __init__(self) -> None:
        self.exempt: set[int] = set()  # connections that hold a test together (`db`), not the application's
        self.paused = False
        self._found: dict[tuple[int, str], str] = {}
        self._ended = threading.Event()
        self._connection = _connect()
        self._thread = threading.Thread(target=self._run, name="watch transactions", daemon=True)
        self._thread.start()

    def look(self, longest_s: float = LONGEST_S) -> None:
        """Note every transaction of the application that has been idle for so long."""
        for pid, user, seconds, query in self._connection.execute(IDLE, [longest_s, sorted(self.exempt)]).fetchall():
            self._found[pid, query] = f"{user}, idle in a transaction for {seconds} s after: {' '.join(query.split())}"

    def findings(self) -> list[str]:
        found, self._found = list(self._found.values()), {}
        return found

    def end(self) -> None:
        self._ended.set()
        self._thread.join()
        self._connection.close()

    def _run(self) -> None:
        late: deque[float] = deque(maxlen=FORGIVEN_LOOKS)
        began = time.monotonic()
        while not self._ended.wait(LOOK_EVERY_S):
            late.append(max(0.0, time.monotonic() - began - LOOK_EVERY_S))
            if not self.paused:
                self.look(LONGEST_S + FORGIVEN_TIMES * sum(late))
            began = time.monotonic()


def _connect() -> psycopg.Connection[Row]:
    """As an administrator where there is one; else as the web role, which sees what its own sessions do."""
    admin = os.environ.get("DATABASE_ADMIN_URL")
    if admin is None:
        return connect(roles.APP)
    return psycopg.connect(admin, dbname=connections["default"].settings_dict["NAME"], autocommit=True)


@pytest.fixture(scope="session")
def transaction_watch(django_db_setup: None) -> Iterator[Watch]:
    watch = Watch()
    yield watch
    watch.end()


@pytest.fixture(autouse=True)
def no_idle_transactions(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail the test in which a transaction was left idle. `holds_transactions` marks those that do so on purpose."""
    wrapped = "db" in request.fixturenames or request.node.get_closest_marker("django_db") is not None
    if not wrapped and "committed_db" not in request.fixturenames:
        yield
        return
    if wrapped:
        request.getfixturevalue("db")  # begins the transaction around the test, which is not watched
    watch: Watch = request.getfixturevalue("transaction_watch")
    watch.exempt = {
        connection.connection.info.backend_pid
        for connection in connections.all(initialized_only=True)
        if connection.connection is not None and connection.in_atomic_block
    }
    watch.paused = request.node.get_closest_marker("holds_transactions") is not None
    watch.findings()
    yield
    found = watch.findings()
    assert not found, (
        "A transaction stayed open while nothing was asked of the database; open the scope around the queries alone:\n"
        + "\n".join(found)
    )
