"""Ends and new beginnings, and several people and chats at once."""

from collections.abc import Callable

from playwright.sync_api import expect

from tests.e2e.people import Agent, Visitor
from tests.factories import Team, make_chat

WIDE = {"width": 1700, "height": 900}  # room for three conversations beside each other


def test_after_an_end_a_new_chat_begins_whoever_ended_it(
    visit: Callable[..., Visitor], work: Callable[..., Agent]
) -> None:
    visitor, agent = visit(), work()
    visitor.arrive()
    visitor.open()
    visitor.say("First question")
    agent.take("First question")

    visitor.open_sheet()
    visitor.frame.get_by_role("button", name="End the chat").click()
    expect(visitor.notes.last).to_have_text("You ended the chat")
    expect(agent.talk.locator(".answer-ended")).to_be_visible()
    visitor.frame.get_by_role("button", name="Start a new chat").click()
    expect(visitor.own).to_have_count(0)
    expect(visitor.composer).to_be_focused()
    visitor.say("Second question")
    agent.take("Second question")
    expect(agent.messages).to_have_text(["Second question"])

    # An end that was decided is carried out also when the console is left at once.
    agent.leave_composer()
    agent.page.keyboard.press("e")
    expect(agent.page.get_by_text("ends.")).to_be_visible()
    agent.page.reload()
    expect(visitor.notes.last).to_have_text("Acme agent ended the chat")
    visitor.say("Third question")
    expect(agent.row("Third question", "waiting")).to_be_visible()
    expect(agent.rows).to_have_count(1)
    expect(visitor.frame.get_by_role("alert")).to_have_count(0)
    agent.page.get_by_role("button", name="Ended", exact=True).click()
    expect(agent.rows).to_have_count(2)


def test_one_agent_answers_several_and_two_agents_never_the_same(
    visit: Callable[..., Visitor], work: Callable[..., Agent], team: Team, aside: Callable
) -> None:
    for text in ("Oldest question", "Older question"):
        aside(lambda text=text: make_chat(team, text=text))
    visitor, agent, colleague = visit(), work(viewport=WIDE), work("agent2")
    visitor.arrive()
    visitor.open()
    visitor.say("Newest question")
    expect(agent.rows).to_contain_text(["Oldest question", "Older question", "Newest question"])
    expect(agent.page).to_have_title("(3) Chats · Chatsite")

    # Drafts stay where they were written, and are marked in the list.
    for text in ("Oldest question", "Newest question"):
        agent.take(text)
        agent.composer.fill(f"About the {text}")
    expect(visitor.progress).to_contain_text("Seen")
    expect(agent.row("About the Oldest question", "mine")).to_contain_text("Draft:")
    agent.row("About the Oldest question").click()
    expect(agent.composer).to_have_value("About the Oldest question")
    agent.row("About the Newest question").hover()
    agent.page.locator(".row-item", has_text="About the Newest question").get_by_role("button").click()
    expect(agent.page.locator("[data-talk]")).to_have_count(2)
    expect(agent.composer).to_have_value("About the Newest question")
    agent.page.reload()
    agent.wait_for_line()
    agent.row("About the Oldest question").click()
    expect(agent.composer).to_have_value("About the Oldest question")

    # What comes in elsewhere is counted there, and no sooner read than seen.
    visitor.say("Is anybody there?")
    newest = agent.page.locator("[data-group=mine] [data-row]").last
    expect(newest).to_contain_text("1 unread message")
    visitor.say("Please!")
    expect(newest).to_contain_text("2 unread messages")
    newest.click()
    expect(newest).not_to_contain_text("unread")
    expect(agent.page.locator(".line-unread")).to_have_text("New")
    expect(visitor.progress).to_contain_text("Seen")

    # Both look at the one that still waits; one of them takes it.
    for one in (agent, colleague):
        one.row("Older question").click()
        expect(one.page.get_by_role("button", name="Take this chat")).to_be_visible()
    agent.row("Older question").focus()
    colleague.page.get_by_role("button", name="Take this chat").click()
    expect(agent.row("Older question", "team")).to_be_focused()
    expect(agent.talk).to_contain_text("Acme agent2 answers this chat. You can read along.")
    expect(agent.talk.locator("textarea")).to_have_count(0)
    expect(agent.row("Older question", "team")).to_contain_text("Acme agent2")
    colleague.say("I have it.")
    expect(agent.messages).to_have_text(["Older question", "I have it."])
    expect(colleague.page.locator("[data-group=team] [data-row]")).to_have_count(2)


def test_who_may_only_read_is_offered_nothing_else(visit: Callable[..., Visitor], work: Callable[..., Agent]) -> None:
    visitor, viewer = visit(), work("viewer")
    visitor.arrive()
    visitor.open()
    visitor.say("May I be read?")

    viewer.row("May I be read?").click()
    expect(viewer.messages).to_have_text("May I be read?")
    expect(viewer.talk).to_contain_text("You can read along. Your role does not answer chats.")
    expect(viewer.talk.locator("textarea")).to_have_count(0)
    for name in ("Take this chat", "End"):
        expect(viewer.page.get_by_role("button", name=name, exact=True)).to_have_count(0)
    for key in ("t", "e", "r"):
        viewer.page.keyboard.press(key)
    expect(viewer.row("May I be read?", "waiting")).to_be_visible()
    expect(visitor.progress).to_contain_text("Sent")
