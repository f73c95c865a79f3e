"""Signing in and out, through the pages: who is let in, what is told to whom, and what is left behind."""

import re
import secrets
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher, PBKDF2PasswordHasher, make_password
from django.contrib.sessions.models import Session
from django.db import connection
from django.http import HttpResponse
from django.test import Client

from accounts.actions import set_person_active
from accounts.models import Person
from accounts.sign_in import PersonBackend
from accounts.tenancy import person_scope, sign_in_scope
from tests.factories import PASSWORD, Team, make_person

pytestmark = pytest.mark.usefixtures("committed_db")
SignIn = Callable[..., HttpResponse]
SIGN_IN, CONSOLE = "/accounts/login/", "/console/"


def test_the_right_password_leads_to_the_console(team: Team, sign_in: SignIn, client: Client) -> None:
    response = sign_in(team.agent.person.email)
    assert (response.status_code, response.url) == (302, CONSOLE)  # type: ignore[attr-defined]
    assert client.get(CONSOLE).status_code == 200


@pytest.mark.parametrize("write", [str.upper, lambda email: f"  {email} ", str.title])
def test_the_address_may_be_written_in_any_case(team: Team, sign_in: SignIn, write: Callable[[str], str]) -> None:
    assert sign_in(write(team.agent.person.email)).status_code == 302


@pytest.mark.parametrize("password", ["wrong", "", PASSWORD.upper(), f"{PASSWORD} ", "\x00"])
def test_a_wrong_password_leads_nowhere(team: Team, sign_in: SignIn, client: Client, password: str) -> None:
    assert sign_in(team.agent.person.email, password).status_code == 200
    assert client.get(CONSOLE).status_code == 302


@pytest.mark.parametrize(
    "email", ["", "x", "\x00@example.com", "a@b\x00.example", "@", "%", "' OR 1=1 --@example.com", "ä@ö.example"]
)
def test_what_is_no_address_leads_nowhere_and_breaks_nothing(team: Team, sign_in: SignIn, email: str) -> None:
    assert sign_in(email).status_code == 200


def test_an_unknown_address_and_a_wrong_password_get_the_same_answer_for_the_same_work(
    team: Team, sign_in: SignIn, hashed: list[str]
) -> None:
    known, unknown = team.agent.person.email, "nobody-" + team.agent.person.email
    answers, work = [], []
    for email in (known, unknown):
        hashed.clear()
        response = sign_in(email, "wrong password")
        answers.append((response.status_code, sorted(response.headers), plain(response, email)))
        work.append(len(hashed))
    assert answers[0] == answers[1]
    assert work[0] == work[1] == 1, "one hash for each, or the time tells who has an account"


def test_a_stopped_person_is_not_let_in_and_only_his_password_tells_that_he_exists(
    team: Team, sign_in: SignIn, client: Client
) -> None:
    email = team.agent.person.email
    unknown = plain(sign_in(f"nobody-{email}", "wrong"), f"nobody-{email}")
    set_person_active(person=team.agent.person, active=False)
    assert plain(sign_in(email, "wrong"), email) == unknown
    sign_in(email)
    assert client.get(CONSOLE).status_code == 302


def test_signing_in_changes_the_session_and_its_cookie_is_for_our_pages_alone(
    team: Team, sign_in: SignIn, client: Client
) -> None:
    client.get(SIGN_IN)  # the form's token has made a session
    before = client.cookies["chatsite"].value
    sign_in(team.agent.person.email)
    cookie = client.cookies["chatsite"]
    assert cookie.value != before
    assert not Session.objects.filter(session_key=before).exists()
    assert (cookie["httponly"], cookie["samesite"], cookie["path"], cookie["domain"]) == (True, "Lax", "/", "")


def test_the_form_needs_its_token(team: Team) -> None:
    client = Client(enforce_csrf_checks=True)
    answer = client.post(SIGN_IN, {"login": team.agent.person.email, "password": PASSWORD})
    assert answer.status_code == 403


def test_signing_out_ends_the_session_on_the_server(team: Team, client: Client) -> None:
    client.force_login(team.agent.person)
    key = client.cookies["chatsite"].value
    assert client.get("/accounts/logout/").status_code == 200
    assert Session.objects.filter(session_key=key).exists(), "a link must not sign anybody out"
    assert client.post("/accounts/logout/").status_code == 302
    assert not Session.objects.filter(session_key=key).exists()


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"]
)
def test_the_way_back_leads_to_our_own_pages_only(team: Team, sign_in: SignIn, target: str) -> None:
    assert sign_in(team.agent.person.email, next=target).url == CONSOLE  # type: ignore[attr-defined]


def test_the_way_back_leads_to_the_page_that_was_asked_for(team: Team, sign_in: SignIn) -> None:
    assert sign_in(team.agent.person.email, next="/settings/sites/").url == "/settings/sites/"  # type: ignore[attr-defined]


def test_guessing_passwords_is_stopped_for_the_address_that_is_guessed_at(team: Team, client: Client) -> None:
    email = team.agent.person.email
    for _ in range(5):
        guess(client, email, "wrong")
    assert not signed_in(guess(client, email, PASSWORD)), "the right one, but from a guesser"
    assert signed_in(guess(client, team.owner.person.email, PASSWORD))


def test_guessing_passwords_is_stopped_for_the_network_that_guesses(team: Team, client: Client) -> None:
    network = new_address()
    for number in range(10):
        guess(client, f"{number}-{team.agent.person.email}", "wrong", network)
    assert not signed_in(guess(client, team.agent.person.email, PASSWORD, network))
    assert signed_in(guess(client, team.agent.person.email, PASSWORD))


def test_nobody_signs_up_by_himself(client: Client) -> None:
    for path in ("/accounts/signup/", "/accounts/password/reset/", "/accounts/email/", "/accounts/"):
        assert client.get(path).status_code == 404


def test_the_scope_of_a_sign_in_shows_that_one_person_and_nobody_else(team: Team, other_team: Team) -> None:
    with sign_in_scope(f" {team.agent.person.email.upper()} "):
        assert list(Person.objects.values_list("pk", flat=True)) == [team.agent.person_id]
    with sign_in_scope("%"):
        assert not Person.objects.exists()
    with sign_in_scope(""):
        assert not Person.objects.exists()


def test_the_scope_of_a_sign_in_leaves_no_setting_behind(team: Team, sign_in: SignIn) -> None:
    sign_in(team.agent.person.email)
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(current_setting('app.sign_in_email', true), '')")
        assert cursor.fetchone() == ("",)


def test_an_old_hash_is_renewed_at_sign_in(team: Team, sign_in: SignIn) -> None:
    person = team.agent.person
    with person_scope(person.pk):
        Person.objects.filter(pk=person.pk).update(password=make_password(PASSWORD, hasher="pbkdf2_sha256"))
    assert signed_in(sign_in(person.email))
    with person_scope(person.pk):
        renewed = Person.objects.get(pk=person.pk)
    assert renewed.password.startswith("md5$") and renewed.check_password(PASSWORD)


def test_people_have_their_addresses_in_one_table_that_is_fenced(team: Team, sign_in: SignIn) -> None:
    """allauth's own table of addresses has no row-level security; nothing may ever stand in it."""
    sign_in(team.agent.person.email)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT count(*) FROM account_emailaddress), (SELECT count(*) FROM account_emailconfirmation)"
        )
        assert cursor.fetchone() == (0, 0)


@pytest.mark.parametrize("credentials", [{}, {"email": None}, {"email": 7}, {"email": ["a@b.c"]}, {"username": "\x00"}])
def test_credentials_that_are_no_text_find_nobody(credentials: dict[str, Any]) -> None:
    assert PersonBackend().authenticate(None, password="x", **credentials) is None


def test_a_session_of_somebody_who_is_gone_is_nobodys() -> None:
    assert PersonBackend().get_user(2**62) is None
    stopped = make_person()
    set_person_active(person=stopped, active=False)
    assert PersonBackend().get_user(stopped.pk) is None


def new_address() -> str:
    """A network address that no other test has counted on."""
    return f"10.{secrets.randbelow(256)}.{secrets.randbelow(256)}.{secrets.randbelow(256)}"


def guess(client: Client, email: str, password: str, address: str | None = None) -> HttpResponse:
    client.logout()
    return client.post(SIGN_IN, {"login": email, "password": password}, REMOTE_ADDR=address or new_address())


def signed_in(response: HttpResponse) -> bool:
    return response.status_code == 302


def plain(response: HttpResponse, email: str) -> str:
    """The page without what differs by right: the address that was typed, and the form's token."""
    return re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", response.content.decode()).replace(email, "…")


@pytest.fixture
def sign_in(client: Client) -> SignIn:
    def run(email: str, password: str = PASSWORD, **fields: str) -> HttpResponse:
        form = {"login": email, "password": password, **fields}
        return client.post(SIGN_IN, form, REMOTE_ADDR=new_address())

    return run


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The passwords that were hashed since it was last emptied."""
    passwords: list[str] = []
    encode = MD5PasswordHasher.encode

    def count(self: MD5PasswordHasher, password: str, salt: str) -> str:
        passwords.append(password)
        return encode(self, password, salt)

    monkeypatch.setattr(MD5PasswordHasher, "encode", count)
    return passwords


@pytest.fixture(autouse=True)
def two_hashers(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The preferred one, and one whose hashes are to be renewed."""
    monkeypatch.setattr(PBKDF2PasswordHasher, "iterations", 1)
    settings.PASSWORD_HASHERS = [
        "django.contrib.auth.hashers.MD5PasswordHasher",
        "django.contrib.auth.hashers.PBKDF2PasswordHasher",
    ]
