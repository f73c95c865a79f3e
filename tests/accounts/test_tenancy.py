"""Scopes: what is seen, by whom, and what happens when somebody forgets them."""

import pytest
from django.db import connection, transaction

from accounts.models import Member
from accounts.tenancy import NoAccountScope, ScopeConflict, account_scope
from chats.models import Chat
from tests.factories import Team

pytestmark = pytest.mark.django_db


def setting() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(current_setting('app.account_id', true), '')")
        return cursor.fetchone()[0]


def test_a_query_without_a_scope_is_refused(team: Team) -> None:
    with pytest.raises(NoAccountScope):
        Chat.objects.exists()


def test_a_scope_shows_only_its_own_rows(team: Team, other_team: Team) -> None:
    with account_scope(other_team.account.pk):
        assert Chat.objects.count() == 1
    with account_scope(team.account.pk):
        assert Chat.objects.count() == 0


def test_postgres_holds_when_the_manager_is_gone_around(team: Team, other_team: Team) -> None:
    with account_scope(team.account.pk):
        assert set(Member.all_accounts_unscoped.values_list("account_id", flat=True)) == {team.account.pk}
    assert Member.all_accounts_unscoped.count() == 0


def test_a_scope_within_another_accounts_is_refused(team: Team, other_team: Team) -> None:
    with account_scope(team.account.pk), pytest.raises(ScopeConflict), account_scope(other_team.account.pk):
        pass


def test_the_previous_setting_comes_back_after_a_savepoint_is_released(team: Team) -> None:
    with transaction.atomic():
        with account_scope(team.account.pk):
            with account_scope(team.account.pk):
                pass
            assert setting() == str(team.account.pk)
        assert setting() == ""


def test_the_previous_setting_comes_back_after_an_error(team: Team) -> None:
    with transaction.atomic():
        with pytest.raises(ZeroDivisionError), account_scope(team.account.pk):
            1 / 0  # noqa: B018
        assert setting() == ""
