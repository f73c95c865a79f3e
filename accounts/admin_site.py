"""The admin's site, in a module of its own: Django asks for it while the modules that register with it are loading."""

from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse

from chatsite.kit.client_address import network_of
from chatsite.kit.ratelimit import count
from chatsite.kit.signing import hash_token

TRIES_PER_NETWORK, NETWORK_WINDOW_S = 10, 60
TRIES_PER_ADDRESS, ADDRESS_WINDOW_S = 5, 15 * 60  # the same as at the members' sign-in


class PlatformSite(AdminSite):
    site_title = site_header = "Chatsite platform"
    index_title = "Accounts, people, sites"
    site_url = None

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Sign staff in. Counted here, since allauth's limits belong to its own form. Raises RateLimited."""
        if request.method == "POST":
            address = hash_token(request.POST.get("username", "").strip().lower()).hex()
            count(f"staff:{network_of(request)}", limit=TRIES_PER_NETWORK, window_s=NETWORK_WINDOW_S)
            count(f"staff:{address}", limit=TRIES_PER_ADDRESS, window_s=ADDRESS_WINDOW_S)
        return super().login(request, extra_context)
