"""The fences between accounts, as Postgres itself has them: read from its catalogue, then tried with every role."""

from collections.abc import Iterator

import psycopg
import pytest
from django.apps import apps
from django.db import models
from django.db.migrations.loader import MigrationLoader

from accounts.tenancy import TenantForeignKey, TenantManager, TenantModel
from chatsite.embedded.roles import OWNER
from chatsite.kit.row_security import GlobalTable, PolicyTable, TenantTable
from tests.catalogue import (
    GLOBAL_TABLES,
    NO_REFERENCES,
    OWN_POLICY_TABLES,
    PLATFORM_TABLES,
    SWEEPER_COLUMNS,
    find_faults,
)
from tests.databases import Row, connect

pytestmark = pytest.mark.usefixtures("committed_db")
Connection = psycopg.Connection[Row]
OUR_APPS = {"accounts", "widget", "chats", "billing", "privacy"}


def test_every_fence_of_the_migrated_database_stands(owner: Connection) -> None:
    faults = find_faults(owner.cursor())
    assert not faults, "\n" + "\n".join(faults)


def test_the_lists_of_exceptions_name_nothing_that_is_gone(owner: Connection) -> None:
    tables = {name for (name,) in owner.execute("SELECT relname FROM pg_class WHERE relkind = 'r'")}
    named = {*GLOBAL_TABLES, *OWN_POLICY_TABLES, *PLATFORM_TABLES, *SWEEPER_COLUMNS, *(t for t, _ in NO_REFERENCES)}
    assert named <= tables, f"strike from tests/catalogue.py: {named - tables}"


GOOD = (
    "CREATE TABLE sample (account_id bigint NOT NULL REFERENCES accounts_account, id bigint PRIMARY KEY, word text,"
    " UNIQUE (account_id, id), UNIQUE (account_id, word));"
    " ALTER TABLE sample ENABLE ROW LEVEL SECURITY; ALTER TABLE sample FORCE ROW LEVEL SECURITY;"
    " CREATE POLICY tenant ON sample TO chatsite_app USING (account_id = app_account_id())"
    "  WITH CHECK (account_id = app_account_id());"
    " CREATE POLICY maintenance ON sample TO chatsite_owner USING (current_setting('app.maintenance', true) = 'on')"
    "  WITH CHECK (current_setting('app.maintenance', true) = 'on');"
    " GRANT SELECT, INSERT, UPDATE, DELETE ON sample TO chatsite_app;"
)
BAD = {
    "a table that is not fenced": ("CREATE TABLE shared (word text)", "shared: has no account_id and is not fenced"),
    "a tenant's table without anything": (
        "CREATE TABLE naked (account_id bigint NOT NULL)",
        "naked: no ENABLE ROW LEVEL SECURITY",
    ),
    "a partition that is left open": (
        "CREATE TABLE log (account_id bigint NOT NULL, month int) PARTITION BY LIST (month);"
        "CREATE TABLE log_1 PARTITION OF log FOR VALUES IN (1)",
        "log_1: no ENABLE ROW LEVEL SECURITY",
    ),
    "not forced": (f"{GOOD} ALTER TABLE sample NO FORCE ROW LEVEL SECURITY", "sample: no FORCE"),
    "no policy": (f"{GOOD} DROP POLICY tenant ON sample", "sample: no policy `tenant`"),
    "a policy that lets all rows through": (
        f"{GOOD} ALTER POLICY tenant ON sample USING (true)",
        "policy `tenant` is for chatsite_app, command *, USING true",
    ),
    "a policy that lets all rows in": (f"{GOOD} ALTER POLICY tenant ON sample WITH CHECK (true)", "WITH CHECK true"),
    "a policy for everybody": (f"{GOOD} ALTER POLICY tenant ON sample TO PUBLIC", "`tenant` is for PUBLIC"),
    "a policy for reading only": (
        f"{GOOD} DROP POLICY tenant ON sample;"
        " CREATE POLICY tenant ON sample FOR SELECT TO chatsite_app USING (account_id = app_account_id())",
        "command r",
    ),
    "a second policy beside it": (
        f"{GOOD} CREATE POLICY support ON sample TO chatsite_app USING (true)",
        "policy `support` is not one of those",
    ),
    "an account that may be missing": (
        f"{GOOD} ALTER TABLE sample ALTER account_id DROP NOT NULL",
        "account_id must be bigint NOT NULL",
    ),
    "a reference to anybody's row": (
        f"{GOOD} ALTER TABLE sample ADD COLUMN chat_id bigint REFERENCES chats_chat",
        "sample_chat_id_fkey points at a row of any account",
    ),
    "a reference without a constraint": (
        f"{GOOD} ALTER TABLE sample ADD COLUMN visitor_id bigint",
        "visitor_id references nothing",
    ),
    "a name that is taken for all accounts": (
        f"{GOOD} ALTER TABLE sample ADD UNIQUE (word)",
        "sample_word_key is unique over word",
    ),
    "a unique expression": (
        f"{GOOD} CREATE UNIQUE INDEX odd ON sample (lower(word))",
        "odd is unique over (expression)",
    ),
    "the right to empty a table": (f"{GOOD} GRANT TRUNCATE ON sample TO chatsite_app", "chatsite_app has TRUNCATE"),
    "the right to point at it": (f"{GOOD} GRANT REFERENCES ON sample TO chatsite_app", "chatsite_app has REFERENCES"),
    "the right to add triggers": (
        f"{GOOD} GRANT TRIGGER ON sample TO chatsite_platform",
        "chatsite_platform has TRIGGER",
    ),
    "a right of everybody": (f"{GOOD} GRANT SELECT ON sample TO PUBLIC", "PUBLIC has SELECT on the whole table"),
    "staff looking in": (f"{GOOD} GRANT SELECT ON sample TO chatsite_platform", "the admin process may SELECT"),
    "the sweeper reading all": (
        f"{GOOD} GRANT SELECT ON sample TO chatsite_sweeper",
        "chatsite_sweeper has SELECT on the whole table",
    ),
    "the sweeper reading words": (
        f"{GOOD} GRANT SELECT (word) ON sample TO chatsite_sweeper",
        "beat jobs may SELECT word",
    ),
    "a view that shows what its owner sees": (
        f"{GOOD} CREATE VIEW peep AS SELECT * FROM sample",
        "peep: a view shows what its owner sees",
    ),
    "a materialized view": (
        f"{GOOD} CREATE MATERIALIZED VIEW copy AS SELECT * FROM sample",
        "copy: row-level security",
    ),
    "a function that goes around": (
        "CREATE FUNCTION peek() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS 'SELECT 1::bigint'",
        "peek: a SECURITY DEFINER function",
    ),
    "one of the two, but careless": (
        "CREATE FUNCTION search_events() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS 'SELECT 1::bigint'",
        "search_events: must belong to chatsite_searcher",
    ),
    "a role that may create": ("GRANT CREATE ON SCHEMA public TO chatsite_app", "chatsite_app: may create things"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_broken_fence_is_found(owner: Connection, name: str) -> None:
    statements, expected = BAD[name]
    with owner.transaction(force_rollback=True):
        owner.execute(statements)
        faults = find_faults(owner.cursor())
    assert [fault for fault in faults if expected in fault], f"{expected!r} is not among {faults}"


def test_a_table_as_it_should_be_is_no_fault(owner: Connection) -> None:
    with owner.transaction(force_rollback=True):
        owner.execute(GOOD)
        assert find_faults(owner.cursor()) == []


def test_every_model_of_ours_has_its_fence_in_a_migration() -> None:
    fenced, own, open_to_all = (tables_of(kind) for kind in (TenantTable, PolicyTable, GlobalTable))
    for model in our_models():
        table = model._meta.db_table
        if issubclass(model, TenantModel):
            assert table in fenced, f"add TenantTable('{table}', references=…) to the migration that makes it"
        else:
            assert table in own | open_to_all, (
                f"{table}: make it a TenantModel, or say in its migration who may do what"
            )


def test_every_model_with_an_account_is_a_tenants_and_refuses_to_be_asked_without_a_scope() -> None:
    for model in our_models():
        if "account" in {field.name for field in model._meta.fields} and model._meta.db_table not in OWN_POLICY_TABLES:
            assert issubclass(model, TenantModel), f"{model.__name__} must inherit TenantModel"
            assert isinstance(model._default_manager, TenantManager), f"{model.__name__}: `objects` must come first"
            assert isinstance(model._base_manager, TenantManager), f"{model.__name__}: class Meta(TenantModel.Meta)"


def test_references_between_tenants_tables_leave_the_constraint_to_the_fence() -> None:
    for model in our_models():
        for field in model._meta.fields:
            if isinstance(field, models.ForeignKey) and issubclass(field.related_model, TenantModel):
                assert isinstance(field, TenantForeignKey), f"{model.__name__}.{field.name} must be a TenantForeignKey"


def our_models() -> list[type[models.Model]]:
    return [model for model in apps.get_models(include_auto_created=True) if model._meta.app_label in OUR_APPS]


def tables_of(kind: type[TenantTable] | type[PolicyTable] | type[GlobalTable]) -> set[str]:
    migrations = MigrationLoader(None).disk_migrations.values()
    return {
        operation.table for migration in migrations for operation in migration.operations if type(operation) is kind
    }


@pytest.fixture
def owner(committed_db: None) -> Iterator[Connection]:
    with connect(OWNER, maintenance=True) as connection:
        yield connection
