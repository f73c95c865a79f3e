"""Looking across accounts, as the role that sees ids and due times only."""

from typing import Any

from django.db import connections


def list_due(sql: str, parameters: list[Any] | None = None) -> list[tuple[Any, ...]]:
    """Return rows of a query run as the sweeper. What is done about them happens in each account's own scope."""
    with connections["sweeper"].cursor() as cursor:
        cursor.execute(sql, parameters or [])
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
