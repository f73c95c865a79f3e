"""Pages that belong to no app: the way in, health, and where to report a hole."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache

from django.conf import settings
from django.db import Error, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET

from chatsite.kit.draining import is_draining
from chatsite.kit.redis import RedisError
from chatsite.kit.worker_sign import is_sign_there

SECURITY_TXT_LIVES = timedelta(days=180)  # RFC 9116 advises less than a year


@require_GET
def home(request: HttpRequest) -> HttpResponseBase:
    return redirect("console")


@require_GET
def live(request: HttpRequest) -> HttpResponseBase:
    """Answer as long as the process runs; what it needs is no concern here, since a restart would not mend that."""
    return JsonResponse({"state": "ok"})


@require_GET
def ready(request: HttpRequest) -> HttpResponseBase:
    """Say whether to send work here, and which part is broken.

    503 without the database and while the process ends ("draining"). Without Redis or a worker, or with migrations
    still to come, chats go on: 200 and "degraded".
    """
    parts = {"database": "ok", "migrations": "ok", "redis": "ok", "worker": "ok"}
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        if _has_pending_migrations():
            parts["migrations"] = "pending"
    except Error:
        parts |= {"database": "down", "migrations": "unknown"}
    try:
        if not is_sign_there():
            parts["worker"] = "late"
    except RedisError:
        parts |= {"redis": "down", "worker": "unknown"}
    if is_draining():
        state = "draining"
    elif parts["database"] == "down":
        state = "down"
    else:
        state = "ok" if set(parts.values()) == {"ok"} else "degraded"
    response = JsonResponse({"state": state, "parts": parts}, status=503 if state in ("draining", "down") else 200)
    response._has_been_logged = True  # type: ignore[attr-defined]  # for Django: the answer is no error of the page
    return response


@lru_cache(maxsize=1)
def _known_migrations() -> frozenset[tuple[str, str]]:
    """Return the migrations of this release; it does not change while the process runs."""
    return frozenset(MigrationLoader(None, ignore_no_migrations=True).disk_migrations)


def _has_pending_migrations() -> bool:
    return bool(_known_migrations() - set(MigrationRecorder(connection).applied_migrations()))


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
