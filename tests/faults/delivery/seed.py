"""Makes tables, accounts, agents and visitors on the stack's own database. Run as a program: its last line is JSON."""

import json
import secrets
import string
import sys
from typing import Any

import django

django.setup()

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY  # noqa: E402
from django.contrib.sessions.backends.db import SessionStore  # noqa: E402
from django.core.management import call_command  # noqa: E402

from accounts.models import Member  # noqa: E402
from tests.factories import make_team, make_visitor  # noqa: E402

AGENTS = ("agent", "agent2", "supervisor")  # the supervisor only looks on
CSRF_CHARS = 32


def sign_in(member: Member) -> dict[str, str]:
    """A living sign-in, as the form would make it."""
    session = SessionStore()
    session[SESSION_KEY] = str(member.person_id)
    session[BACKEND_SESSION_KEY] = "accounts.sign_in.PersonBackend"
    session[HASH_SESSION_KEY] = member.person.get_session_auth_hash()
    csrf = "".join(secrets.choice(string.ascii_letters) for _ in range(CSRF_CHARS))
    session["_csrftoken"] = csrf
    session.create()
    return {"member": member.public_id, "session": str(session.session_key), "csrf": csrf}


def make_account(name: str, *, visitors: int) -> dict[str, Any]:
    team = make_team(name)
    guests = [make_visitor(team) for _ in range(visitors)]
    return {
        "name": name,
        "account": team.account.public_id,
        "agents": [sign_in(team.members[key]) for key in AGENTS],
        "visitors": [{"visitor": visitor.public_id, "token": token} for visitor, token in guests],
    }


if __name__ == "__main__":
    call_command("migrate", database="owner", interactive=False, verbosity=0)
    names, visitors = sys.argv[1].split(","), int(sys.argv[2])
    print(json.dumps([make_account(name, visitors=visitors) for name in names]))
