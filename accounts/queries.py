"""Reads of accounts and members. All need the account's scope."""

from accounts.models import Member


def list_accepting(online: frozenset[str]) -> list[str]:
    """Return the aliases of those among `online` (public ids of members) who accept chats, longest here first."""
    members = Member.objects.filter(public_id__in=online, removed_at=None, accepting=True).order_by("id")
    return list(members.values_list("alias", flat=True))


def somebody_accepts(online: frozenset[str]) -> bool:
    """Return whether one of `online` accepts chats."""
    return bool(online) and bool(list_accepting(online))
