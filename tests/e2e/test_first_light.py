"""A question, an answer, an end: what the whole product is for."""

import re
from collections.abc import Callable

from playwright.sync_api import expect

from tests.e2e.people import Agent, Visitor, eventually
from tests.e2e.stack import Chatsite
from tests.factories import PASSWORD, Team

# Notes every word that the widget says about a message, also those that stand for a moment only.
NOTE_PROGRESS = """
window.__said = [];
new MutationObserver(() => {
  for (const one of document.querySelectorAll(".progress")) {
    const text = one.textContent.replace(/^[\\d:]+\\s*([AP]M)?/, "").trim();
    if (text && window.__said.at(-1) !== text) window.__said.push(text);
  }
}).observe(document.body, {subtree: true, childList: true, characterData: true});
"""


def test_a_visitor_asks_and_an_agent_answers(
    visit: Callable[..., Visitor], browse: Callable, chatsite: Chatsite, team: Team
) -> None:
    agent = Agent(browse(), chatsite.origin)
    agent.sign_in(email=team.agent.person.email, password=PASSWORD)
    agent.accept_chats()
    agent_tab = agent.context.new_page()
    agent.open_console(agent_tab)
    visitor = visit()
    visitor.arrive("/lamps")

    visitor.open()
    visitor.frame.evaluate(NOTE_PROGRESS)
    visitor.send("Do you deliver to Vienna?")
    expect(visitor.progress).to_contain_text("Sent")
    assert visitor.frame.evaluate("window.__said") == ["Sending…", "Sent"]

    expect(agent.row("Do you deliver to Vienna?", "waiting")).to_be_visible()
    expect(agent.page).to_have_title("(1) Chats · Chatsite")
    eventually(agent.page, lambda: agent.page.evaluate("window.__tones >= 2"))
    agent.take("Do you deliver to Vienna?")
    expect(visitor.notes).to_have_text("Acme agent joined the chat")
    expect(visitor.frame.locator("h1")).to_have_text("Acme agent")
    expect(visitor.progress).to_contain_text("Seen")

    agent.composer.press_sequentially("Yes, we")
    expect(visitor.frame.get_by_role("status", name="Acme agent is writing")).to_be_visible()
    agent.say("Yes, we do.")
    expect(visitor.answers).to_have_text("Yes, we do.")
    expect(visitor.frame.locator(".typing")).to_have_count(0)
    expect(agent.talk.locator(".progress")).to_contain_text("Seen")
    visitor.composer.press_sequentially("Th")
    expect(agent.talk.locator(".writing")).to_contain_text("is writing…")
    visitor.say("Thank you!")
    expect(agent.messages.last).to_have_text("Thank you!")

    visitor.minimise()
    agent.say("One more thing.")
    eventually(visitor.page, lambda: visitor.read_launcher()["name"], wanted="Open chat, 1 new")
    visitor.press_launcher()
    expect(visitor.answers.last).to_have_text("One more thing.")
    eventually(visitor.page, lambda: visitor.read_launcher()["name"], wanted="Close chat")

    agent.page.get_by_role("heading", level=1).click()
    agent.page.keyboard.press("x")
    visitor.say("Yes?")
    visitor.say("Still there.")
    for tab in (agent.page, agent_tab):
        expect(tab.locator("[data-group=mine] [data-row]")).to_contain_text("2 unread messages")
        expect(tab).to_have_title("(2) Chats · Chatsite")
    agent.row("Still there.").click()
    for tab in (agent.page, agent_tab):
        expect(tab.locator("[data-group=mine] [data-row]")).not_to_contain_text("unread")
        expect(tab).to_have_title("Chats · Chatsite")

    agent.talk.get_by_role("button", name="End", exact=True).click()
    expect(agent.page.get_by_role("button", name="Undo").first).to_be_visible()
    expect(visitor.notes.last).to_have_text("Acme agent ended the chat")
    agent.page.get_by_role("button", name="Ended", exact=True).click()
    agent.row("Still there.").click()
    expect(agent.messages).to_have_text(
        ["Do you deliver to Vienna?", "Yes, we do.", "Thank you!", "One more thing.", "Yes?", "Still there."]
    )
    expect(agent.talk.locator(".answer-ended")).to_contain_text(re.compile("^You ended this chat"))
