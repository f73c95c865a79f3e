"""What stands in the log, and what never does."""

import asyncio
import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from accounts.actions import add_member, create_person
from accounts.models import Member
from accounts.permissions import Role
from accounts.tenancy import account_scope
from chatsite.kit import logs
from tests.chatsite.served import STOP_S, Browser, OneRound, ask, open_line, served
from tests.factories import PASSWORD, Team, cmid, unique

CANARY = "canary"


@pytest.fixture
def write() -> Callable[..., dict[str, Any]]:
    """Logs one line and returns it as it stands in production's log."""
    formatter = logs.build_formatter(form="json")

    def write(logger: str, message: str, *arguments: Any, **options: Any) -> dict[str, Any]:
        lines: list[str] = []

        class Keep(logging.Handler):
            def emit(self, record: logging.LogRecord) -> None:
                lines.append(formatter.format(record))

        handler = Keep()
        log = logging.getLogger(logger)
        log.addHandler(handler)
        try:
            log.warning(message, *arguments, **options)
        finally:
            log.removeHandler(handler)
        return dict(json.loads(lines[0]))

    return write


def test_a_line_has_time_level_logger_and_event(write: Any) -> None:
    line = write("chats.fanout", "no line to the other processes yet: %s", "TimeoutError")
    assert line.pop("time").endswith("+00:00")
    assert line == {
        "level": "warning",
        "logger": "chats.fanout",
        "event": "no line to the other processes yet: TimeoutError",
    }


def test_only_allowed_fields_are_written(write: Any) -> None:
    line = write(
        "chats", "x", extra={"account": "acc_1", "code": 503, "duration_ms": 7, "email": CANARY, "text": CANARY}
    )
    assert CANARY not in str(line)
    assert (line["account"], line["code"], line["duration_ms"]) == ("acc_1", 503, 7)
    assert set(line) <= set(logs.FIELDS)


def test_of_other_packages_only_the_template_is_kept(write: Any) -> None:
    assert write("uvicorn.error", '%s - "WebSocket %s" [accepted]', "192.0.2.7:1", f"/?{CANARY}")["event"] == (
        '%s - "WebSocket %s" [accepted]'
    )
    assert CANARY not in str(write("asyncio", f"Task exception was never retrieved\nfuture: <Task {CANARY}>"))
    together = f"Invalid HTTP_HOST header: '{CANARY}.example'."
    assert write("other.package", together)["event"] == "Invalid HTTP_HOST header"


def test_of_an_exception_its_class_and_place_are_kept(write: Any) -> None:
    try:
        try:
            raise KeyError(CANARY)
        except KeyError as first:
            raise ValueError(f"Key (email)=({CANARY}@example.com) already exists.") from first
    except ValueError:
        line = write("chats", "a batch of %d failed", 3, exc_info=True)
    assert CANARY not in str(line)
    assert line["error"] == "ValueError from KeyError"
    assert line["at"][-1].startswith(f"{__name__}:")


@pytest.mark.parametrize(
    "text",
    [
        "robin.canary+shop@example.com",
        "192.0.2.77",
        "2001:db8::7:1",
        "::ffff:c000:24d",
        "/accounts/login/?next=canary",
        "eyJhbGciOiJIUzI1NiJ9-canary-canary-canary",
    ],
)
def test_what_looks_personal_is_blotted_out(text: str) -> None:
    assert logs.BLOT in logs.blot(f"it was {text} again")
    assert CANARY not in logs.blot(f"it was {text} again")
    assert not any(part in logs.blot(f"it was {text} again") for part in ("192.0", "2001:db8", "c000"))


@pytest.mark.parametrize("text", ["chat_0123456789ABCDEFGHIJKL is busy", "a batch of 200 failed", "chats.tasks.end: 3"])
def test_what_is_ours_stays(text: str) -> None:
    assert logs.blot(text) == text


def test_a_request_keeps_its_id_through_all_its_lines(write: Any) -> None:
    async def request(headers: list[tuple[bytes, bytes]], *, behind_proxy: bool) -> tuple[str, dict[str, Any]]:
        made = logs.begin_request(headers, behind_proxy=behind_proxy)
        logs.name_account("acc_1")
        return made, write("chats", "x")

    given = [(b"x-request-id", b"0123456789abcdef" * 2)]
    made, line = asyncio.run(request(given, behind_proxy=True))
    assert line["request_id"] == made == "0123456789abcdef" * 2
    assert line["account"] == "acc_1"
    assert asyncio.run(request(given, behind_proxy=False))[0] != made, "nobody's word without a proxy of ours"
    assert asyncio.run(request([(b"x-request-id", CANARY.encode())], behind_proxy=True))[0] != CANARY
    assert "request_id" not in write("chats", "x"), "the next request is another one"


def test_a_failed_task_is_told_by_name_and_class(caplog: pytest.LogCaptureFixture) -> None:
    from chatsite.celery import leave_sign, tell_failure

    tell_failure(sender=leave_sign, exception=ValueError(CANARY), einfo=CANARY, args=[CANARY])
    [record] = caplog.records
    line = json.loads(logs.build_formatter(form="json").format(record))
    assert (line["event"], line["error"]) == ("the task chatsite.celery.leave_sign failed", "ValueError")
    assert CANARY not in str(line)


def test_people_who_develop_see_whole_tracebacks() -> None:
    try:
        raise ValueError("what went wrong")
    except ValueError as error:
        record = logging.LogRecord(
            "chats", logging.ERROR, "", 1, "it broke", (), (ValueError, error, error.__traceback__)
        )
    text = logs.build_formatter(form="lines").format(record)
    assert " ERROR chats it broke\nTraceback" in text
    assert text.endswith("ValueError: what went wrong")


@pytest.fixture
def canary_agent(team: Team, settings: Any) -> Member:
    """An agent whose every personal field is a canary, and whose password the server can check."""
    settings.PASSWORD_HASHERS = [f"{OneRound.__module__}.{OneRound.__name__}"]
    person = create_person(email=f"{CANARY}-{unique()}@example.com", name="Canary Robin", password=PASSWORD)
    with account_scope(team.account.pk):
        return add_member(account=team.account, person=person, role=Role.AGENT, alias="Canary")


@pytest.mark.slow  # starts a real process
def test_a_conversation_and_a_sign_in_leave_nothing_personal_in_the_log(
    committed_db: None, team: Team, canary_agent: Member, tmp_path: Path
) -> None:
    with served(tmp_path, CHATSITE_SERVER="uvicorn") as web:
        refuse_wrong_password(web.origin, email=canary_agent.person.email)
        asyncio.run(talk(web.origin, site=team.site.public_id, email=canary_agent.person.email))
        # What fails, and what nobody asked for, is told too.
        ask(f"{web.origin}/w/{CANARY}/frame?{CANARY}")
        ask(f"{web.origin}/w/session", data=CANARY.encode(), headers={"Origin": web.origin})
        ask(f"{web.origin}/", headers={"Host": f"{CANARY}.example"})
        counted = web.metrics()
        web.process.terminate()
        web.process.wait(STOP_S)
        seen, lines = web.log.read_text(), web.lines()
    assert counted['chatsite_acks_total{outcome="new"}'] == 2, "the conversation took place"
    assert counted['chatsite_http_answers_total{status="2xx"}'] >= 5
    assert CANARY not in seen.lower()
    assert not [line for line in lines if "127.0.0.1" in str(line) or "@" in str(line) or "?" in str(line)]
    assert {field for line in lines for field in line} <= set(logs.FIELDS)
    assert lines[-1]["event"].startswith("stopping"), "the log was really written"


def refuse_wrong_password(origin: str, *, email: str) -> None:
    with pytest.raises(AssertionError):  # the form again instead of the console
        Browser(origin).sign_in(email=email, password=f"{CANARY} wrong")


async def talk(origin: str, *, site: str, email: str) -> None:
    """Sign in, and have a conversation in which everything is a canary."""
    ticket = await asyncio.to_thread(lambda: Browser(origin).sign_in(email=email, password=PASSWORD))
    page_url = f"https://shop.example.com/{CANARY}?{CANARY}"
    session = await asyncio.to_thread(lambda: Browser(origin).open_widget(site=site, page_url=page_url))
    agent, visitor = await open_line(origin, "agent", ticket), await open_line(origin, "visitor", session["ticket"])
    await visitor.send(t="start", cmid=cmid(), text=f"{CANARY}, do you ship to Norway?")
    chat = (await visitor.until(lambda frame: frame["t"] == "ack"))["chat"]
    await agent.send(t="take", chat=chat, cmid=cmid())
    await agent.until(lambda frame: frame["t"] == "ack")
    for line in (agent, visitor):
        await line.send(t="send", chat=chat, cmid=cmid(), text=f"{CANARY} says hello")
        await line.until(lambda frame: frame["t"] == "ack")
    await visitor.send(t="send", chat=chat, cmid=CANARY, text=CANARY)  # refused: no cmid
    await visitor.connection.send("{" + CANARY)  # refused: no frame
    await visitor.send(t="viewing", page={"url": page_url, "title": CANARY})
    await visitor.send(t="ping", n=1)
    await visitor.until(lambda frame: frame["t"] == "pong")
    await agent.connection.close()
    await visitor.connection.close()
