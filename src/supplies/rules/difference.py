"""The difference of two effects, as transfers in an order in which no floor breaks on the way."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date
from typing import Any

from supplies.accounts import (
    ASKED,
    CLAIMED,
    ENDED,
    NEEDED,
    PLEDGED,
    Family,
    family_of,
    keys_of,
    kind_of,
)
from supplies.books import Books
from supplies.entries import Transfer
from supplies.errors import Fault, InvalidField, NotEnough
from supplies.journal import Draft, Journal, Key, Move, net, not_enough
from supplies.model import (
    Need,
    NeedEnd,
)
from supplies.rules.history import History


def enter_difference(
    journal: Journal,
    head: Draft,
    wanted: list[tuple[date, Transfer]],
    history: History,
    pointers: dict[Any, str],
    others: list[Draft],
) -> None:
    """Turn the difference into entries, in an order in which no floor is broken on the way."""
    change: Counter[tuple[date, Key]] = Counter()
    for sign, transfers in ((1, wanted), (-1, history.transfers())):
        for day, transfer in transfers:
            for key, quantity in net([transfer]).items():
                change[journal.booked_on(day), key] += sign * quantity
    _end_again(journal, change)
    remaining = _paired(change)
    head.moves = []
    steps = _in_order(journal, head.booked_on, remaining, history)
    _check_days(journal, steps, history)
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
    """Documents born in a correction carry their entry's number: it must still be so."""
    following = drafts[-1].seq + 1
    for index, draft in enumerate(others):
        if draft.seq != following + index:
            raise InvalidField.at(
                "/command/happened_on",
                "a new day and new goods for a claim cannot be corrected at once; "
                "correct the day first, then the goods",
            )


def _paired(change: Counter[tuple[date, Key]]) -> list[tuple[date, Transfer]]:
    """Changes of balances as transfers: what falls pays for what rises, within its family."""
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


def _in_order(
    journal: Journal,
    first_day: date,
    remaining: list[tuple[date, Transfer]],
    history: History,
) -> list[tuple[date, Transfer]]:
    """Transfers in an order that keeps every floor now, those of the first day first."""
    changed: Counter[Key] = Counter()
    ordered: list[tuple[date, Transfer]] = []
    books = journal.books

    def fits(transfer: Transfer) -> bool:
        source, _, item, lot, quantity = transfer
        if not kind_of(source).floored:
            return True
        return books.balance(source, item, lot) + changed[source, item, lot] >= quantity

    while remaining:
        remaining.sort(key=lambda step: step[0] != (ordered[-1][0] if ordered else first_day))
        step = next((step for step in remaining if fits(step[1])), None)
        if step is None:
            step = _detour(books, remaining, changed)
        if step is None:
            source, _, item, lot, quantity = remaining[0][1]
            key = source, item, lot
            there = books.balance(*key) + changed[key]
            raise _moved_on(journal, key, quantity, there, history)
        if step in remaining:
            remaining.remove(step)
        ordered.append(step)
        source, target, item, lot, quantity = step[1]
        changed[source, item, lot] -= quantity
        changed[target, item, lot] += quantity
    return ordered


def _detour(
    books: Books, remaining: list[tuple[date, Transfer]], changed: Counter[Key]
) -> tuple[date, Transfer] | None:
    """When a need's date changes, its steps wait for one another: go by way of `asked`.

    Only where the need's steps cancel out over the days; else something has truly moved on.
    """
    total = net(transfer for _, transfer in remaining)
    for index, (day, transfer) in enumerate(remaining):
        source, target, item, lot, quantity = transfer
        if family_of(source, lot) is not Family.NEEDS or ASKED in (
            kind_of(source),
            kind_of(target),
        ):
            continue
        short = quantity - books.balance(source, item, lot) - changed[source, item, lot]
        if short <= 0 or total[source, item, lot] < 0:
            continue
        asked = ASKED(_recipient_of(books, source))
        remaining[index] = (day, Transfer(source, asked, item, lot, quantity))
        return day, Transfer(asked, target, item, lot, quantity)
    return None


def _recipient_of(books: Books, account: str) -> str:
    need = books.latest(Need, need=keys_of(account)[0])
    assert need is not None, f"{account} has no need"
    return need.recipient


# --- goods that have moved on ---------------------------------------------------------------


def _check_days(journal: Journal, steps: list[tuple[date, Transfer]], history: History) -> None:
    """No day since may end below zero either."""
    latest = journal.books.head()[2]
    changes: dict[Key, Counter[str]] = defaultdict(Counter)
    for day, transfer in steps:
        for key, quantity in net([transfer]).items():
            changes[key][day.isoformat()] += quantity
    for key, by_day in changes.items():
        last_alone = len(by_day) == 1 and min(by_day) >= latest
        if not kind_of(key[0]).floored or last_alone:
            continue  # what stands now is what stands at the end of such a day
        closings = journal.books.closings(key, since=min(by_day))
        for end in sorted({*closings, *by_day}):
            before = [closings[known] for known in sorted(closings) if known <= end]
            there = before[-1] if before else 0
            taken = -sum(n for moved, n in by_day.items() if moved <= end)
            if taken > there:
                raise _moved_on(journal, key, taken, there, history, f" on {end}")


def _moved_on(
    journal: Journal, key: Key, quantity: int, there: int, history: History, when: str = ""
) -> NotEnough:
    """Name the entries in the way, and the smallest figure that would be possible.

    Where nothing took the goods away they never were there: then it says what is.
    """
    source, item, lot = key
    books = journal.books
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
        if seq not in {body.seq for body in history.bodies}
    ]
    if not takers:
        return not_enough(books, source, item, quantity, max(0, there), "", when)
    smallest = smallest_figure(books, history, item, lot)
    in_the_way = ", ".join(map(str, takers[:5]))
    name = books.item(item).name
    return NotEnough(
        f"the goods have moved on: {quantity} × {name} would have to come back, but {there} "
        f"{'is' if there == 1 else 'are'} still there; in the way: entry {in_the_way}; "
        f"the smallest figure possible is {smallest}",
        [Fault("", f"smallest {smallest}", quantity, smallest)],
    )


def smallest_figure(books: Books, history: History, item: str, lot: str) -> int:
    """The least that could have arrived, given what has left since, now and on every day.

    What stands free or in the command's own allocations may be taken back; the rest has moved on.
    """
    effect = net(transfer for _, transfer in history.transfers())
    rises = {
        key: change
        for key, change in effect.items()
        if key[1] == item and key[2] == lot and change > 0 and kind_of(key[0]).floored
    }
    stands = min(
        (sum(stands.values()) for stands in _axes(books, history.latest.booked_on, list(rises))),
        default=0,
    )
    return max(0, sum(rises.values()) - max(0, stands))


def _axes(books: Books, since: date, keys: list[Key]) -> list[dict[Key, int]]:
    """What stands in these accounts now, and at the end of each day since."""
    closings = {key: books.closings(key, since=since.isoformat()) for key in keys}
    axes = [{key: books.balance(*key) for key in keys}]
    for day in sorted({since.isoformat()}.union(*closings.values())):
        axes.append({key: books.balance_on(date.fromisoformat(day), *key) for key in keys})
    return axes


def _end_again(journal: Journal, change: Counter[tuple[date, Key]]) -> None:
    """What a correction would leave open of a need that was ended is ended with it."""
    totals: Counter[Key] = Counter()
    for (_, key), quantity in change.items():
        totals[key] += quantity
    for (account, item, lot), total in totals.items():
        kind, keys = kind_of(account), keys_of(account)
        if not total or kind not in (NEEDED, CLAIMED) or (kind is CLAIMED and total < 0):
            continue
        end = journal.books.latest(NeedEnd, need=keys[0])
        if end is None:
            continue
        seq = journal.books.stated_in(NeedEnd, need=keys[0]) or 0
        ended_on = journal.booked_on(journal.books.body(seq).booked_on)
        day = max(ended_on, *(day for (day, key) in change if key == (account, item, lot)))
        change[day, (account, item, lot)] -= total
        change[day, (ENDED(end.need, end.reason), item, lot)] += total
        if kind is CLAIMED:
            need, pledge = keys
            change[day, (PLEDGED(pledge, need), item, lot)] -= total
            change[day, (PLEDGED(pledge), item, lot)] += total
