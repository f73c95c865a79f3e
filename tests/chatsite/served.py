"""A real web process in its production form, and people who use it by HTTP and sockets as browsers do."""

import contextlib
import json
import os
import re
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.db import connections
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from chats.protocol import PROTOCOL_VERSION
from chatsite.embedded.launch import build_launch
from chatsite.embedded.processes import tail_log
from tests.e2e.stack import MANAGE, collect_static, find_free_port, name_database

READY_S = 60  # a cold start on a busy two-core machine takes about 10 s
STOP_S = 20
ANSWER_WITHIN_S = 10


class OneRound(PBKDF2PasswordHasher):
    """A form of password that the server knows too, made quickly."""

    iterations = 1


class Served:
    """`manage.py serve` as production runs it. Dies with this process."""

    def __init__(self, *, folder: Path, **settings: str) -> None:
        self.port, self.metrics_port = find_free_port(), find_free_port()
        self.origin = f"http://localhost:{self.port}"
        self.log = folder / f"served-{self.port}.log"
        environment = {
            **os.environ,
            **name_database(connections["default"].settings_dict["NAME"]),
            "CHATSITE_ORIGIN": self.origin,
            "CHATSITE_STATIC_ROOT": str(collect_static()),
            "CHATSITE_LOGS": "json",
            "CHATSITE_METRICS_LISTEN": f"127.0.0.1:{self.metrics_port}",
            **settings,
        }
        command = [*MANAGE, "serve", "--port", str(self.port)]
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                build_launch(command, parent_death=signal.SIGKILL), env=environment, stdout=output, stderr=output
            )

    def wait_until_ready(self) -> None:
        until = time.monotonic() + READY_S
        while self.ask("/health/ready")[0] != 200:
            if self.process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"{self.origin} does not answer:\n{tail_log(self.log)}")
            time.sleep(0.1)

    def ask(self, path: str) -> tuple[int, str]:
        """Return status and body; status 0 when nobody listens."""
        return ask(self.origin + path)

    def metrics(self) -> dict[str, float]:
        """Return what the process has counted: line's head → value."""
        lines = ask(f"http://127.0.0.1:{self.metrics_port}/metrics")[1].splitlines()
        return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines if line[:1] not in ("", "#")}

    def lines(self) -> list[dict[str, Any]]:
        """Return the log's lines; fails for one that is not JSON."""
        return [json.loads(line) for line in self.log.read_text().splitlines()]


@contextmanager
def served(folder: Path, **settings: str) -> Iterator[Served]:
    """Serve until the end of the block."""
    running = Served(folder=folder, **settings)
    try:
        running.wait_until_ready()
        yield running
    finally:
        if running.process.poll() is None:
            running.process.kill()
        running.process.wait(STOP_S)


def ask(url: str, *, data: bytes | None = None, headers: Mapping[str, str] | None = None) -> tuple[int, str]:
    request = urllib.request.Request(url, data=data, headers=dict(headers or {}))
    try:
        with urllib.request.urlopen(request, timeout=ANSWER_WITHIN_S) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.read().decode()
    except OSError:
        return 0, ""


class Browser:
    """Keeps cookies and sends what a form or a script of our pages sends. Blocking."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))

    def get(self, path: str) -> str:
        with self._opener.open(self.origin + path, timeout=ANSWER_WITHIN_S) as answer:
            return str(answer.read().decode())

    def post(self, path: str, data: bytes, **headers: str) -> str:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        request = urllib.request.Request(self.origin + path, data=data, headers={"Origin": self.origin, **named})
        with self._opener.open(request, timeout=ANSWER_WITHIN_S) as answer:
            return str(answer.read().decode())

    def sign_in(self, *, email: str, password: str) -> str:
        """Sign in by the form; return a ticket for the console's socket."""
        page = self.get("/accounts/login/?next=/console/%3Ffrom%3Dcanary-query")
        form = {"csrfmiddlewaretoken": _find(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)}
        self.post("/accounts/login/", urlencode({**form, "login": email, "password": password}).encode())
        console = self.get("/console/")
        csrf = _find(r'"csrf": ?"([^"]+)"', console)
        return str(json.loads(self.post("/console/ticket", b"", X_CSRFToken=csrf))["ticket"])

    def open_widget(self, *, site: str, page_url: str) -> dict[str, Any]:
        """Begin a visitor's session; return token, ticket and the like."""
        body = {"site": site, "language": "en", "page": {"url": page_url, "title": ""}}
        answer = self.post("/w/session", json.dumps(body).encode(), Content_Type="application/json")
        return dict(json.loads(answer))


def _find(pattern: str, page: str) -> str:
    found = re.search(pattern, page)
    assert found, f"{pattern} is not in:\n{page[:2000]}"
    return found[1]


class Line:
    """A browser's socket over the network."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self.frames: list[dict[str, Any]] = []

    async def send(self, **frame: Any) -> None:
        await self.connection.send(json.dumps(frame))

    async def until(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Return the next frame that is wanted."""
        while True:
            frame = json.loads(await self.connection.recv())
            self.frames.append(frame)
            if wanted(frame):
                return frame

    async def closed(self) -> int | None:
        """Read until the server closes; return its code, 1006 when the line just broke."""
        with contextlib.suppress(ConnectionClosed):
            while True:
                self.frames.append(json.loads(await self.connection.recv()))
        return self.connection.close_code


async def open_line(origin: str, audience: str, ticket: str) -> Line:
    """Connect and be welcomed."""
    url = origin.replace("http", "ws", 1) + f"/ws/{audience}"
    line = Line(await connect(url, origin=origin, compression=None))
    await line.send(t="hello", v=PROTOCOL_VERSION, ticket=ticket)
    await line.until(lambda frame: frame["t"] in ("welcome", "inbox"))
    return line
