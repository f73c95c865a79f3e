"""Platform staff's pages: accounts, people, memberships. Read-mostly; what changes goes through the actions.

They run in a process of their own on the role chatsite_platform, which has no right at all on chats and visitors.
"""

from typing import Any

from allauth.account.models import EmailAddress
from django.contrib import admin, messages
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.actions import set_account_state, set_person_active
from accounts.models import Account, AccountState, Member, Person

# Registered by the libraries; rights here come from the database role, addresses from the person.
admin.site.unregister([EmailAddress, Group])


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Lists and looks; nothing is added, edited or deleted row by row."""

    actions_on_bottom = True
    list_per_page = 50

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """All accounts' rows: the platform's own role may see them, the tables are on its short list."""
        manager = getattr(self.model, "all_accounts_unscoped", self.model._default_manager)
        rows: QuerySet[Any] = manager.get_queryset().order_by(*self.get_ordering(request))
        return rows


@admin.register(Account)
class AccountAdmin(ReadOnlyAdmin):
    list_display = ["name", "public_id", "state", "created_at"]
    list_filter = ["state", "created_at"]
    search_fields = ["name", "public_id"]
    ordering = ["-created_at"]
    actions = ["suspend", "resume"]

    @admin.action(description="Suspend: takes no chats, open ones end politely")
    def suspend(self, request: HttpRequest, queryset: QuerySet[Account]) -> None:
        self._set_state(request, queryset, AccountState.SUSPENDED)

    @admin.action(description="Resume: takes chats again")
    def resume(self, request: HttpRequest, queryset: QuerySet[Account]) -> None:
        self._set_state(request, queryset, AccountState.ACTIVE)

    def _set_state(self, request: HttpRequest, queryset: QuerySet[Account], state: AccountState) -> None:
        for account in queryset:
            set_account_state(account=account, state=state)
        messages.success(request, f"{queryset.count()} now {state.label.lower()}.")


@admin.register(Person)
class PersonAdmin(ReadOnlyAdmin):
    list_display = ["name", "email", "public_id", "is_active", "is_staff", "created_at"]
    list_filter = ["is_active", "is_staff"]
    search_fields = ["name", "email", "public_id"]
    ordering = ["-created_at"]
    fields = ["public_id", "name", "email", "is_active", "is_staff", "created_at"]
    actions = ["stop", "let_in"]

    @admin.action(description="Stop from signing in")
    def stop(self, request: HttpRequest, queryset: QuerySet[Person]) -> None:
        others = [person for person in queryset if person.pk != request.user.pk]
        for person in others:
            set_person_active(person=person, active=False)
        messages.success(request, f"{len(others)} can no longer sign in.")

    @admin.action(description="Let sign in again")
    def let_in(self, request: HttpRequest, queryset: QuerySet[Person]) -> None:
        for person in queryset:
            set_person_active(person=person, active=True)
        messages.success(request, f"{queryset.count()} can sign in.")


@admin.register(Member)
class MemberAdmin(ReadOnlyAdmin):
    list_display = ["alias", "role", "account", "person", "created_at", "removed_at"]
    list_filter = ["role", "removed_at"]
    list_select_related = ["account", "person"]
    search_fields = ["alias", "person__email", "account__name", "public_id"]
    ordering = ["-created_at"]
