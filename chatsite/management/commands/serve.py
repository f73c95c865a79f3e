"""`manage.py serve`: one web process, with daphne or uvicorn.

At SIGTERM it takes no new sockets, says goodbye to those it has, finishes the requests under way, and ends.
"""

import asyncio
import logging
import os
import socket
from argparse import ArgumentParser
from importlib import import_module
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from chats.fanout import say_goodbye, stop_hub
from chats.ingest.group_commit import close_lanes
from chatsite.kit.draining import begin_draining
from chatsite.kit.metrics import serve_metrics

log = logging.getLogger(__name__)

# Twice our own limit of 64 KiB, so that it is we who refuse a frame and say so; beyond it the transport closes.
WEBSOCKET_BYTES = 128 * 1024
# At a stop, requests under way may take this long; clients come back to another process meanwhile.
DRAIN_SECONDS = 25
ROLES = ("web", "admin")


class Command(BaseCommand):
    """Serve pages and sockets until SIGTERM."""

    help = "Serves pages and sockets with the server that CHATSITE_SERVER names: daphne (default) or uvicorn."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--role", choices=ROLES, default="web", help="which process this is (default: %(default)s)")
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
        where = parser.add_mutually_exclusive_group(required=True)
        where.add_argument("--port", type=int)
        where.add_argument(
            "--fd", type=int, help="an open listening socket instead, shared by processes (uvicorn only)"
        )

    def handle(self, **options: Any) -> None:
        """Refuse a role that the settings were not loaded for, then serve."""
        role, host, port, fd = options["role"], options["host"], options["port"], options["fd"]
        present = os.environ.get("CHATSITE_PROCESS", "web")
        if present != role:
            # Settings choose URLs, database role and cookies by it, and are loaded by now.
            raise CommandError(f"CHATSITE_PROCESS is '{present}': set it to '{role}' before serving that role.")
        if settings.SERVER not in ("uvicorn", "daphne"):
            raise CommandError(f"CHATSITE_SERVER is '{settings.SERVER}': choose daphne or uvicorn.")
        if fd is not None and settings.SERVER == "daphne":
            raise CommandError("--fd needs CHATSITE_SERVER=uvicorn.")
        if settings.METRICS_LISTEN:
            serve_metrics(settings.METRICS_LISTEN)
        if settings.SERVER == "uvicorn":
            serve_by_uvicorn(host=host, port=port, fd=fd)
        else:
            serve_by_daphne(host=host, port=port)


async def drain() -> None:
    """Let balancers look away, then send every socket of this process to another one."""
    begin_draining()
    log.info("stopping: no new sockets, the others are told")
    await asyncio.sleep(settings.DRAIN_NOTICE_S)
    await say_goodbye()


def serve_by_daphne(*, host: str, port: int) -> None:
    """Serve with Twisted."""
    # Its reactor has to be installed before anything else imports Twisted.
    from daphne.endpoints import build_endpoint_description_strings
    from daphne.server import Server
    from daphne.ws_protocol import WebSocketProtocol
    from twisted.internet import defer

    class ClosingProtocol(WebSocketProtocol):  # type: ignore[misc]
        """Also closes with registered codes such as 1012, which the inherited method takes for a mistake."""

        def serverClose(self, code: int | None = None) -> None:
            self.sendCloseFrame(code=1000 if code is None else code)

    class DrainingServer(Server):  # type: ignore[misc]
        """Says goodbye before it ends the applications: by itself it lets sockets break (1006)."""

        def kill_all_applications(self) -> Any:
            drained = defer.Deferred.fromFuture(asyncio.ensure_future(drain()))
            return drained.addBoth(lambda _: super(DrainingServer, self).kill_all_applications())

    def say_why_before_closing() -> None:
        # By default a frame that is too large or no UTF-8 gets a broken connection, not a close frame 1009 or 1007.
        server.ws_factory.setProtocolOptions(failByDrop=False)
        server.ws_factory.protocol = ClosingProtocol

    server = DrainingServer(
        application=load_application(),
        endpoints=build_endpoint_description_strings(host=host, port=port),
        websocket_max_message_size=WEBSOCKET_BYTES,
        websocket_max_frame_size=WEBSOCKET_BYTES,
        server_name="",
        ready_callable=say_why_before_closing,
    )
    server.run()
    if not server.listening_addresses:
        raise CommandError(f"Cannot listen on {host}:{port}.")


def serve_by_uvicorn(*, host: str, port: int | None, fd: int | None) -> None:
    """Serve with uvloop, at a port or on a listening socket that was handed over."""
    import uvicorn

    class DrainingServer(uvicorn.Server):
        """Says goodbye before it closes the sockets: by itself it closes them without a word (1012)."""

        def handle_exit(self, sig: int, frame: Any) -> None:
            begin_draining()
            super().handle_exit(sig, frame)

        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            await drain()
            await super().shutdown(sockets)
            await stop_hub()
            close_lanes()

    config = uvicorn.Config(
        load_application(),
        host=host,
        port=port or 0,
        loop="uvloop",
        lifespan="off",
        ws="websockets-sansio",
        ws_max_size=WEBSOCKET_BYTES,
        # Compression costs more memory per idle socket than everything else together.
        ws_per_message_deflate=False,
        # Our own heartbeat does it, and is answered by the page rather than by the browser.
        ws_ping_interval=None,
        timeout_graceful_shutdown=DRAIN_SECONDS,
        # Which forwarding headers to believe is decided in settings, in one place.
        proxy_headers=False,
        server_header=False,
        access_log=False,
        log_config=None,
    )
    server = DrainingServer(config)
    server.run(sockets=None if fd is None else [socket.socket(fileno=fd)])
    if not server.started:
        raise CommandError(f"Cannot listen on {host}:{port}.")


def load_application() -> Any:
    """The ASGI application that settings name."""
    module, _, name = settings.ASGI_APPLICATION.rpartition(".")
    return getattr(import_module(module), name)
