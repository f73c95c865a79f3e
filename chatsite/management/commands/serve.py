"""`manage.py serve`: one web process, with daphne or uvicorn."""

import os
from argparse import ArgumentParser
from importlib import import_module
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

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
        parser.add_argument("--port", type=int, required=True)

    def handle(self, **options: Any) -> None:
        """Refuse a role that the settings were not loaded for, then serve."""
        role, host, port = options["role"], options["host"], options["port"]
        present = os.environ.get("CHATSITE_PROCESS", "web")
        if present != role:
            # Settings choose URLs, database role and cookies by it, and are loaded by now.
            raise CommandError(f"CHATSITE_PROCESS is '{present}': set it to '{role}' before serving that role.")
        if settings.SERVER == "uvicorn":
            serve_by_uvicorn(host=host, port=port)
        elif settings.SERVER == "daphne":
            serve_by_daphne(host=host, port=port)
        else:
            raise CommandError(f"CHATSITE_SERVER is '{settings.SERVER}': choose daphne or uvicorn.")


def serve_by_daphne(*, host: str, port: int) -> None:
    """Serve with Twisted; at SIGTERM it stops at once and clients see their socket break (1006)."""
    # Its reactor has to be installed before anything else imports Twisted.
    from daphne.endpoints import build_endpoint_description_strings
    from daphne.server import Server

    def say_why_before_closing() -> None:
        # By default a frame that is too large or no UTF-8 gets a broken connection, not a close frame 1009 or 1007.
        server.ws_factory.setProtocolOptions(failByDrop=False)

    server = Server(
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


def serve_by_uvicorn(*, host: str, port: int) -> None:
    """Serve with uvloop; at SIGTERM requests under way are finished first."""
    import uvicorn

    uvicorn.run(
        load_application(),
        host=host,
        port=port,
        loop="uvloop",
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


def load_application() -> Any:
    """The ASGI application that settings name."""
    module, _, name = settings.ASGI_APPLICATION.rpartition(".")
    return getattr(import_module(module), name)
