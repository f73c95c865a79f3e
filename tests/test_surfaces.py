"""What every answer says beside its body: headers per surface, cookies, caching, and that bad input breaks nothing."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.test import override_settings

from tests.walk.addresses import DOORS, METHODS, list_addresses
from tests.walk.roles import Actor
from tests.walk.world import World, make_world

pytestmark = pytest.mark.usefixtures("committed_db")

NEVER = "max-age=0, no-cache, no-store, must-revalidate, private"
POLICY = {
    "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:", "font-src 'self'",
    f"connect-src 'self' {settings.WEBSOCKET_ORIGIN}", "frame-src 'self'", "manifest-src 'self'", "form-action 'self'",
    "base-uri 'none'", "object-src 'none'", "frame-ancestors 'none'",
}  # fmt: skip
STRICT = {"require-trusted-types-for 'script'", "trusted-types 'none'"}
FRAME = (POLICY - {"frame-ancestors 'none'", "form-action 'self'", "frame-src 'self'"}) | STRICT | {
    "frame-ancestors 'self' https://shop.example.com", "form-action 'none'", "frame-src 'none'",
}  # fmt: skip
EVERYWHERE = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": NEVER,
    "access-control-allow-origin": None,
    "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=(), interest-cohort=()",
}
# Where a surface differs, on purpose: what customers' pages load, and what they frame.
SURFACES: dict[str, dict[str, str | None]] = {
    "loader": {"cache-control": "public, max-age=3600", "access-control-allow-origin": "*",
               "cross-origin-resource-policy": "cross-origin", "vary": None},
    "widget_config": {"cache-control": "public, max-age=60", "access-control-allow-origin": "*",
                      "cross-origin-resource-policy": "cross-origin", "vary": "Origin"},
    "widget_frame": {"referrer-policy": "no-referrer", "cross-origin-resource-policy": "cross-origin"},
}  # fmt: skip
POLICIES = {"widget_frame": FRAME, "console": POLICY | STRICT}

HOSTILE_TEXTS = [
    "",
    "\x00",
    "' OR 1=1 --",
    "%00",
    "../../etc/passwd",
    "<script>",
    "0",
    "0e1",
    "-1",
    "A" * 5_000,
    "\u202e",
    "🙂" * 50,
]
HOSTILE_VALUES: list[Any] = [None, 0, True, -1, 1e308, [], {}, [[]], {"$ne": 1}, *HOSTILE_TEXTS]


def test_every_address_has_the_headers_of_its_surface(world: World) -> None:
    owner = Actor("owner", world)
    for address in list_addresses():
        door = DOORS[address.name].get("GET")
        if door is None:
            continue
        response = owner.call("GET", address.path_with(world.own.ids()), json=door.json, origin="")
        wanted = EVERYWHERE | SURFACES.get(address.name, {})
        for name, value in wanted.items():
            assert response.headers.get(name) == value, f"{address.name}: {name}"
        policy = {part.strip() for part in response.headers["content-security-policy"].split(";")}
        assert policy == POLICIES.get(address.name, POLICY), address.name


@pytest.mark.parametrize("status", [403, 404])
def test_a_refusal_has_the_headers_of_a_page(world: World, status: int) -> None:
    path = {403: "/settings/sites/", 404: "/nothing/here"}[status]
    response = Actor("viewer", world).call("GET", path)
    assert response.status_code == status
    assert {name: response.headers.get(name) for name in EVERYWHERE} == EVERYWHERE
    assert "frame-ancestors 'none'" in response.headers["content-security-policy"]


@pytest.mark.parametrize("role", ["anonymous", "visitor", "owner"])
def test_nothing_that_a_customers_page_loads_sets_a_cookie(world: World, role: str) -> None:
    actor = Actor(role, world)
    for address in list_addresses():
        if address.template.startswith(("w/", "widget.js")):
            for method in METHODS:
                response = actor.call(method, address.path_with(world.own.ids()), data=b"{}", kind="application/json")
                assert not response.cookies, f"{method} {address.name}"


@pytest.mark.parametrize(
    "origin", ["", "null", "https://shop.example.com", f"{settings.ORIGIN}.evil.example", "http://localhost"]
)
def test_the_windows_posts_are_answered_to_our_own_frame_alone(world: World, origin: str) -> None:
    visitor = Actor("visitor", world)
    for path in ("/w/session", "/w/ticket", "/w/forget"):
        body = json.dumps({"site": world.own.ids().site}).encode()
        response = visitor.call("POST", path, json=True, origin=origin, data=body, kind="application/json")
        assert (response.status_code, response.json()["code"]) == (403, "origin_refused")


def test_an_address_with_hostile_identifiers_is_absent_and_breaks_nothing(world: World) -> None:
    for role in ("owner", "anonymous"):
        actor = Actor(role, world)
        for address in list_addresses():
            for text in HOSTILE_TEXTS if address.parameters else ():
                response = actor.call("GET", address.path(lambda name, text=text: text))
                assert response.status_code in {302, 400, 403, 404}, f"{address.name} as {role}: {text!r}"


@pytest.mark.parametrize("field", ["site", "token", "handle", "language", "page", "unknown"])
def test_hostile_values_in_a_session_are_refused_or_harmless(world: World, field: str) -> None:
    own = world.own.ids()
    for value in HOSTILE_VALUES:
        body = json.dumps({"site": own.site, field: value}).encode()
        response = Actor("anonymous", world).call("POST", "/w/session", json=True, data=body, kind="application/json")
        assert response.status_code in {200, 400, 404}, f"{field}={value!r}: {response.status_code}"
        if response.status_code == 200:
            assert response.json()["visitor"]["id"] not in {own.visitor, world.own.ids(1).visitor}


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"null", b"[]", b'{"site":"\\ud800"}', b"\xff\xfe", b'{"site":' * 5_000, b"{" + b" " * 20_000 + b"}"],
)
def test_what_is_no_body_is_refused(world: World, body: bytes) -> None:
    response = Actor("anonymous", world).call("POST", "/w/session", json=True, data=body, kind="application/json")
    assert (response.status_code, response.json()["code"]) == (400, "bad_body")


@pytest.mark.parametrize("name", ["before", "q"])
def test_hostile_values_in_a_search_are_refused_or_find_nothing(world: World, name: str) -> None:
    from urllib.parse import urlencode

    for text in HOSTILE_TEXTS:
        response = Actor("agent", world).call("GET", f"/console/ended?{urlencode({name: text})}", json=True)
        assert response.status_code in {200, 404}, f"{name}={text!r}: {response.status_code}"


@pytest.mark.parametrize("scheme", ["Bearer", "bearer ", "Basic", "", "Bearer Bearer", "\xff"])
def test_what_is_no_token_is_nobodys(world: World, scheme: str) -> None:
    visitor = Actor("visitor", world)
    for text in ("", "x", "A" * 5_000, world.own.ids().visitor):
        visitor.headers = {"HTTP_AUTHORIZATION": f"{scheme} {text}"}
        assert visitor.call("POST", "/w/ticket", json=True).status_code == 401


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    calm = override_settings(
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"], ACCOUNT_RATE_LIMITS=False
    )
    with django_db_blocker.unblock(), calm, pytest.MonkeyPatch.context() as patch:
        patch.setattr("celery.app.task.Task.apply_async", lambda *a, **k: None)
        yield make_world()
