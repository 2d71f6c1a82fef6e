"""Order transfers so that no balance falls below zero in between, and divide them into entries."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from supplies.books.reader import Books
from supplies.domain.accounts import ASKED, DONOR, Family, family_of, keys_of, kind_of
from supplies.domain.entries import Transfer
from supplies.domain.entry_rows import Lot, Need, Pledge
from supplies.ledger.balance_floors import Floors, Step
from supplies.ledger.drafts import Draft, Move
from supplies.ledger.journal import Journal

Planned = tuple[Draft, Step]
"""A draft, one of its transfers, and the day on which the transfer is booked."""


def ordered_steps(
    journal: Journal, first: Draft, steps: list[Planned], pointers: Mapping[Any, str]
) -> list[Draft]:
    """Order transfers so that no balance falls below zero at any step, and put them into drafts.

    Each draft has transfers of one day and one document. The first of the drafts is `first`.

    Args:
        steps: The transfers, each with the draft of the document to which it belongs.
        pointers: By source, target and item of a transfer: the JSON pointer to the field that
            causes the transfer.
    """
    first.moves = []
    drafts, begun = [first], [first]
    owner = first
    for draft, (day, transfer) in _ordered(journal, first.booked_on, steps):
        if draft is not owner or day != drafts[-1].booked_on:
            owner = draft
            drafts.append(_further(draft, day, again=any(draft is each for each in begun)))
            begun.append(draft)
        drafts[-1].moves.append(Move(transfer, pointers.get(transfer[:3], "")))
    for index, draft in enumerate(drafts):
        draft.seq = first.seq + index
    return drafts


def _further(draft: Draft, day: date, *, again: bool) -> Draft:
    return Draft(
        seq=draft.seq,
        kind=draft.kind,
        document=draft.document,
        happened_on=day,
        booked_on=day,
        about=draft.about,
        rows=[] if again else draft.rows,
    )


def _ordered(journal: Journal, first_day: date, remaining: list[Planned]) -> list[Planned]:
    """Order transfers so that no balance of an account with a floor falls below zero.

    Together, the transfers must leave no balance below zero. Transfers of the first day come first
    if possible. If every remaining transfer must wait for another one, one of them is split in two:
    its goods go through an account that may be negative. After this, the other transfers can
    follow.
    """
    books, remaining = journal.books, list(remaining)
    floors = Floors(books, [step for _, step in remaining])
    ordered: list[Planned] = []
    sorted_by = None
    while remaining:
        day = ordered[-1][1][0] if ordered else first_day
        if day != sorted_by:
            remaining.sort(key=lambda planned: planned[1][0] != day)
            sorted_by = day
        index = next((at for at, (_, step) in enumerate(remaining) if floors.allows(step)), None)
        if index is not None:
            draft, step = remaining.pop(index)
        else:
            index = _first_waiting(remaining)
            draft, (booked_on, (source, target, item, lot, quantity)) = remaining[index]
            hub = _without_floor(books, source, item, lot)
            remaining[index] = draft, (booked_on, Transfer(source, hub, item, lot, quantity))
            step = booked_on, Transfer(hub, target, item, lot, quantity)
        ordered.append((draft, step))
        floors.apply(step)
    return ordered


def _first_waiting(remaining: list[Planned]) -> int:
    """Return the index of the first transfer to an account with a floor (never below zero).

    Only such transfers can be split.
    """
    return next(
        at for at, (_, (_, transfer)) in enumerate(remaining) if kind_of(transfer.target).floored
    )


def _without_floor(books: Books, account: str, item: str, lot: str) -> str:
    """Return an account that may be negative: the one from which the quantity first came.

    For goods, it is the origin of the lot. For promises, it is the account of the donor. For needs,
    it is the account `asked` of the recipient.
    """
    if family_of(account, lot) is Family.NEEDS:
        need = books.latest_row(Need, need=keys_of(account)[0])
        assert need is not None, f"the need of {account} is not in the books"
        return ASKED(need.recipient)
    if family_of(account, lot) is Family.PROMISES:
        pledge = books.latest_row(Pledge, pledge=keys_of(account)[0])
        assert pledge is not None, f"the pledge of {account} is not in the books"
        return DONOR(pledge.donor)
    described = books.latest_row(Lot, lot=lot)
    assert described is not None, f"lot {lot} of {item} is not in the books"
    return described.origin
