"""Accounts, chats and visitors for the bench, in the database of its own."""

import os
import uuid
from datetime import timedelta
from typing import Any

import psycopg
from django.contrib.sessions.backends.db import SessionStore
from django.utils import timezone

from accounts.actions import add_member, create_account, create_person
from accounts.models import Account, Member
from accounts.permissions import Role
from accounts.tenancy import account_scope
from bench import tutorial
from chats.actions.chats import start_chat, take_chat
from chats.models import Chat
from widget.actions import begin_session, create_site
from widget.identity import BrowserFacts
from widget.models import Site, Visitor, VisitorSession

ACCOUNTS = 16
CHATS_PER_ACCOUNT = 4
IDLE_ACCOUNTS = 100
PASSWORD = "only for the bench"


def seed_pairs() -> dict[str, list[dict[str, Any]]]:
    """Make the pairs twice: `own` has an agent for each chat, `shared` one agent per account for all its chats."""
    pairs: dict[str, list[dict[str, Any]]] = {"own": [], "shared": []}
    for number in range(ACCOUNTS):
        owner = create_person(email=f"owner{number}@example.com", name="Owner", password=PASSWORD)
        account = create_account(name=f"Bench {number}", owner=owner)
        with account_scope(account.pk):
            site = create_site(account=account, name="Shop", allowed_domains=[])
        agents = [_add_agent(account, number, place) for place in range(CHATS_PER_ACCOUNT)]
        for place in range(CHATS_PER_ACCOUNT):
            pairs["own"].append(_make_pair(account, site, agents[place]))
            pairs["shared"].append(_make_pair(account, site, agents[0]))
    for found in pairs.values():  # a pair of each account in turn
        found[:] = [pair for place in range(CHATS_PER_ACCOUNT) for pair in found[place::CHATS_PER_ACCOUNT]]
    return pairs


def _add_agent(account: Account, number: int, place: int) -> tuple[Member, str]:
    person = create_person(email=f"agent{number}-{place}@example.com", name="Agent", password=PASSWORD)
    with account_scope(account.pk):
        member = add_member(account=account, person=person, role=Role.AGENT, alias=f"Agent {place}")
    session = SessionStore()
    session["_auth_user_id"] = str(person.pk)
    session.create()
    return member, str(session.session_key)


def _make_pair(account: Account, site: Site, agent: tuple[Member, str]) -> dict[str, Any]:
    member, session_key = agent
    with account_scope(account.pk):
        visitor, _ = begin_session(
            site=site, browser=BrowserFacts(browser="", system=""), language="en", url="", title=""
        )
        session = VisitorSession.objects.get(visitor=visitor)
        chat, _ = start_chat(visitor=visitor, cmid=str(uuid.uuid4()), text="Hello?")
        take_chat(chat=chat, member=member, cmid=str(uuid.uuid4()))
    return {
        "chat": chat.public_id,
        "visitor": {"path": "/ws/visitor", "ticket": {"account": account.pk, "session": session.pk}},
        "agent": {
            "path": "/ws/agent",
            "ticket": {"account": account.pk, "member": member.pk, "session_key": session_key},
        },
    }


def seed_idlers(count: int) -> list[dict[str, Any]]:
    """Make visitors who will only have a socket open, over IDLE_ACCOUNTS accounts."""
    owner = create_person(email="idle@example.com", name="Owner", password=PASSWORD)
    found: list[list[dict[str, Any]]] = []
    for number in range(IDLE_ACCOUNTS):
        account = create_account(name=f"Idle {number}", owner=owner)
        with account_scope(account.pk):
            site = create_site(account=account, name="Shop", allowed_domains=[])
            visitors = Visitor.objects.bulk_create(
                Visitor(account=account, site=site, name="A visitor") for _ in range(count // IDLE_ACCOUNTS)
            )
            sessions = VisitorSession.objects.bulk_create(
                VisitorSession(
                    account=account,
                    visitor=visitor,
                    token_sha256=os.urandom(32),
                    used_at=timezone.now() - timedelta(seconds=1),
                )
                for visitor in visitors
            )
        tickets = [{"account": account.pk, "session": session.pk} for session in sessions]
        found.append([{"path": "/ws/visitor", "ticket": ticket} for ticket in tickets])
    return [one for group in zip(*found, strict=True) for one in group]


def seed_tutorial(*, owner_url: str, rooms: list[str]) -> None:
    """Make the tutorial's tables and a room for each chat."""
    with psycopg.connect(owner_url) as connection:
        connection.execute(tutorial.TABLES)  # type: ignore[arg-type]
        with connection.cursor() as cursor:
            cursor.executemany("INSERT INTO bench_room (name) VALUES (%s)", [[room] for room in rooms])


def mark_all_read(superuser_url: str) -> None:
    """Count nothing as unread, so that a welcome costs the same in each run; and let the tables be tidy."""
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        connection.execute("UPDATE chats_chat SET agent_read_seq = last_seq, visitor_read_seq = last_seq")
        connection.execute("VACUUM (ANALYZE) chats_chat, bench_room")


def count_events(superuser_url: str) -> tuple[int, int]:
    """Return how many events the chats have been numbered, and how many there are: a gap would show."""
    with psycopg.connect(superuser_url) as connection:
        row = connection.execute(
            "SELECT (SELECT sum(last_seq) FROM chats_chat)::bigint, (SELECT count(*) FROM chats_event)"
        ).fetchone()
    assert row is not None
    return row[0], row[1]


def list_chats(pairs: list[dict[str, Any]]) -> list[tuple[int, int]]:
    """Return (account, chat) keys of the pairs, for the floor of the send statement."""
    keys = []
    for pair in pairs:
        account_id = pair["visitor"]["ticket"]["account"]
        with account_scope(account_id):
            keys.append((account_id, Chat.objects.values_list("id", flat=True).get(public_id=pair["chat"])))
    return keys
