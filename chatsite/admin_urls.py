"""The admin process' only addresses."""

from django.contrib import admin
from django.urls import path
from django.views.generic import RedirectView

from chatsite import pages

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/", admin.site.urls),
    path("health", pages.ready, name="health"),
    path("health/live", pages.live, name="health_live"),
    path("health/ready", pages.ready, name="health_ready"),
]
