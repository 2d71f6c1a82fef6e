"""Corrections: a command stated again as it should have been, and only the difference booked.

The command's own effect is thought away, its rule run again on the books so cleared, and the
difference of the two effects becomes the correcting entry. To reverse is to correct to nothing.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import msgspec

from supplies.accounts import (
    ALLOCATED,
    ASKED,
    ASSIGNED,
    CLAIMED,
    ENDED,
    IN_TRANSIT,
    MET,
    NEEDED,
    PLEDGED,
    RECEIVED,
    Family,
    family_of,
    keys_of,
    kind_of,
)
from supplies.books import Books
from supplies.commands import Command, Correct, Correctable, Reverse
from supplies.entries import Body, Transfer
from supplies.errors import AlreadyDone, Fault, InvalidField, NotEnough, Unaccounted
from supplies.journal import Draft, Journal, Key, Move, Standing, net, not_enough
from supplies.model import (
    Activity,
    Allocation,
    Arrival,
    ArrivalLine,
    DeliveryEnd,
    HandOutTo,
    Lot,
    Need,
    NeedEnd,
    Pledge,
    StopOutcome,
    Withdrawal,
)
from supplies.rules import receipts
from supplies.rules.deliveries import Contradicted
from supplies.rules.serving import find_need, restore_needs, unmeet

Rules = Mapping[type[Command], Callable[[Any, Journal], None]]

REVERSIBLE = {
    "need_noted": "NoteNeed",
    "pledge_made": "MakePledge",
    "donation_received": "RecordDonation",
    "stock_opened": "OpenStock",
    "goods_bought": "RecordArrival",
    "goods_made": "RecordArrival",
    "goods_borrowed": "RecordArrival",
    "allocated": "Allocate",
    "outcome_reported": "ReportOutcome",
    "goods_moved": "Move",
    "goods_issued": "IssueGoods",
    "issue_returned": "ReturnIssue",
    "written_off": "WriteOff",
    "found_again": "FindAgain",
    "taken_back": "TakeBack",
    "goods_returned": "ReturnGoods",
    "goods_lent": "LendGoods",
    "loan_returned": "ReturnLoan",
    "handed_out": "HandOut",
    "goods_converted": "Convert",
    "activity_recorded": "RecordActivity",
}
"""Which command made an entry of each kind that can be corrected."""


@dataclass(frozen=True, slots=True)
class History:
    """A command and all that corrected it since, oldest first, with the entry that holds now."""

    first: Body
    bodies: list[Body]
    latest: Body

    def transfers(self) -> list[tuple[date, Transfer]]:
        """All it moved, by the day it was booked on."""
        return [(body.booked_on, move) for body in self.bodies for move in body.transfers]

    def rows(self) -> Iterable[Any]:
        """All it stated."""
        for body in self.bodies:
            yield from body.rows


def correct(command: Correct, journal: Journal, rules: Rules) -> None:
    """Book the difference between what was recorded and what should have been."""
    history = history_of(journal.books, command.entry)
    _check_type(command.command, history)
    restated = command.command
    if restated.happened_on is None:
        restated = msgspec.structs.replace(restated, happened_on=history.latest.happened_on)
    again = Journal(
        journal.books,
        restated,
        now=journal.now,
        today=journal.today,
        standing=_standing(journal, history),
    )
    try:
        rules[type(restated)](restated, again)
    except Contradicted as because:
        # Only a fact is kept although the books contradict it; a correction is a decision.
        raise NotEnough(because.detail, [Fault("/command", because.detail)]) from None
    head, *others = again.drafts
    _keep_step(again, head)
    head.supersedes = history.latest.seq
    wanted = [(head.booked_on, move.transfer) for move in head.moves]
    pointers = {move.transfer[:3]: move.pointer for move in head.moves}
    _enter(journal, head, wanted, history, pointers, others)
    _renew_receipt(journal, history, command.command)


def reverse(command: Reverse, journal: Journal) -> None:
    """Correct to nothing: every transfer of the command goes back."""
    history = history_of(journal.books, command.entry)
    _may_be_undone(journal.books, history)
    first = history.latest
    head = Draft(
        seq=journal.next_seq,
        kind=first.kind,
        document=first.document,
        happened_on=first.happened_on,
        booked_on=journal.booked_on(first.happened_on),
        about=first.about,
    )
    head.supersedes = history.latest.seq
    head.rows = [_emptied(row) for row in history.latest.rows if type(row) in _EMPTIED]
    again = Journal(
        journal.books,
        command,
        now=journal.now,
        today=journal.today,
        standing=_standing(journal, history),
    )
    again.drafts = [head]
    _keep_step(again, head)
    wanted = [(head.booked_on, move.transfer) for move in head.moves]
    _enter(journal, head, wanted, history, {}, [])
    _renew_receipt(journal, history, None)


_EMPTIED = (Arrival, Pledge, Withdrawal, HandOutTo, Need, Activity)


def _emptied(row: Any) -> Any:
    """A document stated again without what it held; its lines are simply not stated again."""
    if isinstance(row, Need):
        return Need(
            need=row.need,
            recipient=row.recipient,
            item=row.item,
            quantity=0,
            urgency=row.urgency,
            needed_by=row.needed_by,
        )
    if isinstance(row, Activity):
        return Activity(activity=row.activity, kind=row.kind, count=0)
    return row


# --- what stands ----------------------------------------------------------------------------


def history_of(books: Books, seq: int) -> History:
    """All entries of the command that made entry `seq`, and of its corrections."""
    body = books.body(seq)
    head = books.body(seq - body.part)
    if head.kind not in REVERSIBLE:
        raise InvalidField.at(
            "/entry", f"entry {seq} ({head.kind}) is not corrected; it has a way back of its own"
        )
    newer = _superseded_by(books, head.seq)
    if newer is not None:
        raise AlreadyDone(
            f"entry {head.seq} was corrected already by entry {newer}; correct that one",
            [Fault("/entry", f"superseded by {newer}")],
        )
    chain = [head]
    while chain[0].supersedes is not None:
        chain.insert(0, books.body(chain[0].supersedes))
    bodies = [part for body in chain for part in _parts(books, body)]
    return History(chain[0], bodies, head)


def _superseded_by(books: Books, seq: int) -> int | None:
    return books.value(  # type: ignore[no-any-return]  # a column of integers
        "SELECT seq FROM entries WHERE station = :station AND supersedes = :seq", seq=seq
    )


def _parts(books: Books, head: Body) -> list[Body]:
    """The head of a command and the entries that follow from it."""
    parts, last = [head], books.head()[0]
    while parts[-1].seq < last:
        body = books.body(parts[-1].seq + 1)
        if body.part != parts[-1].part + 1:
            break
        parts.append(body)
    return parts


def _standing(journal: Journal, history: History) -> Standing:
    lots: dict[tuple[int, str], str] = {}
    allocations: dict[str, list[Allocation]] = defaultdict(list)
    produced = 0
    for row in history.rows():
        if isinstance(row, ArrivalLine):
            lots[row.line, row.item] = row.lot
        elif isinstance(row, Lot) and row.origin.startswith("converted:"):
            produced += 1
            lots[int(row.lot.rsplit("_", 1)[1]), row.item] = row.lot
        elif isinstance(row, Allocation):
            allocations[row.recipient].append(row)
    served: Counter[tuple[str, str]] = Counter()
    for (account, _, _), change in net(t for _, t in history.transfers()).items():
        if account.startswith(PLEDGED.prefix) and len(keys_of(account)) == 2:
            pledge, need = keys_of(account)
            served[pledge, need] -= change
    effect = net(transfer for _, transfer in history.transfers())
    by_day: dict[Key, Counter[date]] = defaultdict(Counter)
    for day, transfer in history.transfers():
        for key, change in net([transfer]).items():
            by_day[key][journal.booked_on(day)] += change
    return Standing(
        seq=history.latest.seq,
        document=history.first.document,
        kind=history.first.kind,
        effect=effect,
        by_day=by_day,
        lots=lots,
        allocations=allocations,
        served=served,
        taken=frozenset(lot for _, _, lot in effect if lot),
    )


def _check_type(command: Correctable, history: History) -> None:
    wanted = REVERSIBLE[history.first.kind]
    if type(command).__name__ != wanted:
        raise InvalidField.at(
            "/command", f"entry {history.first.seq} was made by {wanted}; state that one again"
        )


def _may_be_undone(books: Books, history: History) -> None:
    """An outcome may be taken back only while its delivery is open; else state it again."""
    for row in history.rows():
        if isinstance(row, StopOutcome):
            if books.latest(DeliveryEnd, delivery=row.delivery) is not None:
                raise Unaccounted(f"delivery {row.delivery} is closed; correct the outcome instead")
            raise InvalidField.at(
                "/entry", "an outcome is a fact: correct it to what happened at the door"
            )


# --- needs keep step with goods ------------------------------------------------------------------


def _keep_step(journal: Journal, draft: Draft) -> None:
    """What is assigned or met beyond the goods that will be there goes back to its need."""
    assert journal.standing is not None
    moved = {key for d in journal.drafts for key in net(move.transfer for move in d.moves)}
    allocations: set[str] = set()
    doors: set[tuple[str, str]] = set()
    for account, item, _ in {*journal.standing.effect, *moved}:
        kind, keys = kind_of(account), keys_of(account)
        if kind is ALLOCATED:
            allocations.add(keys[0])
        elif kind in (IN_TRANSIT, ASSIGNED):
            allocations.add(keys[1])
        elif kind is RECEIVED:
            doors.add((keys[0], item))
        elif kind is MET:
            doors.add((find_need(journal, keys[0]).recipient, item))
    for allocation in sorted(allocations):
        restore_needs(journal, draft, allocation)
    for recipient, item in sorted(doors):
        unmeet(journal, draft, recipient, item)


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


# --- the difference -------------------------------------------------------------------------


def _enter(
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


def _renew_receipt(journal: Journal, history: History, command: Command | None) -> None:
    """A donation's receipt is voided with it, and replaced unless nothing of it remains."""
    donation = history.first.document
    if history.first.kind != "donation_received" or donation is None:
        return
    gift = None if command is None else _gift_in(journal, donation, command)
    receipts.renew_for(journal, donation, gift)


def _gift_in(journal: Journal, donation: str, command: Any) -> receipts.Gift:
    head = journal.drafts[0]
    lots = {row.lot: row for row in head.rows if isinstance(row, Lot)}
    lines = []
    for row in head.rows:
        if isinstance(row, ArrivalLine):
            lot = lots.get(row.lot) or journal.books.latest(Lot, lot=row.lot)
            assert lot is not None
            lines.append(receipts.GiftLine(row.item, row.quantity, lot.batch, lot.expires_on))
    return receipts.Gift(
        donation=donation,
        received_on=head.happened_on,
        location=journal.books.location(command.location).name,
        handled_by=command.handled_by,
        wish=command.wish,
        lines=lines,
    )
