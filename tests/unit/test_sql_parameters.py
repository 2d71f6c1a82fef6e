"""Parameters in SQL statements for both drivers."""

from __future__ import annotations

import pytest

from supplies.storage.sql_parameters import numbered, pyformat


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("a = :a AND b = :b_2", "a = %(a)s AND b = %(b_2)s"),
        ("VALUES (?, ?)", "VALUES (%s, %s)"),
        ("x LIKE 'a%' AND y = :y", "x LIKE 'a%%' AND y = %(y)s"),
        ("x % 2 = ?", "x %% 2 = %s"),
        ("account = 'stock:' || :key", "account = 'stock:' || %(key)s"),
        ("a = 'it''s :no ?' AND b = :b", "a = 'it''s :no ?' AND b = %(b)s"),
        ('SELECT ":no" FROM t WHERE a = :a', 'SELECT ":no" FROM t WHERE a = %(a)s'),
        ("SELECT 1 -- why? :no\nWHERE a = :a", "SELECT 1 -- why? :no\nWHERE a = %(a)s"),
        ("current_schema()::regnamespace", "current_schema()::regnamespace"),
        ("f.document = 'n_' || f.seq", "f.document = 'n_' || f.seq"),
    ],
)
def test_parameters_are_distinguished_from_quoted_text(written: str, message: str) -> None:
    assert pyformat(written) == message


@pytest.mark.parametrize(
    ("written", "message", "values"),
    [
        ("a = ':no' OR a = :a", "a = ':no' OR a = ?1", [7]),
        ("a = :a AND (b = :b OR c = :a)", "a = ?1 AND (b = ?2 OR c = ?1)", [7, 8]),
        ("a = 1", "a = 1", []),
    ],
)
def test_each_name_becomes_one_number(written: str, message: str, values: list[int]) -> None:
    sql, pick = numbered(written)
    assert sql == message
    assert list(pick({"b": 8, "a": 7, "other": 9})) == values
