"""Row-level security and grants for sites and visitors."""

from django.db import migrations

from chatsite.kit.row_security import TenantTable


class Migration(migrations.Migration):
    dependencies = [("widget", "0001_initial"), ("accounts", "0002_fences")]

    operations = [
        TenantTable("widget_site", platform="SELECT, UPDATE"),
        TenantTable("widget_visitor", references={"site_id": "widget_site"}),
        TenantTable(
            "widget_visitorsession",
            references={"visitor_id": "widget_visitor"},
            cascade=["visitor_id"],
            sweeper=["account_id", "id", "used_at"],
        ),
    ]
