"""Row-level security and grants for accounts, people, members, doors, and the tables of Django and allauth."""

from django.db import migrations

from chatsite.kit.row_security import DROP_SCOPE_FUNCTIONS, SCOPE_FUNCTIONS, GlobalTable, PolicyTable, TenantTable

MY_ACCOUNTS = "id IN (SELECT account_id FROM accounts_member WHERE person_id = app_person_id() AND removed_at IS NULL)"
COLLEAGUES = "id IN (SELECT person_id FROM accounts_member WHERE account_id = app_account_id())"
SIGNING_IN = "email = NULLIF(current_setting('app.sign_in_email', true), '')"
SEQUENCES = (
    "GRANT USAGE ON SEQUENCE accounts_account_id_seq, accounts_person_id_seq TO chatsite_app, chatsite_platform;"
)


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
        ("account", "0009_emailaddress_unique_primary_email"),
        ("admin", "0003_logentry_add_action_flag_choices"),
        ("sessions", "0001_initial"),
    ]

    operations = [
        migrations.RunSQL(SCOPE_FUNCTIONS, DROP_SCOPE_FUNCTIONS),
        PolicyTable(
            "accounts_account",
            policies=[
                ("tenant", "ALL", "id = app_account_id()", "id = app_account_id()"),
                ("own_memberships", "SELECT", MY_ACCOUNTS, ""),
            ],
            app="SELECT, INSERT, UPDATE",
            platform="SELECT, INSERT, UPDATE",
            sweeper=["id", "state"],
        ),
        PolicyTable(
            "accounts_person",
            policies=[
                ("tenant", "SELECT", f"id = app_person_id() OR {COLLEAGUES}", ""),
                ("signing_in", "SELECT", SIGNING_IN, ""),
                ("own_insert", "INSERT", "", "id = app_person_id()"),
                ("own_update", "UPDATE", "id = app_person_id()", "id = app_person_id()"),
                ("rehash", "UPDATE", SIGNING_IN, SIGNING_IN),
            ],
            app="SELECT, INSERT, UPDATE",
            platform="SELECT, INSERT, UPDATE",
        ),
        TenantTable("accounts_member", app="SELECT, INSERT, UPDATE", platform="SELECT, INSERT, UPDATE"),
        migrations.RunSQL(
            "CREATE POLICY own ON accounts_member FOR SELECT TO chatsite_app USING (person_id = app_person_id());",
            "DROP POLICY own ON accounts_member;",
        ),
        migrations.RunSQL(SEQUENCES, migrations.RunSQL.noop),
        GlobalTable("accounts_door", app="SELECT, INSERT, DELETE", platform="SELECT, INSERT, DELETE"),
        GlobalTable("django_session", app="SELECT, INSERT, UPDATE, DELETE", platform="SELECT, INSERT, UPDATE, DELETE"),
        GlobalTable(
            "account_emailaddress", app="SELECT, INSERT, UPDATE, DELETE", platform="SELECT, INSERT, UPDATE, DELETE"
        ),
        GlobalTable("account_emailconfirmation", app="SELECT, INSERT, UPDATE, DELETE"),
        GlobalTable("django_content_type", app="SELECT", platform="SELECT"),
        GlobalTable("django_migrations", app="SELECT", platform="SELECT"),
        GlobalTable("django_admin_log", platform="SELECT, INSERT"),
    ]
