"""The door of members: who asks, in which account, may he? Every page has it; here it stands alone."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.http import HttpRequest, JsonResponse
from django.test import Client, RequestFactory
from django.urls import reverse

from accounts.access import ACCOUNT_KEY, find_member, requires, wants_json
from accounts.actions import add_member, remove_member, set_person_active
from accounts.models import Member
from accounts.permissions import Permission, Role
from accounts.tenancy import NoAccountScope, account_scope, current_account_id
from chatsite.kit.errors import NotPermitted, SignedOut
from tests.factories import Team, make_team

pytestmark = pytest.mark.django_db
Ask = Callable[..., Any]


def test_a_member_with_the_permission_is_let_in_with_his_accounts_scope_open(team: Team, ask: Ask) -> None:
    member, account_id = ask(team.agent)
    assert (member, account_id) == (team.agent, team.account.pk)


def test_the_scope_is_closed_behind_the_door(team: Team, ask: Ask) -> None:
    ask(team.agent)
    with pytest.raises(NoAccountScope):
        current_account_id()


def test_a_member_without_the_permission_is_refused(team: Team, ask: Ask) -> None:
    with pytest.raises(NotPermitted):
        ask(team.members["viewer"])


def test_a_page_sends_who_is_not_signed_in_to_the_sign_in_and_back(db: None, ask: Ask) -> None:
    response = ask(None, path="/console/?q=a%26b")
    assert response.status_code == 302
    assert response.url == f"{reverse('account_login')}?next=/console/%3Fq%3Da%2526b"


def test_a_script_that_is_not_signed_in_gets_a_refusal_it_can_read(db: None, ask: Ask) -> None:
    with pytest.raises(SignedOut):
        ask(None, HTTP_ACCEPT="application/json")


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"HTTP_ACCEPT": "application/json"}, True),
        ({"HTTP_ACCEPT": "text/html, application/json;q=0.5"}, True),
        ({"CONTENT_TYPE": "application/json; charset=utf-8"}, True),
        ({"HTTP_ACCEPT": "text/html"}, False),
        ({}, False),
    ],
)
def test_a_script_is_told_from_a_page_by_what_it_accepts_or_sends(headers: dict[str, str], expected: bool) -> None:
    assert wants_json(RequestFactory().get("/", **headers)) is expected


def test_a_removed_member_is_refused_at_once(team: Team, ask: Ask, no_broker: None) -> None:
    with account_scope(team.account.pk):
        remove_member(member=team.agent)
    with pytest.raises(NotPermitted, match="Ask its owner to invite you again"):
        ask(team.agent)


def test_a_stopped_person_is_signed_out_at_his_next_request(committed_db: None, team: Team) -> None:
    client = Client()
    client.force_login(team.agent.person)
    assert client.get("/console/").status_code == 200
    set_person_active(person=team.agent.person, active=False)
    response = client.get("/console/")
    assert (response.status_code, response.url) == (302, "/accounts/login/?next=/console/")


def test_a_changed_role_counts_from_the_next_request(team: Team, ask: Ask) -> None:
    ask(team.agent)
    with account_scope(team.account.pk):
        Member.objects.filter(pk=team.agent.pk).update(role=Role.VIEWER)
    with pytest.raises(NotPermitted):
        ask(team.agent)


def test_the_session_says_in_which_of_his_accounts_a_person_works(two_accounts: tuple[Team, Team], ask: Ask) -> None:
    first, second = two_accounts
    assert ask(first.agent, account=second.account.public_id)[1] == second.account.pk
    assert ask(first.agent, account=first.account.public_id)[1] == first.account.pk


def test_without_a_choice_a_person_works_in_the_account_he_joined_first(
    two_accounts: tuple[Team, Team], ask: Ask
) -> None:
    assert ask(two_accounts[0].agent)[1] == two_accounts[0].account.pk


def test_the_role_of_one_account_does_not_count_in_another(two_accounts: tuple[Team, Team], ask: Ask) -> None:
    first, second = two_accounts
    with pytest.raises(NotPermitted):
        ask(first.owner, account=second.account.public_id)  # a viewer there


@pytest.mark.parametrize("chosen", ["foreign", "acc_0000000000000000000000", "", "\x00", 7])
def test_a_chosen_account_that_is_not_ones_own_changes_nothing(
    team: Team, other_team: Team, ask: Ask, chosen: object
) -> None:
    account = other_team.account.public_id if chosen == "foreign" else chosen
    assert ask(team.agent, account=account)[1] == team.account.pk


def test_somebody_elses_memberships_are_never_among_ones_own(team: Team, other_team: Team) -> None:
    found = find_member(person=team.agent.person, account_public_id=other_team.account.public_id)
    assert found == team.agent


def test_looking_for_the_member_leaves_no_setting_behind(team: Team) -> None:
    find_member(person=team.agent.person, account_public_id=None)
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(current_setting('app.person_id', true), '')")
        assert cursor.fetchone() == ("",)


def test_a_door_names_its_permission_for_the_table_of_doors() -> None:
    assert door.permission is Permission.CHAT_ANSWER  # type: ignore[attr-defined]


@requires(Permission.CHAT_ANSWER)
def door(request: HttpRequest, member: Member) -> Any:
    request.seen = (member, current_account_id())  # type: ignore[attr-defined]
    return JsonResponse({})


@pytest.fixture
def ask() -> Ask:
    """Go through the door as this member's person; return what the view saw, or its answer where it saw nothing."""

    def run(member: Member | None, *, account: object = None, path: str = "/", **headers: str) -> Any:
        request = RequestFactory().get(path, **headers)
        request.user = member.person if member else AnonymousUser()  # type: ignore[assignment]
        request.session = {ACCOUNT_KEY: account} if account is not None else {}  # type: ignore[assignment]
        response = door(request)
        return getattr(request, "seen", response)

    return run


@pytest.fixture
def two_accounts(team: Team) -> tuple[Team, Team]:
    """Two accounts; the first one's agent is agent in both, its owner is only a viewer of the second."""
    second = make_team("Second")
    with account_scope(second.account.pk):
        add_member(account=second.account, person=team.agent.person, role=Role.AGENT, alias="Robin")
        add_member(account=second.account, person=team.owner.person, role=Role.VIEWER, alias="Olga")
    return team, second


@pytest.fixture
def no_broker(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr("accounts.actions.enqueue", lambda name, **ids: None)
    yield
