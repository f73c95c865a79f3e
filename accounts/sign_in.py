"""How a person is found at sign-in and at each request, before an account is known."""

from collections.abc import Iterable
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.sessions.models import Session
from django.db.models.functions import Now
from django.http import HttpRequest

from accounts.models import Person
from accounts.tenancy import person_scope, sign_in_scope


class PersonBackend(AuthenticationBackend):  # type: ignore[misc]
    """allauth's backend inside the scope that lets the database show exactly one person."""

    def authenticate(self, request: HttpRequest | None, **credentials: Any) -> Person | None:
        email = credentials.get("email") or credentials.get("username")
        if not isinstance(email, str) or "\x00" in email:
            return None
        with sign_in_scope(email):
            person = super().authenticate(request, **credentials)
        return person if isinstance(person, Person) else None

    def get_user(self, user_id: Any) -> Person | None:
        """Return the session's person; the session itself is the proof of identity."""
        with person_scope(int(user_id)):
            person = Person.objects.filter(pk=user_id).first()
        return person if person is not None and self.user_can_authenticate(person) else None


def list_living_sign_ins(session_keys: Iterable[str]) -> set[str]:
    """Return which of these sessions have neither been signed out nor run out."""
    living = Session.objects.filter(session_key__in=set(session_keys), expire_date__gt=Now())
    return set(living.values_list("session_key", flat=True))


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """allauth's hooks: nobody signs up here by himself, and nothing greets at sign-in."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def add_message(self, *arguments: Any, **options: Any) -> None:
        """Say nothing after sign-in and sign-out: the page that follows shows it."""
