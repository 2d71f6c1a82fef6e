"""Book the difference between what a command has recorded and its corrected version."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from supplies.books.stock_counts import RECOUNTED
from supplies.domain.accounts import (
    ALLOCATED,
    CLAIMED,
    CONVERTED,
    ENDED,
    NEEDED,
    PLEDGED,
    Family,
    family_of,
    keys_of,
    kind_of,
)
from supplies.domain.entries import Transfer
from supplies.domain.entry_rows import ArrivalLine, Lot, NeedEnd
from supplies.errors import Fault, InvalidField, NotEnough, Sentence
from supplies.ledger.balance_changes import Key, net_changes
from supplies.ledger.balance_floors import Floors, Step
from supplies.ledger.drafts import Draft
from supplies.ledger.journal import Journal
from supplies.ledger.not_enough import goods_of, not_enough_error
from supplies.ledger.rules.command_history import History
from supplies.ledger.rules.step_order import ordered_steps


def book_difference(
    journal: Journal,
    head: Draft,
    wanted: list[Step],
    history: History,
    pointers: dict[Any, str],
    others: list[Draft],
    recounted: list[Draft] | None,
) -> None:
    """Draft entries that book only the difference between the recorded and the corrected version.

    These entries replace the drafts of the corrected version in the journal.

    Args:
        head: The first draft of the corrected version.
        wanted: The transfers of the corrected version, and later releases of its goods.
        history: The entries that the command and its earlier corrections recorded.
        pointers: JSON pointers to the lines of the command, by source, target and item of a
            transfer.
        others: Further drafts of the corrected version, such as new allocations. They are kept.
        recounted: Drafts that change the booked differences of stock counts; None if no count's
            difference changes.

    Raises:
        MovedOn: goods that would have to come back were used in the meantime.
        InvalidField: the correction changes both the day and the goods of a claim, or sets goods
            aside that a later stock count did not find.
    """
    _check_found_by_counts(journal, recounted or (), others)
    change = _change(journal, wanted, history.transfers(of_sheet=None))
    _keep_needs_ended(journal, change)
    steps = [(head, step) for step in _transfers_for(change)]
    for draft in () if recounted is None else _of_every_sheet(recounted, history):
        booked = [(draft.booked_on, move.transfer) for move in draft.moves]
        before = history.transfers(of_sheet=draft.document)
        steps += [(draft, step) for step in _transfers_for(_change(journal, booked, before))]
    others_steps = [(d.booked_on, move.transfer) for d in others for move in d.moves]
    _check_end(journal, [step for _, step in steps] + others_steps, history, head)
    drafts = ordered_steps(journal, head, steps, pointers)
    _check_entry_numbers(drafts, others)
    journal.drafts = drafts + others
    journal.next_seq = journal.drafts[-1].seq + 1


def _check_found_by_counts(
    journal: Journal, recounted: Iterable[Draft], others: Iterable[Draft]
) -> None:
    """Check that the correction sets no goods aside that a later stock count did not find.

    Args:
        journal: The journal.
        recounted: Drafts that change the differences of stock counts.
        others: Drafts that set goods aside.

    Raises:
        InvalidField: a count would take goods from an allocation that the correction makes.
    """
    begun = {draft.document for draft in others if draft.document is not None}
    for draft in recounted:
        for move in draft.moves:
            source = move.transfer.source
            if kind_of(source) is ALLOCATED and keys_of(source)[0] in begun:
                raise InvalidField.at(
                    "/command",
                    Sentence(
                        "{goods} would be set aside for a recipient, but count {document} did "
                        "not find them; leave out `for` and allocate them once they are found",
                        goods=goods_of(
                            move.transfer.quantity, journal.books.item(move.transfer.item).name
                        ),
                        document=draft.document,
                    ),
                )


def _change(
    journal: Journal, wanted: Iterable[Step], before: Iterable[Step]
) -> Counter[tuple[date, Key]]:
    """Compute how each balance changes, by day, if recorded transfers are replaced by other ones.

    Changes on a closed day are moved to the first open day.

    Args:
        before: The recorded transfers.
        wanted: The transfers that replace them.
    """
    change: Counter[tuple[date, Key]] = Counter()
    for sign, transfers in ((1, wanted), (-1, before)):
        for day, transfer in transfers:
            for key, quantity in net_changes([transfer]).items():
                change[journal.booked_on(day), key] += sign * quantity
    return change


def _of_every_sheet(recounted: list[Draft], history: History) -> list[Draft]:
    """Add an empty draft for each count sheet that only earlier versions of the command changed.

    Comparing the empty draft with what those versions booked for the sheet undoes it.

    Args:
        recounted: The drafts of the corrected version.
    """
    now = {draft.document for draft in recounted}
    dropped = {
        body.document: Draft(0, body.kind, body.document, body.happened_on, body.booked_on)
        for body in history.bodies
        if body.kind == RECOUNTED and body.document not in now
    }
    return [*recounted, *dropped.values()]


def _check_entry_numbers(drafts: list[Draft], others: list[Draft]) -> None:
    """Check that the drafts in `others` still have the right entry numbers.

    The id of a new document contains the number of its entry, such as 12 in a_12. So the number
    must not change after the entry was drafted.

    Raises:
        InvalidField: a number would change, because the correction changes both the day and the
            claims.
    """
    following = drafts[-1].seq + 1
    for index, draft in enumerate(others):
        if draft.seq != following + index:
            raise InvalidField.at(
                "/command/happened_on",
                Sentence(
                    "the day cannot be corrected together with a new allocation for {recipients}; "
                    "correct the day first, without the pledges that the goods did not fulfil "
                    "until now, and then the goods and pledges",
                    recipients=", ".join(
                        sorted({keys_of(each.about)[0] for each in others if each.about})
                    ),
                ),
            )


def _transfers_for(change: Counter[tuple[date, Key]]) -> list[Step]:
    """Return transfers that change the balances by these quantities.

    Each transfer goes from a balance that decreases to one that increases.
    """
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


# --- goods that were used since ---------------------------------------------------------------


Place = tuple[str, int]
"""Place of a quantity in a command: the name of the list, and the index of the line in it."""


class MovedOn(NotEnough):
    """Raised if a correction would take back goods that were used in the meantime.

    Attributes:
        shortages: For each balance that would fall below zero, the missing quantity at the end of
            each day. The keys of the inner mapping are days in ISO 8601.
        places: For each lot, the line of the corrected version that creates it.
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
    """A balance that would fall below zero.

    Attributes:
        taken: The quantity that the correction takes from the balance.
        there: The balance before the correction.
        when: The day at the end of which the balance would be below zero; None means now.
    """

    key: Key
    taken: int
    there: int
    when: str | None


def _check_end(journal: Journal, steps: list[Step], history: History, head: Draft) -> None:
    """Check that the transfers leave no balance below zero, now or at the end of any day.

    Raises:
        MovedOn: a balance would be below zero. The message describes one such balance, and
            `shortages` contains all.
        NotEnough: a balance would be below zero, although no other entry took goods from it.
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
                when = None if end == last else end
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
    """Return the error about a balance that would fall below zero.

    The error names the entries that took the goods. If there are none, it names the available
    quantity.
    """
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
            books,
            source,
            item,
            short.taken,
            max(0, short.there),
            "",
            None if short.when is None else Sentence("on {day}", day=short.when),
        )
    return MovedOn(
        Sentence(
            "goods were used since: {goods} would have to come back, but only {still}; used by "
            "entry {entries}",
            goods=goods_of(short.taken, books.item(item).name),
            still=_still_there(short),
            entries=", ".join(map(str, takers[:5])),
        ),
        [Fault("", _taken_and_there(short), short.taken, short.there)],
        shortages=shortages,
        places=_lines_of_lots(head),
    )


def _taken_and_there(short: _Short) -> Sentence:
    return Sentence("{taken} to come back, {there} there", taken=short.taken, there=short.there)


def _still_there(short: _Short) -> Sentence:
    is_one = short.there == 1
    if short.when is not None:
        if is_one:
            return Sentence("{quantity} was there on {day}", quantity=1, day=short.when)
        return Sentence("{quantity} were there on {day}", quantity=short.there, day=short.when)
    if is_one:
        return Sentence("{quantity} is still there", quantity=1)
    return Sentence("{quantity} are still there", quantity=short.there)


def _lines_of_lots(head: Draft) -> dict[str, Place]:
    """Return the line of the command that creates each lot, by lot id."""
    places: dict[str, Place] = {}
    produced = 0
    for row in head.rows:
        if isinstance(row, ArrivalLine):
            places[row.lot] = "lines", row.line - 1
        elif isinstance(row, Lot) and row.origin == CONVERTED(str(head.document)):
            places[row.lot] = "produced", produced
            produced += 1
    return places


def _keep_needs_ended(journal: Journal, change: Counter[tuple[date, Key]]) -> None:
    """Adjust `change` so that the correction does not reopen needs that have ended.

    Quantities that would go back to an ended need go to the account `ended` instead.
    """
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
