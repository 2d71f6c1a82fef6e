"""Measure commands of three sizes: one line, a quarter of the maximum, and the maximum of lines.

The growth is the time at the maximum divided by the time at a quarter of it: 4 means linear, 16
means quadratic. `tests/ledger/test_command_limits.py` counts the SQL statements of the same
commands.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from time import perf_counter

import msgspec

from benchmarks.engines import postgresql_server
from benchmarks.workload import open_books
from supplies.domain import commands as c
from supplies.domain.catalogue_records import Item, Location, Recipient
from supplies.domain.fields import MAX_LINES
from supplies.ledger.ledger import Ledger
from supplies.storage.sqlite.store import SqliteStore

SIZES = (1, MAX_LINES // 4, MAX_LINES)

LINES_OF_A_STOP = 10
"""Number of lines of each allocation in a dispatch.

A dispatch can have at most `MAX_DISPATCH_LINES` lines in total.
"""


def run() -> None:
    """Print the seconds and the growth for each command, on SQLite and PostgreSQL."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        _print("SQLite", lambda name: str(place / f"{name}.db"))
        with postgresql_server(place) as database:
            _print("PostgreSQL", database)


def _print(engine: str, url: Callable[[str], str]) -> None:
    sizes = "".join(f"{size:>9}" for size in SIZES)
    print(f"{engine:32}{sizes}  growth")
    for name in PREPARATIONS:
        database = name.replace(" ", "_")
        seconds = [_seconds(url(f"{database}_{size}"), name, size) for size in SIZES]
        figures = "".join(f"{taken:9.3f}" for taken in seconds)
        print(f"  {name:30}{figures} {seconds[2] / seconds[1]:7.1f}")


def _seconds(url: str, name: str, size: int) -> float:
    with open_books(url) as ledger:
        if isinstance(ledger.store, SqliteStore):
            ledger.store.run("PRAGMA synchronous = OFF")
        command = prepare(ledger, name, size)
        begin = perf_counter()
        ledger.record(command, by="u_1")
        return perf_counter() - begin


def prepare(ledger: Ledger, name: str, size: int) -> c.Command:
    """Record what a command of `size` lines needs, such as stock, and return the command.

    The command itself is not recorded here.
    """
    with ledger.transaction():
        ledger.register(
            Location(code="store-b", name="Store B"),
            Location(code="store-c", name="Store C"),
            *(Item(code=f"i-{n}", name="made up") for n in range(size)),
            *(Recipient(code=f"H-{n}", name="made up") for n in range(size)),
        )
        return PREPARATIONS[name](_Books(ledger), size)


class _Books:
    """A ledger with short methods that record what the measured commands need."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger

    def record(self, command: c.Command) -> str:
        """Record a command and return the id of its document."""
        return str(self.ledger.record(command, by="u_1").document)

    def seq(self, command: c.Command) -> int:
        """Record a command and return the number of its entry."""
        return self.ledger.record(command, by="u_1").seq

    def stock(self, size: int, *, same_item: bool = False) -> None:
        """Record `size` lots of opening stock, of different items or all of the same item."""
        self.record(c.OpenStock(location="store-b", lines=_arrivals(size, same_item=same_item)))

    def needs(self, size: int) -> list[str]:
        """Record a need for each of `size` items. Return the ids of the needs."""
        return [
            self.record(c.NoteNeed(recipient="H-0", item=f"i-{n}", quantity=5)) for n in range(size)
        ]

    def pledge(self, size: int) -> str:
        """Record a pledge of `size` items, and claim each of them for a need. Return its id."""
        return self.record(_pledge(self, size))

    def allocation(self, size: int, recipient: str = "H-0") -> str:
        """Set aside one unit of each of `size` items. Return the id of the allocation."""
        return self.record(_allocate(size, recipient))

    def stop(self, size: int) -> tuple[str, str]:
        """Dispatch an allocation of `size` lines. Return the ids of delivery and allocation."""
        self.stock(size)
        allocation = self.allocation(size)
        return self.record(c.Dispatch(team="t_1", allocations=[allocation])), allocation


def _arrivals(size: int, *, same_item: bool = False) -> list[c.ArrivalLine]:
    return [
        c.ArrivalLine(item="i-0" if same_item else f"i-{n}", quantity=1000) for n in range(size)
    ]


def _lots(size: int, quantity: int = 1) -> list[c.LotLine]:
    return [c.LotLine(item=f"i-{n}", quantity=quantity) for n in range(size)]


def _handed(size: int) -> list[c.RecipientLine]:
    return [c.RecipientLine(item=f"i-{n}", quantity=1) for n in range(size)]


def _pledge(books: _Books, size: int) -> c.MakePledge:
    lines = [
        c.PledgeLine(item=f"i-{n}", quantity=10, claims=[c.Claim(need=need, quantity=5)])
        for n, need in enumerate(books.needs(size))
    ]
    return c.MakePledge(donor="D-01", lines=lines)


def _allocate(size: int, recipient: str = "H-0") -> c.Allocate:
    lines = [c.AllocationLine(item=f"i-{n}", quantity=1) for n in range(size)]
    return c.Allocate(recipient=recipient, location="store-b", lines=lines)


def _donation(size: int, quantity: int, *, pledge: str | None, wish: bool) -> c.RecordDonation:
    lines = [
        c.DonationLine(
            item=f"i-{n}", quantity=quantity, pledge=pledge, recipient=f"H-{n}" if wish else None
        )
        for n in range(size)
    ]
    return c.RecordDonation(donor="D-01", location="store-b", handled_by="made up", lines=lines)


# --- one preparation a command -------------------------------------------------------------------


def _record_donation(books: _Books, size: int) -> c.Command:
    return _donation(size, 8, pledge=books.pledge(size), wish=False)


def _record_wishes(books: _Books, size: int) -> c.Command:
    return _donation(size, 8, pledge=None, wish=True)


def _correct_donation(books: _Books, size: int) -> c.Command:
    pledge = books.pledge(size)
    entry = books.seq(_donation(size, 8, pledge=pledge, wish=False))
    corrected = _donation(size, 7, pledge=pledge, wish=False)
    return c.Correct(entry=entry, reason="made up", command=corrected)


def _reverse_donation(books: _Books, size: int) -> c.Command:
    entry = books.seq(_donation(size, 8, pledge=books.pledge(size), wish=False))
    return c.Reverse(entry=entry, reason="made up")


def _open_stock(books: _Books, size: int) -> c.Command:
    return c.OpenStock(location="store-b", lines=_arrivals(size))


def _move_lots(books: _Books, size: int) -> c.Command:
    books.stock(size, same_item=True)
    return c.Move(
        source="store-b",
        target="store-c",
        lines=[c.LotLine(item="i-0", quantity=1000) for _ in range(size)],
    )


def _correct_move(books: _Books, size: int) -> c.Command:
    books.stock(size)
    entry = books.seq(c.Move(source="store-b", target="store-c", lines=_lots(size, 9)))
    corrected = c.Move(source="store-b", target="store-c", lines=_lots(size, 4))
    return c.Correct(entry=entry, reason="made up", command=corrected)


def _allocate_lines(books: _Books, size: int) -> c.Command:
    books.needs(size)
    books.stock(size)
    return _allocate(size)


def _release(books: _Books, size: int) -> c.Command:
    books.needs(size)
    books.stock(size)
    return c.Release(allocation=books.allocation(size), reason="made up")


def _dispatch(books: _Books, size: int) -> c.Dispatch:
    lines = min(size, LINES_OF_A_STOP)
    books.stock(lines)
    allocations = [books.allocation(lines, f"H-{n}") for n in range(size)]
    return c.Dispatch(team="t_1", allocations=allocations)


def _undo_dispatch(books: _Books, size: int) -> c.Command:
    return c.UndoDispatch(delivery=books.record(_dispatch(books, size)), reason="made up")


def _move_stops(books: _Books, size: int) -> c.Command:
    dispatch = _dispatch(books, size)
    delivery = books.record(dispatch)
    return c.MoveStops(delivery=delivery, allocations=dispatch.allocations, team="t_1")


def _report_outcome(books: _Books, size: int) -> c.Command:
    books.needs(size)
    delivery, allocation = books.stop(size)
    return c.ReportOutcome(delivery=delivery, allocation=allocation, outcome="handed_over")


def _resolve_outcome(books: _Books, size: int) -> c.Command:
    books.needs(size)
    delivery, allocation = books.stop(size)
    report = c.ReportOutcome(delivery=delivery, allocation=allocation, outcome="handed_over")
    books.record(report)
    conflict = books.seq(msgspec.structs.replace(report, outcome="not_at_home"))
    return c.ResolveConflict(conflict=conflict, by="correct", reason="made up")


def _resolve_hand_out(books: _Books, size: int) -> c.Command:
    books.needs(size)
    report = c.ReportHandOut(team="t_1", recipient="H-0", location="store-b", lines=_handed(size))
    return c.ResolveConflict(conflict=books.seq(report), by="unexplained", reason="made up")


def _hand_out(books: _Books, size: int) -> c.Command:
    books.needs(size)
    books.stock(size)
    return c.HandOut(recipient="H-0", location="store-b", lines=_lots(size))


def _take_back(books: _Books, size: int) -> c.Command:
    books.record(_hand_out(books, size))
    return c.TakeBack(recipient="H-0", location="store-b", lines=_lots(size), reason="made up")


def _return_issue(books: _Books, size: int) -> c.Command:
    books.stock(size)
    issue = books.record(c.IssueGoods(purpose="gate", location="store-b", lines=_lots(size, 5)))
    return c.ReturnIssue(issue=issue, lines=_lots(size, 3))


def _count_stock(books: _Books, size: int) -> c.Command:
    books.stock(size)
    sheet = books.record(c.OpenCountSheet(location="store-b"))
    lines = [c.CountLine(item=f"i-{n}", counted=999) for n in range(size)]
    return c.CountStock(sheet=sheet, lines=lines)


def _convert(books: _Books, size: int) -> c.Command:
    books.stock(size)
    made = [c.ConvertedLine(item=f"i-{n}", quantity=1) for n in range(min(size, 20))]
    return c.Convert(location="store-b", consumed=_lots(size), produced=made)


def _quarantine_batch(books: _Books, size: int) -> c.Command:
    books.ledger.register(Location(code="ward", name="made up", quarantine=True))
    lines = [c.ArrivalLine(item="i-0", quantity=9, batch="B1") for _ in range(size)]
    books.record(c.OpenStock(location="store-b", lines=lines))
    return c.QuarantineBatch(item="i-0", batch="B1", target="ward")


def _issue_goods(books: _Books, size: int) -> c.Command:
    books.stock(size)
    return c.IssueGoods(purpose="gate", location="store-b", lines=_lots(size))


def _write_off(books: _Books, size: int) -> c.WriteOff:
    books.stock(size)
    return c.WriteOff(reason="damaged", location="store-b", lines=_lots(size, 5))


def _find_again(books: _Books, size: int) -> c.Command:
    books.record(_write_off(books, size))
    return c.FindAgain(reason="damaged", location="store-b", lines=_lots(size, 3))


def _return_loan(books: _Books, size: int) -> c.Command:
    books.stock(size)
    loan = books.record(c.LendGoods(borrower="x", location="store-b", lines=_lots(size, 5)))
    return c.ReturnLoan(loan=loan, lines=_lots(size, 3))


def _return_goods(books: _Books, size: int) -> c.Command:
    books.record(_donation(size, 8, pledge=None, wish=False))
    return c.ReturnGoods(location="store-b", lines=_lots(size), reason="made up")


def _settle(books: _Books, size: int) -> c.Command:
    books.record(_count_stock(books, size))
    return c.Settle(place="store-b", by="lost", lines=_lots(size), reason="made up")


def _collect(books: _Books, size: int) -> c.Command:
    books.needs(size)
    books.stock(size)
    return c.CollectAllocation(allocation=books.allocation(size))


def _claim_needs(books: _Books, size: int) -> c.Command:
    claims = [c.Claim(need=need, quantity=5) for need in books.needs(size)]
    lines = [c.PledgeLine(item=f"i-{n}", quantity=10) for n in range(size)]
    pledge = books.record(c.MakePledge(donor="D-01", lines=lines))
    return c.ClaimNeeds(pledge=pledge, claims=claims)


def _merge_codes(books: _Books, size: int) -> c.Command:
    books.needs(size)
    books.stock(size)
    books.allocation(size)
    return c.MergeCodes(kind="recipient", code="H-0", into="R-0", reason="made up")


def _cancel_pledge(books: _Books, size: int) -> c.Command:
    return c.CancelPledge(pledge=books.pledge(size), reason="made up")


def _send_shipment(books: _Books, size: int) -> c.Command:
    books.stock(size)
    return c.SendShipment(station="other", location="store-b", lines=_lots(size))


def _issue_receipt(books: _Books, size: int) -> c.Command:
    one = _donation(1, 1, pledge=None, wish=False)
    donations = [books.record(one) for _ in range(size)]
    return c.IssueReceipt(donations=donations)


PREPARATIONS: Mapping[str, Callable[[_Books, int], c.Command]] = {
    "make pledge": _pledge,
    "cancel pledge": _cancel_pledge,
    "donation on a pledge": _record_donation,
    "donation for recipients": _record_wishes,
    "correct donation": _correct_donation,
    "reverse donation": _reverse_donation,
    "open stock": _open_stock,
    "move lots of one item": _move_lots,
    "correct move": _correct_move,
    "allocate": _allocate_lines,
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
