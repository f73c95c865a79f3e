"""The whole site on one page."""

from allauth.account import views as sign_in
from django.urls import include, path

from chatsite import pages

urlpatterns = [
    path("", pages.home, name="home"),
    path("accounts/login/", sign_in.login, name="account_login"),
    path("accounts/logout/", sign_in.logout, name="account_logout"),
    path("accounts/inactive/", sign_in.account_inactive, name="account_inactive"),
    path("accounts/reauthenticate/", sign_in.reauthenticate, name="account_reauthenticate"),
    path("", include("widget.urls")),
    path("", include("chats.urls")),
    path("health", pages.health, name="health"),
    path(".well-known/security.txt", pages.security_txt, name="security_txt"),
]
