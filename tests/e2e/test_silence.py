"""What leaves the visitor's browser, what stays in it, and where the chat window may stand."""

import json
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Error, expect

from tests.e2e.people import Agent, Visitor, eventually
from tests.e2e.stack import Chatsite, Shop
from tests.e2e.watch import Sent, Watch
from tests.factories import Team

# What a browser sends with every request and what says nothing of who it is.
HARMLESS_HEADERS = {"accept", "accept-language", "origin", "referer", "user-agent", "sec-gpc", "dnt"}
SECRETS_OF_THE_ADDRESS = ("not-for-chatsite", "L-2041", "token=", "#status")
REFUSE_TRACKING: dict[str, Any] = {"extra_http_headers": {"Sec-GPC": "1", "DNT": "1"}}

READ_STORES = """async () => ({
  cookie: document.cookie,
  local: Object.keys(localStorage), session: Object.keys(sessionStorage),
  databases: (await indexedDB.databases()).length, caches: (await caches.keys()).length,
  workers: (await navigator.serviceWorker.getRegistrations()).length,
})"""
NOTHING = {"cookie": "", "local": [], "session": [], "databases": 0, "caches": 0, "workers": 0}


@pytest.mark.parametrize("wishes", [{}, REFUSE_TRACKING], ids=["as usual", "GPC and DNT"])
def test_nothing_is_stored_or_told_before_the_visitor_opens_the_chat(
    visit: Callable[..., Visitor], shop: Shop, watch: Watch, team: Team, wishes: dict[str, Any]
) -> None:
    visitor = visit(**wishes)
    visitor.arrive()
    visitor.page.reload()
    expect(visitor.page.locator("chatsite-widget")).to_be_attached()

    assert [one.path for one in watch.to_us()] == ["/widget.js", f"/w/{team.site.public_id}/config.json"] * 2
    for one in watch.to_us():
        assert_anonymous(one, shop)
    assert visitor.page.evaluate(READ_STORES) == NOTHING
    assert_no_cookies(visitor, watch)

    # A hand over the button fetches the window, nothing more.
    visitor.page.mouse.move(*visitor.launcher)
    expect(visitor.frame.locator("textarea")).to_be_attached()
    fetched = watch.to_us()[4:]
    assert {urlsplit(one.url).query for one in fetched} == {"", "lang=en"}
    assert {one.path.split("/")[1] for one in fetched} == {"w", "static"}
    assert {one.method for one in fetched} == {"GET"}
    assert visitor.frame.evaluate(READ_STORES) == NOTHING
    assert_no_cookies(visitor, watch)

    visitor.open()
    visitor.say("Hello?")
    assert_no_cookies(visitor, watch)
    assert visitor.page.evaluate(READ_STORES) == NOTHING | {"session": ["chatsite"]}
    assert visitor.page.evaluate("sessionStorage.chatsite") == "open"
    assert visitor.frame.evaluate(READ_STORES) == NOTHING | {"session": [f"chatsite:{team.site.public_id}"]}


def test_a_chat_follows_to_the_next_page_and_its_query_and_fragment_stay_at_home(
    visit: Callable[..., Visitor], work: Callable[..., Agent], shop: Shop, watch: Watch
) -> None:
    visitor, agent = visit(), work()
    visitor.arrive()
    visitor.open()
    visitor.say("Where is my parcel?")
    agent.take("Where is my parcel?")
    page = agent.page.locator(".panel-page")
    expect(page).to_contain_text(urlsplit(shop.origin).netloc)

    visitor.page.get_by_role("link", name="Your order").click()
    expect(visitor.page.get_by_role("heading", name="Your order L-2041")).to_be_visible()
    expect(visitor.own).to_have_text("You: Where is my parcel?")
    expect(page.locator(".panel-page-title")).to_have_text("Your order – Lantern & Loom")
    expect(page.locator(".panel-page-url")).to_have_text(f"{urlsplit(shop.origin).netloc}/order")
    agent.say("With you on Thursday.")
    expect(visitor.answers).to_have_text("With you on Thursday.")
    visitor.say("Thank you.")
    expect(agent.messages).to_have_text(["Where is my parcel?", "With you on Thursday.", "Thank you."])

    # A page that changes its address without loading is noticed too.
    visitor.page.evaluate("history.pushState(null, '', '/order/paid?token=not-for-chatsite#status')")
    expect(page.locator(".panel-page-url")).to_have_text(f"{urlsplit(shop.origin).netloc}/order/paid")
    told = [one for one in watch.to_us() if any(secret in one.everything for secret in SECRETS_OF_THE_ADDRESS)]
    assert told == []
    assert any("/order" in one.body for one in watch.to_us() if one.method == "WS")


def test_a_second_tab_shows_the_same_chat_once(visit: Callable[..., Visitor], work: Callable[..., Agent]) -> None:
    visitor, agent = visit(), work()
    visitor.arrive()
    visitor.open()
    visitor.say("From the first tab")
    agent.take("From the first tab")

    second = Visitor(visitor.context, visitor.shop)
    second.arrive("/lamps")
    second.open()
    expect(second.own).to_have_text("You: From the first tab")
    second.say("From the second tab")
    agent.say("I read both")

    for tab in (visitor, second):
        expect(tab.own).to_have_text(["You: From the first tab", "You: From the second tab"])
        expect(tab.answers).to_have_text("I read both")
    expect(agent.rows).to_have_count(1)
    expect(agent.messages).to_have_text(["From the first tab", "From the second tab", "I read both"])


def test_where_storage_is_denied_a_sealed_handle_finds_the_chat_and_is_of_no_use_to_the_page(
    visit: Callable[..., Visitor],
    browser_that_denies_storage: Browser,
    shop: Shop,
    chatsite: Chatsite,
    watch: Watch,
    team: Team,
) -> None:
    visitor = visit(of=browser_that_denies_storage)
    visitor.arrive()
    visitor.open()
    with pytest.raises(Error, match="Access is denied"):
        visitor.frame.evaluate("sessionStorage.length")
    visitor.say("Nothing is kept here")
    visitor.open_sheet()
    expect(visitor.frame.get_by_text("A sealed key to this chat, in this tab only.")).to_be_visible()

    eventually(visitor.page, lambda: len(visitor.page.evaluate("sessionStorage.chatsite")) > len("open.") + 40)
    visitor.arrive("/lamps")
    expect(visitor.own).to_have_text("You: Nothing is kept here")
    visitor.say("Found again")
    expect(visitor.own).to_have_count(2)

    handle = visitor.page.evaluate("sessionStorage.chatsite").removeprefix("open.")
    body = json.dumps({"site": team.site.public_id, "handle": handle})
    for origin in (shop.origin, "null", None):
        assert post_session(chatsite, body, origin=origin) == (403, "origin_refused")
    watch.forgive(r"blocked by CORS policy|net::ERR_FAILED")
    refused = visitor.page.evaluate(
        """([url, body]) => fetch(url, {method: "POST", body, headers: {"Content-Type": "application/json"}}).then(
          (answer) => answer.status, (error) => error.name)""",
        [f"{chatsite.origin}/w/session", body],
    )
    assert refused == "TypeError", "the browser keeps the answer from the page"


def test_on_a_page_that_is_not_allowed_neither_launcher_nor_window_shows(
    browse: Callable[..., Any],
    make_shop: Callable[[Team], Shop],
    other_team: Team,
    team: Team,
    aside: Any,
    watch: Watch,
) -> None:
    from accounts.tenancy import account_scope

    def forbid() -> None:
        with account_scope(team.account.pk):
            team.site.allowed_domains = ["shop.example.com"]
            team.site.save()

    aside(forbid)
    shop = make_shop(team)
    page = browse().new_page()
    with page.expect_console_message(lambda said: said.text == "Chatsite is not shown: domain"):
        page.goto(shop.origin)
    expect(page.locator("chatsite-widget")).to_have_count(0)

    # The window put there by hand is stopped by the browser itself.
    framed = f"{watch.ours}/w/{team.site.public_id}/frame"
    shop.add_page("/stolen", tag="", body=f'<iframe src="{framed}" width="400" height="600"></iframe>')
    watch.forgive(r"(?s)Framing .* violates .*frame-ancestors|Refused to frame|Policy violated: frame-ancestors")
    with page.expect_console_message(lambda said: "frame-ancestors" in said.text):
        page.goto(f"{shop.origin}/stolen")
    assert [frame.url for frame in page.frames[1:]] == ["chrome-error://chromewebdata/"]


def assert_anonymous(one: Sent, shop: Shop) -> None:
    """Nothing in it tells one visitor from another."""
    assert one.method == "GET" and one.body == "" and urlsplit(one.url).query == ""
    headers = {name for name in one.headers if not name.startswith("sec-ch-ua")}
    assert headers <= HARMLESS_HEADERS, headers
    assert one.headers.get("referer", f"{shop.origin}/") == f"{shop.origin}/"


def assert_no_cookies(visitor: Visitor, watch: Watch) -> None:
    assert visitor.context.storage_state(indexed_db=True) == {"cookies": [], "origins": []}
    assert [one.url for one in watch.responses if "set-cookie" in one.headers] == []
    assert [one.url for one in watch.sent if "cookie" in one.headers] == []


def post_session(chatsite: Chatsite, body: str, *, origin: str | None) -> tuple[int, str]:
    """What the server answers to a session that did not begin in its own window."""
    headers = {"Content-Type": "application/json"} | ({"Origin": origin} if origin else {})
    asked = urllib.request.Request(f"{chatsite.origin}/w/session", data=body.encode(), headers=headers)
    try:
        with urllib.request.urlopen(asked) as answer:
            return answer.status, ""
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, json.load(refused)["code"]
