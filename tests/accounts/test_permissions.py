"""The table of who may do what, once more in full: a change of policy has to be made twice, on purpose."""

import itertools

import pytest

from accounts.permissions import ROLE_PERMISSIONS, Permission, Role, allows

MAY = {
    Role.VIEWER: {"chat.view"},
    Role.AGENT: {"chat.view", "chat.answer"},
    Role.SUPERVISOR: {"chat.view", "chat.answer", "chat.end_any", "site.view"},
    Role.ADMIN: {"chat.view", "chat.answer", "chat.end_any", "site.view", "site.change"},
    Role.OWNER: {"chat.view", "chat.answer", "chat.end_any", "site.view", "site.change"},
}
BY_RANK = [Role.VIEWER, Role.AGENT, Role.SUPERVISOR, Role.ADMIN, Role.OWNER]


@pytest.mark.parametrize("role", Role.values)
@pytest.mark.parametrize("permission", list(Permission))
def test_a_role_may_do_what_the_table_says_and_nothing_else(role: str, permission: Permission) -> None:
    assert allows(role, permission) == (permission.value in MAY[Role(role)])


def test_every_role_has_its_line_in_the_table() -> None:
    assert set(ROLE_PERMISSIONS) == set(Role.values)


def test_a_higher_role_may_do_all_that_a_lower_one_may() -> None:
    for lower, higher in itertools.pairwise(BY_RANK):
        assert ROLE_PERMISSIONS[lower] <= ROLE_PERMISSIONS[higher]


def test_every_permission_is_given_to_somebody() -> None:
    assert set().union(*ROLE_PERMISSIONS.values()) == set(Permission)


@pytest.mark.parametrize("role", ["", "Owner", "owner ", "staff", "superuser", "none"])
@pytest.mark.parametrize("permission", list(Permission))
def test_an_unknown_role_may_do_nothing(role: str, permission: Permission) -> None:
    assert not allows(role, permission)
