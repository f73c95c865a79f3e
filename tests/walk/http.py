"""The walk over HTTP. Each function returns what it found wrong, as sentences."""

from collections.abc import Iterator
from typing import Any

from django.urls import reverse

from tests.walk.addresses import (
    DOORS,
    MADE_BY_VISITORS,
    METHODS,
    PUBLIC_COLUMNS,
    Address,
    Ask,
    Door,
    encode_ask,
    list_addresses,
)
from tests.walk.answers import mask_response, read_all, without_echo
from tests.walk.roles import Actor, may
from tests.walk.world import Ids, Rows, World, describe_difference, find_canaries

REFUSED = {401, 403, 404, 405}


def walk(world: World, rows: Rows, role: str) -> Iterator[str]:
    """Go to every address with foreign and with invented identifiers: the same answer, no canary, no row changed."""
    actor = Actor(role, world)
    own, foreign, ghost = actor.own_ids(), world.foreign.ids(), world.ghost()
    hidden = rows.identifiers(foreign.account_key)
    before = rows.snapshot(foreign.account_key)
    for address in list_addresses():
        for method, door in DOORS.get(address.name, {}).items():
            for number, ask in enumerate(door.asks):
                place = f"{method} {address.name} ({number}) as {role}"
                answers = []
                for ids in (foreign, ghost):
                    response = _ask(actor, address, method, door, ask, ids, own)
                    answers.append(mask_response(response, ids))
                    if response.status_code >= 500:
                        yield f"{place}: {response.status_code}"
                    yield from _sees(place, response, door, ids, foreign, hidden)
                if not door.by_site_key and answers[0] != answers[1]:
                    yield f"{place}: tells foreign from absent: {_first_difference(*answers)}"
        after = rows.snapshot(foreign.account_key)
        for change in describe_difference(before, after):
            yield f"{address.name} as {role}: {change} in the other account"
        before = after


def check_access(world: World, role: str) -> Iterator[str]:
    """Go to every address and method of one's own account: let in or turned away exactly as the table says."""
    actor = Actor(role, world)
    own = actor.own_ids()
    for address in list_addresses():
        for method in METHODS:
            door = DOORS.get(address.name, {}).get(method)
            response = _ask(actor, address, method, door, door.asks[0] if door else Ask(), own, own)
            allowed = not is_refused(response)
            expected = door is not None and may(role, door.need)
            if door is None and response.status_code != 405:
                yield (
                    f"{method} {address.name} as {role}: {response.status_code}, but DOORS has no such method; allow"
                    " the methods that are meant (require_GET, require_POST), or add it to the table."
                )
            elif allowed != expected:
                verb = "is let in" if allowed else f"is turned away ({response.status_code})"
                yield f"{method} {address.name} as {role}: {verb}, the table says otherwise"


def check_looks_change_nothing(world: World, rows: Rows, role: str) -> Iterator[str]:
    """GET, HEAD and OPTIONS of one's own account change no row."""
    actor = Actor(role, world)
    own = actor.own_ids()
    for address in list_addresses():
        for method in ("GET", "HEAD", "OPTIONS"):
            before = rows.snapshot(own.account_key)
            door = DOORS.get(address.name, {}).get(method)
            _ask(actor, address, method, door, Ask(), own, own)
            for change in describe_difference(before, rows.snapshot(own.account_key)):
                yield f"{method} {address.name} as {role}: {change}"


def check_site_key_of_another_account(world: World, rows: Rows) -> Iterator[str]:
    """With another account's public site key a visitor begins a chat there: rows are added, none touched or shown."""
    foreign = world.foreign.ids()
    before = rows.snapshot(foreign.account_key)
    response = Actor("visitor", world).call(
        "POST", reverse("visitor_session"), json=True, kind="application/json", data=f'{{"site":"{foreign.site}"}}'
    )
    if response.status_code != 200:
        yield f"a stranger cannot begin a chat: {response.status_code}"
    allowed = {f"{table}: row added" for table in MADE_BY_VISITORS}
    for change in describe_difference(before, rows.snapshot(foreign.account_key)) - allowed:
        yield f"a new session: {change}"
    for column in find_canaries(read_all(response)):
        yield f"a new session shows {column}"


def is_refused(response: Any) -> bool:
    to_sign_in = response.status_code == 302 and response.url.startswith(reverse("account_login"))
    return to_sign_in or response.status_code in REFUSED or response.status_code >= 400


def _ask(actor: Actor, address: Address, method: str, door: Door | None, ask: Ask, ids: Ids, own: Ids) -> Any:
    door = door or Door("nobody")
    if door.ends_session:
        actor.arrive()
        if address.name == "visitor_forget" and actor.headers:
            actor.arrive_as_new_visitor()
    path, body = encode_ask(method, address.path_with(ids), door, ask.data(ids, own))
    response = actor.call(method, path, json=door.json, **body)
    if door.ends_session:
        actor.arrive()
    return response


def _sees(place: str, response: Any, door: Door, sent: Ids, foreign: Ids, hidden: set[str]) -> Iterator[str]:
    text = without_echo(read_all(response), sent)
    public = PUBLIC_COLUMNS if door.by_site_key else set()
    for column in sorted(find_canaries(text) - public):
        yield f"{place}: shows {column} of the other account"
    for identifier in sorted(identifier for identifier in hidden if identifier in text):
        yield f"{place}: names {identifier} of the other account"


def _first_difference(foreign: tuple[Any, ...], ghost: tuple[Any, ...]) -> str:
    for part, a, b in zip(("status", "headers", "body"), foreign, ghost, strict=True):
        if a != b:
            return f"{part} {str(a)[:300]!r} / {str(b)[:300]!r}"
    return "?"
