"""The owner's pages, and what they do to the customer's."""

import re
from collections.abc import Callable

from playwright.sync_api import expect

from accounts.actions import set_account_state
from accounts.models import AccountState
from chats.tasks import end_open_chats
from tests.e2e.people import Agent, Visitor, eventually
from tests.e2e.stack import Shop
from tests.e2e.watch import Watch
from tests.factories import Team


def test_an_owner_puts_the_chat_on_a_new_site(work: Callable[..., Agent], shop: Shop, watch: Watch) -> None:
    owner = work("owner", permissions=["clipboard-read", "clipboard-write"])
    page = owner.page
    page.get_by_role("link", name="Sites", exact=True).click()
    page.get_by_role("link", name="Add a site").click()

    # A mistake is told beside its field, and nothing that was typed is lost.
    page.get_by_label("Name").fill("Lantern & Loom")
    domains = page.get_by_label("Addresses where the chat may appear")
    domains.fill("127.0.0.1\nnot a domain\n*.github.io")
    page.get_by_role("button", name="Add the site").click()
    expect(domains).to_have_attribute("aria-invalid", "true")
    told = page.locator("#" + str(domains.get_attribute("aria-describedby")).split()[-1])
    expect(told).to_contain_text("“not a domain” is not a domain.")
    expect(told).to_contain_text("Under github.io strangers have sites of their own")
    expect(domains).to_have_value("127.0.0.1\nnot a domain\n*.github.io")
    expect(page.get_by_label("Name")).to_have_value("Lantern & Loom")
    domains.fill("127.0.0.1")
    page.get_by_role("button", name="Add the site").click()

    # The preview shows every change at once, before anything is saved.
    expect(page.get_by_role("heading", name="Lantern & Loom", level=1)).to_be_visible()
    preview = page.frame_locator("iframe")
    color = page.get_by_role("textbox", name="Colour", exact=True)
    expect(preview.locator("header")).to_contain_text("Lantern & Loom")
    page.get_by_label("Name").fill("Loom")
    page.get_by_label("Greeting").fill("Ask us about lamps.")
    color.fill("#0b7285")
    expect(preview.locator("header")).not_to_contain_text("Lantern")
    expect(preview.locator("header")).to_contain_text("Loom")
    expect(preview.locator(".greeting")).to_have_text("Ask us about lamps.")
    expect(preview.locator(".run.own .bubble").first).to_have_css("background-color", "rgb(11, 114, 133)")
    page.get_by_label("Left").check()
    expect(page.locator("site-preview")).to_have_attribute("data-position", "left")
    color.fill("blue")
    expect(page.get_by_text("This is not a colour.")).to_be_visible()
    color.fill("#0b7285")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status").filter(has_text="Saved.")).to_be_visible()

    # The copied line works as it is, and the page notices by itself.
    expect(page.get_by_text("Waiting for the first visit")).to_be_visible()
    page.get_by_role("button", name="Copy").click()
    expect(page.locator("copy-button").get_by_text("Copied")).to_be_visible()
    tag = page.evaluate("navigator.clipboard.readText()")
    assert tag == page.locator("#script-tag").inner_text()
    shop.add_page("/pasted", title="Pasted", tag=tag)
    visitor = Visitor(owner.context, shop)
    visitor.arrive("/pasted")
    expect(page.get_by_text("We see your site")).to_contain_text(shop.origin.removeprefix("http://"))
    visitor.page.mouse.click(48, visitor.launcher[1])  # it moved to the left
    expect(visitor.frame.locator("h1")).to_have_text("Loom")
    expect(visitor.frame.locator(".greeting")).to_contain_text("Ask us about lamps.")


def test_a_read_only_account_takes_no_more_and_ends_open_chats_politely(
    visit: Callable[..., Visitor], work: Callable[..., Agent], team: Team, aside: Callable, watch: Watch
) -> None:
    visitor, agent = visit(), work()
    visitor.arrive()
    visitor.open()
    visitor.say("Is this the end?")
    agent.take("Is this the end?")

    def stop() -> None:
        set_account_state(account=team.account, state=AccountState.SUSPENDED)
        end_open_chats(account_id=team.account.pk)

    aside(stop)
    expect(visitor.notes.last).to_have_text("The chat has ended")
    expect(agent.talk.locator(".answer-ended")).to_contain_text("This chat ended by itself")
    visitor.send("Anybody?")
    expect(visitor.frame.get_by_text("No messages are taken here at the moment.").first).to_be_visible()
    expect(visitor.frame.locator(".bubble")).to_contain_text(["Is this the end?", "Anybody?"])

    newcomer = visit()
    with newcomer.page.expect_console_message(lambda said: said.text == "Chatsite is not shown: read_only"):
        newcomer.page.goto(newcomer.shop.origin)
    expect(newcomer.page.locator("chatsite-widget")).to_have_count(0)
    agent.page.reload()
    expect(agent.page.get_by_text("This account is read-only now")).to_be_visible()


def test_a_wish_for_silence_holds_as_long_as_the_tab(visit: Callable[..., Visitor], work: Callable[..., Agent]) -> None:
    def count_tones(of: Visitor) -> int:
        return int(of.frame.evaluate("window.__tones"))

    visitor, agent = visit(), work()
    visitor.arrive()
    visitor.open()
    visitor.say("Hello?")
    agent.take("Hello?")
    visitor.minimise()
    agent.say("This one rings.")
    eventually(visitor.page, lambda: count_tones(visitor) > 0)

    visitor.press_launcher()
    visitor.open_sheet()
    sound = visitor.frame.get_by_role("switch", name="Sound for new messages")
    expect(sound).to_be_checked()
    sound.click()
    expect(sound).not_to_be_checked()
    visitor.arrive("/lamps")
    visitor.open_sheet()
    expect(visitor.frame.get_by_role("switch", name="Sound for new messages")).not_to_be_checked()
    expect(visitor.frame.get_by_text("That you want no sound.")).to_be_visible()
    visitor.page.keyboard.press("Escape")
    visitor.minimise()
    agent.say("This one does not.")
    eventually(visitor.page, lambda: bool(re.search("1 new", visitor.read_launcher()["name"])))
    assert count_tones(visitor) == 0

    agent.leave_composer()
    agent.page.keyboard.press("m")
    expect(agent.page.get_by_text("Sound is off.")).to_be_visible()
    agent.page.reload()
    expect(agent.page.get_by_role("button", name="Turn sound on")).to_be_visible()
