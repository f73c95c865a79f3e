"""Reads of sites and visitors."""

from django.conf import settings
from django.utils.translation import gettext_noop as _

from accounts.lookup import find_account_id
from accounts.models import DoorKind
from chatsite.kit.errors import NotFound
from chatsite.kit.ids import may_be_id
from chatsite.kit.signing import hash_token
from widget.models import Site, VisitorSession


def find_site_account(site_key: str) -> int:
    """Return the account behind a site's key. Raises NotFound. Needs no scope."""
    account_id = find_account_id(DoorKind.SITE, site_key)
    if account_id is None:
        raise NotFound(_("There is no such site."))
    return account_id


def get_site(site_key: str) -> Site:
    """Return a site of the account in scope. Raises NotFound."""
    sites = Site.objects.select_related("account")
    site = sites.filter(public_id=site_key).first() if may_be_id(site_key) else None
    if site is None:
        raise NotFound(_("There is no such site."))
    return site


def list_sites() -> list[Site]:
    """Return the account's sites by name."""
    return list(Site.objects.order_by("name", "id"))


def find_session_account(token: str) -> int | None:
    """Return the account behind a visitor's token, or None. Needs no scope."""
    return find_account_id(DoorKind.VISITOR, token)


def find_session(*, token: str | None = None, session_id: int | None = None) -> VisitorSession | None:
    """Return a visitor's session of the account in scope, by its token or key, with visitor, site and account."""
    sessions = VisitorSession.objects.select_related("visitor__site", "account")
    if token is not None:
        return sessions.filter(token_sha256=hash_token(token)).first()
    return sessions.filter(pk=session_id).first() if session_id is not None else None


def list_living_sessions(ids: list[int]) -> set[int]:
    """Return which of these sessions still may hold a socket: not ended, their site switched on."""
    return set(VisitorSession.objects.filter(id__in=ids, visitor__site__active=True).values_list("id", flat=True))


def write_script_tag(site: Site) -> str:
    """Return what the owner puts on his pages."""
    return f'<script async src="{settings.ORIGIN}/widget.js" data-site="{site.public_id}"></script>'
