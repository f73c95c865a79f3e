"""The whole site on one page."""

from allauth.account import views as sign_in
from django.urls import include, path
from django.views.decorators.http import require_http_methods

from chatsite import pages

form = require_http_methods(["GET", "POST"])  # allauth's views would take PUT for POST

urlpatterns = [
    path("", pages.home, name="home"),
    path("accounts/login/", form(sign_in.login), name="account_login"),
    path("accounts/logout/", form(sign_in.logout), name="account_logout"),
    path("accounts/inactive/", form(sign_in.account_inactive), name="account_inactive"),
    path("accounts/reauthenticate/", form(sign_in.reauthenticate), name="account_reauthenticate"),
    path("", include("widget.urls")),
    path("", include("chats.urls")),
    path("health", pages.ready, name="health"),
    path("health/live", pages.live, name="health_live"),
    path("health/ready", pages.ready, name="health_ready"),
    path(".well-known/security.txt", pages.security_txt, name="security_txt"),
]
