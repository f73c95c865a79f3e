"""Chats and their events."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Length, Now

from accounts.models import Member
from accounts.tenancy import TenantForeignKey, TenantModel
from chats.protocol import TEXT_MAX_CHARS
from chatsite.kit.ids import new_id
from widget.models import Site, Visitor

models.TextField.register_lookup(Length)


def new_chat_id() -> str:
    return new_id("chat")


class State(models.TextChoices):
    WAITING = "waiting", "Waiting"
    ACTIVE = "active", "Active"
    ENDED = "ended", "Ended"


class SenderKind(models.TextChoices):
    VISITOR = "visitor", "Visitor"
    AGENT = "agent", "Agent"
    SYSTEM = "system", "System"


class Kind(models.TextChoices):
    MESSAGE = "message", "Message"
    FILE = "file", "File"  # reserved
    ASSIGNED = "assigned", "Assigned"
    ENDED = "ended", "Ended"


class Chat(TenantModel):
    """One conversation. `last_seq` counts its events and is written by chats/ingest alone, like the events."""

    public_id = models.CharField(max_length=32, unique=True, default=new_chat_id, editable=False)
    site = TenantForeignKey(Site, related_name="+")
    visitor = TenantForeignKey(Visitor, related_name="+")
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    assignee = TenantForeignKey(Member, null=True, blank=True, related_name="+")
    last_seq = models.BigIntegerField(default=0)
    visitor_read_seq = models.BigIntegerField(default=0)
    agent_read_seq = models.BigIntegerField(default=0, help_text="What the assignee has seen.")
    start_cmid = models.UUIDField(help_text="The cmid of the first message: a repeated start finds its chat.")
    started_at = models.DateTimeField(db_default=Now())
    changed_at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.CharField(max_length=8, choices=SenderKind, blank=True, default="")

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["account", "visitor", "start_cmid"], name="chat_started_once"),
            models.UniqueConstraint(
                fields=["account", "visitor"], condition=~Q(state="ended"), name="chat_one_open_per_visitor"
            ),
            models.CheckConstraint(condition=Q(state__in=State.values), name="chat_state_known"),
            models.CheckConstraint(
                condition=(Q(state="waiting") & Q(assignee=None))
                | (Q(state="active") & ~Q(assignee=None))
                | Q(state="ended"),
                name="chat_active_has_assignee",
            ),
            models.CheckConstraint(
                condition=(Q(state="ended") & ~Q(ended_at=None) & ~Q(ended_by=""))
                | (~Q(state="ended") & Q(ended_at=None) & Q(ended_by="")),
                name="chat_ended_says_when_and_by_whom",
            ),
            models.CheckConstraint(
                condition=Q(visitor_read_seq__lte=F("last_seq")) & Q(agent_read_seq__lte=F("last_seq")),
                name="chat_read_marks_within",
            ),
        ]
        indexes = [
            models.Index(fields=["account", "started_at"], condition=~Q(state="ended"), name="chat_open"),
            models.Index(fields=["account", "-ended_at", "-id"], condition=Q(state="ended"), name="chat_ended"),
            models.Index(fields=["account", "changed_at"], name="chat_changed"),
            models.Index(fields=["changed_at"], condition=~Q(state="ended"), name="chat_idle"),
        ]

    def __str__(self) -> str:
        return self.public_id


class Event(TenantModel):
    """One entry of a chat's gapless list. Written by chats/ingest alone; never changed, only erased."""

    pk = models.CompositePrimaryKey("account_id", "chat_id", "seq")
    chat = TenantForeignKey(Chat, related_name="+", db_index=False)
    seq = models.BigIntegerField()
    public_id = models.CharField(max_length=32, unique=True)
    kind = models.CharField(max_length=12, choices=Kind)
    sender_kind = models.CharField(max_length=8, choices=SenderKind)
    sender_id = models.BigIntegerField(help_text="Visitor or member by sender_kind; 0 for the system.")
    cmid = models.UUIDField()
    text = models.TextField(null=True, blank=True)
    data = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["account", "chat", "sender_kind", "sender_id", "cmid"], name="event_cmid_once"
            ),
            models.CheckConstraint(condition=Q(seq__gte=1), name="event_seq_from_one"),
            models.CheckConstraint(condition=Q(kind__in=Kind.values), name="event_kind_known"),
            models.CheckConstraint(condition=Q(sender_kind__in=SenderKind.values), name="event_sender_known"),
            models.CheckConstraint(
                condition=Q(text=None) | Q(text__length__lte=TEXT_MAX_CHARS), name="event_text_not_too_long"
            ),
            models.CheckConstraint(condition=~Q(kind="message") | ~Q(text=None), name="event_message_has_text"),
        ]


class LogEpoch(models.Model):
    """One row: the incarnation of all logs. Changed after a restore, so that clients drop what may be reused."""

    value = models.BigIntegerField()
