"""What every page of members does first: who asks, in which account, may he? Then the account's scope is open."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext_noop as _

from accounts.models import Member, Person
from accounts.permissions import Permission, allows
from accounts.tenancy import account_scope, person_scope
from chatsite.kit import logs
from chatsite.kit.demo_people import list_sign_ins
from chatsite.kit.errors import NotPermitted, SignedOut

P = ParamSpec("P")
ACCOUNT_KEY = "account"  # in the session: the public id of the account the person works in


def find_member(*, person: Person, account_public_id: str | None) -> Member | None:
    """Return the person's membership in that account, else his first one, else None. Opens the person's own scope."""
    with person_scope(person.pk):
        members = list(
            Member.all_accounts_unscoped.filter(person_id=person.pk, removed_at=None)
            .select_related("account")
            .order_by("id")
        )
    chosen = [member for member in members if member.account.public_id == account_public_id] or members
    return chosen[0] if chosen else None


def wants_json(request: HttpRequest) -> bool:
    """Return whether an error should be JSON: the caller says so, sends it, or the door answers nothing else."""
    accepts = "application/json" in request.headers.get("accept", "")
    return accepts or request.content_type == "application/json" or getattr(request, "answers_json", False)


def requires(
    permission: Permission,
) -> Callable[
    [Callable[Concatenate[HttpRequest, Member, P], HttpResponseBase]],
    Callable[Concatenate[HttpRequest, P], HttpResponseBase],
]:
    """Make a view a door of members: it gets (request, member, …) inside the account's scope.

    The answer must be a TemplateResponse or JSON of plain values: templates are rendered after the scope has closed.
    Nobody signed in: the sign-in page (401 for JSON). No membership or not this permission: 403.
    """

    def decorate(
        view: Callable[Concatenate[HttpRequest, Member, P], HttpResponseBase],
    ) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
        @wraps(view)
        def door(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            person = request.user
            if not isinstance(person, Person):
                if wants_json(request):
                    raise SignedOut
                return redirect_to_login(request.get_full_path())
            member = find_member(person=person, account_public_id=request.session.get(ACCOUNT_KEY))
            if member is None:
                raise NotPermitted(_("You do not belong to an account any more. Ask its owner to invite you again."))
            request.member = member  # type: ignore[attr-defined]
            logs.name_account(member.account.public_id)
            if not allows(member.role, permission):
                raise NotPermitted
            with account_scope(member.account_id):
                return view(request, member, *args, **kwargs)

        door.permission = permission  # type: ignore[attr-defined]  # the access table's test reads it
        return cast(Callable[Concatenate[HttpRequest, P], HttpResponseBase], door)

    return decorate


def navigation(request: HttpRequest) -> dict[str, Any]:
    """Give templates the member and what the menu may show."""
    member: Member | None = getattr(request, "member", None)
    if member is None:
        return {"member": None, "demo_sign_ins": list_sign_ins() if settings.DEMO else []}
    return {
        "member": member,
        "account": member.account,
        "may_view_sites": allows(member.role, Permission.SITE_VIEW),
        "may_change_sites": allows(member.role, Permission.SITE_CHANGE),
    }
