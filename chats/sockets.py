"""Every socket route."""

from django.urls import path

from chats.consumers import upkeep  # noqa: F401  (registers the process's background loops)
from chats.consumers.agent import AgentSocket
from chats.consumers.visitor import VisitorSocket

websocket_urlpatterns = [
    path("ws/visitor", VisitorSocket.as_asgi()),
    path("ws/agent", AgentSocket.as_asgi()),
]
