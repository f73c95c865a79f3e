"""The fences between accounts tried out: what each database role can really see and do."""

from collections.abc import Iterator

import psycopg
import pytest
from django.db import connections
from psycopg import sql
from psycopg.errors import ForeignKeyViolation, InsufficientPrivilege

from accounts.checks import UnsafeDatabaseRole, refuse_unsafe_role
from chatsite.embedded.roles import APP, OWNER, PLATFORM, SEARCHER, SWEEPER
from tests.catalogue import PLATFORM_TABLES, SWEEPER_COLUMNS, list_tenant_tables, try_foreign_rows
from tests.databases import Row, connect
from tests.factories import Team, make_chat

pytestmark = pytest.mark.usefixtures("committed_db")
Connection = psycopg.Connection[Row]


def test_in_one_accounts_scope_no_other_accounts_row_is_seen_changed_or_taken(
    web: Connection, owner: Connection, team: Team, other_team: Team
) -> None:
    for table in list_tenant_tables(owner.cursor()):
        assert try_foreign_rows(web, owner, table, mine=team.account.pk, theirs=other_team.account.pk) == []


def test_without_a_scope_every_tenants_table_is_empty(web: Connection, owner: Connection, other_team: Team) -> None:
    for table in [*list_tenant_tables(owner.cursor()), "accounts_account", "accounts_person"]:
        assert count(web, table) == 0, table


def test_after_a_commit_the_scope_is_gone_and_its_empty_rest_breaks_no_query(web: Connection, team: Team) -> None:
    with web.transaction():
        web.execute("SELECT set_config('app.account_id', %s, true)", [str(team.account.pk)])
        assert count(web, "accounts_member") == len(team.members)
    assert web.execute("SELECT current_setting('app.account_id', true)").fetchone() == ("",)
    assert count(web, "accounts_member") == 0


def test_a_door_is_found_without_a_scope_but_opened_and_closed_only_in_its_accounts_own(
    web: Connection, team: Team, other_team: Team
) -> None:
    theirs = "SELECT count(*) FROM accounts_door WHERE account_id = %s"
    assert web.execute(theirs, [other_team.account.pk]).fetchone() != (0,)
    with web.transaction(force_rollback=True):
        web.execute("SELECT set_config('app.account_id', %s, true)", [str(team.account.pk)])
        assert web.execute("DELETE FROM accounts_door WHERE account_id = %s", [other_team.account.pk]).rowcount == 0
        assert web.execute("DELETE FROM accounts_door").rowcount == 1
        with pytest.raises(InsufficientPrivilege):
            web.execute(
                "INSERT INTO accounts_door (kind, token_sha256, account_id) VALUES ('site', 'x', %s)",
                [other_team.account.pk],
            )


def test_row_security_cannot_be_switched_off_by_the_web_role(web: Connection, team: Team) -> None:
    web.execute("SET row_security = off")
    with pytest.raises(InsufficientPrivilege):
        count(web, "chats_chat")


def test_the_web_role_can_neither_empty_tables_nor_become_another_role(web: Connection) -> None:
    for statement in ("TRUNCATE chats_chat", f"SET ROLE {OWNER}", f"SET ROLE {SEARCHER}", "CREATE TEMP TABLE t ()"):
        with pytest.raises(InsufficientPrivilege):
            web.execute(statement)


def test_the_maintenance_door_is_the_owners_alone(web: Connection, owner: Connection, other_team: Team) -> None:
    web.execute("SET app.maintenance = 'on'")
    assert count(web, "chats_chat") == 0
    assert count(owner, "chats_chat") > 0
    with connect(OWNER) as without:
        assert count(without, "chats_chat") == 0


def test_no_reference_leads_to_another_accounts_row_whoever_writes_it(
    owner: Connection, team: Team, other_team: Team
) -> None:
    make_chat(team)
    tried = 0
    for table, column, target in list_fences(owner):
        with owner.transaction(force_rollback=True):
            foreign = owner.execute(
                sql.SQL("SELECT id FROM {} WHERE account_id = %s LIMIT 1").format(sql.Identifier(target)),
                [other_team.account.pk],
            ).fetchone()
            update = sql.SQL("UPDATE {} SET {} = %s WHERE account_id = %s").format(
                sql.Identifier(table), sql.Identifier(column)
            )
            if column == "assignee_id":
                owner.execute("ALTER TABLE chats_chat DROP CONSTRAINT chat_active_has_assignee")
            with pytest.raises(ForeignKeyViolation):
                owner.execute("SET CONSTRAINTS ALL IMMEDIATE")
                owner.execute(update, [foreign and foreign[0], team.account.pk])
                pytest.fail(f"{table}.{column} points at another account's row")
        tried += 1
    assert tried >= 6


@pytest.mark.parametrize("table", SWEEPER_COLUMNS)
def test_a_beat_job_reads_ids_and_due_times_of_all_accounts(other_team: Team, table: str) -> None:
    columns = ", ".join(sorted(SWEEPER_COLUMNS[table]))
    with connections["sweeper"].cursor() as cursor:
        cursor.execute(f"SELECT {columns} FROM {table}")
        assert cursor.fetchall()


def test_a_beat_job_reads_nothing_else(owner: Connection) -> None:
    with connect(SWEEPER) as sweeper:
        for table, column in list_columns(owner):
            if column not in SWEEPER_COLUMNS.get(table, set()):
                with pytest.raises(InsufficientPrivilege):
                    sweeper.execute(sql.SQL("SELECT {} FROM {}").format(sql.Identifier(column), sql.Identifier(table)))
        for table in SWEEPER_COLUMNS:
            for statement in (
                f"DELETE FROM {table}",
                f"UPDATE {table} SET id = id",
                f"INSERT INTO {table} DEFAULT VALUES",
            ):
                with pytest.raises(InsufficientPrivilege):
                    sweeper.execute(statement)


def test_the_admin_process_reads_no_chat_and_no_visitor(owner: Connection, other_team: Team) -> None:
    content = set(list_tenant_tables(owner.cursor())) - PLATFORM_TABLES
    assert content >= {"chats_chat", "chats_event", "widget_visitor", "widget_visitorsession"}
    with connect(PLATFORM) as platform:
        for table in content:
            with pytest.raises(InsufficientPrivilege):
                count(platform, table)
        for table in PLATFORM_TABLES:
            assert count(platform, table) > 0


def test_in_a_transaction_the_owner_becomes_another_role_and_comes_back(owner: Connection) -> None:
    """What other tests of this suite rely on: SET LOCAL ROLE ends with its transaction."""
    with owner.transaction():
        owner.execute(f"SET LOCAL ROLE {PLATFORM}")
        assert owner.execute("SELECT current_user").fetchone() == (PLATFORM,)
    assert owner.execute("SELECT current_user").fetchone() == (OWNER,)


def test_only_the_tables_owner_migrates_and_he_may_not_serve() -> None:
    refuse_unsafe_role("default")
    refuse_unsafe_role("sweeper")
    with pytest.raises(UnsafeDatabaseRole, match="chatsite_owner owns tables"):
        refuse_unsafe_role("owner")


def count(connection: Connection, table: str) -> int:
    row = connection.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))).fetchone()
    return int(row[0]) if row else 0


def list_fences(owner: Connection) -> list[tuple[str, str, str]]:
    """Return (table, column, target) of each composite key."""
    rows = owner.execute(
        "SELECT conrelid::regclass::text, (SELECT attname::text FROM pg_attribute WHERE attrelid = conrelid"
        " AND attnum = conkey[2]), confrelid::regclass::text FROM pg_constraint"
        " WHERE contype = 'f' AND cardinality(conkey) = 2"
    )
    return [(table, column, target) for table, column, target in rows.fetchall()]


def list_columns(owner: Connection) -> list[tuple[str, str]]:
    rows = owner.execute("SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'")
    return [(table, column) for table, column in rows.fetchall()]


@pytest.fixture
def owner(committed_db: None) -> Iterator[Connection]:
    with connect(OWNER, maintenance=True) as connection:
        yield connection


@pytest.fixture
def web(committed_db: None) -> Iterator[Connection]:
    with connect(APP) as connection:
        yield connection
