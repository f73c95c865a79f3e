"""The visitor's side of a chat: opened by the first message, never doubled, never another's."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from accounts.actions import set_account_state
from accounts.models import AccountState
from chats.consumers import visitor as visitor_module
from chats.models import Chat, Event
from chats.protocol import SYNC_PAGE_EVENTS
from tests.chats.conftest import Scenario
from tests.chats.scene import Scene, ask, kinds, refused, say, start, texts
from tests.factories import Team, cmid
from tests.sockets import in_thread

Act = Callable[[Scenario], Any]
pytestmark = pytest.mark.usefixtures("no_traceback", "committed_db")


# -- the first message -------------------------------------------------------------------------------------------


def test_the_first_message_opens_a_chat_for_both_sides(act: Act) -> None:
    async def scenario(scene: Scene) -> None:
        agent, visitor = await scene.agent(), await scene.visitor()
        assert visitor.frames[0].get("chat") is None
        one = cmid()
        page = {"url": "https://shop.example.com/cart?secret=1", "title": "Cart"}
        ack = await ask(visitor, t="start", cmid=one, text="Hello?", page=page)
        assert (ack["cmid"], ack["seq"]) == (one, 1)
        await visitor.settled()
        assert kinds(visitor.frames)[1:4] == ["own_chat", "event", "ack"]
        told = await agent.settled()
        assert kinds(told) == ["chat", "event", "visitor"]
        assert told[0]["chat"]["state"] == "waiting"
        assert told[2]["visitor"]["page_url"] == "https://shop.example.com/cart"

    act(scenario)


TYPED = [
    "\U0001f44d", "\U0001f469\u200d\U0001f4bb\U0001f3fd", "مرحبا، هل تشحنون إلى النرويج؟", "\u202eevil\u202c",
    "<script>alert(1)</script>", "{{7*7}} ${7*7} <%= 7 %>", "' OR 1=1 --", "a\nb\tc", "\u0915\u094d\u0937",
    "javascript:alert(1)", '{"t":"end"}', "[html]{{contact.email}}", "/close",
]  # fmt: skip


@pytest.mark.usefixtures("no_limits")
def test_a_text_arrives_as_it_was_typed(act: Act) -> None:
    async def scenario(scene: Scene) -> None:
        agent, visitor = await scene.agent(), await scene.visitor()
        chat = await start(visitor, TYPED[0])
        for text in TYPED[1:]:
            await say(visitor, chat, text)
        assert texts(await agent.settled()) == texts(visitor.frames) == TYPED
        await agent.send(t="sync", chat=chat, after=0)
        assert [event["text"] for event in (await agent.until("events"))["events"]] == TYPED

    act(scenario)


def test_what_cannot_be_shown_safely_is_left_out(act: Act) -> None:
    async def scenario(scene: Scene) -> None:
        agent, visitor = await scene.agent(), await scene.visitor()
        await start(visitor, "  a\x00b\x1b[31m\r\nc\x7f" + "e" + "\u0301" * 50 + " ")
        (text,) = texts(await agent.settled())
        assert text == "ab[31m\nc\u00e9" + "\u0301" * 8

    act(scenario)


def test_a_second_start_writes_into_the_open_chat(act: Act) -> None:
    async def scenario(scene: Scene) -> None:
        visitor = await scene.visitor()
        chat = await start(visitor, "one")
        assert await start(visitor, "two") == chat
        assert texts(visitor.frames) == ["one", "two"]

    act(scenario)


def test_a_repeated_start_is_the_same_chat_also_after_its_end(act: Act) -> None:
    async def scenario(scene: Scene) -> None:
        visitor, one = await scene.visitor(), cmid()
        first = await ask(visitor, t="start", cmid=one, text="Hello?")
        again = await ask(visitor, t="start", cmid=one, text="Hello?")
        assert again == first | {"dup": True}
        await ask(visitor, t="end", chat=first["chat"], cmid=cmid())
        assert await ask(visitor, t="start", cmid=one, text="Hello?") == again

    act(scenario)


def test_a_start_that_went_into_an_open_chat_is_not_doubled_by_a_retry_after_its_end(act: Act) -> None:
    """The ack was lost, the chat ended, the client tries again: the message is stored already."""

    async def scenario(scene: Scene) -> None:
        visitor, one = await scene.visitor(), cmid()
        chat = await start(visitor, "first")
        stored = await ask(visitor, t="start", cmid=one, text="second")
        await ask(visitor, t="end", chat=chat, cmid=cmid())
        assert await ask(visitor, t="start", cmid=one, text="second") == stored | {"dup": True}
        assert await scene.in_scope(Chat.objects.count) == 1

    act(scenario)


# -- two tabs ----------------------------------------------------------------------------------------------------


def test_two_tabs_that_open_a_chat_at_once_get_the_same_one(act: Act) -> None:
    async def scenario(scene: Scene) -> None:
        _, token = await scene.new_visitor()
        left, right = await scene.visitor(token), await scene.visitor(token)
        one = cmid()
        same = await asyncio.gather(*(ask(tab, t="start", cmid=one, text="Hello?") for tab in (left, right)))
        assert same[0]["chat"] == same[1]["chat"] and same[0]["seq"] == same[1]["seq"] == 1
        others = await asyncio.gather(*(ask(tab, t="start", cmid=cmid(), text="and") for tab in (left, right)))
        assert sorted(ack["seq"] for ack in others) == [2, 3]
        assert await scene.in_scope(Chat.objects.count) == 1
        assert await scene.in_scope(Event.objects.count) == 3

    act(scenario)


def test_two_tabs_that_send_the_same_cmid_store_it_once(act: Act) -> None:
    async def scenario(scene: Scene) -> None:
        _, token = await scene.new_visitor()
        left, right = await scene.visitor(token), await scene.visitor(token)
        chat, one = await start(left, "Hello?"), cmid()
        acks = await asyncio.gather(*(ask(t, t="send", chat=chat, cmid=one, text="x") for t in (left, right)))
        assert [ack["seq"] for ack in acks] == [2, 2]
        assert len({ack["id"] for ack in acks}) == 1
        assert await scene.in_scope(Event.objects.count) == 2

    act(scenario)


def test_all_tabs_of_a_visitor_see_the_chat(act: Act) -> None:
    async def scenario(scene: Scene) -> None:
        _, token = await scene.new_visitor()
        left, right = await scene.visitor(token), await scene.visitor(token)
        chat = await start(left, "Hello?")
        assert kinds(await right.settled()) == ["own_chat", "event"]
        third = await scene.visitor(token)
        assert third.frames[0]["chat"]["id"] == chat
        await say(third, chat, "from the third")
        assert texts(await left.settled()) == texts(await right.settled()) == ["from the third"]

    act(scenario)


# -- sending -----------------------------------------------------------------------------------------------------


def test_the_same_cmid_with_another_text_is_refused_and_the_first_is_kept(act: Act) -> None:
    async def scenario(scene: Scene) -> None:
        visitor, agent, chat = await scene.talk()
        one = cmid()
        await ask(visitor, t="send", chat=chat, cmid=one, text="one")
        assert await refused(visitor, t="send", chat=chat, cmid=one, text="two") == "cmid_conflict"
        assert texts(await agent.settled()) == ["one"]

    act(scenario)


def test_a_cmid_has_one_spelling(act: Act) -> None:
    async def scenario(scene: Scene) -> None:
        visitor, _, chat = await scene.talk()
        one = cmid()
        first = await ask(visitor, t="send", chat=chat, cmid=one.upper(), text="x")
        again = await ask(visitor, t="send", chat=chat, cmid=one.replace("-", ""), text="x")
        assert (first["cmid"], again["cmid"], again["seq"]) == (one.upper(), one.replace("-", ""), first["seq"])

    act(scenario)


def test_who_writes_after_the_end_is_heard_in_a_new_chat(act: Act) -> None:
    async def scenario(scene: Scene) -> None:
        visitor, agent, ended = await scene.talk()
        await ask(agent, t="end", chat=ended, cmid=cmid())
        await visitor.settled()
        one = cmid()
        ack = await ask(visitor, t="send", chat=ended, cmid=one, text="one more thing")
        assert ack["chat"] != ended and ack["seq"] == 1
        again = await ask(visitor, t="send", chat=ended, cmid=one, text="one more thing")
        assert again == ack | {"dup": True}
        assert [f["chat"]["id"] for f in await agent.settled() if f["t"] == "chat"] == [ack["chat"]]

    act(scenario)


def test_an_ended_chat_cannot_be_ended_again_but_the_same_end_can_be_repeated(act: Act) -> None:
    async def scenario(scene: Scene) -> None:
        visitor, _, chat = await scene.talk()
        one = cmid()
        first = await ask(visitor, t="end", chat=chat, cmid=one)
        assert await ask(visitor, t="end", chat=chat, cmid=one) == first | {"dup": True}
        assert await refused(visitor, t="end", chat=chat, cmid=cmid()) == "chat_ended"

    act(scenario)


@pytest.mark.parametrize("state", [AccountState.SUSPENDED, AccountState.CLOSED])
def test_a_read_only_account_takes_nothing(act: Act, team: Team, state: str) -> None:
    async def scenario(scene: Scene) -> None:
        visitor, other = await scene.visitor(), await scene.visitor()
        chat = await start(visitor, "Hello?")
        agent = await scene.agent()
        await in_thread(lambda: set_account_state(account=team.account, state=state))
        assert await refused(other, t="start", cmid=cmid(), text="x") == "read_only"
        assert await refused(visitor, t="start", cmid=cmid(), text="x") == "read_only"
        assert await refused(visitor, t="send", chat=chat, cmid=cmid(), text="x") == "read_only"
        assert await agent.settled() == []
        await visitor.send(t="sync", chat=chat, after=0)
        assert len((await visitor.until("events"))["events"]) == 1, "what was said before is kept"

    act(scenario)


def test_too_many_messages_are_refused_with_a_time_to_wait(act: Act) -> None:
    async def scenario(scene: Scene) -> None:
        visitor, _, chat = await scene.talk()
        answers = [await say(visitor, chat, f"{n}") for n in range(visitor_module.SENDS_BURST)]
        late = answers[-1]
        assert [answer["t"] for answer in answers[:-1]] == ["ack"] * (visitor_module.SENDS_BURST - 1)
        assert (late["code"], late["retry_ms"]) == ("rate_limited", visitor_module.RETRY_MS)
        assert late["cmid"]

    act(scenario)


# -- reading back ------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("no_limits")
def test_events_come_in_pages_from_both_ends(act: Act, team: Team) -> None:
    async def scenario(scene: Scene) -> None:
        visitor, _, chat = await scene.talk()
        for n in range(3, SYNC_PAGE_EVENTS + 6):
            await visitor.send(t="send", chat=chat, cmid=cmid(), text=f"{n}")
        await visitor.until(lambda f: f["t"] == "ack" and f["seq"] == SYNC_PAGE_EVENTS + 5)
        await visitor.send(t="sync", chat=chat, after=0)
        page = await visitor.until("events")
        assert [e["seq"] for e in page["events"]] == list(range(1, SYNC_PAGE_EVENTS + 1))
        assert (page["more"], page["after"], page.get("before")) == (True, 0, None)
        await visitor.send(t="sync", chat=chat, after=SYNC_PAGE_EVENTS)
        page = await visitor.until("events")
        assert [e["seq"] for e in page["events"]] == list(range(SYNC_PAGE_EVENTS + 1, SYNC_PAGE_EVENTS + 6))
        assert page["more"] is False
        await visitor.send(t="history", chat=chat, before=6)
        page = await visitor.until("events")
        assert [e["seq"] for e in page["events"]] == [1, 2, 3, 4, 5]
        assert (page["more"], page.get("after"), page["before"]) == (False, None, 6)
        await visitor.send(t="history", chat=chat, before=2**53)
        page = await visitor.until("events")
        assert page["more"] and page["events"][-1]["seq"] == SYNC_PAGE_EVENTS + 5

    act(scenario)


def test_a_visitor_finds_his_chat_again(act: Act) -> None:
    async def scenario(scene: Scene) -> None:
        _, token = await scene.new_visitor()
        visitor, agent = await scene.visitor(token), await scene.agent()
        first = await start(visitor, "one")
        await ask(visitor, t="end", chat=first, cmid=cmid())
        assert (await scene.visitor(token)).frames[0]["chat"]["state"] == "ended", "his last one"
        second = await start(visitor, "two")
        await ask(agent, t="take", chat=second, cmid=cmid())
        await say(agent, second, "yes?")
        chat = (await scene.visitor(token)).frames[0]["chat"]
        assert (chat["id"], chat["state"], chat["last"], chat["unread"]) == (second, "active", 3, 1)
        assert chat["assignee"]["name"] == "Acme agent"

    act(scenario)


def test_a_read_mark_only_rises_and_never_beyond_the_end(act: Act) -> None:
    async def scenario(scene: Scene) -> None:
        visitor, agent, chat = await scene.talk()
        for n in range(3):
            await say(agent, chat, f"{n}")
        await agent.settled()
        told = []
        for seq in (3, 3, 2, 4, 10**6, 0):
            await visitor.send(t="read", chat=chat, seq=seq)
            await visitor.settled()
            told += [(f["by"], f["seq"], f.get("unread", 0)) for f in await agent.settled() if f["t"] == "read"]
        assert told == [("visitor", 3, 2), ("visitor", 4, 1), ("visitor", 5, 0)]

    act(scenario)
