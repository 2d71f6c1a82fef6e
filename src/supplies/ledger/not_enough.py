"""The error for a quantity that is not available: "only 12 × mask are free in Store A; …"."""

from __future__ import annotations

from supplies.books.account_range import account_range
from supplies.books.reader import Books
from supplies.domain.accounts import ALLOCATED, STOCK, keys_of, kind_of
from supplies.domain.entry_rows import Allocation
from supplies.errors import Fault, NotEnough, Sentence

_NAMED = 3
"""Largest number of allocations that the error names."""


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
    """Return an error such as "only 12 × mask are free in Store A; 20 were asked for".

    Args:
        pointer: JSON pointer to the line of the command.
        qualifier: Text after the account, such as " on every day since 2020-02-05".
        lot: The only lot from which goods could be taken; None if all lots were allowed.
    """
    are = "is" if available <= 1 else "are"
    were = "was" if requested == 1 else "were"
    amount = f"only {available} ×" if available else "no"
    of_lot = "" if lot is None else f" of lot {lot}"
    where = f"{describe_account(books, account)}{qualifier}"
    allocated = _allocated_part(books, account, item, lot)
    others = f"; {allocated}" if allocated else ""
    return NotEnough(
        f"{amount} {books.item(item).name}{of_lot} {are} {where}; {requested} {were} asked for"
        f"{others}",
        [
            Fault(
                f"{pointer}/quantity" if pointer else "",
                f"{requested} requested, {available} available",
                requested,
                available,
                _rule(requested, available, allocated),
            )
        ],
        account=account,
    )


def _rule(requested: int, available: int, allocated: Sentence | None) -> Sentence:
    if allocated is None:
        return Sentence(
            "{requested} were asked for; available: {available}",
            requested=requested,
            available=available,
        )
    return Sentence(
        "{requested} were asked for; available: {available}; {allocated}",
        requested=requested,
        available=available,
        allocated=allocated,
    )


def _allocated_part(books: Books, account: str, item: str, lot: str | None) -> Sentence | None:
    """Say how much of an item is set aside at a location, and for whom.

    Return None if nothing is set aside, or if the account is not the free stock of a location.
    """
    if kind_of(account) is not STOCK:
        return None
    location = keys_of(account)[0]
    rows = books.all(
        "SELECT b.account, sum(b.quantity) FROM balances b WHERE b.station = :station "
        f"AND {account_range('start', 'end')} AND b.item = :item AND b.quantity > 0 "
        "AND :lot IN ('', b.lot) GROUP BY b.account ORDER BY b.account",
        start=ALLOCATED.prefix,
        end=f"{ALLOCATED.name};",  # ";" follows ":" in ASCII
        item=item,
        lot=lot or "",
    )
    there = [
        (keys_of(found)[0], int(quantity))
        for found, quantity in rows
        if keys_of(found)[1] == location
    ]
    if not there:
        return None
    stated = books.latest_rows(Allocation, "allocation", (name for name, _ in there[:_NAMED]))
    parts = [f"{stated[name].recipient} ({name})" for name, _ in there[:_NAMED]]
    return Sentence(
        "{quantity} are set aside for {whom}",
        quantity=sum(quantity for _, quantity in there),
        whom=", ".join(parts) + (" …" if len(there) > _NAMED else ""),
    )


def describe_account(books: Books, account: str) -> str:
    """Describe an account in words, such as "free in Store A".

    People are named by their code, because an error message may be logged.
    """
    kind, keys = kind_of(account), keys_of(account)
    name = keys[0]
    if kind is STOCK:
        name = books.location(name).name
    return kind.description.format(name)
