"""The admin's site, in a module of its own: Django asks for it while the modules that register with it are loading."""

from django.contrib.admin import AdminSite


class PlatformSite(AdminSite):
    site_title = site_header = "Chatsite platform"
    index_title = "Accounts, people, sites"
    site_url = None
