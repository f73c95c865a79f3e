"""Who may do what: the one table that pages, sockets, tasks and tests ask."""

from enum import StrEnum

from django.db import models


class Role(models.TextChoices):
    OWNER = "owner", "Owner"
    ADMIN = "admin", "Admin"
    SUPERVISOR = "supervisor", "Supervisor"
    AGENT = "agent", "Agent"
    VIEWER = "viewer", "Viewer"


class Permission(StrEnum):
    """Verbs of the product. A name is stable: it reaches the browser."""

    CHAT_VIEW = "chat.view"  # see the account's chats
    CHAT_ANSWER = "chat.answer"  # take, write, end
    CHAT_END_ANY = "chat.end_any"  # end a colleague's chat
    SITE_VIEW = "site.view"
    SITE_CHANGE = "site.change"  # look, domains, switch off


_VIEWER = frozenset({Permission.CHAT_VIEW})
_AGENT = _VIEWER | {Permission.CHAT_ANSWER}
_SUPERVISOR = _AGENT | {Permission.CHAT_END_ANY, Permission.SITE_VIEW}
_ADMIN = _SUPERVISOR | {Permission.SITE_CHANGE}

ROLE_PERMISSIONS: dict[str, frozenset[Permission]] = {
    Role.OWNER: _ADMIN,
    Role.ADMIN: _ADMIN,
    Role.SUPERVISOR: _SUPERVISOR,
    Role.AGENT: _AGENT,
    Role.VIEWER: _VIEWER,
}


def allows(role: str, permission: Permission) -> bool:
    """Return whether the role carries the permission; an unknown role carries none."""
    return permission in ROLE_PERMISSIONS.get(role, frozenset())
