"""Background work of sites and visitors. Each task is safe to run twice."""

from celery import shared_task

from accounts.tenancy import account_scope
from chatsite.kit.sweep import list_due
from widget.actions import end_idle_sessions as end_idle_sessions_here
from widget.identity import SESSION_IDLE_H

IDLE = (
    f"SELECT DISTINCT account_id FROM widget_visitorsession WHERE used_at < now() - interval '{SESSION_IDLE_H} hours'"
)


@shared_task
def end_idle_sessions() -> None:
    """End visitors' tokens that were not used for a day, in every account."""
    for (account_id,) in list_due(IDLE):
        with account_scope(account_id):
            end_idle_sessions_here()
