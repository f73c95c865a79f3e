"""How rules start background work without importing tasks (tasks import rules)."""

from celery import current_app


def enqueue(name: str, **ids: int | str) -> None:
    """Run the task `name` after commit. Ids only: rows may change before it runs."""
    if name not in current_app.tasks:  # only a worker has imported the tasks by itself
        current_app.loader.import_default_modules()
    current_app.tasks[name].delay_on_commit(**ids)
