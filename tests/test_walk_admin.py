"""The admin process: its own database role, its own addresses, and nothing of what people wrote."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connections
from django.test import override_settings

from accounts.models import AccountState, Person
from accounts.tenancy import person_scope
from chatsite.embedded.roles import PLATFORM
from tests.databases import connect, default_role
from tests.factories import PASSWORD, unique
from tests.walk import admin
from tests.walk.addresses import FORM
from tests.walk.roles import Actor
from tests.walk.world import Rows, World, make_world, watched_rows

pytestmark = pytest.mark.usefixtures("admin_process")


def test_every_model_that_staff_see_is_known_to_the_walk() -> None:
    assert admin.find_unlisted() == []


@pytest.mark.parametrize("role", ("staff", *admin.OTHERS))
def test_staff_see_no_word_of_a_chat_and_nobody_else_sees_anything(world: World, rows: Rows, role: str) -> None:
    found = list(admin.walk(world, rows, role))
    assert not found, f"{len(found)} findings:\n" + "\n".join(found)


@pytest.mark.parametrize(
    "query", ["person__password__startswith=a", "account__name__startswith=c", "person__is_staff=1"]
)
def test_lists_answer_no_questions_about_columns_that_they_do_not_show(world: World, query: str) -> None:
    response = Actor("staff", world).call("GET", f"/admin/accounts/member/?{query}")
    assert response.status_code in {302, 400}


def test_guessing_a_password_of_staff_is_stopped(world: World) -> None:
    form = f"username={unique('guessed')}@example.com&password=wrong".encode()
    answers = [Actor("anonymous", world).call("POST", "/admin/login/", data=form, kind=FORM) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [200] * 5 + [429]


def test_staff_sign_in_with_their_password_and_others_do_not(world: World) -> None:
    for person, status in ((world.staff, 302), (world.own.team.owner.person, 200)):
        form = f"username={person.email}&password={PASSWORD}".replace(" ", "+").encode()
        assert Actor("anonymous", world).call("POST", "/admin/login/", data=form, kind=FORM).status_code == status


def test_suspending_an_account_is_an_action_that_touches_no_other(world: World, asked: list[Any]) -> None:
    own, foreign = world.own.team.account.pk, world.foreign.team.account.pk
    form = f"action=suspend&_selected_action={own}".encode()
    Actor("staff", world).call("POST", "/admin/accounts/account/", data=form, kind=FORM)
    assert (read_state(own), read_state(foreign)) == (AccountState.SUSPENDED, AccountState.TRIALING)
    assert asked == [("chats.tasks.end_open_chats", {"account_id": own})]


def test_staff_can_stop_a_person_but_not_themselves(world: World) -> None:
    agent, staff = world.own.team.agent.person_id, world.staff.pk
    form = f"action=stop&_selected_action={agent}&_selected_action={staff}".encode()
    Actor("staff", world).call("POST", "/admin/accounts/person/", data=form, kind=FORM)
    assert (is_active(agent), is_active(staff)) == (False, True)


def read_state(account_id: int) -> str:
    with connect(maintenance=True) as owner:
        return str(owner.execute("SELECT state FROM accounts_account WHERE id = %s", [account_id]).fetchone()[0])  # type: ignore[index]


def is_active(person_id: int) -> bool:
    with person_scope(person_id):
        return Person.objects.get(pk=person_id).is_active


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    names: list[Any] = []
    monkeypatch.setattr("accounts.actions.enqueue", lambda name, **ids: names.append((name, ids)))
    return names


@pytest.fixture
def admin_process(world: World, committed_db: None) -> Iterator[None]:
    """This process as the admin process is: its addresses, and its role in the database."""
    process = override_settings(
        PROCESS="admin", ROOT_URLCONF="chatsite.admin_urls", LOGIN_URL="admin:login", LOGIN_REDIRECT_URL="admin:index"
    )
    with process, default_role(PLATFORM):
        with connections["default"].cursor() as cursor:
            cursor.execute("SELECT current_user")
            assert cursor.fetchone() == (PLATFORM,)
        yield


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    calm = override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"])
    with django_db_blocker.unblock(), calm, pytest.MonkeyPatch.context() as patch:
        patch.setattr("celery.app.task.Task.apply_async", lambda *a, **k: None)
        yield make_world()


@pytest.fixture(scope="module")
def rows(world: World) -> Iterator[Rows]:
    with watched_rows() as rows:
        yield rows
