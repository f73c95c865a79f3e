"""Pages that belong to no app: the way in, health, and where to report a hole."""

from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET

from chatsite.kit.redis import RedisError, sync_redis

SECURITY_TXT_LIVES = timedelta(days=180)  # RFC 9116 advises less than a year


@require_GET
def home(request: HttpRequest) -> HttpResponseBase:
    return redirect("console")


@require_GET
def health(request: HttpRequest) -> HttpResponseBase:
    """Say which part is broken: 503 without the database; without Redis chats go on, so 200 and "degraded"."""
    parts = {"database": "ok", "redis": "ok"}
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        parts["database"] = "down"
    try:
        sync_redis().ping()
    except RedisError:
        parts["redis"] = "down"
    state = "down" if parts["database"] == "down" else "degraded" if "down" in parts.values() else "ok"
    return JsonResponse({"state": state, "parts": parts}, status=503 if state == "down" else 200)


@require_GET
def security_txt(request: HttpRequest) -> HttpResponseBase:
    """RFC 9116."""
    expires = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + SECURITY_TXT_LIVES
    lines = [
        f"Contact: {settings.SECURITY_CONTACT}",
        f"Expires: {expires:%Y-%m-%dT%H:%M:%SZ}",
        "Preferred-Languages: en, de",
        f"Canonical: {settings.ORIGIN}/.well-known/security.txt",
    ]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")
