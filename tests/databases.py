"""Connections of a test's own to the test database, as any of the roles; nothing of Django is in between."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import psycopg
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

from chatsite.embedded import roles
from chatsite.settings import database

Row = tuple[Any, ...]


def connect(role: str = roles.OWNER, *, to: str | None = None, maintenance: bool = False) -> psycopg.Connection[Row]:
    """Log in to the test database, or the one named in `to`. `maintenance`: the owner sees all accounts' rows."""
    options = "-c app.maintenance=on" if maintenance else ""
    name = to or connections["default"].settings_dict["NAME"]
    return psycopg.connect(os.environ[roles.VARIABLES[role]], dbname=name, autocommit=True, options=options)


def name_login(role: str) -> str:
    """The user name behind a role's URL."""
    return str(urlsplit(os.environ[roles.VARIABLES[role]]).username)


@contextmanager
def default_role(role: str, *, to: str | None = None) -> Iterator[BaseDatabaseWrapper]:
    """Let Django's default connection of this thread be another role's, or on another database, for a while."""
    before = connections["default"]
    made = database(os.environ[roles.VARIABLES[role]], pool=0)
    wrapper = type(before)({**before.settings_dict, **made, "NAME": to or before.settings_dict["NAME"]}, "default")
    connections["default"] = wrapper
    try:
        yield wrapper
    finally:
        wrapper.close()
        connections["default"] = before
