"""Fixtures that every test may use. A second account is always there: a forgotten fence then fails ordinary tests."""

import asyncio
import os
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import pytest
from django.conf import settings
from django.db import connections, transaction
from django.test.utils import setup_databases

from chatsite.embedded.roles import limit_database
from tests.factories import Team, make_chat, make_team
from tests.transactions import no_idle_transactions, transaction_watch  # noqa: F401  (fixtures)

ENDS_WITHIN_S = 120  # a scenario that hangs says where, instead of holding up the whole run


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment: None, django_db_modify_db_settings: None, django_db_blocker: Any) -> None:
    """The role `owner` makes and migrates the database, as in production; `default` logs in to it as the web role."""
    with django_db_blocker.unblock():
        setup_databases(verbosity=0, interactive=False, aliases={"owner"}, serialized_aliases=set())
        if "DATABASE_ADMIN_URL" in os.environ:
            limit_database(
                admin_url=os.environ["DATABASE_ADMIN_URL"], database=connections["owner"].settings_dict["NAME"]
            )


@pytest.fixture(autouse=True, scope="session")
def plain_static_files(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Pages name static files as they lie in the tree: nothing has been collected before tests."""
    settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STATIC_ROOT = str(tmp_path_factory.mktemp("static"))


@pytest.fixture(autouse=True)
def in_memory_layer(request: pytest.FixtureRequest) -> None:
    """Tests of the line between processes ask for `redis_layer`; all others need none."""
    if "redis_layer" not in request.fixturenames:
        settings.CHANNEL_LAYERS["default"] = {"BACKEND": "channels.layers.InMemoryChannelLayer"}


@pytest.fixture(autouse=True)
def quick_passwords(settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def commits_now(monkeypatch: pytest.MonkeyPatch) -> None:
    """Within a test's transaction nothing commits: run on_commit callbacks at once."""
    monkeypatch.setattr(transaction, "on_commit", lambda f, using=None, robust=False: f())


@pytest.fixture
def committed_db(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Real commits, no clean-up: each test makes accounts of its own, tenancy keeps it apart from the others."""
    with django_db_blocker.unblock():
        yield


@pytest.fixture
def team(request: pytest.FixtureRequest, other_team: Team) -> Team:
    """The account that a test is about; the other one is made first."""
    return make_team("Acme")


@pytest.fixture
def other_team(request: pytest.FixtureRequest) -> Team:
    """Somebody else's account, with a chat. Needs `db` or `committed_db`."""
    if "committed_db" not in request.fixturenames:
        request.getfixturevalue("db")
    other = make_team("Other")
    make_chat(other, text="CANARY-OTHER")
    return other


@pytest.fixture
def play() -> Callable[[Callable[[], Coroutine[Any, Any, Any]]], Any]:
    """Run a scenario of sockets in a loop of its own, and end what it started."""
    from chats.fanout import stop_hub
    from chats.ingest.group_commit import close_lanes
    from chatsite.kit.redis import close_async_redis

    def run(scenario: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
        async def whole() -> Any:
            async with asyncio.timeout(ENDS_WITHIN_S):
                try:
                    return await scenario()
                finally:
                    await stop_hub()
                    close_lanes()
                    await close_async_redis()

        return asyncio.run(whole())

    return run
