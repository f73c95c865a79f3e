"""Rows for tests, made through the actions. Each account is new, so that tests need no clean table."""

import uuid
from dataclasses import dataclass

from accounts.actions import add_member, create_account, create_person
from accounts.models import Account, Member, Person
from accounts.permissions import Role
from accounts.tenancy import account_scope
from chats.actions.chats import start_chat
from chats.fanout import ChatRef
from widget.actions import begin_session, create_site
from widget.identity import BrowserFacts
from widget.models import Site, Visitor

PASSWORD = "correct horse battery staple"


def unique(prefix: str = "x") -> str:
    return f"{prefix}-{uuid.uuid4().hex[:10]}"


def cmid() -> str:
    return str(uuid.uuid4())


@dataclass
class Team:
    """An account with an owner, two agents, a supervisor, an admin, a viewer, one site."""

    account: Account
    members: dict[str, Member]
    site: Site

    @property
    def owner(self) -> Member:
        return self.members["owner"]

    @property
    def agent(self) -> Member:
        return self.members["agent"]

    @property
    def agent2(self) -> Member:
        return self.members["agent2"]


ROLES = {
    "owner": Role.OWNER,
    "admin": Role.ADMIN,
    "supervisor": Role.SUPERVISOR,
    "agent": Role.AGENT,
    "agent2": Role.AGENT,
    "viewer": Role.VIEWER,
}


def make_person(name: str = "Robin", **fields: object) -> Person:
    return create_person(email=f"{unique('p')}@example.com", name=name, password=PASSWORD, **fields)  # type: ignore[arg-type]


def make_team(name: str = "Acme", domains: list[str] | None = None) -> Team:
    """Make an account with everybody in it. Leaves no scope open."""
    people = {key: make_person(f"{name} {key}") for key in ROLES}
    account = create_account(name=name, owner=people["owner"], alias=f"{name} owner")
    with account_scope(account.pk):
        members = {"owner": Member.objects.select_related("account", "person").get(person=people["owner"])}
        for key, role in ROLES.items():
            if key != "owner":
                members[key] = add_member(account=account, person=people[key], role=role, alias=f"{name} {key}")
        site = create_site(account=account, name=f"{name} shop", allowed_domains=domains or ["shop.example.com"])
    return Team(account=account, members=members, site=site)


def make_visitor(team: Team) -> tuple[Visitor, str]:
    """Make a visitor who has opened the chat; return him with his token. Leaves no scope open."""
    with account_scope(team.account.pk):
        return begin_session(
            site=team.site,
            browser=BrowserFacts(browser="Chrome 156", system="Linux"),
            language="de",
            url="https://shop.example.com/lamps",
            title="Lamps",
        )


def make_chat(team: Team, visitor: Visitor | None = None, text: str = "Hello?") -> ChatRef:
    """Make a waiting chat with one message. Leaves no scope open."""
    if visitor is None:
        visitor, _ = make_visitor(team)
    with account_scope(team.account.pk):
        return start_chat(visitor=visitor, cmid=cmid(), text=text)[0]
