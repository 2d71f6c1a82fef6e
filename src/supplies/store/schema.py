"""The tables and their guards as SQL text, for whichever engine asks.

Migrations are forward-only and frozen: version 1 is `schema.sql`. What the chart of accounts
decides (which balances may be negative) is filled in from the chart.
"""

from __future__ import annotations

import re
from importlib.resources import files

from supplies.accounts import CHART
from supplies.model import CATALOGUE, TABLES

VERSION = 1

STATED = tuple(TABLES.values())
"""Tables whose rows are recorded with their entry, and at no other time."""

APPEND_ONLY = ("migrations", "entries", "transfers", *STATED)
"""Tables whose rows are never changed nor deleted."""

NAMED = tuple(noun.table for noun in CATALOGUE)
"""Tables of what codes stand for: the rest of a row may change, the code may not."""

KEPT = ("stations", "erasable", *NAMED)
"""Tables whose rows may change, as far as their own guards let them, and are never deleted."""


def _text(name: str) -> str:
    return (files("supplies.store") / name).read_text(encoding="utf-8")


def floor_condition() -> str:
    """SQL that is true of accounts without a floor; case matters, unlike with LIKE."""
    free = [kind.prefix for kind in CHART.values() if not kind.floored]
    return " OR ".join(f"substr(account, 1, {len(prefix)}) = '{prefix}'" for prefix in free)


def tables() -> str:
    """The script that makes the tables of version 1."""
    return _text("schema.sql").replace("{floor}", floor_condition())


def statements() -> dict[str, str]:
    """Everything version 1 is made of but its guards: each statement by the name it makes."""
    made = {}
    for text in tables().split(";\n"):
        found = re.search(r"CREATE (?:TABLE|VIEW|(?:UNIQUE )?INDEX) (\w+)", text)
        if found is not None:
            made[found[1]] = text[found.start() :].strip().removesuffix(";")
    return made


def sqlite_guards() -> dict[str, str]:
    """The statements that make SQLite's triggers, by name."""
    sections = re.split(
        r"-- (?:for each: )?(append-only|stated|kept|named|once)\n", _text("guards.sqlite.sql")
    )
    templates = dict(zip(sections[1::2], sections[2::2], strict=True))
    script = templates.pop("once")
    applies = {
        "append-only": APPEND_ONLY,
        "stated": (*STATED, "erasable"),
        "kept": KEPT,
        "named": NAMED,
    }
    same = _same_rows()
    for what, names in applies.items():
        for name in names:
            script += templates[what].replace("{table}", name).replace("{same}", same[name])
    guards = re.findall(r"CREATE TRIGGER (\w+) (.*?)\nEND;", script, re.DOTALL)
    return {name: f"CREATE TRIGGER {name} {rest}\nEND" for name, rest in guards}


def _same_rows() -> dict[str, str]:
    """For each table, what is true of an old row that has a unique key of the new one.

    `INSERT OR REPLACE` would delete such a row without a word.
    """
    same: dict[str, list[str]] = {}
    for name, text in statements().items():
        if text.startswith("CREATE TABLE"):
            keys = re.findall(r"(?:PRIMARY KEY|UNIQUE) \(([^)]*)\)", text)
            keys += re.findall(r"^\s*(\w+) \w+[^,\n]* (?:PRIMARY KEY|UNIQUE)", text, re.MULTILINE)
            keys += re.findall(r"^\s*(\w+) \w+ PRIMARY KEY", text, re.MULTILINE)
            same[name] = [_equal(key) for key in dict.fromkeys(keys)]
    for table, key, where in re.findall(
        r"CREATE UNIQUE INDEX \w+ ON (\w+) \(([^)]*)\)(?:\s+WHERE (.*?))?;", tables()
    ):
        condition = f" AND old.{where} AND NEW.{where}" if where else ""
        same[table].append(_equal(key) + condition)
    return {name: " OR ".join(f"({each})" for each in keys) for name, keys in same.items()}


def _equal(key: str) -> str:
    columns = key.replace(" ", "").split(",")
    return " AND ".join(f"old.{column} = NEW.{column}" for column in columns)
