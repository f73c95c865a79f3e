"""HTTP and sockets: the application that daphne or uvicorn serves."""

import os
from typing import Any

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatsite.settings")
http = get_asgi_application()

from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from django.conf import settings  # noqa: E402
from django.urls import Resolver404  # noqa: E402

from accounts.checks import refuse_unsafe_role  # noqa: E402
from chats.sockets import websocket_urlpatterns  # noqa: E402

refuse_unsafe_role()
_sockets = URLRouter([] if settings.PROCESS == "admin" else websocket_urlpatterns)


async def sockets(scope: Any, receive: Any, send: Any) -> None:
    """Route a socket; one without a route is closed instead of failing with a traceback."""
    try:
        await _sockets(scope, receive, send)
    except (Resolver404, ValueError):
        await send({"type": "websocket.close", "code": 4404})


application = ProtocolTypeRouter({"http": http, "websocket": sockets})
