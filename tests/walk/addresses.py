"""Every address over HTTP: who may use it, and how it is asked with somebody's identifiers."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any
from urllib.parse import quote, urlencode

from django.urls import URLPattern, URLResolver, get_resolver

from accounts.permissions import Permission
from chatsite import urls
from tests.factories import PASSWORD
from tests.walk.roles import ANYBODY, SIGNED_IN, VISITOR, Need
from tests.walk.world import Ids

METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")
FORM, JSON = "application/x-www-form-urlencoded", "application/json"

# Which identifier an address takes under which name. A new name belongs here, or nobody walks with it.
PARAMETERS: dict[str, Callable[[Ids], str]] = {"site_key": lambda ids: ids.site}


@dataclass(frozen=True)
class Ask:
    """One way to ask at a door. `data` gets the identifiers of somebody and, as `own`, those of the one who asks."""

    data: Callable[[Ids, Ids], dict[str, Any]] = lambda ids, own: {}


@dataclass(frozen=True)
class Door:
    """An address and a method.

    `by_site_key`: the site's key is public, and what stands here is meant for whoever has it.
    `grows`: tables in which whoever has the site's key makes rows.
    `ends_session`: asking again needs a new sign-in or token.
    """

    need: Need
    asks: tuple[Ask, ...] = (Ask(),)
    json: bool = False
    by_site_key: bool = False
    grows: frozenset[str] = field(default_factory=frozenset)
    ends_session: bool = False


def _sign_in(ids: Ids, own: Ids) -> dict[str, Any]:
    return {"login": ids.email, "password": "not the password", "next": f"/console/?chat={ids.chat}"}


def _site(ids: Ids, own: Ids) -> dict[str, Any]:
    return {"name": "Renamed", "color": "#123456", "greeting": "", "position": "left", "allowed_domains": "a.example",
            "active": "on"}  # fmt: skip


def _all_fields(ids: Ids, own: Ids) -> dict[str, Any]:
    """Identifiers where nobody asked for them."""
    return {
        "account": ids.account, "account_id": ids.account_key, "site": ids.site, "site_id": ids.site_key,
        "chat": ids.chat, "visitor": ids.visitor, "member": ids.member, "member_id": ids.member_key, "token": ids.token,
        "person": ids.person, "email": ids.email, "event": ids.event, "id": ids.account_key,
    }  # fmt: skip


LOOK = (Ask(), Ask(_all_fields))
MADE_BY_VISITORS = frozenset({"widget_visitor", "widget_visitorsession", "accounts_door"})

DOORS: dict[str, dict[str, Door]] = {
    "home": {"GET": Door(ANYBODY, LOOK)},
    "health": {"GET": Door(ANYBODY, LOOK)},
    "health_live": {"GET": Door(ANYBODY, LOOK)},
    "health_ready": {"GET": Door(ANYBODY, LOOK)},
    "security_txt": {"GET": Door(ANYBODY, LOOK)},
    "account_login": {"GET": Door(ANYBODY, LOOK), "POST": Door(ANYBODY, (Ask(_sign_in),))},
    "account_logout": {"GET": Door(ANYBODY, LOOK), "POST": Door(ANYBODY, ends_session=True)},
    "account_inactive": {"GET": Door(ANYBODY, LOOK)},
    "account_reauthenticate": {
        "GET": Door(SIGNED_IN, LOOK),
        "POST": Door(SIGNED_IN, (Ask(lambda ids, own: {"password": PASSWORD}),)),
    },
    "loader": {"GET": Door(ANYBODY, LOOK)},
    "widget_config": {"GET": Door(ANYBODY, LOOK, json=True, by_site_key=True)},
    "widget_frame": {"GET": Door(ANYBODY, (*LOOK, Ask(lambda ids, own: {"preview": "1"})), by_site_key=True)},
    "visitor_session": {
        "POST": Door(
            ANYBODY,
            (
                Ask(lambda ids, own: {"site": own.site, "token": ids.token}),
                Ask(lambda ids, own: {"site": own.site, "handle": ids.handle}),
                Ask(lambda ids, own: {"site": own.site, "language": ids.chat, "page": {"url": f"https://a/{ids.chat}"}}),
                Ask(lambda ids, own: {"site": own.site, **_all_fields(ids, own)}),
            ),
            json=True,
        )
    },
    "visitor_ticket": {"POST": Door(VISITOR, LOOK, json=True)},
    "visitor_forget": {"POST": Door(VISITOR, LOOK, json=True, ends_session=True)},
    "sites": {"GET": Door(Permission.SITE_VIEW, LOOK)},
    "site_new": {
        "GET": Door(Permission.SITE_CHANGE, LOOK),
        "POST": Door(
            Permission.SITE_CHANGE,
            (Ask(lambda ids, own: {"name": "New", "allowed_domains": "b.example", **_all_fields(ids, own)}),),
        ),
    },
    "site": {
        "GET": Door(Permission.SITE_VIEW, LOOK),
        "POST": Door(Permission.SITE_CHANGE, (Ask(_site), Ask(_all_fields))),
    },
    "site_seen": {"GET": Door(Permission.SITE_VIEW, LOOK, json=True)},
    "console": {"GET": Door(Permission.CHAT_VIEW, LOOK)},
    "console_ticket": {"POST": Door(Permission.CHAT_VIEW, LOOK, json=True)},
    "console_ended": {
        "GET": Door(
            Permission.CHAT_VIEW,
            (
                *LOOK,
                Ask(lambda ids, own: {"before": ids.ended_chat}),
                Ask(lambda ids, own: {"q": ids.chat}),
                Ask(lambda ids, own: {"q": "canary"}),
            ),
            json=True,
        )
    },
}  # fmt: skip

# With a site's key alone, from its own pages: meant for everybody, so there is nothing to compare with an invented key.
PUBLIC_COLUMNS = {"widget_site.name", "widget_site.greeting", "widget_site.allowed_domains", "accounts_member.alias"}


@dataclass(frozen=True)
class Address:
    """One line of the map of addresses; `template` is its path with `<names>` where identifiers go."""

    name: str
    template: str
    parameters: tuple[str, ...]
    view: Any

    def path(self, values: Callable[[str], str | None]) -> str:
        return "/" + re.sub(r"<(\w+)>", lambda found: quote(values(found[1]) or "", safe=""), self.template)

    def path_with(self, ids: Ids) -> str:
        return self.path(lambda name: PARAMETERS[name](ids))


def list_addresses(urlconf: ModuleType = urls) -> list[Address]:
    """Return every address of a map of addresses, included ones too."""
    return list(_descend(get_resolver(urlconf.__name__), (), "", ""))


def _descend(resolver: URLResolver, parameters: tuple[str, ...], space: str, before: str) -> Iterator[Address]:
    for entry in resolver.url_patterns:
        names = (*parameters, *entry.pattern.regex.groupindex, *entry.pattern.converters)
        template = before + re.sub(r"<(?:\w+:)?(\w+)>", r"<\1>", _route(str(entry.pattern)))
        if isinstance(entry, URLPattern):
            label = f"{space}{entry.name or entry.pattern}"
            yield Address(label, template, tuple(dict.fromkeys(names)), entry.callback)
        else:
            yield from _descend(entry, names, f"{space}{entry.namespace}:" if entry.namespace else space, template)


def _route(pattern: str) -> str:
    """Return a path's pattern as a route, also where it was given as a regular expression."""
    return re.sub(r"\(\?P<(\w+)>[^)]*\)", r"<\1>", pattern).strip("^$") if "(?P<" in pattern else pattern


def find_unlisted(addresses: list[Address]) -> list[str]:
    """Return what is to be written into the tables above before the walk is complete."""
    faults = []
    for address in addresses:
        if address.name not in DOORS:
            faults.append(
                f"{address.name}: a new address. Add it to DOORS (tests/walk/addresses.py): for each of its methods"
                " who may use it (ANYBODY, VISITOR, SIGNED_IN or a Permission) and how it is asked with identifiers."
            )
        for name in address.parameters:
            if name not in PARAMETERS:
                faults.append(
                    f"{address.name}: takes `{name}`. Add to PARAMETERS (tests/walk/addresses.py) which of Ids it is; a"
                    " new kind of identifier becomes a field of Ids (tests/walk/world.py), also in World.ghost."
                )
        asked = getattr(address.view, "permission", None)
        for method, door in DOORS.get(address.name, {}).items():
            if method == "GET" and asked is not None and door.need != asked:
                faults.append(f"{address.name}: DOORS says {door.need}, its view asks for {asked}.")
    gone = DOORS.keys() - {address.name for address in addresses}
    return faults + [f"{name}: is in DOORS (tests/walk/addresses.py) and no address any more." for name in sorted(gone)]


def encode_ask(method: str, path: str, door: Door, data: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return path and body: what is asked by GET stands in the address, what is posted in a form or JSON."""
    if method not in {"POST", "PUT", "PATCH"}:
        return path + (f"?{urlencode(data)}" if data else ""), {}
    if door.json:
        return path, {"data": json.dumps(data).encode(), "kind": JSON}
    return path, {"data": urlencode(data).encode(), "kind": FORM}
