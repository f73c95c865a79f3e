"""`manage.py bootstrap_database`: the one step that needs a database administrator."""

import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import psycopg
from django.core.management.base import BaseCommand, CommandError

from chatsite.embedded import roles


class Command(BaseCommand):
    """Create the roles and the database. Safe to repeat: it changes nothing when all is in place."""

    help = (
        "Creates the database roles and the database, and limits what each role may do. Run once, as an administrator, "
        "before the first migrate; running it again does no harm."
    )
    # It runs before the application's own roles exist, so nothing may try to connect with them.
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument(
            "--admin-url",
            default=os.environ.get("DATABASE_ADMIN_URL"),
            help="postgresql:// URL of a superuser, or of a role with CREATEROLE, CREATEDB and BYPASSRLS "
            "(default: the environment's DATABASE_ADMIN_URL)",
        )
        parser.add_argument("--database", default=roles.DATABASE, help="name of the database (default: %(default)s)")
        parser.add_argument(
            "--passwords",
            type=Path,
            metavar="FILE",
            help="JSON file {role: password}; made with new passwords, readable by you alone, when it does not exist. "
            "Without this option passwords stay as they are",
        )
        parser.add_argument(
            "--for-tests",
            action="store_true",
            help="also let the owner create databases and become the other roles; never on a server with real data",
        )

    def handle(self, **options: Any) -> None:
        """Bootstrap, then say which variables the processes need."""
        if not options["admin_url"]:
            raise CommandError("Say which server: --admin-url postgresql://…, or DATABASE_ADMIN_URL.")
        try:
            passwords = roles.load_passwords(options["passwords"]) if options["passwords"] else None
            roles.bootstrap(
                admin_url=options["admin_url"],
                database=options["database"],
                passwords=passwords,
                for_tests=options["for_tests"],
            )
        except (psycopg.Error, roles.BootstrapFailed) as failure:
            raise CommandError(str(failure).strip()) from failure
        hidden = dict.fromkeys(passwords or {}, "***")
        urls = roles.build_urls(server_url=options["admin_url"], database=options["database"], passwords=hidden)
        for variable, url in urls.items():
            self.stdout.write(f"{variable}={url.replace('%2A%2A%2A', '***')}")
