"""Row-level security and grants for chats and events."""

from django.db import migrations

from chatsite.kit.row_security import GlobalTable, TenantTable


class Migration(migrations.Migration):
    dependencies = [("chats", "0001_initial"), ("widget", "0002_fences")]

    operations = [
        TenantTable(
            "chats_chat",
            references={"site_id": "widget_site", "visitor_id": "widget_visitor", "assignee_id": "accounts_member"},
            sweeper=["account_id", "id", "state", "changed_at"],
        ),
        TenantTable(
            "chats_event",
            references={"chat_id": "chats_chat"},
            cascade=["chat_id"],
            has_id=False,
            app="SELECT, INSERT, UPDATE, DELETE",
        ),
        migrations.RunSQL(
            "ALTER TABLE chats_event ALTER COLUMN created_at SET DEFAULT clock_timestamp();"
            "ALTER TABLE chats_event ALTER COLUMN data SET DEFAULT '{}';",
            "ALTER TABLE chats_event ALTER COLUMN created_at DROP DEFAULT;"
            "ALTER TABLE chats_event ALTER COLUMN data DROP DEFAULT;",
        ),
        GlobalTable("chats_logepoch", app="SELECT"),
    ]
