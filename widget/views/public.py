"""What a customer's page and its visitors ask for: loader, configuration, frame, session, ticket. No cookies."""

from collections.abc import Callable
from functools import lru_cache, wraps
from pathlib import Path
from typing import Any

import msgspec
from django.conf import settings
from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.template.response import TemplateResponse
from django.templatetags.static import static
from django.urls import reverse
from django.utils import translation
from django.utils.http import quote_etag
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from accounts.presence import online_agents_now
from accounts.queries import list_accepting
from accounts.tenancy import account_scope
from chatsite.kit.client_address import network_of
from chatsite.kit.errors import NotPermitted, Refused, SignedOut
from chatsite.kit.json_body import read_body
from chatsite.kit.ratelimit import count
from chatsite.kit.signing import hash_token, seal, unseal
from chatsite.kit.strict_csp import make_strict
from chatsite.kit.tickets import issue_ticket
from widget.actions import begin_session, end_session, note_session_used, note_site_seen
from widget.identity import read_user_agent
from widget.models import Site, VisitorSession
from widget.origins import allows_origin, frame_ancestors
from widget.queries import find_session, find_session_account, find_site_account, get_site

LOADER_FRESH_S = 3_600
CONFIG_FRESH_S = 60  # how late a change of look may show
SESSIONS_PER_MINUTE = 30  # one network; an office behind one address is many people
RIGHT_TO_LEFT = {"ar"}
TEAM_SHOWN = 5
SCRIPT = "widget/main.js" if settings.DEBUG else "widget/packed.js"  # packed by collectstatic


class SiteReadOnly(Refused):
    code = "read_only"
    status = 403
    text = "No messages can be taken here at the moment."


def for_widget(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Make a POST of our own frame: no CSRF token (there is no cookie to abuse), but only from our own origin."""

    @wraps(view)
    def door(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        request.answers_json = True  # type: ignore[attr-defined]  # accounts.access.wants_json
        if request.headers.get("origin") != settings.ORIGIN:
            raise NotPermitted("This address is only for the chat window itself.", code="origin_refused")
        return view(request, *args, **kwargs)

    return csrf_exempt(require_POST(door))


@lru_cache(maxsize=1)
def _loader() -> tuple[bytes, str]:
    found = finders.find("loader/widget.js") or str(Path(settings.STATIC_ROOT) / "loader" / "widget.js")
    body = Path(str(found)).read_bytes()
    return body, quote_etag(hash_token(body.decode()).hex()[:32])


@require_GET
def loader(request: HttpRequest) -> HttpResponseBase:
    """The script tag's file: static, cacheable, the same for everybody."""
    body, etag = _loader()
    if request.headers.get("if-none-match") == etag:
        response = HttpResponse(status=304)
    else:
        response = HttpResponse(body, content_type="text/javascript; charset=utf-8")
    response["ETag"] = etag
    response["Cache-Control"] = f"public, max-age={LOADER_FRESH_S}"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    response["Access-Control-Allow-Origin"] = "*"
    return response


@require_GET
def config(request: HttpRequest, site_key: str) -> HttpResponseBase:
    """How the launcher looks, and whether it shows. Cookieless; the page's origin is noted for "we see your site"."""
    origin = request.headers.get("origin", "")
    with account_scope(find_site_account(site_key)):
        site = get_site(site_key)
        reason = _why_hidden(site, origin)
        if origin not in {"", settings.ORIGIN} and reason != "domain":
            note_site_seen(site=site, origin=origin)
        answer: dict[str, Any] = {"v": 1, "show": reason is None}
        if reason is None:
            answer |= {
                "name": site.name,
                "color": site.color,
                "position": site.position,
                "languages": [code for code, _ in settings.LANGUAGES],
            }
        else:
            answer["reason"] = reason
    response = JsonResponse(answer)
    response["Cache-Control"] = f"public, max-age={CONFIG_FRESH_S}"
    response["Access-Control-Allow-Origin"] = "*"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    response["Vary"] = "Origin"
    return response


def _why_hidden(site: Site, origin: str) -> str | None:
    if not site.active:
        return "off"
    if not site.account.takes_chats:
        return "read_only"
    if origin and origin != settings.ORIGIN and not allows_origin(site.allowed_domains, origin):
        return "domain"
    return None


@require_GET
def frame(request: HttpRequest, site_key: str) -> HttpResponseBase:
    """The chat window's page. Only allowed domains may frame it."""
    preview = request.GET.get("preview") == "1"
    language = _choose_language(request)
    account_id = find_site_account(site_key)
    with account_scope(account_id):
        site = get_site(site_key)
    team = _answering_team(account_id, site.account.public_id)
    boot = {
        "v": 1,
        "site": {
            "id": site.public_id,
            "name": site.name,
            "color": site.color,
            "greeting": site.greeting,
            "position": site.position,
            "team": team,
            "online": bool(team),
        },
        "language": language,
        "dir": "rtl" if language in RIGHT_TO_LEFT else "ltr",
        "texts_url": static(f"texts/widget.{language}.json"),
        "session_url": reverse("visitor_session"),
        "ticket_url": reverse("visitor_ticket"),
        "forget_url": reverse("visitor_forget"),
        "ws_url": f"{settings.WEBSOCKET_ORIGIN}/ws/visitor",
        "preview": preview,
        "origin": settings.ORIGIN,
    }
    response = TemplateResponse(
        request, "widget/frame.html", {"boot": boot, "language": language, "dir": boot["dir"], "script": SCRIPT}
    )
    make_strict(response, frame_ancestors=frame_ancestors(site.allowed_domains))
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    response["Referrer-Policy"] = "no-referrer"
    response["Vary"] = "Accept-Language"
    return response


def _answering_team(account_id: int, account_public_id: str) -> list[str]:
    """Return the names of those who are here and accept chats. Asks Redis outside of the account's transaction."""
    here = online_agents_now(account_public_id)
    if not here:
        return []
    with account_scope(account_id):
        return list_accepting(here)[:TEAM_SHOWN]


def _choose_language(request: HttpRequest) -> str:
    """Return the page's language where we speak it, else the browser's."""
    try:
        return translation.get_supported_language_variant(request.GET.get("lang", ""))
    except LookupError:
        return translation.get_language_from_request(request)


class Page(msgspec.Struct):
    url: str = ""
    title: str = ""


class SessionBody(msgspec.Struct, forbid_unknown_fields=True):
    site: str
    token: str | None = None
    handle: str | None = None
    language: str = ""
    page: Page = msgspec.field(default_factory=Page)


@for_widget
def session(request: HttpRequest) -> HttpResponseBase:
    """Begin or resume a visitor's session: he has opened the chat."""
    body = read_body(request, SessionBody)
    count(f"session:{network_of(request)}", limit=SESSIONS_PER_MINUTE, window_s=60)
    token = body.token or (unseal("handle", body.handle, bound_to=body.site) if body.handle else None)
    # A process' first look takes half a second, which no transaction should wait for.
    browser = read_user_agent(request.headers.get("user-agent", ""))
    with account_scope(find_site_account(body.site)):
        site = get_site(body.site)
        if not (site.active and site.account.takes_chats):
            raise SiteReadOnly
        found = find_session(token=token) if token else None
        if found is None or found.visitor.site_id != site.id or token is None:
            _, token = begin_session(
                site=site, browser=browser, language=body.language, url=body.page.url, title=body.page.title
            )
            found = find_session(token=token)
            assert found is not None
        else:
            note_session_used(session=found)
        answer = {
            "token": token,
            "handle": seal("handle", token, bound_to=site.public_id),
            "visitor": {"id": found.visitor.public_id, "name": found.visitor.name},
            "ticket": _ticket(found),
        }
    return JsonResponse(answer)


def _ticket(found: VisitorSession) -> str:
    return issue_ticket("visitor", {"account": found.account_id, "session": found.id})


def _bearer(request: HttpRequest) -> tuple[int, str]:
    """Return account and token of the request's visitor. Raises SignedOut."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    account_id = find_session_account(token) if scheme.lower() == "bearer" and token else None
    if account_id is None:
        raise SignedOut("This chat session has ended. A new one begins by itself.")
    return account_id, token


@for_widget
def ticket(request: HttpRequest) -> HttpResponseBase:
    """A ticket for the next socket."""
    account_id, token = _bearer(request)
    with account_scope(account_id):
        found = find_session(token=token)
        if found is None:
            raise SignedOut
        note_session_used(session=found)
        return JsonResponse({"ticket": _ticket(found)})


@for_widget
def forget(request: HttpRequest) -> HttpResponseBase:
    """End the session: nothing on this device leads to the chat any more."""
    account_id, token = _bearer(request)
    with account_scope(account_id):
        found = find_session(token=token)
        if found is not None:
            end_session(session=found)
    return HttpResponse(status=204)
