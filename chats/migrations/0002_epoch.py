"""The first incarnation of the logs."""

import secrets
from typing import Any

from django.db import migrations


def write_epoch(apps: Any, schema_editor: Any) -> None:
    epochs = apps.get_model("chats", "LogEpoch").objects.using(schema_editor.connection.alias)
    if not epochs.exists():
        epochs.create(value=secrets.randbits(62))


class Migration(migrations.Migration):
    dependencies = [("chats", "0001_initial")]

    operations = [migrations.RunPython(write_epoch, migrations.RunPython.noop)]
