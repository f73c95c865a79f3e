from django.urls import path

from widget.views import public, settings

urlpatterns = [
    path("widget.js", public.loader, name="loader"),
    path("w/<str:site_key>/config.json", public.config, name="widget_config"),
    path("w/<str:site_key>/frame", public.frame, name="widget_frame"),
    path("w/session", public.session, name="visitor_session"),
    path("w/ticket", public.ticket, name="visitor_ticket"),
    path("w/forget", public.forget, name="visitor_forget"),
    path("settings/sites/", settings.sites, name="sites"),
    path("settings/sites/new", settings.new_site, name="site_new"),
    path("settings/sites/<str:site_key>/", settings.site, name="site"),
    path("settings/sites/<str:site_key>/seen", settings.site_seen, name="site_seen"),
]
