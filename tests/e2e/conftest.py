"""Fixtures of the browser tests: servers and browser once per worker, an account, a shop and people per test.

Playwright's loop occupies the thread it runs in, so rows are made in another one (`aside`), and the browser goes away
with the last test of this folder: tests elsewhere run loops of their own.
"""

import os
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from channels.layers import channel_layers
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.contrib.sessions.backends.db import SessionStore
from django.db import connections
from playwright.sync_api import Browser, BrowserContext, BrowserType, expect, sync_playwright

from accounts.models import Member
from chatsite.embedded.processes import tail_log
from chatsite.kit.redis import sync_redis
from tests.e2e.people import COUNT_TONES, WITHIN_MS, Agent, Visitor
from tests.e2e.stack import PROJECT, Chatsite, Shop, collect_static, name_database
from tests.e2e.watch import Watch
from tests.factories import Team, make_chat, make_team

Aside = Callable[[Callable[[], Any]], Any]

SCREENSHOTS = PROJECT / ".local" / "e2e"
BROWSER = os.environ.get("CHROMIUM", "/usr/bin/chromium")
BROWSER_OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
# Said after Playwright's own list, and so instead of it: that one switches off the partitioned storage by which a
# frame on somebody else's page may keep something, in a private window too. All people who visit have it.
AS_PEOPLE_HAVE_IT = "--disable-features=HttpsUpgrades,HttpsFirstBalancedModeAutoEnable,MediaRouter,OptimizationHints"
# Without it, a private window denies frames of other sites all storage: for those whose browser does.
STORAGE_DENIED = "--disable-features=ThirdPartyStoragePartitioning"
DESK = {"width": 1440, "height": 900}
FAILED = pytest.StashKey[bool]()
expect.set_options(timeout=WITHIN_MS)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.e2e)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    """Let fixtures know of a failure, and print what the server said."""
    report = yield
    if report.failed:
        item.stash[FAILED] = True
        served = getattr(item, "funcargs", {}).get("chatsite")
        if served is not None:
            report.sections.append(("the server's last lines", tail_log(served.log)))
    return report


# -- once per worker ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="package")
def serve(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Chatsite]]:
    """Start a process of that role; at the end no log may hold a complaint."""
    environment = {
        **name_database(connections["owner"].settings_dict["NAME"]),
        "CHATSITE_STATIC_ROOT": str(collect_static()),
        "PYTHONUNBUFFERED": "1",
    }
    started: list[Chatsite] = []

    def start(role: str) -> Chatsite:
        served = Chatsite(role=role, environment=environment, log=tmp_path_factory.mktemp(role) / "server.log")
        started.append(served)
        served.start()
        return served

    yield start
    for served in started:
        served.stop()
    assert [line for served in started for line in served.complaints()] == []


@pytest.fixture(scope="package")
def web(serve: Callable[[str], Chatsite]) -> Chatsite:
    return serve("web")


@pytest.fixture(scope="package")
def admin(serve: Callable[[str], Chatsite]) -> Chatsite:
    return serve("admin")


@pytest.fixture(scope="package")
def chromium() -> Iterator[BrowserType]:
    with sync_playwright() as playwright:
        yield playwright.chromium


@pytest.fixture(scope="package")
def browser(chromium: BrowserType) -> Browser:
    return chromium.launch(executable_path=BROWSER, args=[*BROWSER_OPTIONS, AS_PEOPLE_HAVE_IT])


@pytest.fixture
def browser_that_denies_storage(chromium: BrowserType) -> Iterator[Browser]:
    browser = chromium.launch(executable_path=BROWSER, args=[*BROWSER_OPTIONS, STORAGE_DENIED])
    yield browser
    browser.close()


@pytest.fixture(scope="package")
def thread() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as pool:
        yield pool


# -- for each test -----------------------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def in_memory_layer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Instead of the other tests' layer: what a test does to rows reaches the server's sockets through Valkey."""
    layer = {"BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer", "CONFIG": {"hosts": [settings.REDIS_URL]}}
    monkeypatch.setitem(settings.CHANNEL_LAYERS, "default", layer)
    monkeypatch.setattr(channel_layers, "backends", {})


@pytest.fixture(autouse=True)
def no_idle_transactions() -> None:
    """Not watched here: browsers take the processors away for seconds, from a server in the middle of its work too."""


class OneRound(PBKDF2PasswordHasher):
    """A form of password that the server knows too, made quickly."""

    iterations = 1


@pytest.fixture(autouse=True)
def quick_passwords(settings: Any) -> None:
    settings.PASSWORD_HASHERS = [f"{__name__}.{OneRound.__name__}"]


@pytest.fixture
def aside(thread: ThreadPoolExecutor, committed_db: None) -> Aside:
    """Do something with rows, for good, in a thread that has no loop."""

    def do(work: Callable[[], Any]) -> Any:
        def run() -> Any:
            try:
                return work()
            finally:
                connections.close_all()

        return thread.submit(run).result()

    return do


@pytest.fixture
def no_limits(aside: Aside) -> None:
    """All tests come from one address: let none pay for what the ones before it did."""

    def forget() -> None:
        redis = sync_redis()
        for key in [*redis.scan_iter("limit:*"), *redis.scan_iter("*allauth:rl*")]:
            redis.delete(key)

    aside(forget)


@pytest.fixture
def other_team(aside: Aside) -> Team:
    """Somebody else's account, with a chat that nobody here may see."""

    def make() -> Team:
        other = make_team("Other", domains=["127.0.0.1"])
        make_chat(other, text="CANARY-OTHER")
        return other

    made: Team = aside(make)
    return made


@pytest.fixture
def team(aside: Aside, other_team: Team) -> Team:
    """The account that a test is about; its site may be shown on any port of this machine."""
    made: Team = aside(lambda: make_team("Acme", domains=["127.0.0.1"]))
    return made


@pytest.fixture
def watch(web: Chatsite) -> Iterator[Watch]:
    watch = Watch(web.origin)
    yield watch
    assert watch.unforgiven() == []


@pytest.fixture
def chatsite(web: Chatsite, no_limits: None) -> Chatsite:
    """The web process."""
    return web


@pytest.fixture
def browse(request: pytest.FixtureRequest, browser: Browser, watch: Watch) -> Iterator[Callable[..., BrowserContext]]:
    """Open a browser of its own for somebody: nothing shared with the others, and watched."""
    contexts: list[BrowserContext] = []

    def open_browser(*, of: Browser = browser, **options: Any) -> BrowserContext:
        context = of.new_context(**{"locale": "en", "timezone_id": "Europe/Berlin", "viewport": DESK} | options)
        context.set_default_timeout(WITHIN_MS)
        context.add_init_script(COUNT_TONES)
        watch.over(context)
        contexts.append(context)
        return context

    yield open_browser
    if request.node.stash.get(FAILED, False):
        _take_screenshots(request.node.name, contexts)
    for context in contexts:
        context.close()


@pytest.fixture
def make_shop(chatsite: Chatsite, watch: Watch) -> Iterator[Callable[[Team], Shop]]:
    shops: list[Shop] = []

    def make(team: Team) -> Shop:
        shop = Shop(chatsite_origin=chatsite.origin, site_key=team.site.public_id)
        watch.allow(shop.origin)
        shops.append(shop)
        return shop

    yield make
    for shop in shops:
        shop.close()


@pytest.fixture
def shop(make_shop: Callable[[Team], Shop], team: Team) -> Shop:
    return make_shop(team)


@pytest.fixture
def visit(browse: Callable[..., BrowserContext], shop: Shop) -> Callable[..., Visitor]:
    """A visitor with a browser of his own."""
    return lambda **options: Visitor(browse(**options), shop)


@pytest.fixture
def work(browse: Callable[..., BrowserContext], chatsite: Chatsite, team: Team, aside: Aside) -> Callable[..., Agent]:
    """A member of the team at the console, signed in already."""

    def begin(who: str = "agent", **options: Any) -> Agent:
        context = browse(**options)
        context.add_cookies([aside(lambda: make_session_cookie(team.members[who], origin=chatsite.origin))])
        agent = Agent(context, chatsite.origin)
        agent.open_console()
        return agent

    return begin


def make_session_cookie(member: Member, *, origin: str) -> Any:
    """A sign-in session, as the sign-in page leaves it."""
    session = SessionStore()
    session[SESSION_KEY] = str(member.person_id)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = member.person.get_session_auth_hash()
    session.create()
    return {"name": settings.SESSION_COOKIE_NAME, "value": session.session_key, "url": origin, "httpOnly": True}


def _take_screenshots(name: str, contexts: list[BrowserContext]) -> None:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    plain = re.sub(r"[^\w-]+", "-", name)
    pages = [page for context in contexts for page in context.pages]
    for number, page in enumerate(pages, start=1):
        page.screenshot(path=SCREENSHOTS / f"{plain}-{number}.png", timeout=5_000)
