"""Headers that every answer carries, and the one place where a refusal becomes an answer over HTTP."""

from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.template.response import TemplateResponse
from django.utils.cache import add_never_cache_headers
from django.utils.deprecation import MiddlewareMixin

from accounts.access import wants_json
from chatsite.kit.errors import Refused

PERMISSIONS_POLICY = "camera=(), microphone=(), geolocation=(), payment=(), usb=(), interest-cohort=()"


class HeadersMiddleware(MiddlewareMixin):
    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        response.headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        if not response.has_header("Cache-Control"):
            add_never_cache_headers(response)
        return response


class RefusalMiddleware(MiddlewareMixin):
    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponseBase | None:
        if not isinstance(exception, Refused):
            return None
        if wants_json(request):
            return JsonResponse({"code": exception.code, "text": exception.text}, status=exception.status)
        template = f"{exception.status}.html" if exception.status in {403, 404} else "400.html"
        return TemplateResponse(
            request, template, {"code": exception.code, "text": exception.text}, status=exception.status
        ).render()
