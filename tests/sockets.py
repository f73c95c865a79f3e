"""Sockets for tests: the real application, real commits, no network."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

from channels.routing import URLRouter
from channels.testing import WebsocketCommunicator
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore

from accounts.models import Member
from accounts.tenancy import account_scope
from chats.protocol import PROTOCOL_VERSION
from chats.sockets import websocket_urlpatterns
from chatsite.kit.tickets import issue_ticket
from tests.factories import Team
from widget.queries import find_session

application = URLRouter(websocket_urlpatterns)
ANSWER_WITHIN_S = 5  # generous: a test machine may be busy; silence is asserted by a marker, never by waiting


class Client:
    """One browser's end of a socket."""

    def __init__(self, path: str, origin: str | None = None) -> None:
        headers = [(b"origin", (origin or settings.ORIGIN).encode())]
        self.line = WebsocketCommunicator(application, path, headers=headers)
        self.frames: list[dict[str, Any]] = []

    async def open(self, ticket: str) -> dict[str, Any]:
        """Connect, say hello, return the welcome."""
        accepted, _ = await self.line.connect(timeout=ANSWER_WITHIN_S)
        assert accepted
        await self.send(t="hello", v=PROTOCOL_VERSION, ticket=ticket)
        return await self.next()

    async def send(self, **frame: Any) -> None:
        await self.line.send_to(text_data=json.dumps(frame))

    async def send_raw(self, text: str | None = None, data: bytes | None = None) -> None:
        await self.line.send_to(text_data=text, bytes_data=data)

    async def next(self) -> dict[str, Any]:
        frame = json.loads(await self.line.receive_from(timeout=ANSWER_WITHIN_S))
        self.frames.append(frame)
        return frame

    async def until(self, wanted: Callable[[dict[str, Any]], bool] | str) -> dict[str, Any]:
        """Return the next frame that is wanted (a kind, or a predicate); the others stay in `frames`."""
        while True:
            frame = await self.next()
            if frame["t"] == wanted if isinstance(wanted, str) else wanted(frame):
                return frame

    async def settled(self) -> list[dict[str, Any]]:
        """Return all frames that were on their way, up to the answer to a ping: what is not among them was not sent."""
        seen = len(self.frames)
        await self.send(t="ping", n=7)
        await self.until("pong")
        return self.frames[seen:-1]

    async def closed(self) -> int:
        """Return the code with which the server closes, reading what it says before."""
        while True:
            message = await self.line.receive_output(timeout=ANSWER_WITHIN_S)
            if message["type"] == "websocket.close":
                return int(message["code"])
            self.frames.append(json.loads(message["text"]))

    async def close(self) -> None:
        await self.line.disconnect(timeout=ANSWER_WITHIN_S)


def sign_in_session(member: Member) -> str:
    """Return the key of a living sign-in session."""
    session = SessionStore()
    session["_auth_user_id"] = str(member.person_id)
    session.create()
    return str(session.session_key)


def agent_ticket(member: Member, session_key: str | None = None) -> str:
    key = session_key or sign_in_session(member)
    return issue_ticket("agent", {"account": member.account_id, "member": member.pk, "session_key": key})


def visitor_ticket(team: Team, token: str) -> str:
    with account_scope(team.account.pk):
        session = find_session(token=token)
        assert session is not None
    return issue_ticket("visitor", {"account": team.account.pk, "session": session.pk})


async def in_thread(work: Callable[[], Any]) -> Any:
    """Run blocking work of a test beside the loop, with a database connection of its own."""
    from django.db import connections

    def run() -> Any:
        try:
            return work()
        finally:
            connections.close_all()

    return await asyncio.to_thread(run)
