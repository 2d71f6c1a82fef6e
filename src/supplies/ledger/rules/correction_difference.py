"""Turn the difference between two effects into transfers, ordered so that no floor breaks."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from supplies.books.reader import Books
from supplies.domain.accounts import (
    ASKED,
    CLAIMED,
    CONVERTED,
    DONOR,
    ENDED,
    NEEDED,
    PLEDGED,
    Family,
    family_of,
    keys_of,
    kind_of,
)
from supplies.domain.entries import Transfer
from supplies.domain.entry_rows import ArrivalLine, Lot, Need, NeedEnd, Pledge
from supplies.errors import Fault, InvalidField, NotEnough
from supplies.ledger.balance_floors import Floors, Step
from supplies.ledger.journal import Draft, Journal, Key, Move, net_changes, not_enough_error
from supplies.ledger.rules.command_history import History


def enter_difference(
    journal: Journal,
    head: Draft,
    wanted: list[Step],
    history: History,
    pointers: dict[Any, str],
    others: list[Draft],
) -> None:
    """Replace the drafts by entries that book only the difference.

    head: the draft of the restated command. wanted: its transfers, and those of releases that are
    repeated. pointers: the JSON pointer by source, target and item of a transfer. others: further
    drafts, such as new allocations.

    Raises:
        MovedOn: goods that would have to come back were used since.
        InvalidField: the day and the goods of a claim change at once.
    """
    change: Counter[tuple[date, Key]] = Counter()
    for sign, transfers in ((1, wanted), (-1, history.transfers())):
        for day, transfer in transfers:
            for key, quantity in net_changes([transfer]).items():
                change[journal.booked_on(day), key] += sign * quantity
    _keep_needs_ended(journal, change)
    steps = _paired(change)
    others_steps = [(d.booked_on, move.transfer) for d in others for move in d.moves]
    _check_end(journal, steps + others_steps, history, head)
    steps = _ordered(journal, head.booked_on, steps)
    head.moves = []
    drafts = [head]
    for day, transfer in steps:
        if day != drafts[-1].booked_on:
            drafts.append(_further(head, day, len(drafts)))
        drafts[-1].moves.append(Move(transfer, pointers.get(transfer[:3], "")))
    _renumber(drafts, others)
    journal.drafts = drafts + others
    journal.next_seq = journal.drafts[-1].seq + 1


def _further(head: Draft, day: date, index: int) -> Draft:
    return Draft(
        seq=head.seq + index,
        kind=head.kind,
        document=head.document,
        happened_on=day,
        booked_on=day,
        about=head.about,
    )


def _renumber(drafts: list[Draft], others: list[Draft]) -> None:
    """Refuse a correction that would shift the entry number in the id of a new document."""
    following = drafts[-1].seq + 1
    for index, draft in enumerate(others):
        if draft.seq != following + index:
            raise InvalidField.at(
                "/command/happened_on",
                "the day and the goods for a claim cannot be corrected at once; "
                "correct the day first, then the goods",
            )


def _paired(change: Counter[tuple[date, Key]]) -> list[Step]:
    """Pair changes of balances into transfers from decreases to increases of the same family."""
    groups: dict[tuple[date, str, str, Family], list[tuple[str, int]]] = defaultdict(list)
    for (day, (account, item, lot)), quantity in sorted(change.items()):
        if quantity:
            groups[day, item, lot, family_of(account, lot)].append((account, quantity))
    paired = []
    for (day, item, lot, _), changes in groups.items():
        falls = [(account, -quantity) for account, quantity in changes if quantity < 0]
        for account, quantity in changes:
            while quantity > 0:
                source, left = falls.pop(0)
                part = min(quantity, left)
                paired.append((day, Transfer(source, account, item, lot, part)))
                quantity -= part
                if left > part:
                    falls.insert(0, (source, left - part))
    return paired


def _ordered(journal: Journal, first_day: date, remaining: list[Step]) -> list[Step]:
    """Order transfers so that none breaks a floor; those of the first day come first.

    The transfers together must not break a floor. If each of the remaining ones waits for another,
    one is split in two through an account without a floor, so that the others can go on.
    """
    books = journal.books
    floors = Floors(books, remaining)
    ordered: list[Step] = []
    sorted_by = None
    while remaining:
        day = ordered[-1][0] if ordered else first_day
        if day != sorted_by:
            remaining = [step for step in remaining if step[0] == day] + [
                step for step in remaining if step[0] != day
            ]
            sorted_by = day
        index = next((at for at, step in enumerate(remaining) if floors.allows(step)), None)
        if index is not None:
            step = remaining.pop(index)
        else:
            index = _first_waiting(remaining)
            booked_on, (source, target, item, lot, quantity) = remaining[index]
            hub = _without_floor(books, source, item, lot)
            remaining[index] = booked_on, Transfer(source, hub, item, lot, quantity)
            step = booked_on, Transfer(hub, target, item, lot, quantity)
        ordered.append(step)
        floors.apply(step)
    return ordered


def _first_waiting(remaining: list[Step]) -> int:
    """Return the index of the first step whose target has a floor; only these can be split."""
    return next(
        at for at, (_, transfer) in enumerate(remaining) if kind_of(transfer.target).floored
    )


def _without_floor(books: Books, account: str, item: str, lot: str) -> str:
    """Return the account without a floor from which the content of an account came originally."""
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


# --- goods that have moved on ---------------------------------------------------------------


Place = tuple[str, int]
"""The place of a quantity in a command: a field and the index of a line."""


class MovedOn(NotEnough):
    """Goods that a correction would take back have been used since.

    shortages: for each balance that would fall below zero, the quantity below zero at the end of
    each day, by ISO day. places: the line of each lot that the restated command creates.
    """

    def __init__(
        self,
        detail: str,
        faults: Sequence[Fault],
        *,
        shortages: Mapping[Key, Mapping[str, int]],
        places: Mapping[str, Place],
    ) -> None:
        super().__init__(detail, faults)
        self.shortages, self.places = shortages, places


class _Short(NamedTuple):
    """A balance that would fall below zero. when: the day in words; empty: now."""

    key: Key
    taken: int
    there: int
    when: str


def _check_end(journal: Journal, steps: list[Step], history: History, head: Draft) -> None:
    """Refuse steps that would leave a balance below zero, now or at the end of any day.

    The sentence names a balance that is short now, if there is one. The error contains all of them.
    """
    floors = Floors(journal.books, steps)
    changes: dict[Key, Counter[str]] = defaultdict(Counter)
    for day, transfer in steps:
        for key, quantity in net_changes([transfer]).items():
            if kind_of(key[0]).floored:
                changes[key][day.isoformat()] += quantity
    shortages: dict[Key, dict[str, int]] = {}
    now: list[_Short] = []
    earlier: list[_Short] = []
    for key, by_day in changes.items():
        ends = floors.day_end_balances(key)
        last = max(ends)
        lacking: dict[str, int] = {}
        for end, there in ends.items():
            taken = -sum(n for moved, n in by_day.items() if moved <= end)
            lacking[end] = max(0, taken - max(0, there))
            if lacking[end]:
                when = "" if end == last else f" on {end}"
                (now if end == last else earlier).append(_Short(key, taken, there, when))
        if any(lacking.values()):
            shortages[key] = lacking
    for short in now + earlier:
        raise _moved_on(journal, short, shortages, history, head)


def _moved_on(
    journal: Journal,
    short: _Short,
    shortages: Mapping[Key, Mapping[str, int]],
    history: History,
    head: Draft,
) -> NotEnough:
    """Return the error with the entries that took the goods; without any, with what is there."""
    source, item, lot = short.key
    books = journal.books
    own = {body.seq for body in (*history.bodies, *history.released)}
    takers = [
        seq
        for (seq,) in books.all(
            "SELECT DISTINCT seq FROM transfers WHERE station = :station AND source = :account "
            "AND item = :item AND lot = :lot AND seq > :since ORDER BY seq",
            account=source,
            item=item,
            lot=lot,
            since=history.first.seq,
        )
        if seq not in own
    ]
    if not takers:
        return not_enough_error(
            books, source, item, short.taken, max(0, short.there), "", short.when
        )
    in_the_way = ", ".join(map(str, takers[:5]))
    name = books.item(item).name
    still = f"stood there{short.when}"
    if not short.when:
        still = f"{'is' if short.there == 1 else 'are'} still there"
    return MovedOn(
        f"the goods have moved on: {short.taken} × {name} would have to come back, "
        f"but {short.there} {still}; in the way: entry {in_the_way}",
        [Fault("", f"{short.taken} to come back, {short.there} there", short.taken, short.there)],
        shortages=shortages,
        places=_lines_of_lots(head),
    )


def _lines_of_lots(head: Draft) -> dict[str, Place]:
    """Return the line of each lot that the lines of an entry create."""
    places: dict[str, Place] = {}
    produced = 0
    for row in head.rows:
        if isinstance(row, ArrivalLine):
            places[row.lot] = "lines", row.line - 1
        elif isinstance(row, Lot) and row.origin.startswith(CONVERTED.prefix):
            places[row.lot] = "produced", produced
            produced += 1
    return places


def _keep_needs_ended(journal: Journal, change: Counter[tuple[date, Key]]) -> None:
    """Move what a correction would reopen of an ended need to `ended` again."""
    totals: Counter[Key] = Counter()
    for (_, key), quantity in change.items():
        totals[key] += quantity
    for (account, item, lot), total in totals.items():
        kind, keys = kind_of(account), keys_of(account)
        if not total or kind not in (NEEDED, CLAIMED) or (kind is CLAIMED and total < 0):
            continue
        end = journal.books.latest_row(NeedEnd, need=keys[0])
        if end is None:
            continue
        seq = journal.books.latest_seq(NeedEnd, need=keys[0]) or 0
        ended_on = journal.booked_on(journal.books.body(seq).booked_on)
        day = max(ended_on, *(day for (day, key) in change if key == (account, item, lot)))
        change[day, (account, item, lot)] -= total
        change[day, (ENDED(end.need, end.reason), item, lot)] += total
        if kind is CLAIMED:
            need, pledge = keys
            change[day, (PLEDGED(pledge, need), item, lot)] -= total
            change[day, (PLEDGED(pledge), item, lot)] += total
