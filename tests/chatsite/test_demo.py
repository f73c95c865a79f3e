"""The demo's own decisions: ports, what counts as running, and what it tells the person at the terminal."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from django.core.management.base import CommandError

from chatsite.management.commands import demo
from chatsite.supervisor import Supervision

PLACES = demo.Places(local=Path("/data"), port=9000, admin_port=9001, shop_port=9002)


def test_a_port_that_was_asked_for_must_be_free(busy_port: int) -> None:
    with pytest.raises(CommandError, match=f"Port {busy_port} is in use"):
        demo.choose_port(busy_port, default=1, taken=set())


def test_a_default_port_gives_way_to_the_next_free_one(busy_port: int) -> None:
    assert demo.choose_port(None, default=busy_port, taken=set()) > busy_port


def test_two_parts_never_get_the_same_port() -> None:
    first = demo.choose_port(None, default=demo.PORT, taken=set())
    assert demo.choose_port(None, default=demo.PORT, taken={first}) != first


def test_a_port_is_not_free_when_it_is_taken_at_the_other_address_of_localhost() -> None:
    if not demo._has_ipv6():
        pytest.skip("this machine has no IPv6")
    with socket.socket(socket.AF_INET6) as other:
        other.bind(("::1", 0))
        other.listen()
        assert not demo.is_free(other.getsockname()[1])


@pytest.mark.parametrize(("status", "runs"), [(200, True), (302, True), (404, True), (500, False), (503, False)])
def test_a_server_runs_when_it_answers_without_an_error_of_its_own(status: int, runs: bool) -> None:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()

        def log_message(self, *arguments: object) -> None:
            """Keep the test's output clean."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        assert demo.answers(f"localhost:{server.server_port}") is runs
        thread.join()


def test_nobody_at_the_port_is_not_running(free_port: int) -> None:
    assert not demo.answers(f"localhost:{free_port}")


def test_a_database_url_of_a_plain_role_needs_the_other_three(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for variable in ("DATABASE_OWNER_URL", "DATABASE_SWEEPER_URL"):
        monkeypatch.delenv(variable)
    supervision = Supervision(log_folder=tmp_path, say=print)
    with pytest.raises(CommandError, match=r"needed too: DATABASE_OWNER_URL, DATABASE_SWEEPER_URL\."):
        asyncio.run(demo.Command().start_database(PLACES, supervision))


def test_the_closing_block_names_every_address_and_every_sign_in() -> None:
    people = [
        {"account": "Shop", "role": "owner", "name": "Ada", "email": "ada@shop.example", "password": "secret"},
        {"account": None, "role": "staff", "name": "Sam", "email": "sam@chatsite.example", "password": "secret"},
    ]
    text = demo.lay_out(PLACES, sign_ins=people, bold=str)
    for part in ("http://localhost:9000/console/", "http://localhost:9001/", "http://127.0.0.1:9002/", "/data"):
        assert part in text
    assert "  Shop      owner   Ada    ada@shop.example" in text
    assert "            staff   Sam" in text
    assert "Ctrl-C" in text


def test_without_colours_there_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert demo.Command().create_parser("manage.py", "demo").parse_args([]).no_color


@pytest.fixture
def busy_port() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


@pytest.fixture
def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
