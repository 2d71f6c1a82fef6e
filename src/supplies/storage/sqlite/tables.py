"""Create, migrate and check the tables in a SQLite file."""

from __future__ import annotations

from pathlib import Path

from supplies.errors import AlreadyDone, GuardMissing, NewerVersion, NotADatabase
from supplies.storage import schema
from supplies.storage.sqlite.statistics import fix_statistics
from supplies.storage.store import Store


class SchemaManager:
    """Creates, migrates and checks the tables in a SQLite file.

    Attributes:
        path: The file, for error messages.
    """

    def __init__(self, store: Store, path: Path) -> None:
        self._store, self._path = store, path

    def migrate(self, *, create: bool) -> None:
        """Migrate the tables to the version of this program.

        Args:
            create: Whether to create the tables if there are none.

        Raises:
            NewerVersion: a newer version of this program made the tables.
            NotADatabase: the file is not a ledger.
        """
        found = self._found()
        if "migrations" not in found:
            if found:
                raise NotADatabase(
                    f"{self._path} is a database of another program "
                    f"(it contains {', '.join(sorted(found)[:3])}); name another file"
                )
            if not create:
                raise NotADatabase(f"{self._path} is empty; make a ledger with `supplies init`")
            self._update()
            return
        version = self._version()
        if version == 0:
            raise NotADatabase(
                f"{self._path} does not say which version of this program made it; "
                "restore it from a backup"
            )
        if version > schema.latest_version():
            raise NewerVersion(
                f"{self._path} was made by a newer version of this program (its tables are "
                f"version {version}, this program knows {schema.latest_version()}); "
                "upgrade this program"
            )
        if version < schema.latest_version():
            self._update()

    def create(self) -> None:
        """Create all tables in an empty file. Call within a transaction.

        Raises:
            AlreadyDone: the file has tables already.
        """
        if self._found():
            raise AlreadyDone(f"there are books in {self._path} already; name a new file")
        self._make(since=0)

    def create_guards(self, *, since: int) -> None:
        """Create the triggers that were added or changed after a version of the tables.

        Args:
            since: The version; 0 creates all triggers.
        """
        for name, statement in schema.guards_added_after(schema.sqlite_guards(), since).items():
            self._store.run(f"DROP TRIGGER IF EXISTS {name}")
            self._store.run(statement)

    def check_guards(self) -> None:
        """Check that tables, indexes and triggers are as this program made them.

        Triggers that other programs added to these tables are refused too, because such triggers
        could suppress rows.

        Raises:
            GuardMissing: a table, index or trigger is missing or was changed, or a trigger was
                added.
        """
        found = {
            name: (table, sql)
            for name, table, sql in self._store.all("SELECT name, tbl_name, sql FROM sqlite_master")
        }
        guards = schema.sqlite_guards()
        made = {**schema.create_statements(), **guards}
        for name, wanted in made.items():
            if found.get(name, ("", ""))[1] != wanted:
                what = "was changed" if name in found else "is missing"
                raise self._unguarded(f"{name} {what}")
        triggers = "SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger'"
        for name, table in self._store.all(triggers):
            if name not in guards and table in made:
                raise self._unguarded(f"{name} on {table} does not belong to this program")

    def _unguarded(self, what: str) -> GuardMissing:
        return GuardMissing(f"the guard {what}: the books in {self._path} are no longer protected")

    def _found(self) -> set[str]:
        rows = self._store.all("SELECT name FROM sqlite_master WHERE type = 'table'")
        return {name for (name,) in rows if not name.startswith("sqlite_")}

    def _version(self) -> int:
        row = self._store.one("SELECT coalesce(max(version), 0) FROM migrations")
        return 0 if row is None else int(row[0])

    def _update(self) -> None:
        """Migrate the file. If another process has just migrated it, do nothing."""
        with self._store.writing():
            version = self._version() if "migrations" in self._found() else 0
            self._make(since=version)
            self.create_guards(since=version)

    def _make(self, *, since: int) -> None:
        for migration in schema.migrations_after(since):
            for statement in migration.statements():
                self._store.run(statement)
            self._store.run(
                "INSERT INTO migrations (version, applied_at) "
                "VALUES (:version, strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))",
                {"version": migration.version},
            )
        fix_statistics(self._store)
