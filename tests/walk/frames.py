"""Every kind of frame that a browser may send: who may, and what stands in it. And the walk over both sockets."""

import typing
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

from accounts.permissions import Permission
from chats import protocol
from chats.consumers.agent import AgentSocket
from chats.consumers.visitor import VisitorSocket
from chats.protocol import Close
from tests.factories import cmid, make_visitor
from tests.sockets import Client, agent_ticket, in_thread, visitor_ticket
from tests.walk.answers import mask_frames
from tests.walk.roles import MEMBERS, NOBODY, ROLES, VISITOR, VISITORS, Actor, Need, may
from tests.walk.world import Ids, Rows, World, describe_difference, find_canaries

PATHS = {"visitor": "/ws/visitor", "agent": "/ws/agent"}
UNIONS = {"visitor": protocol.VisitorFrame, "agent": protocol.AgentFrame}
SOCKETS = {"visitor": VisitorSocket, "agent": AgentSocket}
OPENS: dict[str, Need] = {"visitor": VISITOR, "agent": Permission.CHAT_VIEW}


@dataclass(frozen=True)
class Frame:
    """A kind of frame: who may send it on a socket that is open, and its fields with somebody's identifiers."""

    need: Need
    fields: Callable[[Ids], dict[str, Any]] = lambda ids: {}


def _page(ids: Ids) -> dict[str, Any]:
    return {"page": {"url": f"https://shop.example.com/{ids.chat}", "title": ids.member}}


def _chat(**more: Any) -> Callable[[Ids], dict[str, Any]]:
    return lambda ids: {"chat": ids.chat, **more}


def _chat_and_cmid(**more: Any) -> Callable[[Ids], dict[str, Any]]:
    return lambda ids: {"chat": ids.chat, "cmid": ids.cmid, **more}


VIEW, ANSWER = Permission.CHAT_VIEW, Permission.CHAT_ANSWER
FRAMES: dict[str, dict[str, Frame]] = {
    "visitor": {
        "hello": Frame(NOBODY, lambda ids: {"v": 1, "ticket": ids.token}),
        "start": Frame(VISITOR, lambda ids: {"cmid": ids.cmid, "text": "Hello?", **_page(ids)}),
        "send": Frame(VISITOR, _chat_and_cmid(text="Mine?")),
        "sync": Frame(VISITOR, _chat(after=0)),
        "history": Frame(VISITOR, _chat(before=99)),
        "read": Frame(VISITOR, _chat(seq=1)),
        "typing": Frame(VISITOR, _chat(on=True)),
        "viewing": Frame(VISITOR, _page),
        "end": Frame(VISITOR, _chat_and_cmid()),
        "alive": Frame(VISITOR),
        "ping": Frame(VISITOR),
    },
    "agent": {
        "hello": Frame(NOBODY, lambda ids: {"v": 1, "ticket": ids.token}),
        "take": Frame(ANSWER, _chat_and_cmid()),
        "send": Frame(ANSWER, _chat_and_cmid(text="Mine?")),
        "sync": Frame(VIEW, _chat(after=0)),
        "history": Frame(VIEW, _chat(before=99)),
        "read": Frame(ANSWER, _chat(seq=1)),
        "typing": Frame(ANSWER, _chat(on=True)),
        "end": Frame(ANSWER, _chat_and_cmid()),
        "availability": Frame(ANSWER, lambda ids: {"accepting": True}),
        "alive": Frame(VIEW),
        "ping": Frame(VIEW),
    },
}


def find_unlisted() -> list[str]:
    """Return what is to be written into FRAMES before the walk is complete."""
    faults = []
    for audience, union in UNIONS.items():
        kinds = {form.__struct_config__.tag for form in typing.get_args(union)}
        faults += [
            f"{audience}: `{kind}` is a new kind of frame. Add it to FRAMES (tests/walk/frames.py): who may send it,"
            " and its fields with identifiers of Ids."
            for kind in sorted(kinds - FRAMES[audience].keys())
        ]
        faults += [f"{audience}: `{kind}` is in FRAMES and no frame." for kind in FRAMES[audience].keys() - kinds]
        handled = {form.__struct_config__.tag for form in SOCKETS[audience].handlers}
        faults += [f"{audience}: `{kind}` is decoded and has no handler." for kind in sorted(kinds - handled)]
    return faults


# -- the walk ------------------------------------------------------------------------------------------------


async def walk(world: World, rows: Rows, role: str) -> AsyncIterator[str]:
    """Send every kind with foreign and with invented identifiers; the other account's people listen meanwhile."""
    audience = _audience(role)
    foreign = await in_thread(world.foreign.ids)
    before = rows.snapshot(foreign.account_key)
    listeners = [Client(PATHS["agent"]), Client(PATHS["visitor"])]
    for listener, who, token in ((listeners[0], "agent", ""), (listeners[1], "visitor", world.foreign.tokens[0])):
        await listener.open(await in_thread(lambda who=who, token=token: _ticket(world.foreign, who, token)))
        await listener.settled()
    heard = {}
    for ids in (foreign, world.ghost()):
        async for kind, frames in _speak(world, role, ids):
            for column in find_canaries(str(frames)):
                yield f"{audience} {kind} as {role}: shows {column} of the other account"
            answers = mask_frames(frames, ids)
            if heard.setdefault(kind, answers) != answers:
                yield f"{audience} {kind} as {role}: tells foreign from absent: {heard[kind]} / {answers}"
    for listener in listeners:
        for frame in await listener.settled():
            yield f"{role} makes the other account's socket hear {frame['t']}"
        await listener.close()
    for change in describe_difference(before, rows.snapshot(foreign.account_key)):
        yield f"{audience} as {role}: {change} in the other account"


async def walk_between_visitors(world: World) -> AsyncIterator[str]:
    """One visitor's chat does not exist for another visitor of the same account."""
    heard = {}
    for ids in (await in_thread(world.own.ids), world.ghost()):
        async for kind, frames in _speak(world, "visitor2", ids):
            answers = mask_frames(frames, ids)
            if heard.setdefault(kind, answers) != answers:
                yield f"{kind}: tells another visitor's chat from an absent one: {heard[kind]} / {answers}"


async def listen_to_the_others(world: World) -> AsyncIterator[str]:
    """While the other account is busy, nothing of it reaches any socket of ours."""
    ours = []
    for role in (*MEMBERS, *VISITORS):
        client, _ = await _open(world, role, _audience(role))
        ours.append((role, client))
    theirs = Client(PATHS["agent"])
    await theirs.open(await in_thread(lambda: _ticket(world.foreign, "agent", "")))
    _, token = await in_thread(lambda: make_visitor(world.foreign.team))
    guest = Client(PATHS["visitor"])
    await guest.open(await in_thread(lambda: _ticket(world.foreign, "visitor", token)))
    await guest.send(t="start", cmid=cmid(), text="Is anybody there?")
    chat = (await guest.until("ack"))["chat"]
    for frame in ({"t": "take"}, {"t": "send", "text": "Yes"}, {"t": "end"}):
        await theirs.send(chat=chat, cmid=cmid(), **frame)
        await theirs.until("ack")
    for _role, client in ours:
        await client.settled()
    for role, client in ours:
        for frame in client.frames:
            if chat in str(frame) or find_canaries(str(frame)):
                yield f"{role} hears the other account's {frame['t']}"
        await client.close()
    await theirs.close()
    await guest.close()


async def check_opening(world: World) -> AsyncIterator[str]:
    """Every role at both sockets, with its own ticket of either kind: opened or turned away as the table says."""
    for role in ROLES:
        for audience in PATHS:
            client, closed = await _open(world, role, audience)
            if closed is None:
                await client.close()
            expected = None if may(role, OPENS[audience]) and _audience(role) == audience else Close.UNAUTHENTICATED
            if closed != expected:
                yield f"{audience} socket as {role}: {closed or 'is opened'}, the table says {expected or 'opened'}"


async def check_access(world: World, role: str) -> AsyncIterator[str]:
    """Send every kind about one's own chat: done or refused exactly as the table says."""
    audience = _audience(role)
    own = await in_thread(lambda: Actor(role, world).own_ids())
    async for kind, frames in _speak(world, role, own, token=own.token if role in VISITORS else None):
        refused = {"not_permitted", "bad_frame"} & {frame.get("code") for frame in frames if frame["t"] == "err"}
        if may(role, FRAMES[audience][kind].need) == bool(refused):
            yield f"{audience} {kind} as {role}: {refused or 'is done'}, the table says otherwise"


# -- sockets -------------------------------------------------------------------------------------------------


def _audience(role: str) -> str:
    return "visitor" if role in VISITORS else "agent"


def _ticket(side: Any, audience: str, token: str) -> str:
    return visitor_ticket(side.team, token) if audience == "visitor" else agent_ticket(side.team.agent)


async def _open(world: World, role: str, audience: str, token: str | None = None) -> tuple[Client, int | None]:
    """Open a socket as this role, with a ticket of its own; return the code where it is closed instead."""

    def make_ticket() -> str:
        if role in VISITORS:
            return visitor_ticket(world.own.team, token or world.own.tokens[VISITORS.index(role)])
        return agent_ticket(Actor(role, world).member) if role in {*MEMBERS, "removed"} else "no ticket"

    client = Client(PATHS[audience])
    ticket = await in_thread(make_ticket)
    accepted, _ = await client.line.connect()
    assert accepted
    await client.send(t="hello", v=protocol.PROTOCOL_VERSION, ticket=ticket)
    first = await client.next()
    return client, await client.closed() if first["t"] == "bye" else None


async def _speak(
    world: World, role: str, ids: Ids, token: str | None = None
) -> AsyncIterator[tuple[str, list[dict[str, Any]]]]:
    """Send every kind once on a new socket; yield with each what came back. A visitor without `token` is a new one."""
    audience = _audience(role)
    if role in VISITORS and token is None:
        _, token = await in_thread(lambda: make_visitor(world.own.team))
    client, closed = await _open(world, role, audience, token)
    assert closed is None
    await client.settled()
    for kind, frame in FRAMES[audience].items():
        seen = len(client.frames)
        await client.send(t=kind, **frame.fields(ids))
        await client.settled()
        yield kind, [frame for frame in client.frames[seen:] if frame["t"] != "pong"]
    await client.close()


def collect(found: AsyncIterator[str]) -> Callable[[], Any]:
    """Return a scenario for the fixture `play` that gathers all findings."""

    async def scenario() -> list[str]:
        return [finding async for finding in found]

    return scenario
