"""`manage.py bump_epoch`: after a restore, so that browsers drop what the restored database does not know."""

import secrets
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import ProgrammingError

from chats.models import LogEpoch

OWNER_ALIAS = "owner"  # the web's role may only read it


class Command(BaseCommand):
    """Begin a new incarnation of all logs; sockets learn it with their next welcome."""

    help = (
        "Run once after restoring a backup, with DATABASE_OWNER_URL, before the web processes start: numbers of events "
        "written after the backup are given out again, and browsers that saw them must begin anew."
    )

    def handle(self, **options: Any) -> None:
        """Write a number that was never used before."""
        try:
            LogEpoch.objects.using(OWNER_ALIAS).update(value=secrets.randbits(62))
        except ProgrammingError as refused:
            raise CommandError("This role may not do that: set DATABASE_OWNER_URL.") from refused
        self.stdout.write("The logs' epoch is new.")
