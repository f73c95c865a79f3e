"""The process refuses to serve on a database role that row-level security does not bind."""

from django.db import connections


class UnsafeDatabaseRole(RuntimeError):
    pass


def refuse_unsafe_role(alias: str = "default") -> None:
    """Raise UnsafeDatabaseRole when the role of this alias is superuser, bypasses RLS, or owns a table."""
    with connections[alias].cursor() as cursor:
        cursor.execute(
            "SELECT current_user, rolsuper, rolbypassrls,"
            " EXISTS (SELECT 1 FROM pg_class WHERE relowner = r.oid AND relkind IN ('r', 'p'))"
            " FROM pg_roles r WHERE rolname = current_user"
        )
        role, superuser, bypasses, owns = cursor.fetchone()
    faults = {"is a superuser": superuser, "bypasses row-level security": bypasses, "owns tables": owns}
    why = " and ".join(words for words, true in faults.items() if true)
    if why:
        raise UnsafeDatabaseRole(
            f"The database role {role} {why}. Serve as chatsite_app (web, worker) or chatsite_platform (admin);"
            " `manage.py bootstrap_database` makes them."
        )
