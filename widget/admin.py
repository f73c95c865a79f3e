"""Platform staff's view of sites."""

from django.contrib import admin

from accounts.admin import ReadOnlyAdmin
from widget.models import Site


@admin.register(Site)
class SiteAdmin(ReadOnlyAdmin):
    list_display = ["name", "account", "public_id", "active", "seen_at", "created_at"]
    list_filter = ["active", "seen_at"]
    list_select_related = ["account"]
    search_fields = ["name", "public_id", "account__name"]
    ordering = ["-created_at"]
