"""What a role needs that records in the books of another: to add to them, and to alter nothing.

Who owns the tables makes and migrates them; the service runs as a role of its own. It may read
all tables and add rows to those that commands add to; it may change the columns below, and delete
from the tables below. What follows from transfers is moved by functions with the owner's rights.
"""

from __future__ import annotations

from supplies.errors import InvalidField, NotFound, StoreError
from supplies.store import Store, schema

FOLLOWING = ("balances", "catalogue_changes", "days", "heads", "migrations", "pending")
"""Tables that nobody writes to but the owner, and what works with the owner's rights."""

CHANGED = {
    **{
        table: [name for name in names if name not in ("station", "code")]
        for table, names in schema.columns().items()
        if table in ("stations", *schema.NAMED)
    },
    "answers": ["answer"],
    "attempts": ["tried"],
    "credentials": ["used_at", "revoked_at"],
    "donor_requests": ["wish", "answered_at", "answered_by", "answer"],
    "erasable": ["salt", "content"],
    "retention": ["recipients_days", "donors_days", "access_log_days"],
    "station_settings": ["settings"],
    "users": ["password", "disabled_at"],
    "write_probes": ["written_at"],
}
"""Columns that commands change."""

DELETED = ("access_log", "attempts", "credentials", "organisations", "search", "searchable")
"""Tables that rows are deleted from; none of them is part of the books."""


def grant(store: Store, role: str) -> None:
    """Let a role record in these books, and take from it what goes beyond that.

    Raises NotFound for a role that is not there, InvalidField for one that cannot be held to it,
    StoreError where the store's own user does not own the tables.
    """
    with store.writing():
        name = _grantee(store, role)
        for statement in _statements(store, name):
            store.run(statement)
        _check_nothing_beyond(store, role)


def _grantee(store: Store, role: str) -> str:
    """The role as it is written in statements."""
    found = store.one(
        "SELECT quote_ident(r.rolname), r.rolsuper, pg_has_role(r.oid, c.relowner, 'MEMBER'), "
        "pg_has_role(c.relowner, 'USAGE') "
        "FROM pg_roles r, pg_class c WHERE r.rolname = :role AND c.oid = 'migrations'::regclass",
        {"role": role},
    )
    if found is None:
        raise NotFound(
            f"there is no role {role} on the server of {store.url}; make it there, as with "
            f"`createuser {role}`"
        )
    name, is_super, is_owner, may_grant = found
    if not may_grant:
        raise StoreError(f"only who owns the tables of {store.url} may grant rights to them")
    if is_super or is_owner:
        what = "is a superuser" if is_super else "owns the tables"
        raise InvalidField(
            f"{role} {what}, and nothing can be kept from it; name a role of its own for the "
            "service"
        )
    return str(name)


def _statements(store: Store, role: str) -> list[str]:
    row = store.one("SELECT quote_ident(current_schema())")
    assert row is not None, "there is one: the books are in it"
    (books,) = row
    made = [
        f"REVOKE ALL ON ALL TABLES IN SCHEMA {books} FROM {role}",
        f"REVOKE CREATE ON SCHEMA {books} FROM {role}",
        f"GRANT USAGE ON SCHEMA {books} TO {role}",
        f"GRANT SELECT ON ALL TABLES IN SCHEMA {books} TO {role}",
    ]
    added = ", ".join(name for name in schema.columns() if name not in FOLLOWING)
    made.append(f"GRANT INSERT ON {added} TO {role}")
    made += [
        f"GRANT UPDATE ({', '.join(columns)}) ON {table} TO {role}"
        for table, columns in CHANGED.items()
    ]
    return [*made, f"GRANT DELETE ON {', '.join(DELETED)} TO {role}"]


def _check_nothing_beyond(store: Store, role: str) -> None:
    """Refuse a role that may alter the books by another way: as everybody, or as a member."""
    for table in (*schema.APPEND_ONLY, *FOLLOWING):
        row = store.one(
            "SELECT has_table_privilege(:role, :table, 'UPDATE, DELETE, TRUNCATE, TRIGGER') "
            "OR has_any_column_privilege(:role, :table, 'UPDATE')",
            {"role": role, "table": table},
        )
        if row != (False,):
            raise StoreError(
                f"{role} may alter {table} by what was granted to everybody, or to a role that "
                f"it is a member of; take that away first, as with `REVOKE ALL ON {table} FROM "
                "PUBLIC`"
            )
    row = store.one(
        "SELECT has_schema_privilege(:role, current_schema(), 'CREATE')", {"role": role}
    )
    if row != (False,):
        raise StoreError(
            f"{role} may make tables and functions beside the books, as everybody may; take that "
            "away first, with `REVOKE CREATE ON SCHEMA public FROM PUBLIC`"
        )
