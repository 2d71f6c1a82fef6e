"""Let a PostgreSQL role add entries to the books, but not change recorded entries.

The owner of the tables creates and migrates them. The service uses another role. This role may read
all tables and insert the rows that commands write. It may update or delete only what the constants
in this module list. Rows that follow from transfers, such as balances, are written by functions
that run with the rights of the owner.
"""

from __future__ import annotations

from supplies.errors import InvalidField, NotFound, StoreError
from supplies.storage import introspection, schema
from supplies.storage.store import Store

OWNER_WRITTEN_TABLES = ("balances", "catalogue_changes", "days", "heads", "migrations", "pending")
"""Tables that only their owner, and functions with the owner's rights, may write."""

UPDATABLE_COLUMNS = {
    **{
        name: [column for column in table.columns if column not in ("station", "code")]
        for name, table in introspection.tables().items()
        if name in ("stations", *schema.CATALOGUE_TABLES)
    },
    "answers": ["answer"],
    "attempts": ["tried"],
    "credentials": ["used_at", "revoked_at"],
    "donor_requests": ["wish", "answered_at", "answered_by", "answer"],
    "erasable": ["salt", "content"],
    "one_time_codes": ["confirmed_at", "last_step"],
    "passkeys": ["sign_count", "used_at"],
    "phones": [
        "expires_at",
        "used_at",
        "revoked_at",
        "unsent",
        "oldest_unsent_at",
        "reported_at",
        "version",
        "clock_offset_seconds",
    ],
    "recovery_codes": ["used_at"],
    "retention": ["recipients_days", "donors_days", "access_log_days"],
    "station_settings": ["settings"],
    "users": ["password", "disabled_at", "role", "team"],
    "write_probes": ["written_at"],
}
"""The columns that commands may update, by table."""

DELETABLE_TABLES = (
    "access_log",
    "attempts",
    "credentials",
    "item_barcodes",
    "one_time_codes",
    "organisations",
    "passkey_challenges",
    "passkeys",
    "recovery_codes",
    "search",
    "searchable",
)
"""Tables from which commands may delete rows. None of these tables is part of the books."""


def grant_access(store: Store, role: str) -> None:
    """Grant a role the right to add entries to the books, and revoke all its other rights.

    Raises:
        NotFound: the role does not exist.
        InvalidField: the role would keep further rights.
        StoreError: the user of the connection does not own the tables.
    """
    with store.writing():
        name = _grantee(store, role)
        for statement in _statements(store, name):
            store.run(statement)
        _check_nothing_beyond(store, role)


def _grantee(store: Store, role: str) -> str:
    """Return the name of the role that gets the rights, quoted for SQL."""
    found = store.one(
        "SELECT quote_ident(r.rolname), bool_or(g.rolsuper), bool_or(g.oid = c.relowner), "
        "bool_or(g.rolcreaterole), pg_has_role(c.relowner, 'USAGE') "
        "FROM pg_class c CROSS JOIN pg_roles r JOIN pg_roles g ON pg_has_role(r.oid, g.oid, "
        "'MEMBER') WHERE r.rolname = :role AND c.oid = 'migrations'::regclass "
        "GROUP BY r.rolname, c.relowner",
        {"role": role},
    )
    if found is None:
        raise NotFound(
            f"there is no role {role} on the server of {store.url}; create it there, as with "
            f"`createuser {role}`"
        )
    name, is_super, is_owner, makes_roles, may_grant = found
    if not may_grant:
        raise StoreError(f"only the owner of the tables of {store.url} may grant rights to them")
    if is_super or is_owner or makes_roles:
        what = (
            "is a superuser" if is_super else "owns the tables" if is_owner else "may create roles"
        )
        raise InvalidField(
            f"{role} {what}, itself or as a member of another role, so its rights cannot be "
            "limited; name a separate role for the service"
        )
    return str(name)


def _statements(store: Store, role: str) -> list[str]:
    row = store.one("SELECT quote_ident(current_schema())")
    assert row is not None, "the schema of the books exists"
    (books,) = row
    made = [
        f"{schema.revoke_execute(books)}, {role}",
        f"REVOKE ALL ON ALL TABLES IN SCHEMA {books} FROM {role}",
        f"REVOKE CREATE ON SCHEMA {books} FROM {role}",
        f"GRANT USAGE ON SCHEMA {books} TO {role}",
        f"GRANT SELECT ON ALL TABLES IN SCHEMA {books} TO {role}",
    ]
    added = ", ".join(name for name in schema.table_names() if name not in OWNER_WRITTEN_TABLES)
    made.append(f"GRANT INSERT ON {added} TO {role}")
    made += [
        f"GRANT UPDATE ({', '.join(columns)}) ON {table} TO {role}"
        for table, columns in UPDATABLE_COLUMNS.items()
    ]
    return [*made, f"GRANT DELETE ON {', '.join(DELETABLE_TABLES)} TO {role}"]


def _check_nothing_beyond(store: Store, role: str) -> None:
    """Check that the role has no further rights, for example through PUBLIC or another role.

    Raises:
        InvalidField: the role has further rights.
    """
    for table in (*schema.APPEND_ONLY, *OWNER_WRITTEN_TABLES):
        row = store.one(
            "SELECT has_table_privilege(:role, :table, 'UPDATE, DELETE, TRUNCATE, TRIGGER') "
            "OR has_any_column_privilege(:role, :table, 'UPDATE')",
            {"role": role, "table": table},
        )
        if row != (False,):
            raise StoreError(
                f"{role} may change {table}, because of rights of everybody or of a role of which "
                "it is a member; revoke these rights first, for example with "
                f"`REVOKE ALL ON {table} FROM PUBLIC`"
            )
    for name in schema.SECURITY_DEFINER_SINCE:
        row = store.one(
            "SELECT has_function_privilege(:role, quote_ident(current_schema()) || :name, "
            "'EXECUTE')",
            {"role": role, "name": f".{name}()"},
        )
        if row != (False,):
            raise StoreError(
                f"{role} may call {name}(), because of rights of a role of which it is a member; "
                f"revoke these rights first, for example with `REVOKE THAT_ROLE FROM {role}`"
            )
    # A role that may create functions or operators could replace those that triggers use.
    row = store.one(
        "SELECT nspname FROM pg_namespace WHERE has_schema_privilege(:role, oid, 'CREATE') "
        "AND substr(nspname::text, 1, 3) <> 'pg_' ORDER BY nspname LIMIT 1",
        {"role": role},
    )
    if row is not None:
        raise StoreError(
            f"{role} may create tables and functions in the schema {row[0]}; revoke this right "
            "from the role or from everybody first, for example with "
            f"`REVOKE CREATE ON SCHEMA {row[0]} FROM PUBLIC`"
        )
    row = store.one(
        "SELECT current_database() WHERE has_database_privilege(:role, current_database(), "
        "'CREATE')",
        {"role": role},
    )
    if row is not None:
        raise StoreError(
            f"{role} may create schemas in the database {row[0]}; revoke this right first, "
            f"for example with `REVOKE CREATE ON DATABASE {row[0]} FROM {role}`"
        )
