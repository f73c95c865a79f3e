"""`manage.py demo`: everything on one machine, with nothing but Python installed."""

import asyncio
import hashlib
import http.client
import json
import os
import socket
import sys
import time
from argparse import ArgumentParser
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
from django.core.management.base import BaseCommand, CommandError

from chatsite import supervisor
from chatsite.embedded import postgres, roles, valkey
from chatsite.embedded.processes import ServerFailed, clean_environment, forget_libpq_settings
from chatsite.embedded.secret_key import DEFAULT_FOLDER, keep_secret_key, make_local_folder
from chatsite.supervisor import Part, Supervision

PROJECT = Path(__file__).resolve().parents[3]
PORT, ADMIN_PORT, SHOP_PORT = 8000, 8001, 8002
PORTS_TRIED = 50  # from the default upwards
PROBE_SECONDS = 5.0  # the first page of a fresh process also loads its templates
MANAGE = [sys.executable, str(PROJECT / "manage.py")]


@dataclass(frozen=True, slots=True)
class Places:
    """Where this demo keeps its data and answers."""

    local: Path
    port: int
    admin_port: int
    shop_port: int

    @property
    def origin(self) -> str:
        """Console, settings and widget."""
        return f"http://localhost:{self.port}"

    @property
    def admin_origin(self) -> str:
        """The platform's administration, in a process of its own."""
        return f"http://localhost:{self.admin_port}"

    @property
    def shop_origin(self) -> str:
        """The customer's page: by another host name, because two ports of one host are the same site to a browser."""
        return f"http://127.0.0.1:{self.shop_port}"


class Command(BaseCommand):
    """Start the databases, prepare them, serve, and keep all of it running until Ctrl-C."""

    help = "Runs all of Chatsite on this machine, with two example accounts and a customer's shop page. Data is kept."
    # Nothing is running yet that a check could talk to; the processes that are started check themselves.
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--port", type=int, help=f"console and widget (default: {PORT}, or the next that is free)")
        parser.add_argument("--admin-port", type=int, help=f"administration (default: {ADMIN_PORT}, or the next)")
        parser.add_argument("--shop-port", type=int, help=f"the customer's page (default: {SHOP_PORT}, or the next)")
        parser.add_argument(
            "--local-dir", type=Path, default=DEFAULT_FOLDER, help="folder for all data (default: %(default)s)"
        )
        parser.set_defaults(no_color=bool(os.environ.get("NO_COLOR")))

    def handle(self, **options: Any) -> None:
        """Hold the folder's lock, and supervise until asked to stop."""
        local = options["local_dir"].resolve()
        os.chdir(PROJECT)
        make_local_folder(local)
        # Logs, mails and sign-ins are nobody else's business.
        os.umask(0o077)
        if not os.environ.get("DATABASE_URL"):
            forget_libpq_settings()
        try:
            with supervisor.hold_lock(local):
                port = choose_port(options["port"], default=PORT, taken=set())
                admin_port = choose_port(options["admin_port"], default=ADMIN_PORT, taken={port})
                shop_port = choose_port(options["shop_port"], default=SHOP_PORT, taken={port, admin_port})
                places = Places(local=local, port=port, admin_port=admin_port, shop_port=shop_port)
                supervisor.supervise(partial(self.start, places), log_folder=local / "logs", say=self.say)
        except (ServerFailed, supervisor.PartFailed, supervisor.AlreadyRunning, roles.BootstrapFailed) as failure:
            raise CommandError(str(failure)) from failure
        except psycopg.Error as failure:
            raise CommandError(f"The database does not answer as it should: {failure}") from failure
        self.say("Everything is stopped. The data stays for the next start.")

    async def start(self, places: Places, supervision: Supervision) -> None:
        """Bring up everything in order, then show where it is."""
        environment = {**os.environ, **build_environment(places)}
        environment |= await self.start_database(places, supervision)
        environment |= await self.start_valkey(places, supervision)
        await self.prepare(places, supervision, environment)
        facts = json.loads((places.local / "demo.json").read_text())
        parts = build_parts(places, environment=environment, site_key=facts["site_key"])
        await self.show(", ".join(part.name for part in parts), supervisor.start_together(supervision, parts))
        self.stdout.write(lay_out(places, sign_ins=facts["sign_ins"], bold=self.style.MIGRATE_HEADING))
        self.stdout.flush()

    async def start_database(self, places: Places, supervision: Supervision) -> dict[str, str]:
        """The variables with the database's URLs: of our own server, or of the one that the environment names."""
        given = os.environ.get("DATABASE_URL")
        if given and not roles.can_bootstrap(given):
            missing = [name for name in roles.VARIABLES.values() if not os.environ.get(name)]
            if missing:
                raise CommandError(
                    "DATABASE_URL belongs to a role that cannot create roles, so these are needed too: "
                    f"{', '.join(missing)}. Or name an administrator's URL, and the rest is made for you."
                )
            return {name: os.environ[name] for name in roles.VARIABLES.values()}
        if given:
            passwords = roles.load_passwords(places.local / "database_passwords.json")
            roles.bootstrap(admin_url=given, passwords=passwords)
            return roles.build_urls(server_url=given, passwords=passwords)
        await self.show("Postgres", run_postgres(places, supervision))
        url = postgres.build_url(places.local / "postgres")
        roles.bootstrap(admin_url=url)
        return roles.build_urls(server_url=url)

    async def start_valkey(self, places: Places, supervision: Supervision) -> dict[str, str]:
        """The variable with the URL of our own Valkey, unless the environment names one."""
        if os.environ.get("REDIS_URL"):
            return {}
        server = valkey.prepare_valkey(data_dir=places.local / "valkey")
        part = Part(
            name="Valkey",
            command=server.command,
            is_ready=partial(valkey.is_ready, server),
            before_start=partial(valkey.clear_leftovers, server),
            stop_signal=valkey.STOP_SIGNAL,
        )
        await self.show(part.name, supervisor.start_part(supervision, part))
        return {"REDIS_URL": server.url}

    async def prepare(self, places: Places, supervision: Supervision, environment: Mapping[str, str]) -> None:
        """Bring tables, static files and the example accounts up to date."""
        run = partial(supervisor.run_step, supervision, environment=environment)
        await self.show("Tables", run(name="migrate", command=[*MANAGE, "migrate", "--database=owner", "--no-input"]))
        seen, present = places.local / "static.fingerprint", fingerprint_static_files()
        if not (places.local / "static").exists() or not seen.exists() or seen.read_text() != present:
            collect = [*MANAGE, "collectstatic", "--no-input", "--clear"]
            await self.show("Static files", run(name="collectstatic", command=collect))
            seen.write_text(present)
        seed = [*MANAGE, "seed_demo", "--out", str(places.local / "demo.json")]
        await self.show("Example accounts", run(name="seed_demo", command=seed))

    async def show(self, what: str, work: Awaitable[float]) -> None:
        """Name what is under way, and say when it is ready and how long it took."""
        self.stdout.write(f"{what} … ", ending="")
        self.stdout.flush()
        try:
            seconds = await work
        except asyncio.CancelledError:
            self.say("stopped")
            raise
        except Exception:
            self.say("failed")
            raise
        self.say(f"{self.style.SUCCESS('ready')} ({seconds:.1f} s)")

    def say(self, line: str) -> None:
        """Show a line at once, also when the output is a pipe."""
        self.stdout.write(line)
        self.stdout.flush()


async def run_postgres(places: Places, supervision: Supervision) -> float:
    """Make the data folder at the first start, and start the server; the seconds that both took."""
    began = time.monotonic()
    server = postgres.prepare_postgres(data_dir=places.local / "postgres")
    part = Part(
        name="Postgres",
        command=server.command,
        identity=server.identity,
        is_ready=partial(postgres.is_ready, server),
        before_start=partial(postgres.clear_leftovers, server),
        stop_signal=postgres.STOP_SIGNAL,
        environment=clean_environment(),
    )
    await supervisor.start_part(supervision, part)
    return time.monotonic() - began


def build_environment(places: Places) -> dict[str, str]:
    """What every process of the demo has to know."""
    (places.local / "mail").mkdir(mode=0o700, exist_ok=True)
    return {
        "CHATSITE_SECRET_KEY": os.environ.get("CHATSITE_SECRET_KEY") or keep_secret_key(places.local / "secret_key"),
        "CHATSITE_ORIGIN": places.origin,
        "CHATSITE_ADMIN_ORIGIN": places.admin_origin,
        "CHATSITE_SHOP_ORIGIN": places.shop_origin,
        "CHATSITE_MAIL_DIR": str(places.local / "mail"),
        "CHATSITE_STATIC_ROOT": str(places.local / "static"),
        "CHATSITE_DEMO": "1",
        "CHATSITE_LOGS": "lines",
        "CHATSITE_PROCESS": "web",
        "PYTHONUNBUFFERED": "1",
    }


def build_parts(places: Places, *, environment: Mapping[str, str], site_key: str) -> list[Part]:
    """The processes that serve; they do not wait for each other."""
    shop = [sys.executable, "-m", "chatsite.demo_shop", "--port", str(places.shop_port)]
    shop += ["--chatsite-origin", places.origin, "--site-key", site_key]
    celery = [sys.executable, "-m", "celery", "-A", "chatsite"]
    beat = ["beat", "-s", str(places.local / "beat")]
    return [
        Part(
            name="web",
            command=[*MANAGE, "serve", "--role", "web", "--port", str(places.port)],
            is_ready=partial(answers, f"localhost:{places.port}"),
            environment=environment,
        ),
        Part(
            name="admin",
            command=[*MANAGE, "serve", "--role", "admin", "--port", str(places.admin_port)],
            is_ready=partial(answers, f"localhost:{places.admin_port}"),
            environment={**environment, "CHATSITE_PROCESS": "admin"},
        ),
        Part(
            name="shop",
            command=shop,
            is_ready=partial(answers, f"127.0.0.1:{places.shop_port}"),
            environment=environment,
        ),
        _build_celery_part("worker", [*celery, "worker", "--concurrency", "1"], places, environment),
        _build_celery_part("beat", [*celery, *beat], places, environment),
    ]


def _build_celery_part(name: str, command: list[str], places: Places, environment: Mapping[str, str]) -> Part:
    """Celery writes its pid file when everything is imported and it begins to work."""
    pid_file = places.local / f"{name}.pid"
    return Part(
        name=name,
        command=[*command, "-l", "warning", "--pidfile", str(pid_file)],
        is_ready=pid_file.exists,
        before_start=partial(pid_file.unlink, missing_ok=True),
        environment=environment,
    )


def answers(address: str) -> bool:
    """Whether a page comes from that address of this machine that is no server error."""
    connection = http.client.HTTPConnection("127.0.0.1", int(address.rpartition(":")[2]), timeout=PROBE_SECONDS)
    try:
        connection.request("GET", "/", headers={"Host": address})
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def choose_port(wanted: int | None, *, default: int, taken: set[int]) -> int:
    """The wanted port, which must be free, or the first free one from the default upwards."""
    if wanted is not None:
        if wanted in taken or not is_free(wanted):
            raise CommandError(f"Port {wanted} is in use. Choose another one, or leave it to us.")
        return wanted
    for port in range(default, default + PORTS_TRIED):
        if port not in taken and is_free(port):
            return port
    raise CommandError(f"No port between {default} and {default + PORTS_TRIED - 1} is free. Name one.")


def is_free(port: int) -> bool:
    """Whether nobody listens there, by either of localhost's addresses: a browser may try ::1 first."""
    for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        try:
            with socket.socket(family, socket.SOCK_STREAM) as probe:
                # Connections that were closed a moment ago do not hold the port.
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind((address, port))
        except OSError:
            if family == socket.AF_INET or _has_ipv6():
                return False
    return True


def _has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


def fingerprint_static_files() -> str:
    """Changes when a file that collectstatic reads was changed: ours, those of packages, or how it names them."""
    folders = [PROJECT / "static", *PROJECT.glob("[!.]*/static")]
    ours = [path for folder in folders for path in folder.rglob("*")]
    ours += [
        *PROJECT.glob("requirements*.lock"),
        PROJECT / "chatsite" / "settings.py",
        PROJECT / "chatsite" / "kit" / "static_files.py",
    ]
    states = [(str(path), path.stat().st_mtime_ns, path.stat().st_size) for path in sorted(ours) if path.is_file()]
    return hashlib.sha256(repr(states).encode()).hexdigest()


def lay_out(places: Places, *, sign_ins: list[dict[str, str | None]], bold: Callable[[str], str]) -> str:
    """The closing block: where to look, and who to be."""
    addresses = [
        ("Console", f"{places.origin}/console/", "where agents answer"),
        ("Shop page", f"{places.shop_origin}/", "a customer's site with the widget in it"),
        ("Administration", f"{places.admin_origin}/", "for the platform's own staff"),
    ]
    columns = ("account", "role", "name", "email", "password")
    people = [tuple(sign_in.get(column) or "" for column in columns) for sign_in in sign_ins]
    lines = ["", bold("Chatsite is running"), "", *align(addresses), ""]
    if people:
        lines += [bold("Sign in as"), "", *align([tuple(column.capitalize() for column in columns), *people]), ""]
    lines += [f"  Data and logs are in {places.local}.", "", bold("Ctrl-C stops everything."), ""]
    return "\n".join(lines)


def align(rows: Sequence[tuple[str, ...]]) -> list[str]:
    """Rows as indented lines whose columns begin at the same place."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return [
        "  " + "   ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]
