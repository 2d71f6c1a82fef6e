"""An SQL condition for a range of accounts."""

from __future__ import annotations


def account_range(first: str, end: str, *, column: str = "account") -> str:
    """Return an SQL condition that selects accounts from `:first` on and before `:end`.

    Use it in every query of `balances`. It adds each parameter to an empty text. With a plain
    parameter, SQLite would prepare the statement anew each time it is executed, to see whether a
    partial index fits the value. That takes 50 µs.

    Args:
        first: The name of the parameter with the first account.
        end: The name of the parameter with the end of the range.
        column: The column with the account.
    """
    return f"{column} >= '' || :{first} AND {column} < '' || :{end}"
