"""The console's page and what it asks for over HTTP."""

from typing import Any

import msgspec
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.middleware.csrf import get_token
from django.template.response import TemplateResponse
from django.templatetags.static import static
from django.urls import reverse
from django.utils import translation
from django.views.decorators.http import require_GET, require_POST

from accounts.access import requires
from accounts.models import Member
from accounts.permissions import ROLE_PERMISSIONS, Permission, allows
from chats.protocol import PROTOCOL_VERSION, AgentWelcome, encode
from chats.protocol import Member as MemberPart
from chats.queries import list_ended, list_inbox, list_members, read_epoch
from chatsite.kit.strict_csp import make_strict
from chatsite.kit.tickets import issue_ticket

SEARCH_MAX_CHARS = 200


def _json(value: Any) -> HttpResponse:
    return HttpResponse(encode(value), content_type="application/json")


@require_GET
@requires(Permission.CHAT_VIEW)
def console(request: HttpRequest, member: Member) -> HttpResponseBase:
    """The console's shell with the inbox as it is now, readable before any script has run."""
    chats, more = list_inbox()
    me = MemberPart(id=member.public_id, name=member.alias, accepting=member.accepting)
    inbox = AgentWelcome(
        v=PROTOCOL_VERSION, sid="", epoch=read_epoch(), me=me, members=list_members(), chats=chats, more=more
    )
    language = translation.get_language() or settings.LANGUAGE_CODE
    boot = {
        "v": 1,
        "csrf": get_token(request),
        "me": {"id": member.public_id, "name": member.alias, "accepting": member.accepting},
        "role": member.role,
        "permissions": sorted(ROLE_PERMISSIONS[member.role]),
        "account": {"name": member.account.name, "read_only": not member.account.takes_chats},
        "language": language,
        "dir": "rtl" if translation.get_language_bidi() else "ltr",
        "texts_url": static(f"texts/console.{language}.json"),
        "ticket_url": reverse("console_ticket"),
        "ended_url": reverse("console_ended"),
        "ws_url": f"{settings.WEBSOCKET_ORIGIN}/ws/agent",
        "sign_out_url": reverse("account_logout"),
        "sign_in_url": f"{reverse('account_login')}?next={reverse('console')}",
        "settings_url": reverse("sites") if allows(member.role, Permission.SITE_VIEW) else None,
        "inbox": msgspec.to_builtins(inbox),
    }
    response = TemplateResponse(request, "console/console.html", {"boot": boot, "inbox": boot["inbox"]})
    make_strict(response)
    return response


@require_POST
@requires(Permission.CHAT_VIEW)
def ticket(request: HttpRequest, member: Member) -> HttpResponseBase:
    """A ticket for the console's next socket."""
    values = {"account": member.account_id, "member": member.pk, "session_key": request.session.session_key}
    return _json({"ticket": issue_ticket("agent", values)})


@require_GET
@requires(Permission.CHAT_VIEW)
def ended(request: HttpRequest, member: Member) -> HttpResponseBase:
    """A page of ended chats, newest first."""
    words = request.GET.get("q", "").replace("\x00", "").strip()[:SEARCH_MAX_CHARS]
    chats, next_cursor = list_ended(before=request.GET.get("before") or None, words=words)
    return _json({"chats": chats, "next": next_cursor})
