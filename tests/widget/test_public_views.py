"""What a customer's page and the chat window ask for over HTTP."""

import json
from typing import Any

import pytest
from django.conf import settings
from django.http import HttpResponse
from django.test import Client

from accounts.actions import set_account_state
from accounts.models import AccountState
from accounts.tenancy import account_scope
from tests.factories import Team, make_visitor
from widget.models import Site, VisitorSession

pytestmark = pytest.mark.django_db
SHOP = "https://shop.example.com"


@pytest.fixture(autouse=True)
def no_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("widget.views.public.count", lambda *arguments, **options: None)


def post(client: Client, path: str, body: dict[str, Any] | None = None, **headers: str) -> HttpResponse:
    headers = {"origin": settings.ORIGIN, **headers}
    return client.post(path, json.dumps(body or {}), content_type="application/json", headers=headers)


def change(team: Team, **fields: Any) -> None:
    with account_scope(team.account.pk):
        Site.objects.filter(pk=team.site.pk).update(**fields)


def config(client: Client, team: Team, origin: str = SHOP) -> dict[str, Any]:
    response = client.get(f"/w/{team.site.public_id}/config.json", headers={"origin": origin})
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert not response.cookies
    return response.json()


def test_the_launcher_shows_on_a_listed_page_and_the_owner_sees_it(client: Client, team: Team) -> None:
    assert config(client, team)["show"] is True
    with account_scope(team.account.pk):
        site = Site.objects.get(pk=team.site.pk)
    assert site.seen_at is not None
    assert site.seen_origin == SHOP


@pytest.mark.parametrize("origin", ["https://evil.example", "http://shop.example.com", "null"])
def test_the_launcher_does_not_show_elsewhere_and_nothing_is_noted(client: Client, team: Team, origin: str) -> None:
    assert config(client, team, origin) == {"v": 1, "show": False, "reason": "domain"}
    with account_scope(team.account.pk):
        assert Site.objects.get(pk=team.site.pk).seen_at is None


def test_the_launcher_does_not_show_where_nobody_would_see_a_message(
    client: Client, team: Team, commits_now: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("accounts.actions.enqueue", lambda *arguments, **options: None)
    change(team, active=False)
    assert config(client, team)["reason"] == "off"
    change(team, active=True)
    set_account_state(account=team.account, state=AccountState.SUSPENDED)
    assert config(client, team)["reason"] == "read_only"
    assert post(client, "/w/session", {"site": team.site.public_id}).json()["code"] == "read_only"


def test_the_frame_may_be_shown_by_listed_pages_only_also_without_an_origin(client: Client, team: Team) -> None:
    policy = client.get(f"/w/{team.site.public_id}/frame").headers["Content-Security-Policy"]
    assert "frame-ancestors 'self' https://shop.example.com" in policy
    assert "require-trusted-types-for 'script'" in policy


def test_a_session_is_resumed_by_its_token_and_by_its_handle(client: Client, team: Team) -> None:
    first = post(client, "/w/session", {"site": team.site.public_id}).json()
    by_token = post(client, "/w/session", {"site": team.site.public_id, "token": first["token"]}).json()
    by_handle = post(client, "/w/session", {"site": team.site.public_id, "handle": first["handle"]}).json()
    assert first["visitor"] == by_token["visitor"] == by_handle["visitor"]


@pytest.mark.parametrize("key", ["token", "handle"])
def test_a_foreign_or_unknown_token_begins_a_new_session(
    client: Client, team: Team, other_team: Team, key: str
) -> None:
    foreign = post(client, "/w/session", {"site": other_team.site.public_id}).json()
    for value in (foreign[key], "nonsense", "", "\x00"):
        answer = post(client, "/w/session", {"site": team.site.public_id, key: value}).json()
        assert answer["visitor"]["id"] != foreign["visitor"]["id"]


@pytest.mark.parametrize("origin", [SHOP, "null", ""])
def test_only_our_own_frame_may_ask_for_a_session(client: Client, team: Team, origin: str) -> None:
    response = post(client, "/w/session", {"site": team.site.public_id}, origin=origin)
    assert response.status_code == 403
    assert response.json()["code"] == "origin_refused"


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"site": 1}', b'{"site": "x", "more": 1}', b'{"site": null}'])
def test_a_body_of_another_form_is_refused(client: Client, team: Team, body: bytes) -> None:
    response = client.post("/w/session", body, content_type="application/json", headers={"origin": settings.ORIGIN})
    assert response.status_code == 400
    assert response.json()["code"] == "bad_body"


def test_a_ticket_needs_a_living_token_and_forgetting_ends_it(client: Client, team: Team) -> None:
    _, token = make_visitor(team)
    bearer = {"authorization": f"Bearer {token}"}
    assert "ticket" in post(client, "/w/ticket", **bearer).json()
    assert post(client, "/w/forget", **bearer).status_code == 204
    assert post(client, "/w/ticket", **bearer).status_code == 401
    with account_scope(team.account.pk):
        assert not VisitorSession.objects.exists()


def test_an_unknown_site_is_absent_everywhere(client: Client, team: Team) -> None:
    for path in ("/w/site_nope/config.json", "/w/site_nope/frame"):
        assert client.get(path).status_code == 404
    assert post(client, "/w/session", {"site": "site_nope"}).status_code == 404
