"""Commands of many lines, and what has to be recorded before each of them.

`benchmarks.limits` measures their time, and `tests/ledger/test_command_limits.py` their work.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from benchmarks.books_to_fill import FIRST_DAY, BooksToFill
from benchmarks.workload import STATION
from supplies.domain import commands as c
from supplies.domain.catalogue_records import Item, Location, Recipient, Team
from supplies.domain.entry_rows import (
    Lot,
    Shipment,
    ShipmentArrival,
    ShipmentLine,
    ShipmentReceived,
)
from supplies.ledger.ledger import Ledger

LINES_OF_A_STOP = 10
"""Number of lines of each allocation in a dispatch.

A dispatch can have at most `MAX_DISPATCH_LINES` lines in total.
"""


def prepare(ledger: Ledger, name: str, size: int, *, same_item: bool = False) -> c.Command:
    """Record what a command of `size` lines needs, such as stock, and return the command.

    The command itself is not recorded here.

    Args:
        name: A key of `PREPARATIONS`.
        same_item: Whether all lines have the same item, of which there are `size` lots. Otherwise
            each line has an item of its own, of which there is one lot.
    """
    with ledger.transaction():
        ledger.register(
            Location(code="store-b", name="Store B"),
            Location(code="store-c", name="Store C"),
            Location(code="ward", name="made up", quarantine=True),
            Team(code="t_2", name="Team 2", counter="store-b"),
            *(
                Item(code=f"i-{n}", name="made up", unit="piece")
                for n in range(1 if same_item else size)
            ),
            *(Recipient(code=f"H-{n}", name="made up") for n in range(size)),
        )
        return PREPARATIONS[name](BooksToFill(ledger, same_item=same_item), size)


# --- one preparation a command -------------------------------------------------------------------


def _record_donation(books: BooksToFill, size: int) -> c.Command:
    return books.donation(size, 8, pledge=books.pledge(size))


def _record_wishes(books: BooksToFill, size: int) -> c.Command:
    return books.donation(size, 8, wish=True)


def _correct_donation(books: BooksToFill, size: int) -> c.Command:
    pledge = books.pledge(size)
    entry = books.seq(books.donation(size, 8, pledge=pledge))
    corrected = books.donation(size, 7, pledge=pledge)
    return c.Correct(entry=entry, reason="made up", command=corrected)


def _correct_wishes(books: BooksToFill, size: int) -> c.Command:
    entry = books.seq(_record_wishes(books, size))
    corrected = books.donation(size, 7, wish=True)
    return c.Correct(entry=entry, reason="made up", command=corrected)


def _record_before_pledge(books: BooksToFill, size: int) -> c.Command:
    """The donation is recorded late, and names a pledge of a day after its own."""
    return msgspec.structs.replace(_record_donation(books, size), happened_on=FIRST_DAY)


def _record_late_donation(books: BooksToFill, size: int) -> c.Command:
    """The donation is recorded after its day. Its pledge and the claims are older."""
    books.needs(1)
    pledge = books.record(books.promise(size, FIRST_DAY))
    return msgspec.structs.replace(books.donation(size, 8, pledge=pledge), happened_on=FIRST_DAY)


def _record_before_claims(books: BooksToFill, size: int) -> c.Command:
    """The donation is recorded late. Its pledge is older, and the claims are newer."""
    promise = books.promise(size, FIRST_DAY)
    claims = [claim for line in promise.lines for claim in line.claims]
    lines = [msgspec.structs.replace(line, claims=[]) for line in promise.lines]
    pledge = books.record(msgspec.structs.replace(promise, lines=lines))
    books.record(c.ClaimNeeds(pledge=pledge, claims=claims))
    return msgspec.structs.replace(books.donation(size, 8, pledge=pledge), happened_on=FIRST_DAY)


def _keep_pledges(books: BooksToFill, size: int) -> c.Command:
    """The donor has `size` pledges with a claim each, and the lines name none of them."""
    for need, item in zip(books.needs(size), books.items(size), strict=True):
        claims = [c.Claim(need=need, quantity=5)]
        line = c.PledgeLine(item=item, quantity=8, claims=claims)
        books.record(c.MakePledge(donor="D-01", lines=[line]))
    return msgspec.structs.replace(books.donation(size, 8), keep_pledges=True)


def _correct_kept_pledges(books: BooksToFill, size: int) -> c.Command:
    entry = books.seq(_keep_pledges(books, size))
    corrected = msgspec.structs.replace(books.donation(size, 7), keep_pledges=True)
    return c.Correct(entry=entry, reason="made up", command=corrected)


def _reverse_donation(books: BooksToFill, size: int) -> c.Command:
    entry = books.seq(books.donation(size, 8, pledge=books.pledge(size)))
    return c.Reverse(entry=entry, reason="made up")


def _open_stock(books: BooksToFill, size: int) -> c.Command:
    return c.OpenStock(location="store-b", lines=books.arrivals(size))


def _move_lots(books: BooksToFill, size: int) -> c.Command:
    books.stock(size)
    return c.Move(source="store-b", target="store-c", lines=books.lots(size, 10))


def _correct_move(books: BooksToFill, size: int) -> c.Command:
    books.stock(size)
    entry = books.seq(c.Move(source="store-b", target="store-c", lines=books.lots(size, 9)))
    corrected = c.Move(source="store-b", target="store-c", lines=books.lots(size, 4))
    return c.Correct(entry=entry, reason="made up", command=corrected)


def _allocate_lines(books: BooksToFill, size: int) -> c.Allocate:
    books.needs(size)
    books.stock(size, 5)
    return books.allocate(size)


def _correct_allocation(books: BooksToFill, size: int) -> c.Command:
    command = _allocate_lines(books, size)
    entry = books.seq(command)
    *lines, last = command.lines
    lines.append(msgspec.structs.replace(last, quantity=4))
    corrected = msgspec.structs.replace(command, lines=lines)
    return c.Correct(entry=entry, reason="made up", command=corrected)


def _allocate_claimed(books: BooksToFill, size: int) -> c.Command:
    books.pledge(size)
    books.stock(size, 5)
    return books.allocate(size)


def _release(books: BooksToFill, size: int) -> c.Command:
    allocation = books.record(_allocate_lines(books, size))
    return c.Release(allocation=allocation, reason="made up")


def _dispatch(books: BooksToFill, size: int) -> c.Dispatch:
    lines = min(size, LINES_OF_A_STOP)
    books.stock(lines, 5 * size)
    allocations = [books.record(books.allocate(lines, f"H-{n}")) for n in range(size)]
    return c.Dispatch(team="t_1", allocations=allocations)


def _undo_dispatch(books: BooksToFill, size: int) -> c.Command:
    return c.UndoDispatch(delivery=books.record(_dispatch(books, size)), reason="made up")


def _move_stops(books: BooksToFill, size: int) -> c.Command:
    dispatch = _dispatch(books, size)
    delivery = books.record(dispatch)
    return c.MoveStops(delivery=delivery, allocations=dispatch.allocations, team="t_1")


def _report_outcome(books: BooksToFill, size: int) -> c.Command:
    books.needs(size)
    delivery, allocation = books.stop(size)
    return c.ReportOutcome(delivery=delivery, allocation=allocation, outcome="handed_over")


def _resolve_outcome(books: BooksToFill, size: int) -> c.Command:
    books.needs(size)
    delivery, allocation = books.stop(size)
    report = c.ReportOutcome(delivery=delivery, allocation=allocation, outcome="handed_over")
    books.record(report)
    conflict = books.seq(msgspec.structs.replace(report, outcome="not_at_home"))
    return c.ResolveConflict(conflict=conflict, by="correct", reason="made up")


def _report_conflict(books: BooksToFill, size: int) -> c.ReportHandOut:
    books.needs(size)
    return c.ReportHandOut(
        team="t_2", recipient="H-0", location="store-b", lines=books.handed(size)
    )


def _report_hand_out(books: BooksToFill, size: int) -> c.Command:
    books.stock(size)
    return _report_conflict(books, size)


def _resolve_hand_out(books: BooksToFill, size: int) -> c.Command:
    conflict = books.seq(_report_conflict(books, size))
    return c.ResolveConflict(conflict=conflict, by="unexplained", reason="made up")


def _resolve_by_stock(books: BooksToFill, size: int) -> c.Command:
    decision = _resolve_hand_out(books, size)
    books.stock(size)
    return decision


def _hand_out(books: BooksToFill, size: int) -> c.Command:
    books.needs(size)
    books.stock(size)
    return c.HandOut(recipient="H-0", location="store-b", lines=books.lots(size))


def _take_back(books: BooksToFill, size: int) -> c.Command:
    books.record(_hand_out(books, size))
    return c.TakeBack(recipient="H-0", location="store-b", lines=books.lots(size), reason="made up")


def _return_issue(books: BooksToFill, size: int) -> c.Command:
    books.stock(size)
    issue = books.record(c.IssueGoods(purpose="gate", location="store-b", lines=books.lots(size)))
    return c.ReturnIssue(issue=issue, lines=books.lots(size, 3))


def _count_stock(books: BooksToFill, size: int) -> c.Command:
    books.stock(size)
    sheet = books.record(c.OpenCountSheet(location="store-b"))
    lines = [
        c.CountLine(item=lot.item, counted=5, lot=lot.lot) for lot in books.ledger.books.rows(Lot)
    ]
    return c.CountStock(sheet=sheet, lines=lines)


def _convert(books: BooksToFill, size: int) -> c.Command:
    books.stock(size)
    made = [c.ConvertedLine(item=item, quantity=1) for item in books.items(min(size, 20))]
    return c.Convert(location="store-b", consumed=books.lots(size), produced=made)


def _quarantine_batch(books: BooksToFill, size: int) -> c.Command:
    lines = [c.ArrivalLine(item="i-0", quantity=9, batch="B1") for _ in range(size)]
    books.record(c.OpenStock(location="store-b", lines=lines))
    return c.QuarantineBatch(item="i-0", batch="B1", target="ward")


def _record_arrival(books: BooksToFill, size: int) -> c.Command:
    lines = books.arrivals(size)
    return c.RecordArrival(origin="bought", party="S-1", location="store-b", lines=lines)


def _issue_goods(books: BooksToFill, size: int) -> c.IssueGoods:
    books.stock(size)
    return c.IssueGoods(purpose="gate", location="store-b", lines=books.lots(size))


def _issue_beside_expired(books: BooksToFill, size: int) -> c.Command:
    books.stock(size, expires_on=FIRST_DAY)
    return _issue_goods(books, size)


def _issue_before_count(books: BooksToFill, size: int) -> c.Command:
    books.record(_count_stock(books, size))
    return msgspec.structs.replace(_issue_goods(books, size), happened_on=FIRST_DAY)


def _write_off(books: BooksToFill, size: int) -> c.WriteOff:
    books.stock(size)
    return c.WriteOff(reason="damaged", location="store-b", lines=books.lots(size))


def _find_again(books: BooksToFill, size: int) -> c.Command:
    books.record(_write_off(books, size))
    return c.FindAgain(reason="damaged", location="store-b", lines=books.lots(size, 3))


def _lend_goods(books: BooksToFill, size: int) -> c.Command:
    books.stock(size)
    return c.LendGoods(borrower="x", location="store-b", lines=books.lots(size))


def _return_loan(books: BooksToFill, size: int) -> c.Command:
    return c.ReturnLoan(loan=books.record(_lend_goods(books, size)), lines=books.lots(size, 3))


def _return_goods(books: BooksToFill, size: int) -> c.Command:
    books.record(books.donation(size, 8))
    return c.ReturnGoods(location="store-b", lines=books.lots(size), reason="made up")


def _settle(books: BooksToFill, size: int) -> c.Command:
    books.record(_count_stock(books, size))
    return c.Settle(place="store-b", by="lost", lines=books.lots(size), reason="made up")


def _collect(books: BooksToFill, size: int) -> c.Command:
    return c.CollectAllocation(allocation=books.record(_allocate_lines(books, size)))


def _claim_needs(books: BooksToFill, size: int) -> c.Command:
    promise = books.promise(size)
    claims = [claim for line in promise.lines for claim in line.claims]
    lines = [msgspec.structs.replace(line, claims=[]) for line in promise.lines]
    pledge = books.record(msgspec.structs.replace(promise, lines=lines))
    return c.ClaimNeeds(pledge=pledge, claims=claims)


def _merge_codes(books: BooksToFill, size: int) -> c.Command:
    books.record(_allocate_lines(books, size))
    return c.MergeCodes(kind="recipient", code="H-0", into="R-0", reason="made up")


def _end_need(books: BooksToFill, size: int) -> c.Command:
    """Each half of the need is claimed by `size` pledges, or set aside in `size` allocations."""
    item = books.item(0)
    need = books.record(c.NoteNeed(recipient="H-0", item=item, quantity=2 * size))
    books.stock(1, size)
    aside = c.AllocationLine(item=item, quantity=1, need=need)
    promised = c.PledgeLine(item=item, quantity=1, claims=[c.Claim(need=need, quantity=1)])
    for _ in range(size):
        books.record(c.MakePledge(donor="D-01", lines=[promised]))
        books.record(c.Allocate(recipient="H-0", location="store-b", lines=[aside]))
    return c.EndNeed(need=need, reason="withdrawn", goods="release")


def _lapse_pledge(books: BooksToFill, size: int) -> c.Command:
    return c.LapsePledge(pledge=books.pledge(size), reason="made up")


def _cancel_pledge(books: BooksToFill, size: int) -> c.Command:
    return c.CancelPledge(pledge=books.pledge(size), reason="made up")


def _send_shipment(books: BooksToFill, size: int) -> c.Command:
    books.stock(size)
    return c.SendShipment(station="other", location="store-b", lines=books.lots(size))


def _receive_shipment(books: BooksToFill, size: int) -> c.Command:
    shipment = "x_other_1"
    parts = [
        ShipmentLine(
            shipment=shipment,
            line=line,
            item=item,
            unit="piece",
            lot=f"l_other_1_{line}",
            quantity=10,
            batch=None,
            expires_on=None,
            value_minor=None,
            currency=None,
        )
        for line, item in enumerate(books.items(size), 1)
    ]
    whole = Shipment(shipment=shipment, destination=STATION, location="depot")
    sent = books.cited("shipment_sent", shipment, whole, *parts)
    return c.ReceiveShipment(shipment=shipment, location="store-b", sent=sent)


def _acknowledge_shipment(books: BooksToFill, size: int) -> c.Command:
    shipment = books.record(_send_shipment(books, size))
    ledger = books.ledger.books
    arrivals = [
        ShipmentArrival(
            shipment=shipment,
            line=line.line,
            item=line.item,
            sent_lot=line.lot,
            lot=f"l_other_1_{line.line}",
            sent=line.quantity,
            arrived=line.quantity - 1,
        )
        for line in ledger.rows(ShipmentLine, shipment=shipment)
    ]
    seq, hash_of_last, _ = ledger.last_entry()
    whole = ShipmentReceived(
        shipment=shipment,
        sender=STATION,
        sent_seq=seq,
        sent_hash=hash_of_last.hex(),
        location="depot",
    )
    received = books.cited("shipment_received", shipment, whole, *arrivals)
    return c.AcknowledgeShipment(shipment=shipment, received=received)


def _issue_receipt(books: BooksToFill, size: int) -> c.Command:
    one = books.donation(1, 1)
    donations = [books.record(one) for _ in range(size)]
    return c.IssueReceipt(donations=donations)


PREPARATIONS: Mapping[str, Callable[[BooksToFill, int], c.Command]] = {
    "record arrival": _record_arrival,
    "lend goods": _lend_goods,
    "report hand-out": _report_hand_out,
    "report hand-out of missing goods": _report_conflict,
    "resolve hand-out by stock": _resolve_by_stock,
    "issue goods beside expired lots": _issue_beside_expired,
    "issue goods before a count": _issue_before_count,
    "end need": _end_need,
    "lapse pledge": _lapse_pledge,
    "receive shipment": _receive_shipment,
    "acknowledge shipment": _acknowledge_shipment,
    "make pledge": BooksToFill.promise,
    "cancel pledge": _cancel_pledge,
    "donation on a pledge": _record_donation,
    "late donation on a pledge": _record_late_donation,
    "late donation before its pledge": _record_before_pledge,
    "late donation before the claims": _record_before_claims,
    "donation for recipients": _record_wishes,
    "donation on many pledges": _keep_pledges,
    "correct donation": _correct_donation,
    "correct donation for recipients": _correct_wishes,
    "correct donation on many pledges": _correct_kept_pledges,
    "reverse donation": _reverse_donation,
    "open stock": _open_stock,
    "move": _move_lots,
    "correct move": _correct_move,
    "allocate": _allocate_lines,
    "allocate claimed needs": _allocate_claimed,
    "correct allocation": _correct_allocation,
    "release": _release,
    "dispatch": _dispatch,
    "undo dispatch": _undo_dispatch,
    "move stops": _move_stops,
    "report outcome": _report_outcome,
    "resolve outcome": _resolve_outcome,
    "resolve hand-out": _resolve_hand_out,
    "collect allocation": _collect,
    "hand out": _hand_out,
    "take back": _take_back,
    "return issue": _return_issue,
    "count stock": _count_stock,
    "convert": _convert,
    "quarantine batch": _quarantine_batch,
    "issue goods": _issue_goods,
    "write off": _write_off,
    "find again": _find_again,
    "return loan": _return_loan,
    "return goods": _return_goods,
    "settle": _settle,
    "claim needs": _claim_needs,
    "merge codes": _merge_codes,
    "send shipment": _send_shipment,
    "issue receipt": _issue_receipt,
}
