"""How rules start background work without importing tasks (tasks import rules)."""

from celery import current_app


def enqueue(name: str, **ids: int | str) -> None:
    """Run the task `name` after commit. Ids only: rows may change before it runs."""
    current_app.tasks[name].delay_on_commit(**ids)
