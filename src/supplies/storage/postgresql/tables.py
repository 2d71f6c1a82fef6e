"""Create, migrate and check the tables in a PostgreSQL schema."""

from __future__ import annotations

from collections.abc import Callable

from supplies.errors import AlreadyDone, NewerVersion, NotADatabase, StoreError
from supplies.storage import schema
from supplies.storage.store import Store

ADVISORY_LOCK_NAMESPACE = 0x5355_5050
"""The first of the two numbers that identify an advisory lock in PostgreSQL."""


class SchemaManager:
    """Creates, migrates and checks the tables in a PostgreSQL schema.

    Attributes:
        books: Name of the schema, quoted for SQL.
        script: A function that runs several SQL statements at once.
    """

    def __init__(self, store: Store, books: str, script: Callable[[str], None]) -> None:
        self._store, self._books, self._script = store, books, script

    def migrate(self, *, create: bool) -> None:
        """Migrate the tables to the version of this program.

        Args:
            create: Whether to create the tables if there are none.

        Raises:
            NewerVersion: a newer version of this program made the tables.
            NotADatabase: there are no tables, and `create` is false.
            StoreError: the schema is not a ledger, or this user may not migrate it.
        """
        url, found = self._store.url, self._found()
        if not found and not create:
            raise NotADatabase(f"{url} is empty; make a ledger with `supplies init`")
        version = self._version(found)
        if 0 < version < schema.latest_version() and not self.user_is_owner():
            raise StoreError(
                f"{url} is of an older version (its tables are version {version}, this "
                f"program needs {schema.latest_version()}): let the owner of the tables open it "
                "once, as with `supplies verify`, then `supplies database grant` again"
            )
        if version < schema.latest_version():
            with self._store.writing():
                self._lock()
                version = self._version(self._found())
                self._make(since=version)
                self.create_guards(since=version)
        version = self._version(self._found())
        if version > schema.latest_version():
            raise NewerVersion(
                f"{url} was made by a newer version of this program (its tables are "
                f"version {version}, this program knows {schema.latest_version()}); "
                "upgrade this program"
            )

    def create(self) -> None:
        """Create all tables in an empty database.

        Raises:
            AlreadyDone: the database has tables already.
        """
        self._lock()
        found = self._found()
        if found:
            raise AlreadyDone(
                f"{self._store.url} contains tables already ({', '.join(sorted(found)[:3])}); "
                "name a new database"
            )
        self._make(since=0)

    def create_guards(self, *, since: int) -> None:
        """Create the triggers that were added or changed after a version of the tables.

        Args:
            since: The version; 0 creates all triggers.
        """
        guards = schema.postgres_guards(self._books)
        functions = schema.guards_added_after(guards.functions, since)
        script = "\n".join(functions.values())
        self._script(script.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION"))
        triggers = schema.guards_added_after(guards.triggers, since)
        for table, name in (key.split(".") for key in triggers if since):
            self._script(f"DROP TRIGGER IF EXISTS {name} ON {table}")
        self._script(";\n".join(triggers.values()))
        for name, version in schema.SECURITY_DEFINER_SINCE.items():
            # A function that is replaced loses these rights.
            if since < version or name in functions:
                self._script(f"ALTER FUNCTION {self._books}.{name}() {schema.SECURITY_DEFINER}")
        self._script(schema.revoke_execute(self._books))

    def user_is_owner(self) -> bool:
        """Return whether this user owns the tables, or is a member of the role that owns them."""
        owns = "SELECT pg_has_role(relowner, 'USAGE') FROM pg_class WHERE oid = 'entries'::regclass"
        return self._store.one(owns) == (True,)

    def _found(self) -> set[str]:
        rows = self._store.all(
            "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') "
            "AND relnamespace = current_schema()::regnamespace"
        )
        return {str(name) for (name,) in rows}

    def _version(self, found: set[str]) -> int:
        """Return the version of the tables in the database, or 0 if there are none.

        Args:
            found: The names of all tables in the schema.

        Raises:
            NotADatabase: the tables are not those of this program, or do not contain their version.
        """
        url = self._store.url
        if not found:
            return 0
        if "migrations" not in found:
            raise NotADatabase(
                f"{url} is a database of another program (it contains "
                f"{', '.join(sorted(found)[:3])}); name another, or make a new one"
            )
        row = self._store.one("SELECT max(version) FROM migrations")
        if row is None or row[0] is None:
            raise NotADatabase(
                f"{url} does not say which version of this program made it; "
                "restore it from a backup"
            )
        return int(row[0])

    def _lock(self) -> None:
        """Lock the tables for a migration. If another process is migrating them, wait for it."""
        self._store.run(f"SELECT pg_advisory_xact_lock({ADVISORY_LOCK_NAMESPACE})")

    def _make(self, *, since: int) -> None:
        """Run all migrations that are newer than a version of the tables.

        Args:
            since: The version; 0 creates all tables.
        """
        if since == 0:
            self._script(
                'CREATE TABLE catalogue_changes (station TEXT COLLATE "C" PRIMARY KEY, '
                "changes BIGINT NOT NULL)"
            )
        for migration in schema.migrations_after(since):
            self._script(schema.to_postgresql(migration.script))
            self._store.run(
                "INSERT INTO migrations (version, applied_at) VALUES (:version, "
                """to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))""",
                {"version": migration.version},
            )
