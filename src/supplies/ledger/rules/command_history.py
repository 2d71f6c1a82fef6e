"""The history of a command: its entries, the entries of its corrections, and their total effect."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from types import EllipsisType
from typing import Any

from supplies.books.reader import Books
from supplies.books.stock_counts import RECOUNTED, RESOLVED
from supplies.domain.accounts import (
    ALLOCATED,
    ASKED,
    ASSIGNED,
    CLAIMED,
    CONVERTED,
    DONOR,
    ENDED,
    MET,
    NEEDED,
    PLEDGED,
    UNEXPLAINED,
    keys_of,
    kind_of,
)
from supplies.domain.commands import Correctable
from supplies.domain.entries import COLLECTED, Body
from supplies.domain.entry_rows import (
    Activity,
    Allocation,
    AllocationLine,
    ArrivalLine,
    Lot,
    NeedEnd,
    PackedLine,
)
from supplies.errors import AlreadyDone, Fault, InvalidField, Sentence, template
from supplies.ledger.balance_changes import Key, net_changes, net_changes_by_day
from supplies.ledger.balance_floors import Step
from supplies.ledger.corrected_command import CorrectedCommand, CreatedLot, Earmark
from supplies.ledger.journal import Journal
from supplies.ledger.named_records import read_named_records

_OF_NEEDS = (NEEDED, CLAIMED, ASSIGNED, MET, ENDED)
"""The kinds of accounts whose first key is a need."""

CORRECTABLE = {
    "need_noted": "NoteNeed",
    "pledge_made": "MakePledge",
    "donation_received": "RecordDonation",
    "stock_opened": "OpenStock",
    "goods_bought": "RecordArrival",
    "goods_made": "RecordArrival",
    "goods_borrowed": "RecordArrival",
    "allocated": "Allocate",
    "outcome_reported": "ReportOutcome",
    COLLECTED: "CollectAllocation",
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
    "settled": "Settle",
    "activity_recorded": "RecordActivity",
}
"""The kinds of entry that can be corrected, each with the name of the command that records it."""


_FIND_AGAIN = template("record goods that were found with FindAgain and the reason on_the_way")

WAYS_BACK: Mapping[str, str] = {
    "codes_merged": template("reverse it, and merge the codes that are one"),
    "needs_claimed": template("claim the needs, or drop the claims, in another command"),
    "count_opened": template("count it, or leave it: a sheet that is not counted changes nothing"),
    "stock_counted": template("open another count sheet and count again"),
    "conflict_noted": template("resolve the conflict"),
    "conflict_resolved": template(
        "decide its conflict for the other side; or report the outcome of the stop again and "
        "resolve that conflict, or count the goods again"
    ),
    "released": template("allocate the goods again"),
    "dispatched": template(
        "undo the dispatch if the team did not start, or report the outcome of each stop"
    ),
    "dispatch_undone": template("dispatch the allocations again"),
    "stops_added": template("move the stops to another delivery, or undo the dispatch"),
    "stops_moved": template("move the stops to another delivery, or undo the dispatch"),
    "proof_added": template(
        "erase it with ForgetText if it is not of this stop; withdraw a confirmation"
    ),
    "delivery_reassigned": template("reassign the delivery again"),
    "delivery_closed": template("correct the outcome of a stop; a closed delivery stays closed"),
    "need_ended": template("note the need again"),
    "pledge_cancelled": template("record the pledge again"),
    "pledge_lapsed": template("record the pledge again"),
    "lot_described": template("describe the lot again"),
    "receipt_issued": template("void or replace the receipt"),
    "receipt_voided": template("issue another receipt for the donation"),
    "receipt_reprinted": template("leave it: it only says that a copy was printed"),
    "period_closed": template("reopen the period"),
    "period_reopened": template("close the period again"),
    "forgotten": template("leave it: what was erased cannot be restored"),
    "shipment_sent": template(
        "let the other station receive 0 of each line, acknowledge that here, and then record "
        "goods that were found with FindAgain and the reason on_the_way"
    ),
    "shipment_received": template("send the goods on or back in another shipment"),
    "shipment_acknowledged": _FIND_AGAIN,
}
"""The kinds of entry that cannot be corrected, each with a message about what to do instead."""


_HAND_OUT_AGAIN = template(
    "decide its conflict for the other side; that takes the hand-out out, or books it"
)


def _way_back(body: Body) -> str:
    """Return what to do instead of correcting an entry that cannot be corrected."""
    if body.kind == RESOLVED and str(body.document).startswith(("h_", "q_")):
        return _HAND_OUT_AGAIN
    return WAYS_BACK[body.kind]


@dataclass(frozen=True, slots=True)
class History:
    """A command with all of its corrections.

    Attributes:
        first: The first entry of the command.
        bodies: All entries of the command and its corrections, oldest first.
        latest: The first entry of the latest correction, or of the command if it was not corrected.
        released: Later entries that released goods which this command had set aside on arrival.
    """

    first: Body
    bodies: list[Body]
    latest: Body
    released: list[Body]

    def transfers(self, *, of_sheet: str | EllipsisType | None = ...) -> list[Step]:
        """Return all transfers of the command and its corrections, with their days of booking.

        Releases of goods that the command had set aside are included.

        Args:
            of_sheet: Id of a count sheet. Return only the transfers that changed the difference
                booked for the count of this sheet. None means only the transfers that changed no
                difference of a count. By default, all transfers are returned.
        """
        bodies = [*self.bodies, *self.released]
        if of_sheet is not ...:
            bodies = [body for body in bodies if recounted_sheet(body) == of_sheet]
        return _booked(bodies)

    def has_effect(self) -> bool:
        """Return whether the command has any effect left that could be reversed."""
        left = net_changes(transfer for _, transfer in self.transfers())
        moves = any(lot or kind_of(account) in (DONOR, ASKED) for account, _, lot in left)
        return moves or any(isinstance(row, Activity) and row.count for row in self.latest.rows)

    def rows(self) -> Iterable[Any]:
        """Return the rows of all entries of the command and its corrections."""
        for body in self.bodies:
            yield from body.rows


def recounted_sheet(body: Body) -> str | None:
    """Return the id of the count sheet whose booked difference an entry changes, or None.

    The difference of a count is the counted quantity minus the expected one.
    """
    return body.document if body.kind == RECOUNTED else None


def history_of(books: Books, seq: int) -> History:
    """Return the history of the command that recorded entry `seq`.

    Raises:
        NotFound: the entry does not exist.
        InvalidField: entries of this kind cannot be corrected.
        AlreadyDone: the entry was corrected before.
    """
    body = books.body(seq)
    first = books.body(seq - body.part)
    if first.kind not in CORRECTABLE:
        raise InvalidField.at(
            "/entry",
            Sentence(
                "entry {seq} ({kind}) cannot be corrected; {instead}",
                seq=seq,
                kind=first.kind,
                instead=Sentence(_way_back(first)),
            ),
        )
    newer = _superseded_by(books, first.seq)
    if newer is not None:
        raise AlreadyDone(
            Sentence(
                "entry {seq} was corrected already by entry {newer}; correct that entry",
                seq=first.seq,
                newer=newer,
            ),
            [Fault("/entry", Sentence("superseded by {newer}", newer=newer))],
        )
    chain = [first]
    while chain[0].supersedes is not None:
        chain.insert(0, books.body(chain[0].supersedes))
    bodies = [part for body in chain for part in _parts(books, body)]
    return History(chain[0], bodies, first, _releases(books, bodies))


def _booked(bodies: Iterable[Body]) -> list[Step]:
    return [(body.booked_on, move) for body in bodies for move in body.transfers]


def _releases(books: Books, bodies: list[Body]) -> list[Body]:
    own = {row.allocation for body in bodies for row in body.rows if isinstance(row, Allocation)}
    found = [
        seq
        for allocation in own
        for (seq,) in books.all(
            "SELECT seq FROM entries WHERE station = :station AND document = :allocation "
            "AND kind = 'released'",
            allocation=allocation,
        )
    ]
    return [books.body(seq) for seq in sorted(found)]


def _superseded_by(books: Books, seq: int) -> int | None:
    return books.value(  # type: ignore[no-any-return]  # a column of integers
        "SELECT seq FROM entries WHERE station = :station AND supersedes = :seq", seq=seq
    )


def _parts(books: Books, first: Body) -> list[Body]:
    """Return all entries of a command. `first` is its first entry."""
    parts, last = [first], books.last_entry().seq
    while parts[-1].seq < last:
        body = books.body(parts[-1].seq + 1)
        if body.part != parts[-1].part + 1:
            break
        parts.append(body)
    return parts


def corrected_command(journal: Journal, history: History) -> CorrectedCommand:
    """Sum up what a command and its corrections recorded.

    The rule of the command needs this when it runs again on the corrected version.
    """
    allocations: dict[str, list[Allocation]] = defaultdict(list)
    for row in history.rows():
        if isinstance(row, Allocation):
            allocations[row.recipient].append(row)
    effect = net_changes(transfer for _, transfer in history.transfers())
    _read_effect(journal.books, effect)
    by_day = net_changes_by_day((journal.booked_on(day), move) for day, move in history.transfers())
    created = (stated.lot for body in history.bodies for stated in _lines_of(body))
    described = journal.books.latest_rows(Lot, "lot", created)
    return CorrectedCommand(
        seq=history.latest.seq,
        first=history.first.seq,
        document=history.first.document,
        kind=history.first.kind,
        effect=effect,
        by_day=by_day,
        lots=_lots_of(history, described),
        described=described,
        allocations=allocations,
        earmarks=_earmarks_of(journal.books, history),
        found=_found_by_counts(history),
        taken_lots=frozenset(lot for _, _, lot in effect if lot),
        packed=[
            row
            for body in reversed(history.bodies)
            for row in body.rows
            if isinstance(row, PackedLine)
        ],
    )


def _read_effect(books: Books, effect: Mapping[Key, int]) -> None:
    """Read the balances that a command changed, with their needs, pledges and lots, together.

    The rule of the command asks for them one by one.
    """
    needs = {keys_of(account)[0] for account, _, _ in effect if kind_of(account) in _OF_NEEDS}
    pledges = {keys_of(account)[0] for account, _, _ in effect if kind_of(account) is PLEDGED}
    lots = {lot for _, _, lot in effect if lot}
    read_named_records(books, {"need": list(needs), "pledge": list(pledges), "lot": list(lots)})
    books.read_together(partial(books.latest_row, NeedEnd, need=need) for need in needs)
    books.read_together(partial(books.balance, *key) for key in effect)


def _found_by_counts(history: History) -> dict[Key, int]:
    """Return, for each balance, the quantity that counts found before its gift was recorded.

    If the gift was reversed, each quantity is 0.
    """
    if history.first.kind != "donation_received":
        return {}
    transfers = [transfer for _, transfer in history.transfers(of_sheet=None)]
    effect = net_changes(transfers)
    return {
        (target, item, lot): effect[target, item, lot]
        for source, target, item, lot, _ in transfers
        if kind_of(source) is DONOR and kind_of(target) is UNEXPLAINED
    }


def _lots_of(history: History, described: Mapping[str, Lot]) -> list[CreatedLot]:
    """Return the lots that a command created, newest first, with their latest descriptions."""
    found: dict[str, CreatedLot] = {}
    lines = [(body, stated) for body in reversed(history.bodies) for stated in _lines_of(body)]
    for body, stated in lines:
        lot = described[stated.lot]
        found.setdefault(
            stated.lot,
            replace(
                stated,
                batch=lot.batch,
                expires_on=lot.expires_on,
                value_minor=lot.value_minor,
                currency=lot.currency,
                is_current=body.seq == history.latest.seq,
            ),
        )
    return list(found.values())


def _lines_of(body: Body) -> list[CreatedLot]:
    """Return the lots that the lines of an entry created, in the order of the lines."""
    lines: list[CreatedLot] = []
    for row in body.rows:
        if isinstance(row, ArrivalLine):
            lines.append(
                CreatedLot(
                    lot=row.lot,
                    line=row.line,
                    item=row.item,
                    batch=None,
                    expires_on=None,
                    quantity=row.quantity,
                    pledge=row.pledge,
                    recipient=row.recipient,
                )
            )
        elif isinstance(row, Lot) and row.origin == CONVERTED(str(body.document)):
            lines.append(CreatedLot(row.lot, len(lines) + 1, row.item, None, None, quantity=0))
    return lines


def _earmarks_of(books: Books, history: History) -> list[Earmark]:
    """Return the goods that a command itself set aside, by lot and need."""
    needs: dict[tuple[str, str, str], str | None] = {}
    recipients: dict[str, str] = {}
    for row in history.rows():
        if isinstance(row, AllocationLine):
            needs[row.allocation, row.item, row.lot] = row.need
        elif isinstance(row, Allocation):
            recipients[row.allocation] = row.recipient
    own = _booked(history.bodies)
    by_day = net_changes_by_day(own + _booked(history.released))
    return [
        Earmark(
            allocation=allocation,
            recipient=recipients[allocation],
            item=item,
            lot=lot,
            need=needs.get((allocation, item, lot)),
            quantity=quantity,
            moved=taken_by_others(books, (account, item, lot), by_day),
        )
        for (account, item, lot), quantity in net_changes(transfer for _, transfer in own).items()
        if kind_of(account) is ALLOCATED and (allocation := keys_of(account)[0]) in recipients
    ]


def taken_by_others(books: Books, key: Key, by_day: Mapping[Key, Mapping[date, int]]) -> int:
    """Return how much other commands took of the quantity that a command added to a balance.

    Corrections of the command do not count as other commands. The taken quantity is computed for
    the end of each day, and the largest one is returned.

    Args:
        by_day: What the command and its corrections changed, as `net_changes_by_day` returns it.
    """
    changes = by_day.get(key, {})
    days = {day for day, change in changes.items() if change}
    if not days:
        return 0
    closings = books.daily_balances(key, since=min(days).isoformat())
    ends = days.union(date.fromisoformat(day) for day in closings)
    taken = 0
    for end in ends:
        known = max((day for day in closings if day <= end.isoformat()), default=None)
        there = 0 if known is None else closings[known]
        left = sum(change for day, change in changes.items() if day <= end)
        taken = max(taken, left - there)
    return taken


def check_type(command: Correctable, history: History) -> None:
    """Check that the corrected version is a command of the same type as the recorded one.

    Raises:
        InvalidField: the types differ.
    """
    wanted = CORRECTABLE[history.first.kind]
    if type(command).__name__ != wanted:
        raise InvalidField.at(
            "/command",
            Sentence(
                "entry {seq} was made by {wanted}; correct it with the same command",
                seq=history.first.seq,
                wanted=wanted,
            ),
        )
