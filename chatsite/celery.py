"""The Celery app and when each periodic task runs."""

import os

from celery import Celery
from celery.schedules import crontab

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatsite.settings")

app = Celery("chatsite")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["accounts", "widget", "chats"])
app.conf.timezone = "UTC"
app.conf.beat_schedule = {
    "clear expired sign-in sessions": {
        "task": "accounts.tasks.clear_expired_sessions",
        "schedule": crontab(minute="17"),
    },
    "end forgotten chats": {"task": "chats.tasks.end_forgotten_chats", "schedule": crontab(minute="*/10")},
    "end idle visitor sessions": {"task": "widget.tasks.end_idle_sessions", "schedule": crontab(minute="41")},
}
