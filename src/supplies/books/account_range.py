"""An SQL condition that selects a range of accounts quickly."""

from __future__ import annotations


def account_range(first: str, end: str, *, column: str = "account") -> str:
    """Return an SQL condition that selects the accounts from `:first` on and before `:end`.

    Use it in every query of `balances`. The condition concatenates each parameter with an empty
    text. With a plain parameter, SQLite would prepare the statement again for each execution, to
    see whether a partial index fits the value. That takes 50 µs.

    Args:
        first: The name of the parameter with the first account.
        end: The name of the parameter with the end of the range.
        column: The column with the account.
    """
    return f"{column} >= '' || :{first} AND {column} < '' || :{end}"
