"""Every change to sites and visitors."""

from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from accounts.lookup import close_door, open_door
from accounts.models import Account, DoorKind
from chatsite.kit.ids import new_token
from chatsite.kit.lines import clean_line
from chatsite.kit.signing import hash_token
from widget.identity import SESSION_IDLE_H, BrowserFacts, cut_address, name_visitor
from widget.models import TITLE_MAX_CHARS, Site, Visitor, VisitorSession, new_visitor_id

SEEN_AGAIN_AFTER = timedelta(minutes=1)  # a site's tag is noted once a minute, not at each page view
USED_AGAIN_AFTER = timedelta(minutes=10)  # a session's last use likewise


@transaction.atomic
def create_site(*, account: Account, name: str, allowed_domains: list[str]) -> Site:
    """Add a site to the account in scope."""
    site = Site.objects.create(account=account, name=name, allowed_domains=allowed_domains)
    open_door(kind=DoorKind.SITE, token=site.public_id, account_id=account.pk)
    return site


def note_site_seen(*, site: Site, origin: str) -> None:
    """Record that the site's tag works on a page of `origin`."""
    stale = Q(seen_at=None) | Q(seen_at__lt=Now() - SEEN_AGAIN_AFTER)
    Site.objects.filter(stale, id=site.id).update(seen_at=Now(), seen_origin=origin[:300])


@transaction.atomic
def begin_session(*, site: Site, browser: BrowserFacts, language: str, url: str, title: str) -> tuple[Visitor, str]:
    """Make a visitor, whose person has just opened the chat, and return him with his secret token."""
    public_id = new_visitor_id()
    visitor = Visitor.objects.create(
        account_id=site.account_id,
        site=site,
        public_id=public_id,
        name=name_visitor(public_id),
        browser=browser.browser,
        system=browser.system,
        language=clean_line(language, longest=35),
        page_url=cut_address(url),
        page_title=clean_line(title, longest=TITLE_MAX_CHARS),
    )
    token = new_token()
    VisitorSession.objects.create(
        account_id=site.account_id, visitor=visitor, token_sha256=hash_token(token), used_at=Now()
    )
    open_door(kind=DoorKind.VISITOR, token=token, account_id=site.account_id)
    return visitor, token


def note_session_used(*, session: VisitorSession) -> None:
    """Let an idle session live on."""
    VisitorSession.objects.filter(id=session.id, used_at__lt=Now() - USED_AGAIN_AFTER).update(used_at=Now())


@transaction.atomic
def end_session(*, session: VisitorSession) -> None:
    """Forget a visitor's token: nothing on his device leads to the chat any more."""
    VisitorSession.objects.filter(id=session.id).delete()
    close_door(kind=DoorKind.VISITOR, token_sha256=bytes(session.token_sha256))


def end_idle_sessions() -> int:
    """End the sessions of the account in scope that were unused for SESSION_IDLE_H; return how many."""
    idle = list(VisitorSession.objects.filter(used_at__lt=Now() - timedelta(hours=SESSION_IDLE_H))[:1000])
    for session in idle:
        end_session(session=session)
    return len(idle)


def move_visitor(*, visitor: Visitor, url: str, title: str) -> bool:
    """Record the page that a visitor is on; return whether it is another one."""
    url, title = cut_address(url), clean_line(title, longest=TITLE_MAX_CHARS)
    return bool(
        Visitor.objects.filter(id=visitor.id)
        .exclude(page_url=url, page_title=title)
        .update(page_url=url, page_title=title)
    )
