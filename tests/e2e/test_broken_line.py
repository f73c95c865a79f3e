"""Nothing that was said is lost, doubled or put in another order, whatever happens to the line."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import BrowserContext, expect

from chats.protocol import HEARTBEAT_EVERY_S
from tests.e2e.people import Agent, Visitor, eventually
from tests.e2e.stack import Chatsite
from tests.e2e.watch import Watch
from tests.e2e.wire import Wire

HEARTBEAT_WITHIN_MS = (HEARTBEAT_EVERY_S + 10) * 1000
# A tab in the background: browsers let its timers sleep.
PUT_TO_SLEEP = """
Object.defineProperty(document, "visibilityState", {value: "hidden"});
document.dispatchEvent(new Event("visibilitychange"));
for (const name of ["setTimeout", "setInterval", "requestAnimationFrame"]) window[name] = () => 0;
"""
LINE_IS_DOWN = r"net::ERR_|WebSocket connection to .* failed"


def test_what_is_written_without_a_line_is_kept_and_sent_once_in_order(
    visit: Callable[..., Visitor], work: Callable[..., Agent], wires: Callable[[], Wire], watch: Watch
) -> None:
    watch.forgive(LINE_IS_DOWN)
    visitors_wire, agents_wire = wires(), wires()
    visitor, agent = visit(proxy=visitors_wire.proxy), work(proxy=agents_wire.proxy)
    visitor.arrive()
    visitor.open()
    visitor.say("Are you there?")
    agent.take("Are you there?")

    # The server has it, and its answer is lost: the visitor's browser will send it once more.
    visitors_wire.loses_answers = True
    visitor.send("Zero")
    expect(agent.messages.last).to_have_text("Zero")
    expect(visitor.progress.last).to_contain_text("Sending…")
    lose_network(visitor.context, visitors_wire)
    expect(visitor.frame.get_by_text("You are offline.")).to_be_visible()
    for text in ("One", "Two", "Three"):
        visitor.send(text)
    expect(visitor.own).to_have_count(5)
    expect(visitor.progress.last).to_contain_text("Sending…")
    agent.say("I am here.")
    agent.say("Hello?")
    lose_network(agent.context, agents_wire)
    agent.send("Gone?")
    expect(agent.page.get_by_role("alert")).to_contain_text("This device has no network.")
    expect(visitor.answers).to_have_count(0)

    find_network(visitor.context, visitors_wire)
    expect(visitor.frame.locator(".bubble")).to_have_text(
        ["You: Are you there?", "You: Zero", "I am here.", "Hello?", "You: One", "You: Two", "You: Three"]
    )
    expect(visitor.progress).to_contain_text("Sent")
    find_network(agent.context, agents_wire)
    everything = ["Are you there?", "Zero", "I am here.", "Hello?", "One", "Two", "Three", "Gone?"]
    expect(agent.messages).to_have_text(everything)
    expect(agent.page.get_by_role("alert")).to_have_count(0)
    expect(visitor.answers).to_have_text(["I am here.", "Hello?", "Gone?"])
    expect(agent.talk.locator(".progress")).to_contain_text("Seen")


def test_a_killed_server_loses_nothing_and_both_sides_go_on_by_themselves(
    visit: Callable[..., Visitor], work: Callable[..., Agent], chatsite: Chatsite, watch: Watch
) -> None:
    watch.forgive(LINE_IS_DOWN)
    visitor, agent = visit(), work()
    visitor.arrive()
    visitor.open()
    visitor.say("Before the crash")
    agent.take("Before the crash")

    visitor.write("Sent into the void")
    chatsite.kill()
    visitor.composer.press("Enter")
    agent.send("Answered into the void")
    expect(visitor.frame.get_by_role("status").filter(has_text="What you write is kept")).to_be_visible()
    expect(agent.page.get_by_role("alert")).to_contain_text("What you write is kept here")
    visitor.send("And one more")
    chatsite.start()

    expect(visitor.own).to_have_text(["You: Before the crash", "You: Sent into the void", "You: And one more"])
    expect(visitor.answers).to_have_text("Answered into the void")
    expect(agent.talk.locator(".progress")).to_contain_text("Seen")
    expect(agent.page.get_by_role("alert")).to_have_count(0)
    said = agent.messages.all_inner_texts()
    assert sorted(said) == ["And one more", "Answered into the void", "Before the crash", "Sent into the void"]
    assert said.index("Sent into the void") < said.index("And one more")
    visitor.say("After the crash")
    expect(agent.messages.last).to_have_text("After the crash")


def test_a_tab_in_the_background_answers_heartbeats_and_so_stays_online(
    visit: Callable[..., Visitor], work: Callable[..., Agent], watch: Watch
) -> None:
    visitor, agent = visit(), work()
    visitor.arrive()
    visitor.open()
    visitor.say("I only look something up")
    agent.page.evaluate(PUT_TO_SLEEP)
    visitor.frame.evaluate(PUT_TO_SLEEP)
    asleep = len(watch.sent)

    def who_is_alive() -> set[str]:
        return {one.path for one in watch.sent[asleep:] if one.body == '{"t":"alive"}'}

    eventually(visitor.page, who_is_alive, wanted={"/ws/visitor", "/ws/agent"}, within_ms=HEARTBEAT_WITHIN_MS)
    # What comes in meanwhile is there, in the list and in the tab's title.
    visitor.send("Back")
    expect(agent.row("Back", "waiting")).to_be_visible()
    expect(agent.page).to_have_title("(1) Chats · Chatsite")


def lose_network(context: BrowserContext, wire: Wire) -> None:
    """The device knows that it has no network, and its connections are dead."""
    context.set_offline(True)
    wire.cut()


def find_network(context: BrowserContext, wire: Wire) -> None:
    wire.mend()
    context.set_offline(False)


@pytest.fixture
def wires() -> Iterator[Callable[[], Wire]]:
    made: list[Wire] = []

    def make() -> Wire:
        made.append(Wire())
        return made[-1]

    yield make
    for wire in made:
        wire.cut()
        wire.shutdown()
        wire.server_close()
