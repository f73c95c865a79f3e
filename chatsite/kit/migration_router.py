"""Migrations run on one database alias only: `owner`. The other aliases are other roles on the same database."""

from typing import Any


class OwnerMigrates:
    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        return db == "owner"
