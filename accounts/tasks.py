"""Background work of accounts. Each task is safe to run twice."""

from celery import shared_task
from django.core.management import call_command


@shared_task
def clear_expired_sessions() -> None:
    """Delete sign-in sessions whose time is over."""
    call_command("clearsessions")
