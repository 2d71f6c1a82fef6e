"""Choose the lots from which goods are taken: first expired, first out (FEFO).

Lots that do not expire are taken last. Of several lots that expire on the same day, the oldest is
taken first. If a command has several lines, the lines that name a lot come first. A correction
first takes from the same lots again as the original command.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import TypeVar

from supplies.books.balance_reader import LotBalance
from supplies.domain.accounts import kind_of
from supplies.domain.commands import AllocationLine, LotLine
from supplies.domain.expiry import shown_expiry
from supplies.errors import Sentence
from supplies.ledger.journal import Journal
from supplies.ledger.not_enough import not_enough_error

MAX_NAMED_LOTS = 5
"""Maximum number of expired lots that the error of a refused command names."""

_NEVER = date.max.isoformat()
"""Sort key for lots that do not expire: text that sorts after all dates."""

L = TypeVar("L", bound=LotLine | AllocationLine)


def by_pointer(lines: Sequence[L], field: str = "lines") -> dict[str, L]:
    """Return the lines of a command as a mapping, with their JSON pointers as keys."""
    return {f"/{field}/{index}": line for index, line in enumerate(lines)}


def lots_first(lines: Mapping[str, L]) -> list[tuple[str, L]]:
    """Return the lines of a command with their JSON pointers, those that name a lot first.

    Otherwise, an earlier line could use up the lot that a later line names. Every rule that takes
    goods for several lines takes them in this order.
    """
    return sorted(lines.items(), key=lambda each: not _names_lot(each[1]))


def _names_lot(line: LotLine | AllocationLine) -> bool:
    return (line.lots if isinstance(line, AllocationLine) else line.lot) is not None


def pick_lots(
    journal: Journal,
    account: str,
    item: str,
    quantity: int,
    pointer: str,
    *,
    lot: str | None = None,
    allow_expired: bool = True,
    leaving: bool = False,
) -> list[tuple[str, int]]:
    """Choose the lots for a quantity of an item. Return the lots with the quantity to take of each.

    Args:
        account: The account from which the goods are taken.
        quantity: In base units.
        pointer: JSON pointer to the line of the command, for error messages.
        lot: The only lot to take from. If None, all lots are allowed.
        allow_expired: Whether to take lots that have expired on the command's day. If not, a
            correction may still take as much of each expired lot as the original command took.
        leaving: Whether the goods leave their location; see `Journal.available`.

    Raises:
        NotEnough: less than `quantity` is available.
        InvalidField: the lot is not a lot of this item.
    """
    if lot is not None:
        journal.lot(lot, item, f"{pointer}/lot")
    today, floored = journal.happened_on.isoformat(), kind_of(account).floored
    in_account_now = 0
    expired: dict[str, int] = {}
    # Expired lots that cannot be taken are needed only for the error, so they come last.
    expired_last = not allow_expired and journal.corrected is None
    in_order = lots_in_order(journal, account, item, leaving=leaving, expired_last=expired_last)
    candidates = in_order
    if lot is not None:
        candidates = {lot: in_order[lot]} if lot in in_order else {}
    used_up: list[str] = []
    picked = _picked_again(journal, account, item, quantity, candidates)
    remaining = quantity - sum(picked.values())
    for candidate in candidates.values():
        if not remaining:
            break
        free = balance = candidate.quantity + journal.drafted_change(account, item, candidate.lot)
        if floored and (balance > 0 or leaving):
            free = journal.available(account, item, candidate.lot, leaving=leaving, balance=balance)
            balance = max(balance, free)
        if balance <= 0:
            if not journal.taken_before(account, item, candidate.lot):
                used_up.append(candidate.lot)
            continue
        if (candidate.expires_on or _NEVER) < today and not allow_expired:
            may_repeat = journal.kept(account, item, candidate.lot)
            if balance > may_repeat:
                expired[candidate.lot] = balance - may_repeat
            balance, free = min(balance, may_repeat), min(free, may_repeat)
        in_account_now += balance
        taken = max(0, min(remaining, free - picked[candidate.lot]))
        picked[candidate.lot] += taken
        remaining -= taken
    for each in used_up:
        del in_order[each]
    if not remaining:
        return [(picked_lot, taken) for picked_lot, taken in picked.items() if taken]
    available = quantity - remaining
    qualifier = _qualifier(journal, item, expired, only_now=available < in_account_now)
    raise not_enough_error(
        journal.books, account, item, quantity, available, pointer, qualifier, lot=lot
    )


def _picked_again(
    journal: Journal,
    account: str,
    item: str,
    quantity: int,
    candidates: Mapping[str, LotBalance],
) -> dict[str, int]:
    """Return how much of each lot the original command took, in total at most `quantity`.

    The result is empty if this is not a correction. Other lots have a quantity of 0.
    """
    picked: dict[str, int] = defaultdict(int)
    left = 0 if journal.corrected is None else quantity
    for lot in candidates:
        if not left:
            break
        picked[lot] = min(left, journal.taken_before(account, item, lot))
        left -= picked[lot]
    return picked


def _qualifier(
    journal: Journal, item: str, expired: Mapping[str, int], *, only_now: bool
) -> Sentence | None:
    """Return details for the error that too little is available: the days, and expired lots.

    Args:
        expired: The quantity of each expired lot that cannot be taken.
        only_now: Whether more is available now than on some earlier day.
    """
    when = Sentence("on every day since {day}", day=journal.happened_on) if only_now else None
    if not expired:
        return when
    text = _describe_expired(journal, item, expired)
    return text if when is None else Sentence("{where} {when}", where=when, when=text)


def _describe_expired(journal: Journal, item: str, expired: Mapping[str, int]) -> Sentence:
    """Describe expired goods that were not taken and how to take them, for an error message.

    Args:
        expired: The quantity by lot, in base units. At most `MAX_NAMED_LOTS` lots are named.
    """
    total = sum(expired.values())
    named = [
        f"{quantity} of lot {lot} on {shown_expiry(journal.lot(lot, item))}"
        for lot, quantity in list(expired.items())[:MAX_NAMED_LOTS]
    ]
    if len(expired) > MAX_NAMED_LOTS:
        named.append("…")
    lots = ", ".join(named)
    if total == 1:
        return Sentence(
            "({quantity} more has expired: {lots}; set allow_expired in the line to take it)",
            quantity=total,
            lots=lots,
        )
    return Sentence(
        "({quantity} more have expired: {lots}; set allow_expired in the line to take them)",
        quantity=total,
        lots=lots,
    )


def divide(quantity: int, available: Mapping[str, int], kept: Mapping[str, int]) -> dict[str, int]:
    """Divide a quantity over keys, such as lots, in order. Return the nonzero part of each key.

    In a correction, each key first gets the part again that it had in the original command.

    Args:
        available: The maximum for each key, in order.
        kept: The part that each key had in the original command, as `Journal.kept` returns it.
            Empty if this is not a correction.
    """
    parts: Counter[str] = Counter()
    for at_most in (kept, available) if kept else (available,):
        for key in available:
            if not quantity:
                break
            more = max(0, min(quantity, available[key] - parts[key], at_most[key]))
            parts[key] += more
            quantity -= more
    in_order = available if kept else parts
    return {key: parts[key] for key in in_order if parts[key]}


def in_fefo_order(journal: Journal, item: str, lots: Mapping[str, int]) -> dict[str, int]:
    """Sort the quantities of an item's lots in FEFO order, the order in which lots are taken.

    Lots from which nothing can be taken are left out.
    """

    def order(lot: str) -> tuple[str, int, str]:
        expires_on = journal.lot(lot, item).expires_on
        return _fefo_key(LotBalance(lot, None if expires_on is None else str(expires_on), 0))

    return {lot: lots[lot] for lot in sorted(filter(lambda lot: lots[lot] > 0, lots), key=order)}


def pick_from(
    journal: Journal, account: str, line: LotLine, quantity: int, pointer: str, lots: dict[str, int]
) -> dict[str, int]:
    """Choose the lots for a line, and take at most the quantity that `lots` has of each lot.

    Return the quantity to take of each lot. These quantities are also subtracted from `lots`, and
    lots that are used up are removed from it.

    Args:
        account: The account from which the goods are taken.
        quantity: In base units.
        lots: The quantity of each lot that can be taken, as `in_fefo_order` returns it.

    Raises:
        NotEnough: less than `quantity` can be taken.
    """
    allowed = lots
    if line.lot is not None:
        allowed = {line.lot: lots[line.lot]} if line.lot in lots else {}
    kept = {}
    if journal.corrected is not None:
        kept = {lot: journal.kept(account, line.item, lot) for lot in allowed}
    picked = divide(quantity, allowed, kept)
    available = sum(picked.values())
    if available < quantity:
        raise not_enough_error(
            journal.books, account, line.item, quantity, available, pointer, lot=line.lot
        )
    for lot, part in picked.items():
        lots[lot] -= part
        if not lots[lot]:
            del lots[lot]
    return picked


def lots_in_order(
    journal: Journal, account: str, item: str, *, leaving: bool, expired_last: bool = False
) -> dict[str, LotBalance]:
    """Return the lots of an item in an account, in the order in which they are taken.

    The quantities are those in the books, without the transfers that the command itself drafts. The
    result is cached in the journal, because many lines of a command may have the same item. Lots
    that earlier lines used up may be left out.

    Args:
        leaving: Whether the goods leave their location; see `Journal.available`.
        expired_last: Whether lots that have expired on the command's day come after all others.
    """
    in_order = journal.sorted_lots[expired_last].get((account, item))
    if in_order is None:
        lots = {balance.lot: balance for balance in journal.lot_balances(account, item)}
        further = journal.drafted_lots(account, item)
        if leaving:
            further |= journal.lots_missing_in_counts(account, item)
        for lot in further - lots.keys():
            expires_on = journal.lot(lot, item).expires_on
            lots[lot] = LotBalance(lot, None if expires_on is None else expires_on.isoformat(), 0)
        first = frozenset() if journal.corrected is None else journal.corrected.taken_lots
        today = journal.happened_on.isoformat() if expired_last else ""

        def order(balance: LotBalance) -> tuple[bool, bool, tuple[str, int, str]]:
            fefo = _fefo_key(balance)
            return balance.lot not in first, fefo[0] < today, fefo

        in_order = {balance.lot: balance for balance in sorted(lots.values(), key=order)}
        journal.sorted_lots[expired_last][account, item] = in_order
    return in_order


def _fefo_key(balance: LotBalance) -> tuple[str, int, str]:
    """Return the sort key of a lot: first its expiry, then its age.

    The age follows from the number of the entry that created the lot, which is part of the lot's
    id.
    """
    return balance.expires_on or _NEVER, int(balance.lot.rsplit("_", 2)[1]), balance.lot
