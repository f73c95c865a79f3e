from django.contrib.admin import AdminSite


class PlatformSite(AdminSite):
    pass
