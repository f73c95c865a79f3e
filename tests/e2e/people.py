"""The people of the browser tests, and where they find things on their screens."""

import re
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, Frame, Locator, Page, expect

from tests.e2e.stack import Shop

POLL_MS = 50
WITHIN_MS = 15_000  # generous: a test machine may be busy; the product's own speed is measured by bench/

# Counts the tones that a page plays; the sound itself is the browser's business.
COUNT_TONES = """
window.__tones = 0;
{
  const start = OscillatorNode.prototype.start;
  OscillatorNode.prototype.start = function (...rest) { window.__tones += 1; return start.apply(this, rest); };
}
"""


def eventually(page: Page, what: Callable[[], Any], *, wanted: Any = True, within_ms: int = WITHIN_MS) -> None:
    """Ask again and again until the answer is the wanted one: for what `expect` cannot see."""
    until = time.monotonic() + within_ms / 1000
    while (found := what()) != wanted and time.monotonic() < until:
        page.wait_for_timeout(POLL_MS)  # the browser's events come in meanwhile
    assert found == wanted


class Visitor:
    """Somebody on a customer's page."""

    def __init__(self, context: BrowserContext, shop: Shop) -> None:
        self.context = context
        self.shop = shop
        self.page = context.new_page()

    # -- on the customer's page ----------------------------------------------------------------------------------

    def arrive(self, path: str = "/") -> None:
        """Open a page of the shop, and wait for the launcher."""
        self.page.goto(self.shop.origin + path)
        expect(self.page.locator("chatsite-widget")).to_be_attached()

    @property
    def launcher(self) -> tuple[float, float]:
        """The middle of the round button; it hides in a closed shadow root, so a hand has to find it by place."""
        size = self.page.viewport_size
        assert size is not None
        return size["width"] - 48, size["height"] - 48

    def press_launcher(self) -> None:
        self.page.mouse.click(*self.launcher)

    def open(self) -> None:
        """Press the launcher, and wait until one can write."""
        self.press_launcher()
        expect(self.composer).to_be_focused()

    def read_launcher(self) -> dict[str, Any]:
        """Name and state of the launcher as a screen reader is told."""
        for node in self._accessible():
            name = node.get("name", {}).get("value", "")
            if node["role"]["value"] == "button" and re.match("(Open|Close) chat|Chat (öffnen|schließen)", name):
                facts = {one["name"]: one["value"].get("value") for one in node.get("properties", [])}
                return {"name": name, "expanded": facts.get("expanded")}
        return {}

    def photograph_launcher(self) -> bytes:
        x, y = self.launcher
        return self.page.screenshot(clip={"x": x - 46, "y": y - 46, "width": 92, "height": 92}, animations="disabled")

    def _accessible(self) -> list[dict[str, Any]]:
        session = self.context.new_cdp_session(self.page)
        try:
            return list(session.send("Accessibility.getFullAXTree")["nodes"])
        finally:
            session.detach()

    # -- in the chat window --------------------------------------------------------------------------------------

    @property
    def frame(self) -> Frame:
        """The chat window; waits for it."""

        def is_ours(frame: Frame) -> bool:
            return urlsplit(frame.url).path.endswith("/frame")

        for frame in self.page.frames:
            if is_ours(frame):
                return frame
        return self.page.wait_for_event("framenavigated", predicate=is_ours, timeout=WITHIN_MS)

    def has_frame(self) -> bool:
        return len(self.page.frames) > 1

    @property
    def composer(self) -> Locator:
        return self.frame.locator("textarea")

    @property
    def own(self) -> Locator:
        """His own messages."""
        return self.frame.locator(".run.own .bubble")

    @property
    def answers(self) -> Locator:
        return self.frame.locator(".run:not(.own):not(.typing) .bubble")

    @property
    def progress(self) -> Locator:
        return self.frame.locator(".progress")

    @property
    def notes(self) -> Locator:
        return self.frame.locator(".note")

    def write(self, text: str) -> None:
        self.composer.fill(text)

    def send(self, text: str) -> None:
        self.write(text)
        self.composer.press("Enter")

    def say(self, text: str) -> None:
        """Send, and wait until the server has it."""
        self.send(text)
        expect(self.own.last).to_contain_text(text)
        expect(self.progress.last).to_contain_text(re.compile("Sent|Seen"))

    def say_exactly(self, text: str) -> None:
        """The same for a text in which every space counts."""
        self.send(text)
        eventually(self.page, lambda: self.own.last.text_content(), wanted=f"You: {text}")
        expect(self.progress.last).to_contain_text(re.compile("Sent|Seen"))

    def minimise(self) -> None:
        self.frame.get_by_role("button", name="Minimise the chat").click()

    def open_sheet(self) -> None:
        self.frame.get_by_role("button", name="Privacy and options").click()


class Agent:
    """Somebody who answers, in the console."""

    def __init__(self, context: BrowserContext, origin: str) -> None:
        self.context = context
        self.origin = origin
        self.page = context.new_page()

    def sign_in(self, *, email: str, password: str) -> None:
        """By hand, on the sign-in page."""
        self.page.goto(f"{self.origin}/")
        self.page.get_by_label("E-mail address").fill(email)
        self.page.get_by_label("Password").fill(password)
        self.page.get_by_role("button", name="Sign in").click()
        self.wait_for_line()

    def open_console(self, page: Page | None = None) -> None:
        (page or self.page).goto(f"{self.origin}/console/")
        self.wait_for_line(page)

    def wait_for_line(self, page: Page | None = None) -> None:
        """The console is drawn and connected: the server has counted it in."""
        page = page or self.page
        expect(page.locator(".inbox-foot")).to_be_visible()
        expect(page.locator("[role=alert]")).to_have_count(0)

    def accept_chats(self) -> None:
        self.page.get_by_role("switch").check()
        expect(self.page.get_by_text("Accepting chats")).to_be_visible()

    @property
    def rows(self) -> Locator:
        return self.page.locator("[data-row]")

    def row(self, text: str, group: str | None = None) -> Locator:
        """The row of the list that shows this text."""
        within = self.page.locator(f"[data-group={group}]") if group else self.page
        return within.locator("[data-row]", has_text=text)

    def take(self, text: str) -> None:
        """Open the waiting chat that shows this text, and take it."""
        self.row(text, "waiting").click()
        self.page.get_by_role("button", name="Take this chat").click()
        expect(self.row(text, "mine")).to_be_visible()
        expect(self.composer).to_be_focused()

    def leave_composer(self) -> None:
        """Single keys are commands from here on."""
        self.page.keyboard.press("Escape")
        expect(self.page.locator("[data-row][aria-current=true]")).to_be_focused()

    @property
    def talk(self) -> Locator:
        """The conversation that is open (the active one of several)."""
        return self.page.locator("[data-talk][data-active=true]")

    @property
    def messages(self) -> Locator:
        return self.talk.locator(".message .bubble")

    @property
    def composer(self) -> Locator:
        return self.talk.locator("textarea")

    def send(self, text: str) -> None:
        self.composer.fill(text)
        self.composer.press("Enter")

    def say(self, text: str) -> None:
        """Send, and wait until the server has it."""
        self.send(text)
        expect(self.messages.last).to_have_text(text)
        expect(self.talk.locator(".progress").last).to_contain_text(re.compile("Sent|Seen"))
