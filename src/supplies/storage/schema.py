"""The tables, and the triggers that protect them, as SQL for SQLite and PostgreSQL.

Numbered scripts, `migrations/NNNN-….sql`, create and change the tables. A released script never
changes; a later version adds another script. A new database runs all scripts. An older database
runs the scripts that it has not run yet. The SQL of the triggers has placeholders, such as {table}.
For example, the accounts that may be negative are filled in from the chart of accounts.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from supplies.domain.accounts import CHART
from supplies.domain.catalogue_records import CATALOGUE_RECORDS
from supplies.domain.entry_rows import TABLES

_WAITING = ("deliveries", "delivery_ends", "conflicts", "resolutions")

_SEVERAL_KEYS = (
    "entries",
    "allocations",
    "stops",
    "outcomes",
    "stop_codes",
    "proofs",
    "receipts",
    "stations",
)
"""Tables with several unique keys in version 55, which changed their trigger `no_replace`."""

ADDED_IN_VERSION: Mapping[str, int] = {
    "waits": 7,
    **{f"{table}_wait": 7 for table in _WAITING},
    **{f"{table}.{table}_wait": 7 for table in _WAITING},
    "log_is_kept": 12,
    **dict.fromkeys(("access_log_kept", "access_log_no_replace", "access_log_stays"), 12),
    **{f"access_log.{name}": 12 for name in ("access_log_kept", "access_log_stays")},
    "demo_people_first": 29,
    **dict.fromkeys(("entries_first", "transfers_backdated"), 55),
    **dict.fromkeys(("transfers_new_source", "transfers_new_target"), 55),
    **dict.fromkeys(("transfers_new_day_of_source", "transfers_new_day_of_target"), 55),
    "changes": 57,
    **dict.fromkeys(("balances.balances_from_zero", "days.days_from_the_day_before"), 57),
}
"""Triggers and functions that are newer than their table.

The value is the version of the tables in which the trigger or function was added.
"""

SECURITY_DEFINER_SINCE: Mapping[str, int] = {
    "catalogue_changed": 11,
    "entries_head": 11,
    "erasable_only_erased": 12,
    "erasures_only_to_forget": 12,
    "log_is_kept": 12,
    "transfers_move": 11,
    "waits": 11,
}
"""PostgreSQL functions that run with the owner's rights.

The value is the first version of the tables in which the function runs with these rights. Most of
these functions write rows that follow from entries and transfers, so that the database role of the
service needs no right to write those rows. The other functions protect data that cannot be restored
after it is erased; they must see all rows.
"""


def revoke_execute(books: str) -> str:
    """Return SQL that forbids everybody but the owner to call functions with the owner's rights.

    A trigger runs its function even if the user may not call it. If users could call it, they could
    create a temporary table with triggers that call the function.
    """
    names = ", ".join(f"{books}.{name}()" for name in SECURITY_DEFINER_SINCE)
    return f"REVOKE EXECUTE ON FUNCTION {names} FROM PUBLIC"


SECURITY_DEFINER = "SECURITY DEFINER SET search_path = pg_catalog, pg_temp"
"""SQL clauses of functions that run with the rights of the owner.

The fixed search path ensures that the functions do not call functions or operators of another
schema.
"""

ENTRY_ROW_TABLES = tuple(TABLES.values())
"""Tables of the rows of entries."""

STATED_TABLES = (*ENTRY_ROW_TABLES, "erasable")
"""Tables into which rows can be inserted only in the transaction that inserts their entry."""

REWRITTEN_IN_VERSION: Mapping[str, int] = {
    **dict.fromkeys(("entries_gapless", "entries_head"), 55),
    "transfers_move": 57,
    "transfers.transfers_move": 56,
    **dict.fromkeys(("stated_with_entry", "transfers_of_the_last_entry"), 57),
    **{f"{table}.{table}_with_its_entry": 57 for table in STATED_TABLES},
    "transfers.transfers_of_the_last_entry": 57,
    **dict.fromkeys(("balances_from_zero", "balances_follow"), 57),
    **dict.fromkeys(("days_from_the_day_before", "days_follow"), 57),
    **{f"{table}.{table}_follow": 57 for table in ("balances", "days")},
    **dict.fromkeys(("heads_follow", "heads.heads_follow"), 60),
    "changes": 61,
    **{f"{table}_no_replace": 55 for table in _SEVERAL_KEYS},
}
"""Triggers and functions that were changed after they were added.

The value is the version of the tables in which the trigger or function was last changed. The names
are those of triggers in SQLite, and of functions and triggers in PostgreSQL.
"""

APPEND_ONLY = ("migrations", "seals", "entries", "transfers", *ENTRY_ROW_TABLES)
"""Tables whose rows are never changed or deleted."""

CATALOGUE_TABLES = tuple(noun.table for noun in CATALOGUE_RECORDS)
"""Tables of the catalogue. Their rows can be changed, except for the column `code`."""

UNDELETABLE_TABLES = ("stations", "erasable", *CATALOGUE_TABLES)
"""Tables whose rows are never deleted.

The triggers of each table determine which changes are allowed.
"""


def _text(name: str) -> str:
    return (files("supplies.storage") / name).read_text(encoding="utf-8")


def floor_condition() -> str:
    """Return an SQL condition that is true for accounts that may have a negative balance."""
    free = [kind.prefix for kind in CHART.values() if not kind.floored]
    return " OR ".join(f"substr(account, 1, {len(prefix)}) = '{prefix}'" for prefix in free)


@dataclass(frozen=True, slots=True)
class Migration:
    """A script that migrates the tables to a newer version.

    Attributes:
        version: The version of the tables after the script has run.
    """

    version: int
    script: str

    def statements(self) -> list[str]:
        """Return the SQL statements of the script in order, without comments."""
        parts = (
            re.sub(r"\A(?:\s*--[^\n]*\n|\s+)*", "", part) for part in _split_statements(self.script)
        )
        return [part for part in parts if part]


def _split_statements(script: str) -> list[str]:
    return [part.rstrip().removesuffix(";") for part in script.split(";\n")]


@cache
def migrations() -> tuple[Migration, ...]:
    """Return all migrations in order."""
    folder = files("supplies.storage") / "migrations"
    names = sorted(file.name for file in folder.iterdir() if file.name.endswith(".sql"))
    return tuple(
        Migration(
            version=int(name[:4]),
            script=_text(f"migrations/{name}").replace("{floor}", floor_condition()),
        )
        for name in names
    )


def migrations_after(version: int) -> list[Migration]:
    """Return the migrations that a database has not run yet.

    Args:
        version: The version of the database; 0 for a new one.
    """
    return [one for one in migrations() if one.version > version]


def latest_version() -> int:
    """Return the version of the last migration."""
    return migrations()[-1].version


def all_scripts() -> str:
    """Return one script that creates all tables: the scripts of all migrations, joined."""
    return "\n".join(one.script for one in migrations())


@cache
def create_statements() -> Mapping[str, str]:
    """Return the SQL statements that create tables, views and indexes, by name.

    The statement for a table contains all its columns, including those that migrations added.
    Indexes that a migration dropped are left out.
    """
    made: dict[str, str] = {}
    for migration in migrations():
        for text in migration.statements():
            if (found := _MAKES.match(text)) is not None:
                made[found[1]] = text
            elif (found := _DROPS.match(text)) is not None:
                del made[found[1]]
            elif (found := _ADDS.match(text)) is not None:
                columns, key, rest = made[found[1]].partition(",\n    PRIMARY KEY")
                made[found[1]] = f"{columns}, {found[2]}{key}{rest}"
    return MappingProxyType(made)


_MAKES = re.compile(r"CREATE (?:TABLE|VIEW|(?:UNIQUE )?INDEX) (\w+)")
_DROPS = re.compile(r"DROP INDEX (\w+)")
_ADDS = re.compile(r"ALTER TABLE (\w+) ADD COLUMN\s+(.*)", re.DOTALL)


def guards_added_after(guards: Mapping[str, str], version: int) -> dict[str, str]:
    """Return the triggers that were added or changed after a version of the tables.

    The result maps names to SQL statements, as `guards` does. A migration creates only these
    triggers. If another trigger is missing, the books cannot be opened.
    """
    made_by = {
        found[1]: migration.version
        for migration in migrations()
        for text in migration.statements()
        if (found := _MAKES.match(text)) is not None
    }

    def since(name: str, text: str) -> int:
        table = re.search(r"^CREATE TRIGGER .*? ON (\w+)", text, re.DOTALL)
        added = max(ADDED_IN_VERSION.get(name, 1), REWRITTEN_IN_VERSION.get(name, 1))
        return max(added, made_by[table[1]] if table else 1)

    return {name: text for name, text in guards.items() if since(name, text) > version}


def table_names() -> list[str]:
    """Return the names of all tables. A table comes after the ones it refers to."""
    return list(_create_tables())


def view_names() -> list[str]:
    """Return the names of all views."""
    made = create_statements().items()
    return [name for name, text in made if text.startswith("CREATE VIEW")]


def constraint_counts() -> dict[str, Counter[str]]:
    """Return the number of constraints for each table and type of constraint."""
    signs = {"c": "CHECK (", "f": "REFERENCES ", "p": "PRIMARY KEY", "u": "UNIQUE"}
    return {
        name: Counter({sort: text.count(sign) for sort, sign in signs.items() if sign in text})
        for name, text in _create_tables().items()
    }


def _create_tables() -> dict[str, str]:
    return {
        name: text for name, text in create_statements().items() if text.startswith("CREATE TABLE")
    }


def to_postgresql(script: str) -> str:
    """Translate an SQL script from SQLite to PostgreSQL.

    Text columns are sorted by code point, as in SQLite. Existing views are replaced and not
    dropped, so that roles keep the right to read the views.
    """
    types = {"INTEGER": "BIGINT", "BLOB": "BYTEA", "TEXT": 'TEXT COLLATE "C"'}
    script = re.sub(r"\) STRICT(, WITHOUT ROWID)?;", ");", script)
    script = re.sub(r"DROP VIEW (\w+);\nCREATE (?=VIEW \1 )", "CREATE OR REPLACE ", script)
    return re.sub(r"\b(INTEGER|BLOB|TEXT)\b", lambda found: types[found[1]], script)


@dataclass(frozen=True, slots=True)
class PostgresGuards:
    """The SQL statements that create the functions and triggers in PostgreSQL, by name.

    The name of a trigger begins with the table of the trigger: `entries.entries_head`.
    """

    functions: Mapping[str, str]
    triggers: Mapping[str, str]


@cache
def postgres_guards(schema: str) -> PostgresGuards:
    """Return the SQL statements that create the functions and triggers in PostgreSQL.

    Args:
        schema: Name of the schema, quoted for SQL.
    """
    text = _text("postgresql/guards.sql").replace("{floor}", floor_condition())
    text = text.replace("{schema}", schema)
    _, functions, append_only, stated, kept, catalogue, once = re.split(
        r"^-- (?:for each: )?[\w-]+\n", text, flags=re.MULTILINE
    )
    nouns = ("stations", *CATALOGUE_TABLES)
    script = once
    sections = (
        (append_only, APPEND_ONLY),
        (stated, STATED_TABLES),
        (kept, UNDELETABLE_TABLES),
        (catalogue, nouns),
    )
    for template, names in sections:
        script += "".join(template.replace("{table}", name) for name in names)
    made = re.findall(r"(CREATE FUNCTION \S+\.(\w+)\(.*?\n(?:END )?\$\$;)", functions, re.DOTALL)
    triggers = re.findall(r"(CREATE TRIGGER (\w+) .*? ON (\w+) .*);\n", script)
    return PostgresGuards(
        functions={name: statement for statement, name in made},
        triggers={f"{table}.{name}": statement for statement, name, table in triggers},
    )


@cache
def sqlite_guards() -> Mapping[str, str]:
    """Return the SQL statements that create the triggers in SQLite, by name."""
    sections = re.split(
        r"-- (?:for each: )?(append-only|stated|kept|named|once)\n", _text("sqlite/guards.sql")
    )
    templates = dict(zip(sections[1::2], sections[2::2], strict=True))
    script = templates.pop("once")
    applies = {
        "append-only": APPEND_ONLY,
        "stated": STATED_TABLES,
        "kept": UNDELETABLE_TABLES,
        "named": CATALOGUE_TABLES,
    }
    same = _same_rows()
    for what, names in applies.items():
        for name in names:
            script += templates[what].replace("{table}", name).replace("{same}", same[name])
    guards = re.findall(r"CREATE TRIGGER (\w+) (.*?)\nEND;", script, re.DOTALL)
    return MappingProxyType({name: f"CREATE TRIGGER {name} {rest}\nEND" for name, rest in guards})


def _same_rows() -> dict[str, str]:
    """Return for each table the SQL condition that a new row has the same key as a stored row.

    Triggers refuse such rows. Otherwise `INSERT OR REPLACE` would delete the stored row without an
    error.
    """
    same: dict[str, list[str]] = {}
    for name, text in _create_tables().items():
        keys = re.findall(r"(?:PRIMARY KEY|UNIQUE) \(([^)]*)\)", text)
        keys += re.findall(r"^\s*(\w+) \w+[^,\n]* (?:PRIMARY KEY|UNIQUE)", text, re.MULTILINE)
        keys += re.findall(r"^\s*(\w+) \w+ PRIMARY KEY", text, re.MULTILINE)
        same[name] = [_equal(key) for key in dict.fromkeys(keys)]
    for table, key, where in re.findall(
        r"CREATE UNIQUE INDEX \w+ ON (\w+) \(([^)]*)\)(?:\s+WHERE (.*?))?;", all_scripts()
    ):
        condition = f" AND old.{where} AND NEW.{where}" if where else ""
        same[table].append(_equal(key) + condition)
    # A separate condition for each key: SQLite would need a temporary table for `OR` in the query.
    return {
        name: " OR ".join(f"EXISTS (SELECT 1 FROM {name} AS old WHERE ({each}))" for each in keys)
        for name, keys in same.items()
    }


def _equal(key: str) -> str:
    columns = key.replace(" ", "").split(",")
    return " AND ".join(f"old.{column} = NEW.{column}" for column in columns)
