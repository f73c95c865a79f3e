"""What happens to accounts, people and memberships."""

from collections.abc import Iterator
from typing import Any

import pytest
from celery import current_app
from django.db import IntegrityError, connection, transaction

from accounts.actions import (
    add_member,
    create_account,
    create_person,
    remove_member,
    set_account_state,
    set_person_active,
)
from accounts.models import TAKING_CHATS, Account, AccountState, Member, Person
from accounts.permissions import Role
from accounts.tenancy import account_scope, person_scope
from chats.models import Chat, State
from tests.factories import PASSWORD, Team, make_chat, make_person, unique

pytestmark = pytest.mark.django_db
Asked = list[tuple[str, dict[str, Any]]]


def test_a_new_person_has_a_hashed_password_and_an_address_in_lower_case() -> None:
    person = create_person(email=f"  Anna.{unique()}@Example.COM ", name="Anna", password=PASSWORD)
    with person_scope(person.pk):
        found = Person.objects.get(pk=person.pk)
    assert found.email == person.email == found.email.lower().strip()
    assert PASSWORD not in found.password and found.check_password(PASSWORD)
    assert not found.is_staff


def test_an_address_is_taken_once_in_whatever_case_it_is_written() -> None:
    person = make_person()
    with pytest.raises(IntegrityError), transaction.atomic():
        create_person(email=person.email.upper(), name="Twin", password=PASSWORD)


def test_a_new_account_is_in_its_trial_with_its_owner_in_it() -> None:
    owner = make_person("Olga")
    account = create_account(name="Acme", owner=owner)
    with account_scope(account.pk):
        assert Account.objects.get().state == AccountState.TRIALING
        member = Member.objects.get()
    assert (member.person_id, member.role, member.alias, member.accepting) == (owner.pk, Role.OWNER, "Olga", False)


def test_an_account_without_a_name_is_not_made_at_all() -> None:
    owner = make_person()
    with pytest.raises(IntegrityError), transaction.atomic():
        create_account(name="", owner=owner)
    with person_scope(owner.pk):
        assert not Member.all_accounts_unscoped.filter(person=owner).exists()


def test_a_person_is_in_an_account_once(team: Team) -> None:
    with pytest.raises(IntegrityError), account_scope(team.account.pk):
        add_member(account=team.account, person=team.agent.person, role=Role.VIEWER, alias="Twin")


def test_a_role_that_there_is_not_is_refused_by_the_database(team: Team) -> None:
    person = make_person()
    with pytest.raises(IntegrityError), account_scope(team.account.pk):
        add_member(account=team.account, person=person, role="god", alias="Zeus")


def test_a_removed_member_is_out_takes_no_chats_and_his_chats_are_to_be_released(team: Team, asked: Asked) -> None:
    with account_scope(team.account.pk):
        Member.objects.filter(pk=team.agent.pk).update(accepting=True)
        remove_member(member=team.agent)
        found = Member.objects.get(pk=team.agent.pk)
    assert found.removed_at is not None and not found.accepting
    assert asked == [
        ("chats.tasks.release_member", {"account_id": team.account.pk, "member_id": team.agent.pk}),
    ]


def test_removing_a_member_twice_keeps_the_time_of_the_first(team: Team, asked: Asked) -> None:
    with account_scope(team.account.pk):
        Member.objects.filter(pk=team.agent.pk).update(removed_at="2020-01-01T00:00:00Z")
        remove_member(member=team.agent)
        assert Member.objects.get(pk=team.agent.pk).removed_at.year == 2020  # type: ignore[union-attr]


def test_removing_a_member_leaves_his_colleagues_and_other_accounts_as_they_were(
    team: Team, other_team: Team, asked: Asked
) -> None:
    with account_scope(team.account.pk):
        remove_member(member=team.agent)
        assert Member.objects.filter(removed_at=None).count() == len(team.members) - 1
    with account_scope(other_team.account.pk):
        assert Member.objects.filter(removed_at=None).count() == len(other_team.members)


@pytest.mark.parametrize("state", AccountState.values)
def test_an_account_that_takes_no_chats_any_more_has_its_open_ones_ended(team: Team, asked: Asked, state: str) -> None:
    set_account_state(account=team.account, state=state)
    with account_scope(team.account.pk):
        account = Account.objects.get()
    assert account.state == state
    assert account.takes_chats == (state in {"trialing", "active", "past_due"}) == (state in TAKING_CHATS)
    ends = [("chats.tasks.end_open_chats", {"account_id": team.account.pk})]
    assert asked == ([] if account.takes_chats else ends)


def test_a_state_that_there_is_not_is_refused(team: Team, asked: Asked) -> None:
    with pytest.raises(ValueError, match="sleeping"):
        set_account_state(account=team.account, state="sleeping")


def test_the_tasks_that_actions_ask_for_do_what_they_promise(team: Team, other_team: Team, at_once: None) -> None:
    chat = make_chat(team)
    set_account_state(account=team.account, state=AccountState.SUSPENDED)
    with account_scope(team.account.pk):
        assert Chat.objects.get(pk=chat.id).state == State.ENDED
    with account_scope(other_team.account.pk):
        assert Chat.objects.get().state == State.WAITING


def test_nothing_is_asked_for_when_the_change_is_rolled_back(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[Any] = []
    monkeypatch.setattr("celery.app.task.Task.apply_async", lambda task, *a, **k: sent.append(task.name))
    with pytest.raises(ZeroDivisionError), account_scope(team.account.pk):
        remove_member(member=team.agent)
        1 / 0  # noqa: B018
    assert sent == []


@pytest.mark.parametrize("active", [False, True])
def test_a_person_is_stopped_and_let_in_again(team: Team, active: bool) -> None:
    set_person_active(person=team.agent.person, active=not active)
    set_person_active(person=team.agent.person, active=active)
    with person_scope(team.agent.person_id):
        assert Person.objects.get(pk=team.agent.person_id).is_active is active


def test_what_one_account_may_see_of_people_are_its_own_colleagues(team: Team, other_team: Team) -> None:
    with account_scope(team.account.pk):
        seen = set(Person.objects.values_list("pk", flat=True))
    assert seen == {member.person_id for member in team.members.values()}
    assert not Person.objects.exists()


def test_a_person_changes_no_colleague(team: Team) -> None:
    with account_scope(team.account.pk), person_scope(team.agent.person_id):
        assert Person.objects.filter(pk=team.owner.person_id).update(name="Owned") == 0
    with account_scope(team.account.pk):
        assert Person.objects.filter(pk=team.agent.person_id).update(name="Owned") == 0


def test_an_action_leaves_no_setting_behind(team: Team, asked: Asked) -> None:
    create_account(name="Acme", owner=make_person())
    set_account_state(account=team.account, state=AccountState.SUSPENDED)
    set_person_active(person=team.agent.person, active=False)
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('app.account_id', true), current_setting('app.person_id', true)")
        assert not any(cursor.fetchone())


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    """The tasks that the actions ask for; none runs."""
    names: Asked = []
    monkeypatch.setattr("accounts.actions.enqueue", lambda name, **ids: names.append((name, ids)))
    return names


@pytest.fixture
def at_once(commits_now: None) -> Iterator[None]:
    """Tasks run at the commit, here."""
    current_app.conf.task_always_eager = True
    yield
    current_app.conf.task_always_eager = False
