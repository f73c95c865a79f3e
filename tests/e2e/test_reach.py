"""For everybody: screen readers, keyboards, phones, languages, light and dark."""

import json
import re
from collections.abc import Callable, Iterable
from typing import Any

import polib
import pytest
from playwright.sync_api import BrowserContext, Frame, Page, expect

from tests.e2e.people import Agent, Visitor, eventually
from tests.e2e.stack import PROJECT, Chatsite, Shop
from tests.e2e.watch import Watch
from tests.factories import PASSWORD, Team, make_chat, make_person

PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
NARROWEST = {"width": 360, "height": 740}
GRAVE = ("critical", "serious")

AXE = (PROJECT / "node_modules" / "axe-core" / "axe.min.js").read_text()
# Colours that are on their way from one to another are no colours yet.
RUN_AXE = """async () => {
  await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
  const ending = document.getAnimations().filter((one) => one.effect.getComputedTiming().endTime < 5000);
  await Promise.all(ending.map((one) => one.finished));
  const {violations} = await axe.run(document, {iframes: false, resultTypes: ["violations"]});
  return violations.map(({id, impact, help, nodes}) =>
    `${impact} ${id}: ${help}: ${nodes.map((node) => node.html.slice(0, 160)).join(" | ")}`);
}"""

# Every piece of text that somebody sees or is told.
READ_ALL = """() => {
  const found = new Set();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT,
    (node) => node.localName === "script" || node.localName === "noscript" || node.hidden
      ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_ACCEPT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (node.nodeType === Node.TEXT_NODE) found.add(node.data);
    else for (const name of ["aria-label", "title", "placeholder", "alt"]) found.add(node.getAttribute(name) ?? "");
  }
  return [document.title, ...found].map((text) => text.trim()).filter(Boolean);
}"""

# The ring may be drawn by the control itself or by the box that it fills.
FOCUS_SHOWS = """() => {
  const near = [document.activeElement, document.activeElement.parentElement, document.activeElement.closest("label")];
  const drawn = ({outlineStyle, boxShadow}) => outlineStyle !== "none" || boxShadow !== "none";
  return near.some((one) => one && drawn(getComputedStyle(one)));
}"""


def test_no_page_of_members_has_a_barrier(
    browse: Callable[..., BrowserContext], work: Callable[..., Agent], team: Team, chatsite: Chatsite, watch: Watch
) -> None:
    watch.forgive("status of 404")
    owner = work("owner", reduced_motion="reduce")
    page = owner.page
    assert_no_barrier(page, "the empty console")
    for path in ("/settings/sites/", "/settings/sites/new", f"/settings/sites/{team.site.public_id}/", "/nowhere"):
        page.goto(chatsite.origin + path)
        assert_no_barrier(page, path)
    page.goto(f"{chatsite.origin}/settings/sites/new")
    page.get_by_role("button", name="Add the site").click()
    assert_no_barrier(page, "a form with mistakes")
    stranger = browse(reduced_motion="reduce").new_page()
    stranger.goto(chatsite.origin)
    assert_no_barrier(stranger, "the sign-in page")
    stranger.get_by_label("E-mail address").fill("nobody@example.com")
    stranger.get_by_label("Password").fill("wrong")
    stranger.get_by_role("button", name="Sign in").click()
    expect(stranger.get_by_role("alert")).to_be_visible()
    assert_no_barrier(stranger, "the sign-in page after a mistake")


def test_no_step_of_a_chat_has_a_barrier(
    visit: Callable[..., Visitor], work: Callable[..., Agent], team: Team, aside: Callable[..., Any]
) -> None:
    aside(lambda: make_chat(team, text="Another question"))
    visitor, agent = visit(reduced_motion="reduce"), work(reduced_motion="reduce")
    visitor.arrive()
    visitor.open()
    assert_no_barrier(visitor.page, "the shop's page", within=visitor.frame)
    visitor.say("A question")
    agent.take("A question")
    agent.say("An answer with a link: https://example.com/lamps")
    expect(visitor.answers).to_have_count(1)
    visitor.say("Thank you")
    assert_no_barrier(visitor.page, "the chat window", within=visitor.frame)
    visitor.open_sheet()
    assert_no_barrier(visitor.page, "the privacy sheet", within=visitor.frame)
    expect(agent.messages).to_have_count(3)
    assert_no_barrier(agent.page, "the console with a chat")
    agent.leave_composer()
    for key, name in (("?", "the keys"), ("Control+k", "the palette")):
        agent.page.keyboard.press(key)
        expect(agent.page.get_by_role("dialog")).to_be_visible()
        assert_no_barrier(agent.page, name)
        agent.page.keyboard.press("Escape")
        expect(agent.page.get_by_role("dialog")).to_have_count(0)
    visitor.frame.get_by_role("button", name="End the chat").click()
    expect(agent.talk.locator(".answer-ended")).to_be_visible()
    agent.page.get_by_role("button", name="Ended", exact=True).click()
    expect(agent.rows).to_have_count(1)
    assert_no_barrier(agent.page, "the ended chats")


def test_the_administration_has_no_barrier(
    admin: Chatsite, browse: Callable[..., BrowserContext], aside: Callable[..., Any], watch: Watch
) -> None:
    watch.allow(admin.origin)
    staff = aside(lambda: make_person("Staff", is_staff=True))
    page = browse(reduced_motion="reduce").new_page()
    page.goto(admin.origin)
    assert_no_barrier(page, "the administration's sign-in page", only=GRAVE)
    page.locator("#id_username").fill(staff.email)
    page.locator("#id_password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.locator("#content")).to_be_visible()
    assert_no_barrier(page, "the administration", only=GRAVE)


def test_everything_can_be_done_by_keyboard(
    visit: Callable[..., Visitor], work: Callable[..., Agent], chatsite: Chatsite
) -> None:
    visitor, agent = visit(), work()
    keys = visitor.page.keyboard
    visitor.arrive()
    at_rest = visitor.photograph_launcher()
    for _ in range(10):
        keys.press("Tab")
        if has_focus(visitor.page, "chatsite-widget"):
            break
    assert has_focus(visitor.page, "chatsite-widget")
    assert visitor.photograph_launcher() != at_rest, "the ring around the launcher"
    keys.press("Enter")
    expect(visitor.composer).to_be_focused()
    keys.type("Only keys")
    keys.press("Enter")
    expect(visitor.progress).to_contain_text("Sent")
    keys.press("Escape")
    eventually(visitor.page, lambda: visitor.read_launcher(), wanted={"name": "Open chat", "expanded": False})
    assert has_focus(visitor.page, "chatsite-widget")
    keys.press("Enter")
    expect(visitor.composer).to_be_focused()

    hands = agent.page.keyboard
    hands.press("n")
    expect(agent.talk).to_contain_text("Only keys")
    hands.press("t")
    expect(agent.composer).to_be_focused()
    expect(agent.row("Only keys", "mine")).to_be_visible()
    hands.type("Mine too")
    hands.press("Enter")
    expect(visitor.answers).to_have_text("Mine too")
    agent.leave_composer()
    hands.press("e")
    expect(agent.page.get_by_text("ends.")).to_be_visible()
    hands.press("z")
    expect(agent.page.get_by_text("ends.")).to_have_count(0)
    expect(agent.row("ending…")).to_have_count(0)
    hands.press("?")
    expect(agent.page.get_by_role("dialog")).to_be_visible()
    hands.press("Escape")
    expect(agent.row("Mine too")).to_be_focused()
    hands.press("Control+k")
    expect(agent.page.get_by_role("dialog")).to_be_visible()
    hands.type("Show ended")
    hands.press("Enter")
    expect(agent.page.get_by_role("heading", name="No chat has ended yet")).to_be_visible()
    assert_focus_always_shows(agent.page)
    assert_focus_always_shows(visitor.page, within=visitor.frame)


def test_on_a_phone_the_chat_is_the_screen_and_the_console_one_pane(
    visit: Callable[..., Visitor], work: Callable[..., Agent]
) -> None:
    visitor, agent = visit(**PHONE), work(**PHONE)
    visitor.arrive()
    visitor.page.touchscreen.tap(*visitor.launcher)
    expect(visitor.composer).to_be_focused()
    eventually(visitor.page, lambda: visitor.frame.evaluate("[innerWidth, innerHeight]"), wanted=[390, 844])
    visitor.composer.fill("From\nthe bus")
    visitor.frame.get_by_role("button", name="Send").tap()
    expect(visitor.progress).to_contain_text("Sent")
    for size in (NARROWEST, PHONE["viewport"]):
        visitor.page.set_viewport_size(size)
        assert_fits(visitor.page)
        assert_fits(visitor.frame)

    lists, talks = agent.page.locator(".inbox"), agent.page.locator(".talks")
    expect(talks).to_be_hidden()
    agent.row("the bus").tap()
    expect(lists).to_be_hidden()
    agent.page.get_by_role("button", name="Take this chat").tap()
    agent.composer.fill("To the bus")
    agent.talk.get_by_role("button", name="Send").tap()
    expect(visitor.answers).to_have_text("To the bus")
    assert_fits(agent.page)
    agent.page.get_by_role("button", name="Show or hide what is known of the visitor").tap()
    expect(agent.page.locator(".panel")).to_be_in_viewport()
    for size in (NARROWEST, PHONE["viewport"]):
        agent.page.set_viewport_size(size)
        assert_fits(agent.page)
    agent.page.locator(".panel-close").tap()
    agent.page.get_by_role("button", name="Back to the list").tap()
    expect(talks).to_be_hidden()
    expect(lists).to_be_visible()
    agent.row("To the bus").tap()
    agent.page.go_back()
    expect(lists).to_be_visible()

    visitor.frame.get_by_role("button", name="Minimise the chat").tap()
    eventually(visitor.page, visitor.read_launcher, wanted={"name": "Open chat", "expanded": False})
    visitor.page.get_by_role("link", name="Lamps", exact=True).tap()
    expect(visitor.page.get_by_role("heading", name="Lamps", level=1)).to_be_visible()


def test_no_page_is_wider_than_the_narrowest_phone(
    work: Callable[..., Agent], browse: Callable[..., BrowserContext], team: Team, chatsite: Chatsite, watch: Watch
) -> None:
    watch.forgive("status of 404")
    narrow = PHONE | {"viewport": NARROWEST}
    owner, stranger = work("owner", **narrow), browse(**narrow).new_page()
    assert_fits(owner.page)
    for path in ("/settings/sites/", "/settings/sites/new", f"/settings/sites/{team.site.public_id}/", "/nowhere"):
        owner.page.goto(chatsite.origin + path)
        assert_fits(owner.page)
    stranger.goto(chatsite.origin)
    assert_fits(stranger)


@pytest.mark.parametrize(("language", "direction"), [("de", "ltr"), ("ar", "rtl")])
def test_the_chat_speaks_the_pages_language_and_nothing_else(
    visit: Callable[..., Visitor], work: Callable[..., Agent], shop: Shop, language: str, direction: str
) -> None:
    shop.add_page("/here", lang=language, title="—")
    texts = json.loads((PROJECT / "static" / "texts" / f"widget.{language}.json").read_text())
    visitor, agent = visit(), work(locale=language)
    visitor.arrive("/here")
    visitor.open()
    assert visitor.frame.evaluate("[document.documentElement.lang, document.dir]") == [language, direction]
    expect(visitor.composer).to_have_attribute("placeholder", texts["composer.placeholder"])
    assert_only(language, visitor.frame)
    visitor.composer.fill("—")
    visitor.composer.press("Enter")
    expect(visitor.progress).to_contain_text(texts["progress.sent"])
    assert_only(language, visitor.frame)
    visitor.frame.get_by_role("button", name=texts["header.menu"]).click()
    expect(visitor.frame.get_by_role("dialog")).to_be_visible()
    assert_only(language, visitor.frame)

    assert agent.page.evaluate("[document.documentElement.lang, document.documentElement.dir]") == [language, direction]
    assert_only(language, agent.page)
    agent.rows.first.click()
    assert_only(language, agent.page)
    agent.page.keyboard.press("t")
    expect(agent.composer).to_be_focused()
    agent.leave_composer()
    agent.page.keyboard.press("?")
    expect(agent.page.get_by_role("dialog")).to_be_visible()
    assert_only(language, agent.page)


def test_the_owners_pages_speak_german(
    work: Callable[..., Agent], browse: Callable[..., BrowserContext], team: Team, chatsite: Chatsite, watch: Watch
) -> None:
    watch.forgive("status of 404")
    owner, stranger = work("owner", locale="de"), browse(locale="de").new_page()
    for path in ("/settings/sites/", "/settings/sites/new", f"/settings/sites/{team.site.public_id}/", "/nowhere"):
        owner.page.goto(chatsite.origin + path)
        assert_only("de", owner.page)
    stranger.goto(chatsite.origin)
    assert_only("de", stranger)


def assert_no_barrier(page: Page, name: str, *, within: Frame | None = None, only: tuple[str, ...] = ("",)) -> None:
    """Ask axe, in light and in dark. `only`: of these impacts, where the page is not all ours."""
    place = within or page.main_frame
    if not place.evaluate("'axe' in window"):
        place.evaluate(AXE)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        assert [one for one in place.evaluate(RUN_AXE) if one.startswith(only)] == [], f"{name}, {scheme}"


def has_focus(page: Page, element: str) -> bool:
    return bool(page.evaluate("document.activeElement.localName") == element)


def assert_focus_always_shows(page: Page, *, within: Frame | None = None) -> None:
    """Go round by Tab, and see where one is at each stop."""
    place = within or page.main_frame
    stops = set()
    for _ in range(25):
        page.keyboard.press("Tab")
        stop = place.evaluate("document.activeElement.outerHTML.slice(0, 200)")
        if not place.evaluate("document.hasFocus() && document.activeElement !== document.body"):
            continue
        assert place.evaluate(FOCUS_SHOWS), stop
        stops.add(stop)
    assert len(stops) > 3


def assert_fits(place: Page | Frame) -> None:
    """Nothing can be pushed sideways."""
    wide, inner = place.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert wide <= inner, place.url


def assert_only(language: str, place: Page | Frame) -> None:
    """Nothing that we translate is left in English."""
    seen = set(place.evaluate(READ_ALL))
    left = seen & english_that_is_other_in(language)
    assert left == set(), place.url


def english_that_is_other_in(language: str) -> set[str]:
    catalog: Iterable[polib.POEntry] = polib.pofile(str(PROJECT / f"locale/{language}/LC_MESSAGES/django.po"))
    return {one.msgid for one in catalog if one.msgid != one.msgstr and not re.search(r"[{%]", one.msgid)}
