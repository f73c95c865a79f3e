"""Who is here and wants chats; where a visitor is. Each needs the account's scope."""

from accounts.models import Member
from chats.fanout import Parcel, announce
from chats.queries import list_visitor_frames
from widget.actions import move_visitor
from widget.models import Visitor


def set_accepting(*, member: Member, accepting: bool) -> None:
    """Record whether the member wants new chats; colleagues and visitors see it at once."""
    Member.objects.filter(id=member.id).update(accepting=accepting)
    announce(member.account.public_id, [Parcel(presence=True)])


def show_page(*, visitor: Visitor, account_public_id: str, url: str, title: str) -> None:
    """Record the page that the visitor is on, and show it to the agents of his open chat."""
    if move_visitor(visitor=visitor, url=url, title=title):
        frames = list_visitor_frames([visitor.public_id], frozenset({visitor.public_id}))
        announce(account_public_id, [Parcel(frames=frames, to_agents=True)])
