"""What a command has done so far: its entries, those that corrected it, and what they come to."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from supplies.accounts import (
    PLEDGED,
    keys_of,
)
from supplies.books import Books
from supplies.commands import Correctable
from supplies.entries import Body, Transfer
from supplies.errors import AlreadyDone, Fault, InvalidField
from supplies.journal import Journal, Key, Standing, net
from supplies.model import (
    Allocation,
    ArrivalLine,
    Lot,
)

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


def history_of(books: Books, seq: int) -> History:
    """All entries of the command that made entry `seq`, and of its corrections."""
    body = books.body(seq)
    head = books.body(seq - body.part)
    if head.kind not in CORRECTABLE:
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


def standing_of(journal: Journal, history: History) -> Standing:
    """What a rule that runs again must know of what was done: its effect, its documents."""
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


def check_type(command: Correctable, history: History) -> None:
    """A donation is corrected by a donation, a move by a move."""
    wanted = CORRECTABLE[history.first.kind]
    if type(command).__name__ != wanted:
        raise InvalidField.at(
            "/command", f"entry {history.first.seq} was made by {wanted}; state that one again"
        )
