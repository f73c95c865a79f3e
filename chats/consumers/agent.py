"""The agent's socket: /ws/agent."""

import time
from typing import Any

from accounts.models import Member
from accounts.permissions import Permission, allows
from accounts.presence import drop_agent, keep_agents, online_agents
from accounts.sign_in import list_living_sign_ins
from chats.actions.chats import describe_agent, end_chat_as_agent, take_chat
from chats.actions.messages import mark_read_by_agent, post_message
from chats.actions.presence import set_accepting
from chats.consumers.base import ChatSocket, in_scope, limit
from chats.fanout import ChatRef, Parcel, hub
from chats.protocol import (
    LEASE_S,
    PROTOCOL_VERSION,
    AgentWelcome,
    Alive,
    Availability,
    End,
    Hello,
    History,
    Ping,
    Read,
    Send,
    Sync,
    Take,
    Typing,
    TypingFrame,
    decode_agent,
    encode,
)
from chats.protocol import Member as MemberPart
from chats.queries import get_chat_ref, list_inbox, list_members, read_epoch
from chatsite.kit.errors import NotPermitted, RateLimited, SignedOut
from chatsite.kit.redis import RedisError
from widget.presence import online_visitors

SENDS_PER_S, SENDS_BURST = 5.0, 20
RETRY_MS = 2_000


class AgentSocket(ChatSocket):
    audience = "agent"
    decode = staticmethod(decode_agent)
    is_agent = True

    async def welcome(self, values: dict[str, Any]) -> None:
        def load() -> Member:
            member = (
                Member.objects.select_related("account", "person").filter(id=values["member"], removed_at=None).first()
            )
            if member is None or not member.person.is_active or not list_living_sign_ins([values["session_key"]]):
                raise SignedOut
            if not allows(member.role, Permission.CHAT_VIEW):
                raise NotPermitted
            return member

        self.member = await in_scope(values["account"], load)
        self.session_key: str = values["session_key"]
        self.account_id, self.account_public_id = self.member.account_id, self.member.account.public_id
        self.person_public_id = self.member.public_id
        self.sender = describe_agent(self.member)
        self.sends = limit(per_s=SENDS_PER_S, burst=SENDS_BURST)
        # Join first and read afterwards: what happens in between comes twice rather than never.
        self.room = hub().join(self)
        await self.alive(Alive())
        try:
            agents = await online_agents(self.account_public_id)
            visitors = await online_visitors(self.account_public_id)
        except RedisError:
            agents, visitors = frozenset({self.person_public_id}), frozenset()

        def read() -> AgentWelcome:
            chats, more = list_inbox(visitors)
            members = list_members(agents)
            me = next((m for m in members if m.id == self.person_public_id), None)
            return AgentWelcome(
                v=PROTOCOL_VERSION,
                sid=self.sid,
                epoch=read_epoch(),
                me=me or MemberPart(id=self.person_public_id, name=self.member.alias),
                members=members,
                chats=chats,
                more=more,
            )

        self.push_welcome(await in_scope(self.account_id, read))
        hub().publish(self.account_public_id, [Parcel(presence=True)])

    async def load_chat(self, public_id: str) -> ChatRef:
        return await in_scope(self.account_id, lambda: get_chat_ref(public_id))

    async def alive(self, frame: Alive) -> None:
        try:
            await keep_agents(self.account_public_id, [f"{self.person_public_id}:{self.sid}"], lives_s=LEASE_S)
        except RedisError:
            return  # presence is unknown for a while; chats go on

    async def goodbye(self) -> None:
        try:
            await drop_agent(self.account_public_id, f"{self.person_public_id}:{self.sid}")
        except RedisError:
            return
        hub().publish(self.account_public_id, [Parcel(presence=True)])

    def _check(self, permission: Permission) -> None:
        if not allows(self.member.role, permission):
            raise NotPermitted

    async def send_message(self, frame: Send) -> None:
        self._check(Permission.CHAT_ANSWER)
        if not self.sends.take(time.monotonic()):
            raise RateLimited(
                "That was a lot in a short time. Your message is kept and sent again by itself.", retry_ms=RETRY_MS
            )
        chat = await self.chat(frame.chat)
        outcome = await post_message(
            chat=chat, sender=self.sender, sender_id=self.member.id, cmid=frame.cmid, text=frame.text
        )
        self.acknowledge(cmid=frame.cmid, chat=chat, outcome=outcome)

    async def read(self, frame: Read) -> None:
        self._check(Permission.CHAT_ANSWER)
        chat = await self.chat(frame.chat)
        await in_scope(self.account_id, lambda: mark_read_by_agent(chat=chat, member_id=self.member.id, seq=frame.seq))

    async def typing(self, frame: Typing) -> None:
        self._check(Permission.CHAT_ANSWER)
        chat = await self.chat(frame.chat)
        typing = encode(TypingFrame(chat=chat.public_id, sender=self.sender, on=frame.on)).decode()
        parcel = Parcel(frames=(typing,), to_agents=True, to_visitor=chat.visitor_public_id)
        hub().publish(self.account_public_id, [parcel])

    async def take(self, frame: Take) -> None:
        self._check(Permission.CHAT_ANSWER)
        chat = await self.chat(frame.chat)
        outcome = await in_scope(self.account_id, lambda: take_chat(chat=chat, member=self.member, cmid=frame.cmid))
        self.acknowledge(cmid=frame.cmid, chat=chat, outcome=outcome)

    async def end(self, frame: End) -> None:
        self._check(Permission.CHAT_ANSWER)
        chat = await self.chat(frame.chat)
        outcome = await in_scope(
            self.account_id, lambda: end_chat_as_agent(chat=chat, member=self.member, cmid=frame.cmid)
        )
        self.acknowledge(cmid=frame.cmid, chat=chat, outcome=outcome)

    async def availability(self, frame: Availability) -> None:
        self._check(Permission.CHAT_ANSWER)
        await in_scope(self.account_id, lambda: set_accepting(member=self.member, accepting=frame.accepting))

    handlers = {
        Hello: ChatSocket.hello_again,
        Send: send_message,
        Sync: ChatSocket.sync,
        History: ChatSocket.history,
        Read: read,
        Typing: typing,
        Take: take,
        End: end,
        Availability: availability,
        Alive: alive,
        Ping: ChatSocket.ping,
    }
