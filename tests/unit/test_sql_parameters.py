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


def test_each_name_gets_one_number() -> None:
    sql, names = numbered("SELECT ':no' FROM t WHERE a = :a AND (b = :b OR c = :a)")
    assert sql == "SELECT ':no' FROM t WHERE a = ?1 AND (b = ?2 OR c = ?1)"
    assert names == ("a", "b")


def test_a_statement_without_names_is_not_changed() -> None:
    assert numbered("INSERT INTO t VALUES (?, ?)") == ("INSERT INTO t VALUES (?, ?)", ())
