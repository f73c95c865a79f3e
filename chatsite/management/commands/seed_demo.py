"""The demo's two accounts, made through the same actions as everybody's; a second run changes nothing."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from accounts.access import find_member
from accounts.actions import add_member, create_account, create_person
from accounts.models import Person
from accounts.tenancy import account_scope, sign_in_scope
from chatsite.kit.demo_people import ACCOUNTS, PASSWORD, STAFF
from widget.actions import create_site
from widget.queries import list_sites


class Command(BaseCommand):
    help = "Make the demo's accounts, people and sites, and write their sign-ins as JSON."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--out", type=Path, required=True)

    def handle(self, *, out: Path, **options: Any) -> None:
        sign_ins = []
        site_keys = []
        for plan in ACCOUNTS:
            site_keys.append(self._account(plan))
            for role, name, email in plan["people"]:
                sign_ins.append(
                    {"role": role, "name": name, "email": email, "password": PASSWORD, "account": plan["name"]}
                )
        if self._find(STAFF[1]) is None:
            create_person(email=STAFF[1], name=STAFF[0], password=PASSWORD, is_staff=True)
        sign_ins.append({"role": "staff", "name": STAFF[0], "email": STAFF[1], "password": PASSWORD, "account": None})
        out.write_text(json.dumps({"sign_ins": sign_ins, "site_key": site_keys[0], "site_keys": site_keys}, indent=1))

    def _find(self, email: str) -> Person | None:
        with sign_in_scope(email):
            return Person.objects.filter(email=email).first()

    def _account(self, plan: dict[str, Any]) -> str:
        """Make the account unless it is there; return its site's key."""
        _, name, email = plan["people"][0]
        owner = self._find(email)
        member = find_member(person=owner, account_public_id=None) if owner else None
        if member is not None:
            with account_scope(member.account_id):
                return list_sites()[0].public_id
        owner = create_person(email=email, name=name, password=PASSWORD)
        account = create_account(name=plan["name"], owner=owner, alias=name.split()[0])
        others = [
            (role, name, create_person(email=email, name=name, password=PASSWORD))
            for role, name, email in plan["people"][1:]
        ]
        with account_scope(account.pk):
            for role, name, person in others:
                add_member(account=account, person=person, role=role, alias=name.split()[0])
            site = create_site(account=account, name=plan["site"], allowed_domains=["localhost", "127.0.0.1"])
            site.greeting, site.color = plan["greeting"], plan["color"]
            site.save(update_fields=["greeting", "color"])
        return site.public_id
