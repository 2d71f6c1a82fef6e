"""Adjust the differences that stock counts booked, when an earlier event is recorded late.

A stock count compares the goods at a location with the books at one moment. If an earlier event is
recorded only after the count, the counted quantity is still right, but the quantity in the books
was wrong. So the difference changes by the quantity of the event, and a further entry of the count
sheet books this change.

For example, a count finds 90 masks, and the books contain 100, so 10 are booked as unexplained. If
a dispatch of 10 masks before the count is recorded later, the 10 are booked back.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple

from supplies.books.stock_counts import (
    COUNTED,
    RECOUNTED,
    RESOLVED,
    Count,
    Moment,
    counts_after,
    is_at,
    sheet_moment,
)
from supplies.domain.accounts import ALLOCATED, STOCK, UNEXPLAINED, keys_of
from supplies.domain.entries import Transfer
from supplies.domain.entry_rows import CountedLine, Recount
from supplies.ledger.balance_floors import Floors, Step
from supplies.ledger.drafts import Draft
from supplies.ledger.journal import Journal
from supplies.ledger.rules.need_fulfilment import restore_needs
from supplies.ledger.rules.step_order import ordered_steps

Goods = tuple[str, str]
"""The item and lot of a counted line. The lot is "" if all lots were counted together."""


class Past(NamedTuple):
    """A transfer that a command had recorded before it was corrected.

    Attributes:
        seq: Number of the entry that contains the transfer.
        moment: The position of the transfer in the order of events.
        sheet: The count sheet whose difference the transfer changed; None for other transfers.
    """

    seq: int
    moment: Moment
    transfer: Transfer
    sheet: str | None


def add_recounts(journal: Journal) -> None:
    """Add drafts that adjust stock counts made after the events that a command records.

    Corrections do not use this function. They call `recounts`.
    """
    drafts = journal.drafts
    counted = [draft.booked_on for draft in drafts if _sheet_moment(journal, draft)]
    late = counted or any(draft.booked_on < journal.end.latest_day for draft in drafts)
    if not late or any(draft.supersedes for draft in drafts):
        return
    moves = [(_moment(journal, draft), move.transfer) for draft in drafts for move in draft.moves]
    found = recounts(journal, moves, not_before=max(counted, default=date.min))
    if not found:
        return
    first = drafts[0]
    steps: list[tuple[Draft, Step]] = [
        (draft, (draft.booked_on, move.transfer))
        for draft in (first, *found)
        for move in draft.moves
    ]
    in_order = [step for _, step in steps]
    # If so, the transfers of a count can be booked together, so its entry is not divided.
    if len(drafts) == 1 and Floors(journal.books, in_order).hold_after(in_order):
        pointers = {move.transfer[:3]: move.pointer for move in first.moves}
        journal.drafts = ordered_steps(journal, first, steps, pointers)
    else:
        journal.drafts = drafts + found
    for index, draft in enumerate(journal.drafts):
        draft.seq = drafts[0].seq + index
    journal.next_seq = journal.drafts[-1].seq + 1


def _moment(journal: Journal, draft: Draft) -> Moment:
    return _sheet_moment(journal, draft) or Moment(draft.booked_on.isoformat(), draft.seq)


def _sheet_moment(journal: Journal, draft: Draft) -> Moment | None:
    """Return the moment of the count that a draft books, or None if the draft books no count."""
    if draft.kind not in (COUNTED, RESOLVED):
        return None
    return sheet_moment(journal.books, str(draft.document))


def recounts(
    journal: Journal,
    moves: Sequence[tuple[Moment, Transfer]],
    past: Sequence[Past] = (),
    *,
    since: date = date.max,
    not_before: date = date.min,
) -> list[Draft]:
    """Draft the adjustments of stock counts that a command makes necessary, one per count sheet.

    Args:
        moves: The transfers of the command, each with its position in the order of events.
        past: In a correction, the transfers that the command had recorded. Counts that were
            recorded later have already taken them into account.
        since: In a correction, the earliest day on which the command had booked anything. Counts
            from this day on may change. This day can be earlier than the days in `past`, where a
            closed day is replaced by the first open day.
        not_before: The earliest day on which the adjustments may be booked.
    """
    if not any(_at_a_location(transfer) for _, transfer in moves) and not past:
        return []
    days = (moment.day for moment in [*(m for m, _ in moves), *(p.moment for p in past)])
    first = min(since.isoformat(), *days)
    known: dict[Goods, list[tuple[Moment, Transfer]]] = defaultdict(list)
    before_correction: dict[Goods, list[Past]] = defaultdict(list)
    for moment, move in moves:
        for goods in _goods(move):
            known[goods].append((moment, move))
    for each in past:
        for goods in _goods(each.transfer):
            before_correction[goods].append(each)
    drafts: dict[str, Draft] = {}
    for count in counts_after(journal.books, first):
        at = _open_moment(journal, count.sheet_at)
        own = count.item, count.lot
        earlier = before_correction.get(own, ())
        change = _change_before(count, at, known.get(own, ()), earlier)
        booked = [p.transfer for p in earlier if p.sheet == count.sheet and p.seq > count.seq]
        if not change.total() and not sum(_unexplained(count, transfer) for transfer in booked):
            continue
        draft = drafts.get(count.sheet)
        if draft is None:
            day = max(not_before, journal.booked_on(date.fromisoformat(count.booked_on)))
            draft = drafts[count.sheet] = Draft(0, RECOUNTED, count.sheet, day, day)
        for transfer in _draft_recount(journal, draft, count, change, booked):
            for goods in _goods(transfer):
                known[goods].append((at, transfer))
    return list(drafts.values())


def _change_before(
    count: Count,
    at: Moment,
    moves: Iterable[tuple[Moment, Transfer]],
    past: Iterable[Past],
) -> Counter[str]:
    """Return how a command changes the stock in the books at the moment of a count, by lot.

    Args:
        at: The moment of the count sheet.
        moves: The transfers of the command, each with its moment.
        past: In a correction, the transfers that the command had recorded.
    """
    change = _by_lot(count, (move for moment, move in moves if moment < at))
    change.subtract(
        _by_lot(count, (p.transfer for p in past if p.seq < count.seq and p.moment < at))
    )
    return change


def _draft_recount(
    journal: Journal,
    draft: Draft,
    count: Count,
    change: Counter[str],
    booked: Sequence[Transfer],
) -> list[Transfer]:
    """Draft the new expected quantity of a count, and transfers that adjust its difference.

    Return the drafted transfers.

    Args:
        change: How the stock in the books at the moment of the count changes, by lot.
        booked: In a correction, the transfers with which the command had adjusted this count.
    """
    total, before = change.total(), sum(_unexplained(count, transfer) for transfer in booked)
    if total != before:
        draft.add_rows(
            Recount(
                sheet=count.sheet,
                line=count.line,
                expected=_expected(journal, count) + total - before,
            )
        )
    earlier = len(draft.moves)
    if total > 0:
        _take(journal, draft, count, change, total, booked)
    else:
        _put_back(journal, draft, count, change, -total, booked)
    return [drafted.transfer for drafted in draft.moves[earlier:]]


def _goods(transfer: Transfer) -> set[Goods]:
    """Return the keys of counted lines that a transfer can affect: for its lot, or for all lots."""
    return {(transfer.item, transfer.lot), (transfer.item, "")}


def _at_a_location(transfer: Transfer) -> bool:
    return any(account.startswith((STOCK.prefix, ALLOCATED.prefix)) for account in transfer[:2])


def _open_moment(journal: Journal, moment: Moment) -> Moment:
    """Return a moment, moved to the first open day if its day is closed."""
    day = journal.booked_on(date.fromisoformat(moment.day)).isoformat()
    return Moment(day, moment.seq)


def _by_lot(count: Count, transfers: Iterable[Transfer]) -> Counter[str]:
    """Return by how much transfers change the stock of a counted line, by lot."""
    change: Counter[str] = Counter()
    for source, target, item, lot, quantity in transfers:
        if item == count.item and count.lot in ("", lot):
            change[lot] += quantity * (
                is_at(target, count.location) - is_at(source, count.location)
            )
    return change


def _unexplained(count: Count, transfer: Transfer) -> int:
    """Return by how much a transfer changes the unexplained quantity of a counted item or lot."""
    source, target, item, lot, quantity = transfer
    account = UNEXPLAINED(count.location)
    if item != count.item or count.lot not in ("", lot):
        return 0
    return quantity * ((target == account) - (source == account))


def _expected(journal: Journal, count: Count) -> int:
    where = {"sheet": count.sheet, "line": count.line}
    latest = journal.books.latest_row(Recount, **where)
    counted = journal.books.latest_row(CountedLine, **where)
    assert counted is not None, f"line {count.line} of {count.sheet} was not counted"
    return counted.expected if latest is None else latest.expected


def _take(
    journal: Journal,
    draft: Draft,
    count: Count,
    change: Counter[str],
    quantity: int,
    booked: Sequence[Transfer],
) -> None:
    """Book more goods as missing than the count had booked: stock or allocated → unexplained.

    Free stock is taken before allocations. Lots come in this order: lots that the count found as
    surplus, lots to which the command adds goods, other lots. A correction takes first from the
    balances that the original command had taken from.

    Args:
        booked: In a correction, the transfers with which the original command had adjusted this
            count.
    """
    place, item = UNEXPLAINED(count.location), count.item
    found = {
        lot for (_, _, lot), there in journal.nonzero_balances(place, item).items() if there < 0
    }
    accounts = list(journal.nonzero_balances(STOCK(count.location), item))
    accounts += [
        key
        for key in journal.nonzero_balances(ALLOCATED.prefix, item)
        if is_at(key[0], count.location)
    ]

    before = {(transfer.source, transfer.item, transfer.lot) for transfer in booked}

    def rank(key: tuple[str, str, str]) -> tuple[bool, bool, bool, bool, str, str]:
        account, _, lot = key
        is_allocated = account.startswith(ALLOCATED.prefix)
        return key not in before, is_allocated, lot not in found, change[lot] <= 0, lot, account

    for account, _, lot in sorted(accounts, key=rank):
        if count.lot in ("", lot):
            there = journal.available(account, item, lot, since=draft.booked_on)
            part = max(0, min(quantity, there))
            journal.move(draft, account, place, item, lot, part)
            if part and account.startswith(ALLOCATED.prefix):
                restore_needs(journal, draft, keys_of(account)[0])
            quantity -= part
    # The rest breaks a floor, so the command is refused with an error about these goods.
    for lot in sorted(lot for lot, more in change.items() if more > 0):
        part = min(quantity, change[lot])
        journal.move(draft, STOCK(count.location), place, item, lot, part)
        quantity -= part


def _put_back(
    journal: Journal,
    draft: Draft,
    count: Count,
    change: Counter[str],
    quantity: int,
    booked: Sequence[Transfer],
) -> None:
    """Book goods that turn out not to be missing back into stock: unexplained → stock.

    The goods are booked to lots in this order:

    1. Lots from which the command takes more than is there, until their balance is zero again.
    2. Lots that the count found to be missing, up to the missing quantity: first lots from which
       the command takes goods; next, in a correction, lots to which the original command put goods
       back; last, the other lots.
    3. The rest goes to the lots from which the command takes goods.

    Args:
        booked: In a correction, the transfers with which the original command had adjusted this
            count.
    """
    place, shelf, item = UNEXPLAINED(count.location), STOCK(count.location), count.item

    def back(lot: str, wanted: int) -> None:
        nonlocal quantity
        part = max(0, min(quantity, wanted))
        journal.move(draft, place, shelf, item, lot, part)
        quantity -= part

    fewer = sorted(lot for lot, less in change.items() if less < 0)
    for lot in fewer:
        short = -journal.available(shelf, item, lot, since=draft.booked_on)
        back(lot, min(short, -change[lot]))
    missed = journal.nonzero_balances(place, item)
    before = {transfer.lot for transfer in booked if transfer.target == shelf}
    others = [lot for _, _, lot in missed if count.lot in ("", lot)]
    for lot in [*fewer, *sorted(others, key=lambda lot: lot not in before)]:
        back(lot, missed.get((place, item, lot), 0))
        missed.pop((place, item, lot), None)
    for lot in fewer:
        back(lot, -change[lot])
