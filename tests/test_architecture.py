"""The rules of the house that no linter knows, each with a sentence that says what to do instead."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.utils.module_loading import import_string

from chatsite.management.commands.write_protocol import render_all
from tests.walk.tasks import list_tasks

ROOT: Path = settings.BASE_DIR
APPS = ("accounts", "billing", "chats", "chatsite", "privacy", "widget")
PYTHON_LINES, SCRIPT_LINES = 400, 350
NO_SUBJECT = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "tools"}


def test_every_module_of_the_wiring_has_a_place_in_the_import_contracts() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    named = set(re.findall(r"[\w.]+", " ".join(contracts[0]["layers"])))
    children = {
        f"chatsite.{path.stem}" for path in (ROOT / "chatsite").iterdir() if path.suffix == ".py" or is_package(path)
    }
    missing = sorted(children - named - {"chatsite.__init__"})
    assert not missing, f"name in the first contract of [tool.importlinter] in pyproject.toml: {missing}"


def test_only_the_fanout_sends_to_groups() -> None:
    for path in sources():
        if path != "chats/fanout.py":
            assert "get_channel_layer" not in names_in(path), f"{path}: send through chats/fanout.py (announce, hub)"


def test_only_ingest_writes_events_and_counts_them() -> None:
    write = re.compile(
        r"INSERT INTO chats_event|UPDATE chats_chat[^;]*?\blast_seq|DELETE FROM chats_event", re.IGNORECASE
    )
    for path in sources():
        if path.startswith("chats/ingest/") or "/migrations/" in path:
            continue
        assert not write.search(read(path)), f"{path}: only chats/ingest writes chats_event and last_seq; use append()"
        for call, text in calls_in(path):
            last_seq = any(word.arg == "last_seq" for word in call.keywords)
            assert not (last_seq and re.search(r"\.(update|create|save)\(", text)), (
                f"{path}: {text}: last_seq is ingest's"
            )
            made = re.search(r"\b(Event|EventRow)\.(objects|all_accounts_unscoped)\.(bulk_)?(create|update)", text)
            assert not made, f"{path}: {text}: events are appended by chats/ingest alone"


def test_the_tasks_that_rules_ask_for_exist() -> None:
    known = set(list_tasks())
    asked = {(path, call.args[0].value) for path in sources() for call, text in calls_in(path)
             if text.startswith("enqueue(") and isinstance(call.args[0], ast.Constant)}  # fmt: skip
    assert asked, "enqueue is called with a literal name, so that this test can read it"
    for path, name in asked:
        assert name in known, f"{path}: enqueue({name!r}): there is no such task"


def test_a_tasks_name_stands_where_it_is_asked_for() -> None:
    for path in sources():
        for call, text in calls_in(path):
            if text.startswith("enqueue("):
                assert isinstance(call.args[0], ast.Constant), f"{path}: {text}: give the name as a literal"


@pytest.mark.parametrize("name", settings.MIDDLEWARE)
def test_every_middleware_runs_in_the_event_loop(name: str) -> None:
    assert getattr(import_string(name), "async_capable", False), f"{name}: would cost a thread for every request"


def test_files_stay_short() -> None:
    for path in [*sources("manage.py", *APPS, "tests", "bench"), *scripts()]:
        if "/migrations/" in path or "/vendor/" in path:
            continue
        most = PYTHON_LINES if path.endswith(".py") else SCRIPT_LINES
        lines = read(path).count("\n")
        assert lines <= most, f"{path}: {lines} lines; split it by noun, at most {most}"


def test_modules_are_named_by_subject() -> None:
    for path in [*sources(*APPS, "tests"), *scripts()]:
        assert not NO_SUBJECT & {Path(path).stem, *Path(path).parts}, f"{path}: name it by what it is about"


def test_no_script_makes_markup_from_text_or_speaks_to_any_origin() -> None:
    banned = {
        r"\.(inner|outer)HTML\b|insertAdjacentHTML|document\.write|dangerouslySetInnerHTML": "build nodes",
        r"postMessage\([^;]*?['\"]\*['\"]": "name the one origin that may hear it",
        r"\beval\(|new Function\(": "no code from text",
    }
    for path in scripts():
        if "/vendor/" not in path and not path.endswith(".test.js"):
            for pattern, why in banned.items():
                found = re.search(pattern, read(path))
                assert not found, f"{path}: {found and found[0]}: {why}"


def test_no_commit_is_only_half_durable() -> None:
    for path in sources():
        if not path.startswith("chatsite/embedded/"):
            found = re.search(r"synchronous_commit['\"\s:=]+(off|local|remote)", read(path))
            assert not found, f"{path}: {found and found[0]}: what is acknowledged is durable (DESIGN § 6)"


def test_settings_of_a_scope_end_with_its_transaction() -> None:
    session = re.compile(r"set_config\([^)]*,\s*false\s*\)|\bSET\s+(SESSION\s+)?app\.", re.IGNORECASE)
    for path in sources():
        found = session.search(read(path))
        assert not found, (
            f"{path}: {found and found[0]}: outlives its transaction; use account_scope (set_config(…, true))"
        )


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ("set_config('app.account_id', %s, true)", "set_config('app.account_id', %s, false)"),
        ("SET LOCAL app.x", "SET app.x"),
    ],
)
def test_the_rule_on_settings_knows_good_from_bad(good: str, bad: str) -> None:
    session = re.compile(r"set_config\([^)]*,\s*false\s*\)|\bSET\s+(SESSION\s+)?app\.", re.IGNORECASE)
    assert session.search(bad) and not session.search(good)


@pytest.mark.parametrize("path", render_all())
def test_what_is_made_from_the_protocol_is_up_to_date(path: str) -> None:
    assert read(path) == render_all()[path], f"{path}: run `manage.py write_protocol`"


@pytest.mark.django_db(databases=["default", "owner"])
def test_the_migrations_make_what_the_models_say() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def sources(*places: str) -> list[str]:
    """Return the Python files of the project, or of some places in it."""
    found: list[str] = []
    for place in places or APPS:
        path = ROOT / place
        files = [path] if path.is_file() else sorted(path.rglob("*.py"))
        found += [file.relative_to(ROOT).as_posix() for file in files if "__pycache__" not in file.parts]
    return found


def scripts() -> list[str]:
    return [path.relative_to(ROOT).as_posix() for path in sorted((ROOT / "static").rglob("*.js"))]


def read(path: str) -> str:
    return (ROOT / path).read_text()


def is_package(path: Path) -> bool:
    return (path / "__init__.py").exists()


def names_in(path: str) -> set[str]:
    tree = ast.parse(read(path))
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} | {
        alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names
    }


def calls_in(path: str) -> Iterator[tuple[ast.Call, str]]:
    for node in ast.walk(ast.parse(read(path))):
        if isinstance(node, ast.Call):
            yield node, ast.unparse(node)
