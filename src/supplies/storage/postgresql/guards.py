"""Check that PostgreSQL still has every trigger, function and constraint of the books."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping

from supplies.errors import GuardMissing
from supplies.storage import schema
from supplies.storage.store import Store


def check_guards(store: Store, books: str) -> None:
    """Check that triggers, functions and constraints are as this program made them.

    Args:
        books: Name of the schema that contains the books, quoted for SQL.

    Raises:
        GuardMissing: one of them is missing, was changed or was disabled.
    """
    guards = schema.postgres_guards(books)
    triggers = {
        f"{table}.{name}": text if enabled in ("O", "A") else "turned off"
        for table, name, text, enabled in store.all(
            "SELECT c.relname, t.tgname, pg_get_triggerdef(t.oid, true), t.tgenabled::text "
            "FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
            "WHERE NOT t.tgisinternal AND c.relnamespace = current_schema()::regnamespace"
        )
    }
    _compare(store, guards.triggers, triggers)
    for name in triggers.keys() - guards.triggers.keys():
        if name.partition(".")[0] in schema.table_names():
            raise GuardMissing(
                f"the trigger {name} of {store.url} does not belong to this program and could "
                "suppress rows"
            )
    functions = {
        name: f"{_function_rights(definer, settings)}{body}"
        for name, body, definer, settings in store.all(
            "SELECT proname, prosrc, prosecdef, proconfig FROM pg_proc "
            "WHERE pronamespace = current_schema()::regnamespace"
        )
    }
    wanted = {
        name: (schema.SECURITY_DEFINER if name in schema.SECURITY_DEFINER_SINCE else "")
        + made.split("$$")[1]
        for name, made in guards.functions.items()
    }
    _compare(store, wanted, functions)
    _check_constraints(store)
    _check_bypasses(store)
    _check_views(store)


def _function_rights(definer: bool, settings: list[str] | None) -> str:
    """Return the part of CREATE FUNCTION that determines the rights with which a function runs.

    Args:
        definer: Whether the function runs with the rights of its owner.
        settings: Settings that apply while the function runs, such as the search path.
    """
    sets = [f"SET {setting.replace('=', ' = ', 1)}" for setting in settings or ()]
    return " ".join((["SECURITY DEFINER"] if definer else []) + sets)


def _compare(store: Store, wanted: Mapping[str, str], found: Mapping[str, str]) -> None:
    for name, text in wanted.items():
        if found.get(name) != text:
            how = "was changed" if name in found else "is missing"
            raise GuardMissing(
                f"the guard {name} of {store.url} {how}: its books are no longer protected"
            )


def _check_constraints(store: Store) -> None:
    """Check the constraints against negative balances.

    Also check that each table has as many constraints as this program made.
    """
    found: dict[str, Counter[str]] = {}
    floors: dict[str, str] = {}
    for table, sort, name, text in store.all(
        "SELECT c.relname, k.contype::text, k.conname, pg_get_constraintdef(k.oid, true) "
        "FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid "
        "WHERE c.relnamespace = current_schema()::regnamespace AND k.convalidated "
        "AND k.contype IN ('c', 'f', 'p', 'u')"
    ):
        found.setdefault(table, Counter())[sort] += 1
        if name == "floor":
            floors[f"{table}.floor"] = text
    condition = re.sub(r"('\w+:')", r"\1::text", schema.floor_condition())
    floor = f"CHECK (quantity >= 0 OR {condition})"
    _compare(store, {"balances.floor": floor, "days.floor": floor}, floors)
    for table, wanted in schema.constraint_counts().items():
        if found.get(table, Counter()) != wanted:
            raise GuardMissing(
                f"the table {table} of {store.url} is not as this program created it"
            )


def _check_bypasses(store: Store) -> None:
    """Check that no foreign key is disabled and that there is no rewrite rule.

    A disabled foreign key or a rewrite rule would let wrong rows into the tables without running a
    trigger.
    """
    off = store.one(
        "SELECT c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
        "WHERE t.tgisinternal AND t.tgenabled NOT IN ('O', 'A') "
        "AND c.relnamespace = current_schema()::regnamespace LIMIT 1"
    )
    rule = store.one(
        "SELECT c.relname FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class "
        "WHERE c.relkind IN ('r', 'p') AND c.relnamespace = current_schema()::regnamespace "
        "LIMIT 1"
    )
    for row, what in ((off, "foreign keys are turned off"), (rule, "a rule rewrites it")):
        if row is not None:
            raise GuardMissing(f"the table {row[0]} of {store.url} is no longer protected ({what})")


def _check_views(store: Store) -> None:
    """Check that no view is missing.

    The SQL text of a view is not compared, because PostgreSQL stores it in another form.
    """
    rows = store.all(
        "SELECT relname FROM pg_class "
        "WHERE relkind = 'v' AND relnamespace = current_schema()::regnamespace"
    )
    missing = set(schema.view_names()) - {str(name) for (name,) in rows}
    if missing:
        raise GuardMissing(f"the view {min(missing)} of {store.url} is missing")
