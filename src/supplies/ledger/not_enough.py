"""The error for a quantity that is not available: "only 12 × mask are free in Store A; …"."""

from __future__ import annotations

from collections.abc import Sequence

from supplies.books.account_range import account_range
from supplies.books.reader import Books
from supplies.domain.accounts import ALLOCATED, STOCK, keys_of, kind_of
from supplies.domain.entry_rows import Allocation
from supplies.errors import GOODS, Fault, NotEnough, Sentence, template

_NAMED = 3
"""Maximum number of allocations that the error message names."""


def not_enough_error(
    books: Books,
    account: str,
    item: str,
    requested: int,
    available: int,
    pointer: str,
    qualifier: Sentence | None = None,
    *,
    lot: str | None = None,
) -> NotEnough:
    """Return an error such as "only 12 × mask are free in Store A; 20 were asked for".

    Args:
        pointer: JSON pointer to the line of the command.
        qualifier: When only this quantity is available, such as "on every day since 2020-02-05".
            None means now.
        lot: The only lot from which goods could be taken; None if all lots were allowed.
    """
    allocated = _allocated_part(books, account, item, lot)
    parts = [
        _available(books, account, item, available, qualifier, lot),
        _requested(requested),
        *([] if allocated is None else [allocated]),
    ]
    return NotEnough(
        join_sentences(parts),
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


def _available(
    books: Books,
    account: str,
    item: str,
    available: int,
    qualifier: Sentence | None,
    lot: str | None,
) -> Sentence:
    """Describe the available quantity of an item in an account, as part of an error message."""
    what: str = books.item(item).name
    if lot is not None:
        what = Sentence("{item} of lot {lot}", item=what, lot=lot)
    where = describe_account(books, account)
    if qualifier is not None:
        where = Sentence("{where} {when}", where=where, when=qualifier)
    if not available:
        return Sentence("no {item} is {where}", item=what, where=where)
    if available == 1:
        return Sentence("only {goods} is {where}", goods=goods_of(1, what), where=where)
    return Sentence("only {goods} are {where}", goods=goods_of(available, what), where=where)


def _requested(quantity: int) -> Sentence:
    if quantity == 1:
        return Sentence("{quantity} was asked for", quantity=quantity)
    return Sentence("{quantity} were asked for", quantity=quantity)


def goods_of(quantity: int, item: str) -> Sentence:
    """Return a quantity of an item as a part of an error message.

    Args:
        quantity: The quantity in base units.
        item: The name of the item.
    """
    return Sentence(GOODS, quantity=quantity, item=item)


LIST = template("{first}, {second}")
"""The `joint` for `join_sentences` between the parts of a list inside a sentence."""


def join_sentences(sentences: Sequence[str], joint: str = template("{first}; {second}")) -> str:
    """Join several error messages into one, by default separated by semicolons.

    If each message can be translated, the result can be translated too. Neighbours are joined in
    pairs, then these pairs, and so on, so that messages are not nested deeply.
    """
    if len(sentences) == 1:
        return sentences[0]
    half = len(sentences) // 2
    return Sentence(
        joint,
        first=join_sentences(sentences[:half], joint),
        second=join_sentences(sentences[half:], joint),
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
    """Describe how much of an item is set aside at a location, and for whom.

    Return None if nothing is set aside, or if the account is not the unallocated stock of a
    location.
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


def describe_account(books: Books, account: str) -> Sentence:
    """Describe an account in words, such as "free in Store A".

    People are named by their code, not their name, because an error message may be logged.
    """
    kind, keys = kind_of(account), keys_of(account)
    name = keys[0]
    if kind is STOCK:
        name = books.location(name).name
    return Sentence(kind.description, name=name)
