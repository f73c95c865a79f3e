"""HTTP and sockets: the application that daphne or uvicorn serves."""

import logging
import os
import time
from typing import Any

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatsite.settings")
http = get_asgi_application()

from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from django.conf import settings  # noqa: E402
from django.urls import Resolver404  # noqa: E402

from accounts.checks import refuse_unsafe_role  # noqa: E402
from chats.sockets import websocket_urlpatterns  # noqa: E402
from chatsite.kit import logs, metrics  # noqa: E402
from chatsite.kit.draining import is_draining  # noqa: E402

log = logging.getLogger(__name__)

refuse_unsafe_role()
_sockets = URLRouter([] if settings.PROCESS == "admin" else websocket_urlpatterns)


async def pages(scope: Any, receive: Any, send: Any) -> None:
    """Serve a page: the request gets an id in the log, its answer is counted, a failure is told with its duration."""
    logs.begin_request(scope["headers"], behind_proxy=bool(settings.PROXY_COUNT))
    began = time.monotonic()

    async def count_and_send(message: Any) -> None:
        if message["type"] == "http.response.start":
            status = message["status"]
            metrics.HTTP_ANSWERS[f"{status // 100}xx"].inc()
            if status >= 500 and not scope["path"].startswith("/health"):
                facts = {"code": status, "duration_ms": round((time.monotonic() - began) * 1000)}
                log.warning("a page failed", extra=facts)
        await send(message)

    await http(scope, receive, count_and_send)


async def sockets(scope: Any, receive: Any, send: Any) -> None:
    """Route a socket; one without a route is closed instead of failing with a traceback."""
    if is_draining():
        await send({"type": "websocket.close"})  # 403: a proxy may ask another process
        return
    try:
        await _sockets(scope, receive, send)
    except (Resolver404, ValueError):
        await send({"type": "websocket.close", "code": 4404})


application = ProtocolTypeRouter({"http": pages, "websocket": sockets})
