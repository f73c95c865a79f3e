"""The owner's pages."""

import pytest
from django.test import Client

from accounts.tenancy import account_scope
from tests.factories import Team
from widget.models import Site

pytestmark = pytest.mark.django_db
FIELDS = {"name": "Lamps", "color": "#AB12CD", "greeting": "Hi", "position": "left", "active": "on"}


def sign_in(client: Client, team: Team, who: str = "owner") -> None:
    client.force_login(team.members[who].person, backend="accounts.sign_in.PersonBackend")


def stored(team: Team) -> Site:
    with account_scope(team.account.pk):
        return Site.objects.get(pk=team.site.pk)


def test_an_owner_changes_the_look_and_the_domains(client: Client, team: Team) -> None:
    sign_in(client, team)
    domains = "shop.example.com\nhttps://www.shop.example.com/\n\nshop.example.com"
    response = client.post(f"/settings/sites/{team.site.public_id}/", FIELDS | {"allowed_domains": domains})
    assert response.status_code == 302
    site = stored(team)
    assert (site.name, site.color, site.position) == ("Lamps", "#ab12cd", "left")
    assert site.allowed_domains == ["shop.example.com", "www.shop.example.com"]


@pytest.mark.parametrize(
    ("field", "value"),
    [("allowed_domains", "not a domain"), ("color", "red"), ("name", ""), ("position", "top"), ("name", "x" * 81)],
)
def test_a_mistake_is_shown_at_its_field_and_what_was_typed_stays(
    client: Client, team: Team, field: str, value: str
) -> None:
    sign_in(client, team)
    sent = FIELDS | {"allowed_domains": "shop.example.com"} | {field: value}
    response = client.post(f"/settings/sites/{team.site.public_id}/", sent)
    assert response.status_code == 200
    assert field in response.context["form"].errors
    if value:
        assert value in response.text
    assert stored(team).name == team.site.name


def test_a_new_site_can_be_found_by_its_key(client: Client, team: Team) -> None:
    sign_in(client, team)
    response = client.post("/settings/sites/new", {"name": "Second", "allowed_domains": "second.example.com"})
    key = response.headers["Location"].rstrip("/").rsplit("/", 1)[1]
    shown = client.get(f"/w/{key}/config.json", headers={"origin": "https://second.example.com"}).json()
    assert shown["show"] is True


@pytest.mark.parametrize("who", ["agent", "viewer"])
def test_who_may_not_see_sites_is_refused(client: Client, team: Team, who: str) -> None:
    sign_in(client, team, who)
    assert client.get("/settings/sites/").status_code == 403
    assert client.get(f"/settings/sites/{team.site.public_id}/").status_code == 403


def test_a_supervisor_sees_a_site_and_cannot_change_it(client: Client, team: Team) -> None:
    sign_in(client, team, "supervisor")
    assert client.get(f"/settings/sites/{team.site.public_id}/").status_code == 200
    assert client.post(f"/settings/sites/{team.site.public_id}/", FIELDS).status_code == 403


def test_a_foreign_site_is_absent(client: Client, team: Team, other_team: Team) -> None:
    sign_in(client, team)
    foreign = client.get(f"/settings/sites/{other_team.site.public_id}/")
    absent = client.get("/settings/sites/site_nope/")
    assert foreign.status_code == absent.status_code == 404
    assert foreign.text == absent.text


def test_the_tick_turns_once_a_page_with_the_tag_was_opened(client: Client, team: Team) -> None:
    sign_in(client, team)
    seen = f"/settings/sites/{team.site.public_id}/seen"
    assert client.get(seen).json()["seen"] is False
    Client().get(f"/w/{team.site.public_id}/config.json", headers={"origin": "https://shop.example.com"})
    assert client.get(seen).json()["origin"] == "https://shop.example.com"
