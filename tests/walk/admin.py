"""The walk through the admin process: staff see whom they serve and no word of a chat; nobody else sees anything."""

import re
from collections.abc import Iterator
from typing import Any

from chatsite import admin_urls
from tests.catalogue import PLATFORM_TABLES
from tests.walk.addresses import Address, list_addresses
from tests.walk.answers import read_all
from tests.walk.http import REFUSED
from tests.walk.roles import ANYBODY, STAFF, Actor, Need, may
from tests.walk.world import Ids, Rows, World, describe_difference, find_canaries

# By the address' name: who may come at all.
NEEDS: list[tuple[str, Need]] = [
    (r"|health|health_live|health_ready", ANYBODY),
    (r"admin:(login|logout)", ANYBODY),
    (r"admin:.*", STAFF),
]
# What staff are refused too: rows are neither added, edited nor deleted by hand, only by actions that are recorded.
REFUSED_TO_STAFF: list[tuple[str, tuple[str, ...]]] = [
    (r"admin:\w+_(add|delete)", ("GET", "POST")),
    (r"admin:(accounts|widget)_\w+_change", ("POST",)),
    (r"admin:(autocomplete|view_on_site|\(\?P<url>.*)", ("GET", "POST")),
    (r"admin:logout", ("GET",)),
    (r"admin:(password_change_done|jsi18n)|health.*", ("POST",)),
]
KEYS = {
    "accounts_account": lambda ids: ids.account_key,
    "accounts_person": lambda ids: ids.person_key,
    "accounts_member": lambda ids: ids.member_key,
    "widget_site": lambda ids: ids.site_key,
}
OTHERS = ("anonymous", "owner", "removed")


def list_admin_addresses() -> list[Address]:
    return list_addresses(admin_urls)


def find_unlisted() -> list[str]:
    """Return the models that staff see and the walk has no key for."""
    names = [re.fullmatch(r"admin:(\w+)_history", address.name) for address in list_admin_addresses()]
    tables = {found[1] for found in names if found}
    return [
        f"admin: {table} is new there. Add its key to KEYS (tests/walk/admin.py), and its table to PLATFORM_TABLES"
        " (tests/catalogue.py) with what staff need of it."
        for table in sorted(tables - KEYS.keys())
    ]


def walk(world: World, rows: Rows, role: str) -> Iterator[str]:
    """Go to every address with own and foreign keys: let in as the table says, no 5xx, no word of a chat or visitor."""
    actor = Actor(role, world)
    sides = {"own": world.own.ids(), "foreign": world.foreign.ids(), "ghost": world.ghost()}
    tries = [("GET", "own"), ("POST", "own")] + ([("GET", "foreign"), ("GET", "ghost")] if role == "staff" else [])
    accounts = (sides["own"].account_key, sides["foreign"].account_key)
    before = [rows.snapshot(key) for key in accounts]
    for address in list_admin_addresses():
        for method, side in tries:
            place = f"{method} {address.name} as {role} with {side} keys"
            response = actor.call(method, _path(address, sides[side]))
            if response.status_code >= 500:
                yield f"{place}: {response.status_code}"
            for column in sorted(find_canaries(read_all(response))):
                if role != "staff" or column.partition(".")[0] not in PLATFORM_TABLES:
                    yield f"{place}: shows {column}"
            if side == "own" and is_refused(response) == _expect(address.name, method, role):
                yield f"{place}: {response.status_code}, the table says otherwise"
            if address.name == "admin:logout":
                actor.arrive()
    for key, earlier in zip(accounts, before, strict=True):
        for change in describe_difference(earlier, rows.snapshot(key)):
            yield f"as {role}: {change} without an action"


def is_refused(response: Any) -> bool:
    to_sign_in = response.status_code == 302 and response.url.startswith("/admin/login/")
    return to_sign_in or response.status_code in REFUSED


def _expect(name: str, method: str, role: str) -> bool:
    """Whether this role is to be let in."""
    need = next(need for pattern, need in NEEDS if re.fullmatch(pattern, name))
    refused = any(re.fullmatch(pattern, name) and method in methods for pattern, methods in REFUSED_TO_STAFF)
    return may(role, need) and not (refused and (role == "staff" or name.startswith("health")))


def _path(address: Address, ids: Ids) -> str:
    table = "_".join(address.template.split("/")[1:3])
    key = str(KEYS[table](ids)) if table in KEYS else "1"
    return address.path({"object_id": key, "app_label": "accounts", "content_type_id": "1", "url": "nothing/here"}.get)
