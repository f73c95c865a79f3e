"""Who gets a socket: only our own pages, with a fresh ticket, of somebody who may still be here."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from channels.testing import WebsocketCommunicator
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.db import OperationalError

from accounts.actions import remove_member, set_person_active
from accounts.tenancy import account_scope
from chats.consumers import agent as agent_module
from chats.consumers import base
from chats.consumers import visitor as visitor_module
from chats.fanout import Parcel, hub
from chats.protocol import PROTOCOL_VERSION, Close
from chatsite.kit import tickets
from chatsite.kit.redis import sync_redis
from tests.chats.conftest import Scenario
from tests.chats.scene import Scene, say, start
from tests.factories import Team, make_visitor
from tests.sockets import (
    ANSWER_WITHIN_S,
    Client,
    agent_ticket,
    application,
    in_thread,
    sign_in_session,
    visitor_ticket,
)
from widget.actions import end_session
from widget.models import Site
from widget.queries import find_session

Act = Callable[[Scenario], Any]
pytestmark = pytest.mark.usefixtures("no_traceback", "committed_db")


# -- origin ------------------------------------------------------------------------------------------------------

OURS = settings.ORIGIN  # http://localhost:8000
OTHERS = [
    [], ["null"], [""], ["file://"], [OURS.replace("http", "https")], ["http://localhost"], ["http://localhost:8001"],
    [OURS + "/"], [OURS + ".evil.example"], [OURS.upper()], ["http://evil.example"], ["http://localhost:8000@evil.example"],
    ["http://evil.localhost:8000"], [OURS, OURS], [OURS, "http://evil.example"],
]  # fmt: skip


@pytest.mark.parametrize("path", ["/ws/visitor", "/ws/agent"])
def test_a_page_of_another_origin_gets_no_socket(play: Callable[..., Any], path: str) -> None:
    async def scenario() -> None:
        for origins in OTHERS:
            headers = [(b"origin", origin.encode()) for origin in origins]
            line = WebsocketCommunicator(application, path, headers=headers)
            assert await line.connect(timeout=ANSWER_WITHIN_S) == (False, Close.FORBIDDEN), origins

    play(scenario)


def test_nothing_is_said_before_hello(play: Callable[..., Any]) -> None:
    async def scenario() -> None:
        client = Client("/ws/agent")
        assert await client.line.connect() == (True, None)
        assert client.line.output_queue.empty()
        assert not hub().rooms
        await client.close()

    play(scenario)


# -- hello -------------------------------------------------------------------------------------------------------


def test_a_socket_that_does_not_introduce_itself_is_closed(
    play: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(base, "HELLO_WITHIN_S", 0.02)

    async def scenario() -> None:
        client = Client("/ws/visitor")
        await client.line.connect()
        assert await client.closed() == Close.UNAUTHENTICATED
        assert client.frames[-1]["code"] == "hello_expected"

    play(scenario)


def test_a_socket_that_leaves_before_hello_leaves_nothing(play: Callable[..., Any]) -> None:
    async def scenario() -> None:
        client = Client("/ws/visitor")
        await client.line.connect()
        await client.close()
        assert client.line.future.done()

    play(scenario)


@pytest.mark.parametrize("version", [0, PROTOCOL_VERSION - 1, PROTOCOL_VERSION + 1, 2**40])
def test_another_version_is_told_to_reload(play: Callable[..., Any], team: Team, version: int) -> None:
    _, token = make_visitor(team)

    async def scenario(ticket: str) -> None:
        client = Client("/ws/visitor")
        await client.line.connect()
        await client.send(t="hello", v=version, ticket=ticket)
        assert await client.closed() == Close.OUTDATED
        assert client.frames[-1]["t"] == "bye" and "retry_ms" not in client.frames[-1]

    ticket = visitor_ticket(team, token)
    play(lambda: scenario(ticket))


# -- tickets -----------------------------------------------------------------------------------------------------


def test_a_ticket_works_once(act: Act, team: Team) -> None:
    token = make_visitor(team)[1]
    for_visitor, for_agent = visitor_ticket(team, token), agent_ticket(team.agent)

    async def scenario(scene: Scene) -> None:
        for path, ticket in (("/ws/visitor", for_visitor), ("/ws/agent", for_agent)):
            first = Client(path)
            await first.open(ticket)
            assert await turned_away(path, ticket) == (Close.UNAUTHENTICATED, "bad_ticket")
            await first.close()
            assert await turned_away(path, ticket) == (Close.UNAUTHENTICATED, "bad_ticket")

    act(scenario)


def test_a_ticket_used_in_another_process_is_used_here_too(
    act: Act, team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket = agent_ticket(team.agent)

    async def scenario(scene: Scene) -> None:
        assert await tickets.redeem_ticket("agent", ticket)
        monkeypatch.setattr(tickets, "_used_here", {})
        assert await turned_away("/ws/agent", ticket) == (Close.UNAUTHENTICATED, "bad_ticket")

    act(scenario)


def test_a_redis_that_forgot_the_ticket_does_not_open_the_door_again(act: Act, team: Team) -> None:
    ticket = agent_ticket(team.agent)

    async def scenario(scene: Scene) -> None:
        assert await tickets.redeem_ticket("agent", ticket)
        await in_thread(lambda: sync_redis().delete(*sync_redis().keys("ticket:*")))
        assert await turned_away("/ws/agent", ticket) == (Close.UNAUTHENTICATED, "bad_ticket")

    act(scenario)


def test_an_expired_foreign_or_forged_ticket_opens_nothing(
    act: Act, team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = make_visitor(team)[1]
    with monkeypatch.context() as patch:
        patch.setattr(tickets, "LIVES_S", -1)
        expired = agent_ticket(team.agent)
    good = agent_ticket(team.agent)
    forged = good[:-6] + ("AAAAAA" if not good.endswith("AAAAAA") else "BBBBBB")

    async def scenario(scene: Scene) -> None:
        for path, ticket in [
            ("/ws/agent", expired),
            ("/ws/agent", visitor_ticket_text),
            ("/ws/visitor", good),
            ("/ws/agent", forged),
            *[("/ws/agent", junk) for junk in ("", "x", "é", "\x00", "A" * 512, "eyJhbGciOiJub25lIn0.e30.")],
        ]:
            assert await turned_away(path, ticket) == (Close.UNAUTHENTICATED, "bad_ticket"), ticket
        await Client("/ws/agent").open(good)

    visitor_ticket_text = visitor_ticket(team, token)
    act(scenario)


# -- may he still? -----------------------------------------------------------------------------------------------


def test_a_visitor_whose_session_or_site_has_ended_gets_no_socket(act: Act, team: Team) -> None:
    first, second = make_visitor(team)[1], make_visitor(team)[1]
    forgotten, switched_off = visitor_ticket(team, first), visitor_ticket(team, second)
    with account_scope(team.account.pk):
        session = find_session(token=first)
        assert session is not None
        end_session(session=session)

    async def scenario(scene: Scene) -> None:
        assert await turned_away("/ws/visitor", forgotten) == (Close.UNAUTHENTICATED, "signed_out")
        await scene.in_scope(lambda: Site.objects.filter(pk=team.site.pk).update(active=False))
        assert await turned_away("/ws/visitor", switched_off) == (Close.UNAUTHENTICATED, "signed_out")
        assert not hub().rooms

    act(scenario)


def test_a_member_who_was_removed_or_has_signed_out_gets_no_socket(act: Act, team: Team) -> None:
    gone, signed_out, inactive = (agent_ticket(team.members[who], key) for who, key in keys(team).items())
    with account_scope(team.account.pk):
        remove_member(member=team.agent)
    SessionStore(session_key=keys(team)["agent2"]).delete()
    set_person_active(person=team.members["supervisor"].person, active=False)

    async def scenario(scene: Scene) -> None:
        for ticket in (gone, signed_out, inactive):
            assert await turned_away("/ws/agent", ticket) == (Close.UNAUTHENTICATED, "signed_out")

    act(scenario)


def test_a_session_of_another_account_opens_only_its_own(act: Act, team: Team, other_team: Team) -> None:
    """A ticket carries its account; the member is looked up inside it."""
    mixed = tickets.issue_ticket(
        "agent",
        {"account": team.account.pk, "member": other_team.agent.pk, "session_key": sign_in_session(other_team.agent)},
    )

    async def scenario(scene: Scene) -> None:
        assert await turned_away("/ws/agent", mixed) == (Close.UNAUTHENTICATED, "signed_out")

    act(scenario)


# -- the welcome -------------------------------------------------------------------------------------------------


def test_a_socket_is_told_to_come_back_while_the_database_is_away(
    act: Act, team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*args: object) -> None:
        raise OperationalError("connection refused")

    ticket = agent_ticket(team.agent)

    async def scenario(scene: Scene) -> None:
        monkeypatch.setattr(agent_module, "in_scope", away)
        client = Client("/ws/agent")
        await client.line.connect()
        await client.send(t="hello", v=PROTOCOL_VERSION, ticket=ticket)
        assert await client.closed() == base.COME_BACK
        assert client.frames == [{"t": "bye", "code": "internal", "text": client.frames[0]["text"], "retry_ms": 2000}]
        assert not hub().rooms

    act(scenario)


@pytest.mark.parametrize("path", ["agent", "visitor"])
def test_what_happens_while_the_welcome_is_read_comes_behind_it(
    act: Act, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    """The socket has joined, the database is slow: frames of the meantime neither overtake the welcome nor get lost."""
    module = {"agent": agent_module, "visitor": visitor_module}[path]
    reading, go_on = asyncio.Event(), asyncio.Event()
    real = module.in_scope

    async def slow(account_id: int, work: Callable[[], Any]) -> Any:
        if work.__name__ != "read":
            return await real(account_id, work)
        reading.set()
        found = await real(account_id, work)  # as it was before what happens now
        await go_on.wait()
        return found

    async def scenario(scene: Scene) -> None:
        _, token = await scene.new_visitor()
        visitor, colleague = await scene.visitor(token), await scene.agent("agent2")
        chat = await start(visitor, "before")
        monkeypatch.setattr(module, "in_scope", slow)
        opening = asyncio.create_task(getattr(scene, path)(*([token] if path == "visitor" else [])))
        async with asyncio.timeout(ANSWER_WITHIN_S):
            await reading.wait()
        await colleague.settled()
        await say(visitor, chat, "meanwhile")
        go_on.set()
        late = await opening
        assert late.frames[0]["t"] in {"inbox", "welcome"}
        seen = await late.settled()
        assert [f["event"]["text"] for f in seen if f["t"] == "event"] == ["meanwhile"]

    act(scenario)


def test_a_socket_that_is_flooded_before_its_welcome_is_closed_slow(
    act: Act, team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket = agent_ticket(team.agent)
    real = agent_module.in_scope

    async def flooded(account_id: int, work: Callable[[], Any]) -> Any:
        if work.__name__ == "read":
            parcel = Parcel(frames=('{"t":"pong"}',) * (base.QUEUE_MAX_FRAMES + 1), to_agents=True)
            hub().publish(team.account.public_id, [parcel])
        return await real(account_id, work)

    monkeypatch.setattr(agent_module, "in_scope", flooded)

    async def scenario(scene: Scene) -> None:
        client = Client("/ws/agent")
        await client.line.connect()
        await client.send(t="hello", v=PROTOCOL_VERSION, ticket=ticket)
        assert await client.closed() == Close.SLOW
        await asyncio.sleep(0)
        assert client.line.output_queue.empty(), "nothing follows a close"

    act(scenario)


# -- tools -------------------------------------------------------------------------------------------------------


async def turned_away(path: str, ticket: str) -> tuple[int, str]:
    """Say hello; return the code with which the socket is closed, and the word before it."""
    client = Client(path)
    await client.line.connect(timeout=ANSWER_WITHIN_S)
    await client.send(t="hello", v=PROTOCOL_VERSION, ticket=ticket)
    code = await client.closed()
    assert [frame["t"] for frame in client.frames] == ["bye"], "nothing else was said"
    return code, client.frames[-1]["code"]


_keys: dict[int, dict[str, str]] = {}


def keys(team: Team) -> dict[str, str]:
    """Sign-in sessions of three members."""
    if team.account.pk not in _keys:
        _keys[team.account.pk] = {w: sign_in_session(team.members[w]) for w in ("agent", "agent2", "supervisor")}
    return _keys[team.account.pk]
