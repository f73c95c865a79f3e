"""What strangers write stays text, wherever it is shown."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Locator, Page, expect

from accounts.models import Member
from accounts.tenancy import account_scope
from chats.actions.chats import start_chat
from chats.tasks import end_open_chats
from tests.e2e.people import Agent, Visitor, eventually
from tests.e2e.stack import Shop
from tests.factories import Team, cmid
from widget.actions import begin_session
from widget.identity import read_user_agent
from widget.models import Site

BOOM = "window.__xss=1"
PAYLOADS = [
    f"<script>{BOOM}</script>",
    f"</script><script>{BOOM}</script>",
    f"</textarea><script>{BOOM}</script>",
    f"</title><script>{BOOM}</script>",
    f"--></style><script>{BOOM}</script>",
    f'"><img src=x onerror={BOOM}>',
    f"'><img src=x onerror={BOOM}>",
    f"<img src=x onerror={BOOM}//",
    f"<svg onload={BOOM}>",
    f"<svg/onload={BOOM}//",
    f"<svg><script>{BOOM}</script></svg>",
    f"<svg><animate onbegin={BOOM} attributeName=x dur=1s>",
    f"<math><mtext><table><mglyph><style><!--</style><img title='--><img src=x onerror={BOOM}>'>",
    f'<noscript><p title="</noscript><img src=x onerror={BOOM}>">',
    f'<form><math><mtext></form><form><mglyph><svg><mtext><style><path id="</style><img onerror={BOOM} src>">',
    f"<listing>&lt;img src=1 onerror={BOOM}&gt;</listing>",
    f"<body onload={BOOM}>",
    f"<iframe srcdoc='<script>parent.{BOOM}</script>'></iframe>",
    f"<iframe src=javascript:parent.{BOOM}></iframe>",
    f"<details open ontoggle={BOOM}>",
    f"<input autofocus onfocus={BOOM}>",
    f"<template><script>{BOOM}</script></template>",
    f"<a href=javascript:{BOOM}>click</a>",
    f"javascript:{BOOM}",
    f"JaVaScRiPt:{BOOM}//https://example.com",
    f"java\tscript:{BOOM}",
    f"data:text/html,<script>{BOOM}</script>",
    f'https://example.com/"onmouseover={BOOM}//',
    f"https://example.com/'><script>{BOOM}</script>",
    "https://bank.example@evil.example/",
    "[click](javascript:window.__xss=1)",
    "{{7*7}} ${7*7} #{7*7} <%= 7*7 %> {% debug %} {{constructor.constructor('window.__xss=1')()}}",
    "%3Cscript%3Ewindow.__xss=1%3C/script%3E",
    "&lt;script&gt;window.__xss=1&lt;/script&gt; &amp;amp; &#x3C;",
    "\u202egnp.exe \u2066mirrored\u2069 \u200fright\u200f",
    "+ADw-script+AD4-window.__xss=1+ADw-/script+AD4-",
    "[html]<b>x</b>[/html] {{contact.email}} /end #system",
    "__proto__ constructor toString",
]
A_NAME = f"<img src=x onerror={BOOM}>"  # of a site and of a colleague: what others of the account may have chosen
A_PLACE = "/<script>window.__xss=1</script>/\"onload='x'/{{7*7}}"
STRANGE_BROWSER = {"user_agent": f"Mozilla/5.0 (<script>{BOOM}</script>) {A_NAME} Firefox/99.0", "locale": "en"}
RATE_OF_A_VISITOR = 5  # messages at once


@pytest.fixture
def hostile_team(team: Team, aside: Callable[[Callable[[], Any]], Any]) -> Team:
    """Each hostile text is somebody's question, page, title, browser and language; names are hostile too."""

    def make() -> None:
        with account_scope(team.account.pk):
            Member.objects.filter(pk=team.agent2.pk).update(alias=A_NAME)
            Site.objects.filter(pk=team.site.pk).update(name=A_NAME, greeting=f"{A_NAME}\n{PAYLOADS[1]}")
            for text in PAYLOADS:
                visitor, _ = begin_session(
                    site=team.site,
                    browser=read_user_agent(text),
                    language=text,
                    url=f"https://shop.example/{text}",
                    title=text,
                )
                start_chat(visitor=visitor, cmid=cmid(), text=text)

    aside(make)
    return team


def test_hostile_text_stays_text_in_the_console(
    hostile_team: Team, work: Callable[..., Agent], aside: Callable[[Callable[[], Any]], Any]
) -> None:
    agent = work()
    expect(agent.rows).to_have_count(len(PAYLOADS))
    for row in agent.rows.all():
        text = row.locator(".row-text > span").text_content() or ""
        assert text in PAYLOADS
        row.click()
        expect(agent.messages).to_have_text(text, use_inner_text=False)
        panel = agent.page.locator(".panel")
        expect(panel.locator(".panel-page-title")).to_have_text(" ".join(text.split()))
        assert (panel.locator(".panel-page").get_attribute("href") or "").startswith("https://shop.example/")
        expect(panel.locator(".fact", has_text="Site").locator("dd")).to_have_text(A_NAME)
        assert_links_are_harmless(agent.messages)
    assert_nothing_ran(agent.page)

    aside(lambda: end_open_chats(account_id=hostile_team.account.pk))
    expect(agent.rows).to_have_count(0)
    agent.page.get_by_role("button", name="Ended", exact=True).click()
    expect(agent.rows.first).to_be_visible()
    for text in agent.page.locator(".row .row-text").all_text_contents():
        assert text in PAYLOADS
    assert_nothing_ran(agent.page)


def test_hostile_text_stays_text_between_visitor_and_agent(
    hostile_team: Team, visit: Callable[..., Visitor], work: Callable[..., Agent], shop: Shop
) -> None:
    visitor, agent = visit(**STRANGE_BROWSER), work("agent2")
    agent.accept_chats()
    visitor.arrive()
    visitor.page.evaluate("([path, title]) => { history.replaceState(null, '', path); document.title = title; }",
                          [quote(A_PLACE, safe="/"), PAYLOADS[1]])  # fmt: skip
    visitor.open()
    expect(visitor.frame.locator(".greeting .words")).to_have_text(f"{A_NAME}\n{PAYLOADS[1]}")
    size = -(-len(PAYLOADS) // (RATE_OF_A_VISITOR - 1))
    texts = ["\n".join(["Look:", *PAYLOADS[at : at + size]]) for at in range(0, len(PAYLOADS), size)]
    visitor.say_exactly(texts[0])
    agent.row("Look:", "waiting").click()
    agent.page.get_by_role("button", name="Take this chat").click()
    expect(visitor.notes).to_have_text(f"{A_NAME} joined the chat")
    expect(agent.page.locator(".panel-page-title")).to_have_text(PAYLOADS[1])
    for text in texts[1:]:
        visitor.say_exactly(text)
    for text in texts:
        agent.send(text)
    eventually(agent.page, agent.messages.all_text_contents, wanted=texts + texts)
    eventually(visitor.page, visitor.answers.all_text_contents, wanted=texts)
    assert visitor.own.all_text_contents() == [f"You: {text}" for text in texts]
    expect(visitor.frame.locator("h1")).to_have_text(A_NAME)
    for messages in (agent.messages, visitor.answers, visitor.own):
        assert_links_are_harmless(messages)
    for page in (agent.page, visitor.page):
        assert_nothing_ran(page)
    assert visitor.frame.title() == f"Chat with {A_NAME}"


def assert_links_are_harmless(messages: Locator) -> None:
    """Links lead to the web, without a name in front that imitates a host, and take nothing with them."""
    for link in messages.locator("a").all():
        target = link.get_attribute("href") or ""
        assert target.startswith(("https://example.com/", "http://example.com/")), target
        assert set((link.get_attribute("rel") or "").split()) >= {"noopener", "noreferrer", "nofollow"}
        assert link.get_attribute("onmouseover") is None


def assert_nothing_ran(page: Page) -> None:
    for frame in page.frames:
        assert frame.evaluate("window.__xss ?? null") is None
        assert (
            frame.evaluate("document.querySelectorAll('img, math, listing, [srcdoc], [onerror], [onload]').length") == 0
        )
