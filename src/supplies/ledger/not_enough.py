"""The error for a quantity that is not available: "only 12 × mask are free in Store A; …"."""

from __future__ import annotations

from supplies.books.reader import Books
from supplies.domain.accounts import STOCK, keys_of, kind_of
from supplies.errors import Fault, NotEnough, Sentence


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
    return NotEnough(
        f"{amount} {books.item(item).name}{of_lot} {are} {where}; {requested} {were} asked for",
        [
            Fault(
                f"{pointer}/quantity" if pointer else "",
                f"{requested} requested, {available} available",
                requested,
                available,
                Sentence(
                    "{requested} were asked for; available: {available}",
                    requested=requested,
                    available=available,
                ),
            )
        ],
        account=account,
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
