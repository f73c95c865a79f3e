"""A visitor and an agent talk: the whole way through both sockets."""

from collections.abc import Callable
from typing import Any

from tests.factories import Team, cmid, make_visitor
from tests.sockets import Client, agent_ticket, visitor_ticket


def test_a_question_is_taken_answered_seen_and_ended(committed_db: None, team: Team, play: Callable[..., Any]) -> None:
    _, token = make_visitor(team)
    tickets = visitor_ticket(team, token), agent_ticket(team.agent)

    async def scenario() -> None:
        visitor, agent = Client("/ws/visitor"), Client("/ws/agent")
        assert (await agent.open(tickets[1]))["chats"] == []
        assert (await visitor.open(tickets[0]))["t"] == "welcome"

        await visitor.send(t="start", cmid=cmid(), text="Do you ship to Norway?")
        ack = await visitor.until("ack")
        chat = ack["chat"]
        assert ack["seq"] == 1
        summary = await agent.until("chat")
        assert summary["chat"]["id"] == chat
        assert (await agent.until("event"))["event"]["text"] == "Do you ship to Norway?"

        await agent.send(t="take", chat=chat, cmid=cmid())
        joined = await visitor.until(lambda f: f["t"] == "event" and f["event"]["seq"] == 2)
        assert joined["event"]["kind"] == "assigned"
        await agent.send(t="typing", chat=chat, on=True)
        assert (await visitor.until("typing"))["sender"]["name"] == "Acme agent"
        await agent.send(t="send", chat=chat, cmid=cmid(), text="We do!")
        answer = await visitor.until(lambda f: f["t"] == "event" and f["event"]["seq"] == 3)
        assert answer["event"]["text"] == "We do!"
        await visitor.send(t="read", chat=chat, seq=3)
        assert (await agent.until("read"))["seq"] == 3

        await visitor.send(t="end", chat=chat, cmid=cmid())
        assert (await agent.until(lambda f: f["t"] == "event" and f["event"]["seq"] == 4))["event"]["kind"] == "ended"
        await visitor.close()
        await agent.close()

    play(scenario)
