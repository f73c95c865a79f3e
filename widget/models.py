"""Sites and their visitors."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from accounts.tenancy import TenantForeignKey, TenantModel
from chatsite.kit.ids import new_id

NAME_MAX_CHARS = 80
GREETING_MAX_CHARS = 300
URL_MAX_CHARS = 2_048
TITLE_MAX_CHARS = 200
MAX_DOMAINS = 20  # they travel in a header of every frame answer


def new_site_id() -> str:
    return new_id("site")


def new_visitor_id() -> str:
    return new_id("vis")


class Position(models.TextChoices):
    RIGHT = "right", "Right"
    LEFT = "left", "Left"


class Site(TenantModel):
    """One web site of an account, with one widget. The public id is the key in the script tag."""

    public_id = models.CharField(max_length=32, unique=True, default=new_site_id, editable=False)
    name = models.CharField(max_length=NAME_MAX_CHARS)
    color = models.CharField(max_length=7, default="#2f5bea")
    greeting = models.CharField(max_length=GREETING_MAX_CHARS, blank=True, default="")
    position = models.CharField(max_length=8, choices=Position, default=Position.RIGHT)
    allowed_domains = ArrayField(models.CharField(max_length=253), default=list, blank=True, size=MAX_DOMAINS)
    active = models.BooleanField(default=True)
    seen_at = models.DateTimeField(null=True, blank=True, editable=False)
    seen_origin = models.CharField(max_length=300, blank=True, default="", editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.CheckConstraint(condition=Q(color__regex=r"^#[0-9a-f]{6}$"), name="site_color_is_hex"),
            models.CheckConstraint(condition=Q(position__in=Position.values), name="site_position_known"),
            models.CheckConstraint(condition=~Q(name=""), name="site_has_a_name"),
        ]

    def __str__(self) -> str:
        return self.name


class Visitor(TenantModel):
    """A browser on a site whose person has opened the chat. Never made before that."""

    public_id = models.CharField(max_length=32, unique=True, default=new_visitor_id, editable=False)
    site = TenantForeignKey(Site, related_name="+")
    name = models.CharField(max_length=NAME_MAX_CHARS)
    browser = models.CharField(max_length=60, blank=True, default="")
    system = models.CharField(max_length=60, blank=True, default="")
    language = models.CharField(max_length=35, blank=True, default="")  # BCP 47
    page_url = models.CharField(max_length=URL_MAX_CHARS, blank=True, default="")
    page_title = models.CharField(max_length=TITLE_MAX_CHARS, blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(TenantModel.Meta):
        pass

    def __str__(self) -> str:
        return self.name


class VisitorSession(TenantModel):
    """A visitor's opaque token; only its SHA-256 is stored. Ends when unused for SESSION_IDLE or on "forget me"."""

    visitor = TenantForeignKey(Visitor, related_name="+")
    token_sha256 = models.BinaryField(max_length=32)
    used_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["account", "token_sha256"], name="visitor_session_token_once"),
        ]
        indexes = [models.Index(fields=["account", "visitor"], name="visitor_session_by_visitor")]
