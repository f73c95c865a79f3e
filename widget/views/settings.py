"""The owner's pages: sites, their look, and the tag that puts the widget on a page."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts.access import requires
from accounts.models import Member
from accounts.permissions import Permission, allows
from chatsite.kit.errors import NotPermitted
from widget.actions import create_site
from widget.forms import NewSiteForm, SiteForm
from widget.models import Site
from widget.queries import get_site, list_sites, write_script_tag


def _describe(site: Site) -> dict[str, object]:
    return {
        "id": site.public_id,
        "name": site.name,
        "color": site.color,
        "active": site.active,
        "allowed_domains": site.allowed_domains,
        "seen_at": site.seen_at,
        "seen_origin": site.seen_origin,
        "url": reverse("site", args=[site.public_id]),
    }


@require_GET
@requires(Permission.SITE_VIEW)
def sites(request: HttpRequest, member: Member) -> HttpResponseBase:
    return TemplateResponse(
        request, "widget/settings/sites.html", {"sites": [_describe(site) for site in list_sites()]}
    )


@require_http_methods(["GET", "POST"])
@requires(Permission.SITE_CHANGE)
def new_site(request: HttpRequest, member: Member) -> HttpResponseBase:
    form = NewSiteForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        made = create_site(
            account=member.account, name=form.cleaned_data["name"], allowed_domains=form.cleaned_data["allowed_domains"]
        )
        return redirect("site", made.public_id)
    return TemplateResponse(request, "widget/settings/site_new.html", {"form": form})


@require_http_methods(["GET", "POST"])
@requires(Permission.SITE_VIEW)
def site(request: HttpRequest, member: Member, site_key: str) -> HttpResponseBase:
    found = get_site(site_key)
    form = SiteForm(request.POST or None, instance=found)
    if request.method == "POST":
        if not allows(member.role, Permission.SITE_CHANGE):
            raise NotPermitted
        if form.is_valid():
            form.save()
            messages.success(request, _("Saved. Pages show it within a minute."))
            return redirect("site", found.public_id)
    context = {
        "site": _describe(found),
        "form": form,
        "script_tag": write_script_tag(found),
        "preview_url": reverse("widget_frame", args=[found.public_id]) + "?preview=1",
        "seen_url": reverse("site_seen", args=[found.public_id]),
    }
    return TemplateResponse(request, "widget/settings/site.html", context)


@require_GET
@requires(Permission.SITE_VIEW)
def site_seen(request: HttpRequest, member: Member, site_key: str) -> HttpResponseBase:
    """Whether the tag was seen on a page, for the tick that turns true by itself."""
    found = get_site(site_key)
    at = found.seen_at.isoformat() if found.seen_at else None
    return JsonResponse({"seen": bool(at), "at": at, "origin": found.seen_origin})
