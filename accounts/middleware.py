"""Headers that every answer carries, and the one place where a refusal becomes an answer over HTTP."""

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.template.response import TemplateResponse
from django.utils.cache import add_never_cache_headers
from django.utils.deprecation import MiddlewareMixin
from django.utils.translation import gettext, gettext_noop

from accounts.access import wants_json
from chatsite.kit.errors import Refused
from chatsite.kit.redis import RedisError

PERMISSIONS_POLICY = "camera=(), microphone=(), geolocation=(), payment=(), usb=(), interest-cohort=()"
PAGES = {403: "403.html", 404: "404.html", 503: "503.html"}


class Unavailable(Refused):
    """The database is away, or Redis where something may not go on without it: sign-in counts its failures there."""

    code = "unavailable"
    status = 503
    text = gettext_noop("A part of the service is being restarted. Nothing is lost; please try again in a minute.")


class HeadersMiddleware(MiddlewareMixin):
    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        response.headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        if not response.has_header("Cache-Control"):
            add_never_cache_headers(response)
        if "public" in response.headers["Cache-Control"]:
            _name_no_asker(response)
        return response


def _name_no_asker(response: HttpResponseBase) -> None:
    """Let shared caches keep one copy: sessions and languages, which had no part in it, named themselves in Vary."""
    names = [name.strip() for name in response.headers.get("Vary", "").split(",")]
    kept = [name for name in names if name.lower() not in {"", "cookie", "accept-language"}]
    if kept:
        response.headers["Vary"] = ", ".join(kept)
    elif "Vary" in response.headers:
        del response.headers["Vary"]


class RefusalMiddleware(MiddlewareMixin):
    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponseBase | None:
        if isinstance(exception, (OperationalError, InterfaceError, RedisError)):
            exception = Unavailable()
        if not isinstance(exception, Refused):
            return None
        answer = {"code": exception.code, "text": gettext(exception.text)}
        if wants_json(request):
            return JsonResponse(answer, status=exception.status)
        page = PAGES.get(exception.status, "400.html")
        return TemplateResponse(request, page, answer, status=exception.status).render()
