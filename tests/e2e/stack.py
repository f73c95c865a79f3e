"""The real stack: Chatsite's processes on the test database, and a customer's shop on another site."""

import fcntl
import http.server
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from chatsite.demo_shop import make_handler
from chatsite.embedded.launch import build_launch
from chatsite.embedded.processes import tail_log
from tests.servers import DATABASE_VARIABLES, STARTED

PROJECT = Path(__file__).resolve().parents[2]
MANAGE = [sys.executable, str(PROJECT / "manage.py")]
READY_S = 120  # a cold start takes about 3 s, on a machine under full load ten times that
STOP_S = 10
POLL_S = 0.05
ROLES = {"web": "CHATSITE_ORIGIN", "admin": "CHATSITE_ADMIN_ORIGIN"}
# Whatever the log says beyond plain information: nothing a browser does may make the server complain.
COMPLAINTS = ("Traceback", " WARNING ", " ERROR ", " CRITICAL ", "Warning:", "Exception")


def find_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def collect_static() -> Path:
    """Collect the static files once a run, whichever worker comes first; return their folder."""
    run = Path(os.environ[STARTED])
    folder = run / "static"
    with (run / "static.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "staticfiles.json").exists():
            subprocess.run(
                [*MANAGE, "collectstatic", "--no-input", "--verbosity=0"],
                env={**os.environ, "CHATSITE_STATIC_ROOT": str(folder)},
                check=True,
            )
    return folder


def name_database(database: str) -> dict[str, str]:
    """The four logins' URLs, on the test run's database."""
    return {name: urlsplit(os.environ[name])._replace(path=f"/{database}").geturl() for name in DATABASE_VARIABLES}


class Chatsite:
    """A process of `manage.py serve`. May be killed and started again on the same port; dies with this process."""

    def __init__(self, *, role: str, environment: Mapping[str, str], log: Path) -> None:
        self.port = find_free_port()
        self.origin = f"http://localhost:{self.port}"
        self.log = log
        self._command = [*MANAGE, "serve", "--role", role, "--port", str(self.port)]
        self._environment = {**os.environ, **environment, "CHATSITE_PROCESS": role, ROLES[role]: self.origin}
        self._environment.pop("DATABASE_POOL", None)  # kept connections, as in production
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start, and wait until it answers."""
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                build_launch(self._command, parent_death=signal.SIGKILL),
                env=self._environment,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        until = time.monotonic() + READY_S
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"{self.origin} does not answer:\n{tail_log(self.log)}")
            time.sleep(POLL_S)

    def kill(self) -> None:
        """What a crash or a power cut does: no goodbye to anybody."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        if self._process is None or self._process.poll() is not None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self.kill()

    def complaints(self) -> list[str]:
        """The lines of the log that nobody wants to find there."""
        lines = self.log.read_text(errors="replace").splitlines()
        return [line for line in lines if any(word in line for word in COMPLAINTS)]

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.origin}/health", timeout=5) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False


class Shop:
    """A customer's web site with the script tag: by another host name than ours, so another site to the browser."""

    def __init__(self, *, chatsite_origin: str, site_key: str) -> None:
        self.tag = f'<script async src="{chatsite_origin}/widget.js" data-site="{site_key}"></script>'
        self.pages: dict[str, str] = {}
        pages = self.pages

        class Handler(make_handler(chatsite_origin=chatsite_origin, site_key=site_key)):  # type: ignore[misc]
            def do_GET(self) -> None:
                page = pages.get(urlsplit(self.path).path)
                if page is None:
                    super().do_GET()
                else:
                    self.answer(200, "text/html; charset=utf-8", page.encode())

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.origin = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def add_page(
        self, path: str, *, lang: str = "en", title: str = "A page", body: str = "", tag: str | None = None
    ) -> str:
        """Put another page on the site; return its address."""
        self.pages[path] = (
            f'<!doctype html><html lang="{lang}"><meta charset="utf-8"><title>{title}</title>'
            '<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">'
            f"{self.tag if tag is None else tag}<h1>{title}</h1>{body}"
        )
        return self.origin + path

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
