"""The Celery app and when each periodic task runs."""

import logging
import logging.config
import os
from pathlib import Path
from typing import Any

from celery import Celery
from celery.schedules import crontab
from celery.signals import after_task_publish, heartbeat_sent, setup_logging, task_failure
from django.conf import settings

from chatsite.kit.worker_sign import RENEW_EVERY_S, renew_sign

log = logging.getLogger(__name__)

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatsite.settings")

app = Celery("chatsite")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["accounts", "widget", "chats"])
app.conf.timezone = "UTC"
app.conf.beat_schedule = {
    "show that a worker works": {"task": "chatsite.celery.leave_sign", "schedule": RENEW_EVERY_S},
    "clear expired sign-in sessions": {
        "task": "accounts.tasks.clear_expired_sessions",
        "schedule": crontab(minute="17"),
    },
    "end forgotten chats": {"task": "chats.tasks.end_forgotten_chats", "schedule": crontab(minute="*/10")},
    "end idle visitor sessions": {"task": "widget.tasks.end_idle_sessions", "schedule": crontab(minute="41")},
}


@app.task
def leave_sign() -> None:
    """Show that beat, broker and worker all work; /health/ready looks for it."""
    renew_sign()


@setup_logging.connect
def use_our_logging(**facts: Any) -> None:
    """Log as the settings say: with this receiver Celery sets nothing up by itself."""
    logging.config.dictConfig(settings.LOGGING)


@task_failure.connect
def tell_failure(sender: Any = None, exception: BaseException | None = None, **facts: Any) -> None:
    """Say which task failed, and by what class of error: Celery's own line quotes the error's words."""
    log.error("the task %s failed", getattr(sender, "name", "?"), exc_info=exception)


@heartbeat_sent.connect
@after_task_publish.connect
def touch_alive_file(**facts: Any) -> None:
    """Let a probe see that this worker's loop turns, or that this beat reaches the broker."""
    if settings.ALIVE_PATH:
        Path(settings.ALIVE_PATH).touch()
