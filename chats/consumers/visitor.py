"""The visitor's socket: /ws/visitor."""

import time
from typing import Any

from accounts.models import Account
from accounts.presence import online_agents
from accounts.queries import somebody_accepts
from chats.actions.chats import end_chat_as_visitor, start_chat
from chats.actions.messages import ChatEnded, mark_read_by_visitor, post_message
from chats.actions.presence import show_page
from chats.consumers.base import ChatSocket, in_scope, limit
from chats.fanout import ChatRef, Parcel, hub
from chats.protocol import (
    LEASE_S,
    PROTOCOL_VERSION,
    Alive,
    End,
    Hello,
    History,
    OwnChat,
    Ping,
    Read,
    Send,
    Sender,
    Start,
    Sync,
    Typing,
    TypingFrame,
    Viewing,
    VisitorWelcome,
    decode_visitor,
    encode,
)
from chats.queries import find_own_chat, get_chat_ref, read_epoch
from chatsite.kit.errors import RateLimited, SignedOut
from chatsite.kit.redis import RedisError
from widget.models import Visitor, VisitorSession
from widget.presence import drop_visitor, keep_visitors
from widget.queries import find_session

SENDS_PER_S, SENDS_BURST = 1.0, 5
RETRY_MS = 3_000


class VisitorSocket(ChatSocket):
    audience = "visitor"
    decode = staticmethod(decode_visitor)
    is_agent = False

    async def welcome(self, values: dict[str, Any]) -> None:
        def load() -> VisitorSession:
            session = find_session(session_id=values["session"])
            if session is None or not session.visitor.site.active:
                raise SignedOut
            return session

        session = await in_scope(values["account"], load)
        account: Account = session.account
        self.session_id = session.id
        self.visitor: Visitor = session.visitor
        self.account_id, self.account_public_id = account.id, account.public_id
        self.person_public_id = self.visitor.public_id
        self.sender = Sender(kind="visitor", id=self.visitor.public_id, name=self.visitor.name)
        self.sends = limit(per_s=SENDS_PER_S, burst=SENDS_BURST)
        # Join first and read afterwards: what happens in between comes twice rather than never.
        self.room = hub().join(self)

        try:
            agents = await online_agents(self.account_public_id)
        except RedisError:
            agents = frozenset()

        def read() -> tuple[OwnChat | None, str, bool]:
            return find_own_chat(self.visitor.id), read_epoch(), somebody_accepts(agents)

        chat, epoch, online = await in_scope(self.account_id, read)
        self.push_welcome(
            VisitorWelcome(v=PROTOCOL_VERSION, sid=self.sid, epoch=epoch, me=self.sender, online=online, chat=chat)
        )
        await self.alive(Alive())
        await self._tell_agents(online=True)

    async def load_chat(self, public_id: str) -> ChatRef:
        return await in_scope(self.account_id, lambda: get_chat_ref(public_id, visitor_id=self.visitor.id))

    async def alive(self, frame: Alive) -> None:
        try:
            await keep_visitors(self.account_public_id, [f"{self.person_public_id}:{self.sid}"], lives_s=LEASE_S)
        except RedisError:
            return  # presence is unknown for a while; chats go on

    async def goodbye(self) -> None:
        try:
            await drop_visitor(self.account_public_id, f"{self.person_public_id}:{self.sid}")
        except RedisError:
            return
        await self._tell_agents(online=False)

    async def _tell_agents(self, *, online: bool) -> None:
        """Have the agents' consoles look again at who is here."""
        hub().publish(self.account_public_id, [Parcel(presence=True)])

    def _take_send(self) -> None:
        if not self.sends.take(time.monotonic()):
            raise RateLimited(
                "That was a lot in a short time. Your message is kept and sent again by itself.", retry_ms=RETRY_MS
            )

    async def start(self, frame: Start) -> None:
        self._take_send()
        await self._start(cmid=frame.cmid, text=frame.text)
        if frame.page.url:
            await self.viewing(Viewing(page=frame.page))

    async def _start(self, *, cmid: str, text: str) -> None:
        chat, outcome = await in_scope(self.account_id, lambda: start_chat(visitor=self.visitor, cmid=cmid, text=text))
        self.remember(chat)
        self.acknowledge(cmid=cmid, chat=chat, outcome=outcome)

    async def send_message(self, frame: Send) -> None:
        self._take_send()
        chat = await self.chat(frame.chat)
        try:
            outcome = await post_message(
                chat=chat, sender=self.sender, sender_id=self.visitor.id, cmid=frame.cmid, text=frame.text
            )
        except ChatEnded:  # who writes after the end is heard, in a new chat
            await self._start(cmid=frame.cmid, text=frame.text)
            return
        self.acknowledge(cmid=frame.cmid, chat=chat, outcome=outcome)

    async def read(self, frame: Read) -> None:
        chat = await self.chat(frame.chat)
        await in_scope(self.account_id, lambda: mark_read_by_visitor(chat=chat, seq=frame.seq))

    async def typing(self, frame: Typing) -> None:
        chat = await self.chat(frame.chat)
        typing = encode(TypingFrame(chat=chat.public_id, sender=self.sender, on=frame.on)).decode()
        hub().publish(self.account_public_id, [Parcel(frames=(typing,), to_agents=True)])

    async def viewing(self, frame: Viewing) -> None:
        await in_scope(
            self.account_id,
            lambda: show_page(
                visitor=self.visitor,
                account_public_id=self.account_public_id,
                url=frame.page.url,
                title=frame.page.title,
            ),
        )

    async def end(self, frame: End) -> None:
        chat = await self.chat(frame.chat)
        outcome = await in_scope(
            self.account_id, lambda: end_chat_as_visitor(chat=chat, visitor=self.visitor, cmid=frame.cmid)
        )
        self.acknowledge(cmid=frame.cmid, chat=chat, outcome=outcome)

    handlers = {
        Hello: ChatSocket.hello_again,
        Start: start,
        Send: send_message,
        Sync: ChatSocket.sync,
        History: ChatSocket.history,
        Read: read,
        Typing: typing,
        Viewing: viewing,
        End: end,
        Alive: alive,
        Ping: ChatSocket.ping,
    }
