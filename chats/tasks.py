"""Background work of chats. Each task is safe to run twice."""

from celery import shared_task

from accounts.models import Member
from accounts.tenancy import account_scope
from chats.actions.chats import end_chat_as_system, release_chat
from chats.fanout import Parcel, announce
from chats.queries import get_chat_ref_by_id, list_open_chats
from chatsite.kit.sweep import list_due

FORGOTTEN_AFTER_H = 24  # a chat in which nothing happened for so long is over
FORGOTTEN = (
    "SELECT account_id, id FROM chats_chat WHERE state <> 'ended'"
    f" AND changed_at < now() - interval '{FORGOTTEN_AFTER_H} hours' ORDER BY account_id, id LIMIT 1000"
)


@shared_task
def end_forgotten_chats() -> None:
    """End the chats that both sides have left, in every account."""
    for account_id, chat_id in list_due(FORGOTTEN):
        with account_scope(account_id):
            end_chat_as_system(chat=get_chat_ref_by_id(chat_id))


@shared_task
def end_open_chats(*, account_id: int) -> None:
    """End all open chats of an account that takes none any more; each in a transaction of its own."""
    with account_scope(account_id):
        chats = list_open_chats()
    for chat in chats:
        with account_scope(account_id):
            end_chat_as_system(chat=chat)


@shared_task
def release_member(*, account_id: int, member_id: int) -> None:
    """Close a removed member's consoles and put his chats back to the queue; each in a transaction of its own."""
    with account_scope(account_id):
        member = Member.objects.select_related("account").filter(id=member_id).first()
        if member is None:
            return
        announce(member.account.public_id, [Parcel(revoke=member.public_id, presence=True)])
        chats = list_open_chats(assignee_id=member.id)
    for chat in chats:
        with account_scope(account_id):
            release_chat(chat=chat, member=member)
