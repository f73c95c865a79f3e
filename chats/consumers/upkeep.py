"""What a process does for its sockets by the clock: heartbeats with heads, presence, and whether each may stay."""

import asyncio
import logging
import time
from collections.abc import Coroutine
from typing import Any

from accounts.models import Member
from accounts.presence import online_agents
from accounts.sign_in import list_living_sign_ins
from chats.consumers.agent import AgentSocket
from chats.consumers.base import in_scope
from chats.consumers.visitor import VisitorSocket
from chats.fanout import Hub, Room, run_in_background
from chats.protocol import HEARTBEAT_EVERY_S, Head, Heartbeat, Online, Presence, encode
from chats.protocol import Member as MemberPart
from chats.queries import list_heads, list_members, list_visitor_frames
from chatsite.kit import metrics
from widget.presence import online_visitors
from widget.queries import list_living_sessions

log = logging.getLogger(__name__)

LOOK_AT_AGENTS_EVERY_S = 3  # a removed member is out after this at the latest
LOOK_AT_VISITORS_EVERY_S = 15
LATE_AFTER_S = 2  # a round of heartbeats that takes so much longer than its pause
PRESENCE_EVERY_S = 5  # how late an ended lease is noticed
PRESENCE_AT_ONCE_S = 0.2  # how late a word of change is

QUIET = encode(Heartbeat()).decode()
Heads = dict[str, tuple[str, Head]]  # chat → its visitor, and where it stands


@run_in_background
async def beat(hub: Hub) -> None:
    """Send heartbeats with the heads of the chats that changed lately: they repair what hints lost."""
    while True:
        began = time.monotonic()
        await asyncio.sleep(HEARTBEAT_EVERY_S)
        await _survive(_beat_rooms(list(hub.rooms.values())), "heartbeat")
        if time.monotonic() - began > HEARTBEAT_EVERY_S + LATE_AFTER_S:
            metrics.HEARTBEATS_LATE.inc()


async def _beat_rooms(rooms: list[Room]) -> None:
    """The lines are kept alive also while the database is away: it is waited for once, not once for each account."""
    heads: Heads | None = {}
    for room in rooms:
        if heads is not None:
            try:
                heads = await in_scope(room.account_id, list_heads)
            except Exception as error:
                log.warning("no heads for this heartbeat: %s", type(error).__name__)
                heads = None
        _beat_room(room, heads or {})


def _beat_room(room: Room, heads: Heads) -> None:
    by_visitor: dict[str, dict[str, Head]] = {}
    for chat, (visitor, head) in heads.items():
        by_visitor.setdefault(visitor, {})[chat] = head
    for_agents = encode(Heartbeat(heads={chat: head for chat, (_, head) in heads.items()})).decode() if heads else QUIET
    for socket in list(room.agents):
        socket.push(for_agents)
    for visitor, sockets in list(room.visitors.items()):
        own = by_visitor.get(visitor)
        frame = encode(Heartbeat(heads=own)).decode() if own else QUIET
        for socket in list(sockets):
            socket.push(frame)


@run_in_background
async def watch_presence(hub: Hub) -> None:
    """Tell consoles who is here of team and visitors, and visitors whether somebody answers."""
    swept = 0.0
    while True:
        await asyncio.sleep(PRESENCE_AT_ONCE_S)
        all_rooms = time.monotonic() - swept > PRESENCE_EVERY_S
        if all_rooms:
            swept = time.monotonic()
        for room in [room for room in hub.rooms.values() if all_rooms or room.stale_presence]:
            await _survive(_look_around(room), "presence")


async def _look_around(room: Room) -> None:
    stale, room.stale_presence = room.stale_presence, False
    try:
        agents = await online_agents(room.public_id)
        if stale or agents != room.online:
            members = await in_scope(room.account_id, lambda: list_members(agents))
            room.online = agents
            _show_members(room, members)
    except Exception:
        room.online = None  # the word of a change must not be lost with the attempt: the next sweep looks again
        raise
    if room.agents:
        visitors = await online_visitors(room.public_id)
        changed = visitors ^ room.visitors_online
        if changed:
            frames = await in_scope(room.account_id, lambda: list_visitor_frames(list(changed), visitors))
            room.visitors_online = visitors
            for socket in list(room.agents):
                for frame in frames:
                    socket.push(frame)


def _show_members(room: Room, members: list[MemberPart]) -> None:
    frame = encode(Presence(members=members)).decode()
    if frame != room.members_frame:
        room.members_frame = frame
        for socket in list(room.agents):
            socket.push(frame)
    accepting = any(member.accepting for member in members)
    if accepting != room.accepting:
        room.accepting = accepting
        online = encode(Online(online=accepting)).decode()
        for sockets in list(room.visitors.values()):
            for socket in list(sockets):
                socket.push(online)


@run_in_background
async def look_at_agents(hub: Hub) -> None:
    """Close the consoles of people who were removed or signed out; let the others have their present role."""
    while True:
        await asyncio.sleep(LOOK_AT_AGENTS_EVERY_S)
        for room in [room for room in hub.rooms.values() if room.agents]:
            await _survive(_look_at_agents(room), "check of consoles")


async def _look_at_agents(room: Room) -> None:
    sockets = [socket for socket in room.agents if isinstance(socket, AgentSocket)]
    keys = {socket.session_key for socket in sockets}
    ids = {socket.member.id for socket in sockets}

    def load() -> tuple[dict[int, Member], set[str]]:
        members = {m.id: m for m in Member.objects.select_related("account", "person").filter(id__in=ids)}
        return members, list_living_sign_ins(keys)

    members, living = await in_scope(room.account_id, load)
    for socket in sockets:
        member = members.get(socket.member.id)
        if member is None or member.removed_at or not member.person.is_active or socket.session_key not in living:
            socket.revoke()
        else:
            socket.member = member


@run_in_background
async def look_at_visitors(hub: Hub) -> None:
    """Close the widgets whose session has ended or whose site was switched off."""
    while True:
        await asyncio.sleep(LOOK_AT_VISITORS_EVERY_S)
        for room in [room for room in hub.rooms.values() if room.visitors]:
            await _survive(_look_at_visitors(room), "check of widgets")


async def _look_at_visitors(room: Room) -> None:
    sockets = [s for group in room.visitors.values() for s in group if isinstance(s, VisitorSocket)]
    ids = [socket.session_id for socket in sockets]
    living = await in_scope(room.account_id, lambda: list_living_sessions(ids))
    for socket in sockets:
        if socket.session_id not in living:
            socket.revoke()


async def _survive(work: Coroutine[Any, Any, None], what: str) -> None:
    """Await `work`; a failure is logged and the loop goes on, since the next turn may find things mended."""
    try:
        await work
    except Exception as error:
        log.warning("%s failed: %s", what, type(error).__name__)
