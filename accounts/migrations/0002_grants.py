"""Rights on the tables of Django and allauth, which refer to our people and so come after them."""

from django.db import migrations

from chatsite.kit.row_security import GlobalTable


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
        ("account", "0009_emailaddress_unique_primary_email"),
        ("admin", "0003_logentry_add_action_flag_choices"),
        ("sessions", "0001_initial"),
    ]

    operations = [
        GlobalTable("django_session", app="SELECT, INSERT, UPDATE, DELETE", platform="SELECT, INSERT, UPDATE, DELETE"),
        GlobalTable(
            "account_emailaddress", app="SELECT, INSERT, UPDATE, DELETE", platform="SELECT, INSERT, UPDATE, DELETE"
        ),
        GlobalTable("account_emailconfirmation", app="SELECT, INSERT, UPDATE, DELETE"),
        GlobalTable("django_content_type", app="SELECT", platform="SELECT"),
        GlobalTable("django_migrations", app="SELECT", platform="SELECT"),
        GlobalTable("django_admin_log", platform="SELECT, INSERT"),
    ]
