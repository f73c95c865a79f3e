"""Loaded before the settings (see pyproject.toml): gives the tests a Postgres, a Valkey and the variables they need."""

import os
from typing import Any

from tests.servers import start_test_servers, stop_test_servers

os.environ.setdefault("CHATSITE_SECRET_KEY", "only-for-tests-" * 5)
os.environ.setdefault("DATABASE_POOL", "0")
os.environ.setdefault("CHATSITE_LOGS", "lines")
os.environ["CHATSITE_MAIL_DIR"] = ""
start_test_servers()


def pytest_unconfigure(config: Any) -> None:
    stop_test_servers()
