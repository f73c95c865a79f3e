"""Makes somebody who may sign in to the admin. Run it there: `CHATSITE_PROCESS=admin manage.py create_staff …`."""

import getpass
import sys
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_email
from django.db import IntegrityError

from accounts.actions import create_person
from accounts.models import Person


class Command(BaseCommand):
    help = "Make a member of the platform's staff. The password is asked for, or read from standard input."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--email", required=True)
        parser.add_argument("--name", required=True)

    def handle(self, *, email: str, name: str, **options: Any) -> None:
        password = getpass.getpass() if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
        try:
            validate_email(email)
            validate_password(password, user=Person(email=email, name=name))
            create_person(email=email, name=name, password=password, is_staff=True)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from None
        except IntegrityError:
            raise CommandError("There is somebody with this e-mail address already.") from None
        self.stdout.write(f"{name} can sign in to the admin.")
