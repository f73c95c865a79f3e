"""Accounts (the tenants), people, their memberships, and the doors by which an account is found."""

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from accounts.permissions import Role
from accounts.tenancy import TenantModel
from chatsite.kit.ids import new_id

NAME_MAX_CHARS = 80


def new_account_id() -> str:
    return new_id("acc")


def new_person_id() -> str:
    return new_id("per")


def new_member_id() -> str:
    return new_id("mem")


class AccountState(models.TextChoices):
    TRIALING = "trialing", "Trial"
    ACTIVE = "active", "Active"
    PAST_DUE = "past_due", "Past due"
    SUSPENDED = "suspended", "Suspended"
    CLOSING = "closing", "Closing"
    CLOSED = "closed", "Closed"


# In the other states the account is read-only: nothing is taken in that nobody would see.
TAKING_CHATS = {AccountState.TRIALING, AccountState.ACTIVE, AccountState.PAST_DUE}


class Account(models.Model):
    """A tenant: a company that chats with the visitors of its sites."""

    public_id = models.CharField(max_length=32, unique=True, default=new_account_id, editable=False)
    name = models.CharField(max_length=NAME_MAX_CHARS)
    state = models.CharField(max_length=16, choices=AccountState, default=AccountState.TRIALING)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=AccountState.values), name="account_state_known"),
            models.CheckConstraint(condition=~Q(name=""), name="account_has_a_name"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def takes_chats(self) -> bool:
        """Whether new chats and messages are accepted."""
        return self.state in TAKING_CHATS


class PersonManager(BaseUserManager["Person"]):
    def get_by_natural_key(self, username: str | None) -> "Person":
        return self.get(email=(username or "").lower())


class Person(AbstractBaseUser):
    """Somebody who can sign in. Belongs to accounts as a member; `is_staff` people run the platform."""

    # No column: signing in must not write the person's row; sessions tell when they were used.
    last_login = None

    public_id = models.CharField(max_length=32, unique=True, default=new_person_id, editable=False)
    email = models.EmailField(max_length=254)
    name = models.CharField(max_length=NAME_MAX_CHARS)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[PersonManager] = PersonManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    class Meta:
        verbose_name_plural = "people"
        constraints = [
            models.UniqueConstraint(fields=["email"], name="person_email_once"),
            models.CheckConstraint(condition=Q(email=Lower("email")), name="person_email_lower_case"),
        ]

    def __str__(self) -> str:
        return self.name

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        """Django admin asks this; the admin's database role decides what is reachable at all."""
        return self.is_active and self.is_staff

    def has_module_perms(self, app_label: str) -> bool:
        return self.is_active and self.is_staff


class Member(TenantModel):
    """A person's place in an account: the role, and the name that visitors see."""

    public_id = models.CharField(max_length=32, unique=True, default=new_member_id, editable=False)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=16, choices=Role.choices)
    alias = models.CharField(max_length=NAME_MAX_CHARS, help_text="The name that visitors see.")
    accepting = models.BooleanField(default=False, help_text="Wants new chats while a console is open.")
    created_at = models.DateTimeField(auto_now_add=True)
    removed_at = models.DateTimeField(null=True, blank=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["account", "person"], name="member_once_per_account"),
            models.CheckConstraint(condition=Q(role__in=Role.values), name="member_role_known"),
            models.CheckConstraint(condition=~Q(alias=""), name="member_has_an_alias"),
        ]

    def __str__(self) -> str:
        return f"{self.alias} ({self.role})"


class DoorKind(models.TextChoices):
    SITE = "site", "Site key"
    VISITOR = "visitor", "Visitor token"


class Door(models.Model):
    """Which account stands behind a token, before there is a scope. Global, exact match, nothing personal.

    Written in the same transaction as the row that it opens.
    """

    kind = models.CharField(max_length=16, choices=DoorKind)
    token_sha256 = models.BinaryField(max_length=32)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "token_sha256"], name="door_once")]
