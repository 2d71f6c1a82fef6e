"""The error for goods that are not there: "only 12 × mask (KN95) are free in Store A; …"."""

from __future__ import annotations

from supplies.books.reader import Books
from supplies.domain.accounts import STOCK, keys_of, kind_of
from supplies.errors import Fault, NotEnough


def not_enough_error(
    books: Books,
    account: str,
    item: str,
    requested: int,
    available: int,
    pointer: str,
    qualifier: str = "",
    *,
    lot: str | None = None,
) -> NotEnough:
    """Return an error such as "only 12 × mask (KN95) are free in Store A; 20 were asked for".

    qualifier: words after the account, such as " on every day since 2020-02-05". lot: the only lot
    that was requested; None if any lot would do.
    """
    are = "is" if available <= 1 else "are"
    were = "was" if requested == 1 else "were"
    amount = f"only {available} ×" if available else "no"
    of_lot = "" if lot is None else f" of lot {lot}"
    where = f"{describe_account(books, account)}{qualifier}"
    return NotEnough(
        f"{amount} {books.item(item).name}{of_lot} {are} {where}; {requested} {were} asked for",
        [
            Fault(
                f"{pointer}/quantity" if pointer else "",
                f"{requested} asked, {available} there",
                requested,
                available,
            )
        ],
    )


def describe_account(books: Books, account: str) -> str:
    """Return an account in words, such as "free in Store A"; people are named by code."""
    kind, keys = kind_of(account), keys_of(account)
    name = keys[0]
    if kind is STOCK:
        name = books.location(name).name
    return kind.description.format(name)
