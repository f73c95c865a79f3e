"""Everybody who may come to a door, and how each shows who he is."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.test import Client

from accounts.models import Member
from accounts.permissions import ROLE_PERMISSIONS, Permission
from tests.factories import make_visitor
from tests.walk.world import Ids, World

MEMBERS = ("viewer", "agent", "supervisor", "admin", "owner")
VISITORS = ("visitor", "visitor2")
# `removed` was a member of the account, `staff` runs the platform and belongs to no account.
ROLES = ("anonymous", *VISITORS, *MEMBERS, "removed", "staff")

ANYBODY, SIGNED_IN, VISITOR, STAFF, NOBODY = "anybody", "signed in", "visitor", "staff", "nobody"
Need = Permission | str  # one of the words above, or a permission of members


def may(role: str, need: Need) -> bool:
    """Whether somebody of this role is to be let through a door with this need: the whole policy in one place."""
    if need in {ANYBODY, NOBODY}:
        return need == ANYBODY
    if need == VISITOR:
        return role in VISITORS
    if need == SIGNED_IN:
        return role in {*MEMBERS, "removed", "staff"}
    if need == STAFF:
        return role == "staff"
    return role in MEMBERS and Permission(need) in ROLE_PERMISSIONS[role]


@dataclass
class Actor:
    """Somebody of a role, in the own account of the world."""

    role: str
    world: World
    headers: dict[str, str] = field(default_factory=dict)
    client: Client = field(init=False)

    def __post_init__(self) -> None:
        self.arrive()

    def arrive(self) -> None:
        """Come anew: signed in, or with a visitor's token of one's own."""
        self.client = Client(raise_request_exception=False)
        self.headers = {}
        if self.role in VISITORS:
            token = self.world.own.tokens[VISITORS.index(self.role)]
            self.headers = {"HTTP_AUTHORIZATION": f"Bearer {token}"}
        elif self.role != "anonymous":
            person = self.world.staff if self.role == "staff" else self.member.person
            self.client.force_login(person, backend="accounts.sign_in.PersonBackend")

    def arrive_as_new_visitor(self) -> None:
        """With a token that may be used up."""
        _, token = make_visitor(self.world.own.team)
        self.headers = {"HTTP_AUTHORIZATION": f"Bearer {token}"}

    @property
    def member(self) -> Member:
        return self.world.own.removed if self.role == "removed" else self.world.own.team.members[self.role]

    def own_ids(self) -> Ids:
        return self.world.own.ids(VISITORS.index(self.role) if self.role in VISITORS else 0)

    def call(self, method: str, path: str, *, json: bool = False, origin: str | None = None, **how: Any) -> Any:
        """Ask over HTTP, from a network that nobody has counted yet."""
        number = secrets.randbelow(2**24)
        headers = {
            **self.headers,
            "REMOTE_ADDR": f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}",
            "HTTP_ACCEPT": "application/json" if json else "text/html",
            "HTTP_ORIGIN": settings.ORIGIN if origin is None else origin,
        }
        if origin == "":
            del headers["HTTP_ORIGIN"]
        send: Callable[..., Any] = self.client.generic
        return send(method, path, how.get("data", b""), content_type=how.get("kind", ""), **headers)
