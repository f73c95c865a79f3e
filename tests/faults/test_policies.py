"""Every policy is taken down, and thrown open, in a scratch database: the tests of the fences must notice each time.

And the other way round: without the filter of the manager nothing is seen, because Postgres holds by itself.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from django.core.management import call_command
from django.db import connections, models
from django.test import override_settings
from psycopg import sql

from accounts.tenancy import TenantManager
from chats import fanout
from chatsite.embedded.roles import APP, OWNER, limit_database
from tests.catalogue import find_faults, list_tenant_tables, try_foreign_rows
from tests.databases import Row, connect
from tests.faults.conftest import CLOSING_LINES
from tests.walk import frames, http
from tests.walk.roles import ROLES
from tests.walk.world import World, make_world, watched_rows

pytestmark = [pytest.mark.faults, pytest.mark.holds_transactions, pytest.mark.usefixtures("scratch", "still_clocks")]
Connection = psycopg.Connection[Row]
Play = Callable[..., list[str]]
SCRATCH = "scratch_policies"
ALIASES = ("default", "owner", "sweeper")

# A wide-open policy that no door reaches even without the manager's filter, since something else stands before it.
# The rows are tried directly as well, so that each is noticed all the same.
SHIELDED = {
    "chats_event": "reached through its chat's key alone",
    "widget_visitor": "reached through a session or a chat alone",
    "widget_visitorsession": "found by the hash of a token of 256 bits, and then compared with the site",
}


def test_every_dropped_policy_is_noticed(owner: Connection, web: Connection, noticed: dict[str, int]) -> None:
    for table, policy in list_policies(owner):
        with taken_down(owner, table, policy):
            faults = find_faults(owner.cursor())
            assert [fault for fault in faults if table in fault and f"`{policy}`" in fault], f"{table}.{policy}"
            noticed["dropped"] += 1
    assert find_faults(owner.cursor()) == [], "every policy is back"


def test_every_policy_thrown_open_is_noticed(
    owner: Connection, web: Connection, world: World, noticed: dict[str, int]
) -> None:
    mine, theirs = world.own.team.account.pk, world.foreign.team.account.pk
    for table, policy in list_policies(owner):
        if policy in {"platform", "sweep", "find"}:
            continue  # open by design
        with thrown_open(owner, table, policy):
            assert [fault for fault in find_faults(owner.cursor()) if f"`{policy}`" in fault], f"{table}.{policy}"
            if policy == "tenant" and table in list_tenant_tables(owner.cursor()):
                rows = try_foreign_rows(web, owner, table, mine=mine, theirs=theirs)
                assert {row.split("can be ")[1].split(";")[0] for row in rows} >= {"seen", "changed"}, table
            noticed["thrown open"] += 1
    assert find_faults(owner.cursor()) == [], "every policy is back"


def test_without_its_tenants_policy_a_table_is_empty_for_everybody(
    owner: Connection, web: Connection, world: World, noticed: dict[str, int]
) -> None:
    """The fence fails closed: what is forgotten is a page without rows, never somebody else's rows."""
    for table in list_tenant_tables(owner.cursor()):
        with taken_down(owner, table, "tenant"), web.transaction(force_rollback=True):
            web.execute("SELECT set_config('app.account_id', %s, true)", [str(world.own.team.account.pk)])
            assert web.execute(sql.SQL("SELECT 1 FROM {}").format(sql.Identifier(table))).fetchone() is None, table
            noticed["closed"] += 1


def test_without_the_managers_filter_postgres_holds(world: World, play: Play, no_filter: None) -> None:
    assert walk_everywhere(world, play, roles=ROLES, speakers=("visitor", "viewer", "agent", "owner")) == []


def test_without_filter_and_policy_the_walk_finds_the_leak(
    owner: Connection, play: Play, no_filter: None, noticed: dict[str, int]
) -> None:
    for table in list_tenant_tables(owner.cursor()):
        world = make_world()
        with thrown_open(owner, table, "tenant"):
            found = walk_everywhere(world, play, roles=("agent", "owner"), speakers=("visitor", "agent"))
        assert bool(found) != (table in SHIELDED), f"{table}: {found[:3]}"
        noticed["found by the walk"] += bool(found)


def walk_everywhere(world: World, play: Play, *, roles: tuple[str, ...], speakers: tuple[str, ...]) -> list[str]:
    with watched_rows() as rows:
        found = [finding for role in roles for finding in http.walk(world, rows, role)]
        for role in speakers:
            try:
                found += play(frames.collect(frames.walk(world, rows, role)))
            except AssertionError as broken:
                found.append(f"{role}: {broken}")
    return found


def list_policies(owner: Connection) -> list[tuple[str, str]]:
    rows = owner.execute(
        "SELECT polrelid::regclass::text, polname::text FROM pg_policy WHERE polname <> 'maintenance' ORDER BY 1, 2"
    )
    return [(table, policy) for table, policy in rows.fetchall()]


@contextmanager
def taken_down(owner: Connection, table: str, policy: str) -> Iterator[None]:
    create = describe(owner, table, policy)
    owner.execute(sql.SQL("DROP POLICY {} ON {}").format(sql.Identifier(policy), sql.Identifier(table)))
    try:
        yield
    finally:
        owner.execute(create)


@contextmanager
def thrown_open(owner: Connection, table: str, policy: str) -> Iterator[None]:
    create = describe(owner, table, policy)
    drop = sql.SQL("DROP POLICY {} ON {}").format(sql.Identifier(policy), sql.Identifier(table))
    owner.execute(drop)
    owner.execute(describe(owner, table, policy, create=create, wide_open=True))
    try:
        yield
    finally:
        owner.execute(drop)
        owner.execute(create)


_KNOWN: dict[tuple[str, str], tuple[Any, ...]] = {}


def describe(
    owner: Connection, table: str, policy: str, *, create: sql.Composed | None = None, wide_open: bool = False
) -> sql.Composed:
    """Return the statement that makes the policy as it is now, or one with the same clauses that lets all through."""
    if create is None:
        row = owner.execute(
            "SELECT polcmd::text, (SELECT rolname FROM pg_roles WHERE oid = polroles[1]),"
            " pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid)"
            " FROM pg_policy WHERE polrelid = %s::regclass AND polname = %s",
            [table, policy],
        ).fetchone()
        assert row is not None
        _KNOWN[table, policy] = row
    command, role, using, check = _KNOWN[table, policy]
    words = {"*": "ALL", "r": "SELECT", "a": "INSERT", "w": "UPDATE", "d": "DELETE"}
    clauses = [(" USING ({})", using), (" WITH CHECK ({})", check)]
    return sql.SQL("CREATE POLICY {} ON {} FOR {} TO {}").format(
        sql.Identifier(policy), sql.Identifier(table), sql.SQL(words[command]), sql.Identifier(role)
    ) + sql.Composed(
        [sql.SQL(form).format(sql.SQL("true" if wide_open else text)) for form, text in clauses if text is not None]
    )


@pytest.fixture(scope="module")
def noticed(request: pytest.FixtureRequest) -> dict[str, int]:
    """Counts what was noticed; conftest.py says it at the end of the run."""
    counts = {"dropped": 0, "thrown open": 0, "closed": 0, "found by the walk": 0}
    request.config.stash[CLOSING_LINES].append(("policies noticed", counts))
    return counts


@pytest.fixture(scope="module")
def scratch(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """All connections of this process lead to a database of its own, freshly migrated."""
    quick = override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"])
    limits = override_settings(ACCOUNT_RATE_LIMITS=False)
    with django_db_blocker.unblock(), quick, limits, pytest.MonkeyPatch.context() as patch:
        patch.setattr("celery.app.task.Task.apply_async", lambda *a, **k: None)
        before = connections["owner"].settings_dict["NAME"]
        with connect(OWNER) as admin:
            admin.execute(f"DROP DATABASE IF EXISTS {SCRATCH}")
            admin.execute(f"CREATE DATABASE {SCRATCH}")
        if "DATABASE_ADMIN_URL" in os.environ:
            limit_database(admin_url=os.environ["DATABASE_ADMIN_URL"], database=SCRATCH)
        lead_to(SCRATCH)
        try:
            call_command("migrate", database="owner", verbosity=0)
            yield
        finally:
            lead_to(before)
            with connect(OWNER) as admin:
                admin.execute(f"DROP DATABASE IF EXISTS {SCRATCH} WITH (FORCE)")


def lead_to(name: str) -> None:
    for alias in ALIASES:
        connections[alias].close()
        connections[alias].settings_dict["NAME"] = name
        connections.settings[alias]["NAME"] = name


@pytest.fixture(scope="module")
def world(scratch: None) -> World:
    return make_world()


@pytest.fixture
def owner(scratch: None) -> Iterator[Connection]:
    with connect(OWNER, maintenance=True) as connection:
        yield connection


@pytest.fixture
def web(scratch: None) -> Iterator[Connection]:
    with connect(APP) as connection:
        yield connection


@pytest.fixture
def no_filter(monkeypatch: pytest.MonkeyPatch) -> None:
    """The manager of tenants' tables forgets whose rows are meant."""
    monkeypatch.setattr(TenantManager, "get_queryset", lambda manager: models.Manager.get_queryset(manager))


@pytest.fixture
def still_clocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fanout, "_background", [])
