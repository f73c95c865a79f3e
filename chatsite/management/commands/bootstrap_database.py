"""`manage.py bootstrap_database`: the one step that needs a database administrator."""

from argparse import ArgumentParser
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import psycopg
from django.core.management.base import BaseCommand, CommandError

from chatsite.embedded import roles
from chatsite.kit.env import read_variable


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
            default=read_variable("DATABASE_ADMIN_URL"),
            help="postgresql:// URL of a superuser, or of a role with CREATEROLE, CREATEDB and BYPASSRLS "
            "(default: the environment's DATABASE_ADMIN_URL)",
        )
        parser.add_argument("--database", default=roles.DATABASE, help="name of the database (default: %(default)s)")
        passwords = parser.add_mutually_exclusive_group()
        passwords.add_argument(
            "--passwords",
            type=Path,
            metavar="FILE",
            help="JSON file {role: password}; made with new passwords, readable by you alone, when it does not exist. "
            "Without these two options passwords stay as they are",
        )
        passwords.add_argument(
            "--passwords-from-urls",
            action="store_true",
            help=f"take the passwords from {', '.join(roles.VARIABLES.values())}: also to change them",
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
            if options["passwords_from_urls"]:
                passwords = read_passwords({name: read_variable(name) for name in roles.VARIABLES.values()})
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


def read_passwords(urls: Mapping[str, str]) -> dict[str, str]:
    """Return each login's password from the URL in its variable. Raises CommandError where one is missing."""
    passwords = {}
    for role, variable in roles.VARIABLES.items():
        parts = urlsplit(urls[variable])
        if unquote(parts.username or "") != role or not parts.password:
            raise CommandError(f"{variable} must be a URL of {role} with a password.")
        passwords[role] = unquote(parts.password)
    return passwords
