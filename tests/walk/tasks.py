"""Every background task of ours, and the walk over them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from celery import Task, current_app

from tests.walk.world import Ids, Rows, World, describe_difference

OUR_APPS = ("accounts", "widget", "chats", "billing", "privacy", "chatsite")


@dataclass(frozen=True)
class Work:
    """How a task is started: with keys of one's own account, and foreign or invented ones where it takes more."""

    keys: Callable[[Ids, Ids], dict[str, Any]] = lambda ids, own: {}


TASKS: dict[str, Work] = {
    "accounts.tasks.clear_expired_sessions": Work(),
    "chats.tasks.end_forgotten_chats": Work(),
    "chats.tasks.end_open_chats": Work(lambda ids, own: {"account_id": own.account_key}),
    "chats.tasks.release_member": Work(lambda ids, own: {"account_id": own.account_key, "member_id": ids.member_key}),
    "chatsite.celery.leave_sign": Work(),
    "widget.tasks.end_idle_sessions": Work(),
}


def list_tasks() -> dict[str, Task]:
    """Return our tasks by name, as a worker knows them."""
    current_app.loader.import_default_modules()
    return {name: task for name, task in current_app.tasks.items() if name.split(".")[0] in OUR_APPS}


def find_unlisted() -> list[str]:
    """Return what is to be written into TASKS before the walk is complete."""
    names = set(list_tasks())
    return [
        f"{name}: a new task. Add it to TASKS (tests/walk/tasks.py) with the keys it takes: account_id is one's own,"
        " all others come from `ids`."
        for name in sorted(names - TASKS.keys())
    ] + [f"{name}: is in TASKS (tests/walk/tasks.py) and no task." for name in sorted(TASKS.keys() - names)]


def walk(world: World, rows: Rows) -> Iterator[str]:
    """Run every task for one's own account with foreign and invented keys: nothing of the other account changes."""
    own, foreign, ghost = world.own.ids(), world.foreign.ids(), world.ghost()
    before = rows.snapshot(foreign.account_key)
    for name, task in list_tasks().items():
        if name not in TASKS:
            continue
        ends = []
        for ids in (foreign, ghost):
            result = task.apply(kwargs=TASKS[name].keys(ids, own))
            ends.append((result.state, type(result.result)))
            if result.failed():
                yield f"{name}: fails with {result.result!r}"
        if ends[0] != ends[1]:
            yield f"{name}: tells foreign from absent: {ends}"
        after = rows.snapshot(foreign.account_key)
        for change in describe_difference(before, after):
            yield f"{name}: {change} in the other account"
        before = after
