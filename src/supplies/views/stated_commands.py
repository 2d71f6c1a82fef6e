"""Turn recorded entries back into the commands that would record them, for correction forms.

The books contain no copy of a command. This module makes the command from the rows, transfers and
texts of its entries, with all corrections. If a correction is sent with this command unchanged, no
goods are moved.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, NamedTuple

from supplies.books.reader import Books
from supplies.domain import commands as c
from supplies.domain.accounts import (
    ALLOCATED,
    CONVERTED,
    LOST,
    OPENING,
    RECEIVED,
    STOCK,
    UNEXPLAINED,
    keys_of,
    kind_of,
)
from supplies.domain.entries import COLLECTED
from supplies.domain.entry_rows import (
    Activity,
    Allocation,
    AllocationLine,
    Arrival,
    ArrivalCampaign,
    ArrivalLine,
    Collection,
    HandOutTo,
    Lot,
    Need,
    OutcomeDetails,
    OutcomeLine,
    Pledge,
    PledgeCampaign,
    PledgeLine,
    ProductExpiry,
    ProductPledge,
    StopLine,
    StopOutcome,
    Withdrawal,
)
from supplies.domain.money import Value
from supplies.errors import InvalidField, Sentence
from supplies.views.stated_donation import destination, stated_donation
from supplies.views.stated_entries import StatedEntries


class StatedCommand(NamedTuple):
    """A recorded command, made again from the books.

    Attributes:
        entry: Number of the entry to correct: the first entry of the command or, if it was
            corrected, of its latest correction.
        command: The command, with the day of the event.
    """

    entry: int
    command: Any


def stated_command(books: Books, seq: int, *, latest: bool = True) -> StatedCommand:
    """Return the command that recorded an entry.

    A reversed command is returned as it was before the reversal. Optional texts that were erased
    are None. Required texts that were erased are "–".

    Args:
        books: The books of the station.
        seq: Number of an entry of the command or of one of its corrections.
        latest: Whether to include corrections that were recorded after this entry. For donations,
            they are always included.

    Raises:
        NotFound: the entry does not exist.
        InvalidField: entries of this kind cannot be corrected.
    """
    body = books.body(seq)
    first = books.body(seq - body.part)
    reader = _READERS.get(first.kind)
    if reader is None:
        raise InvalidField.at(
            "/entry", Sentence("entry {entry} cannot be corrected", entry=str(seq))
        )
    chain = [first]
    while chain[0].supersedes is not None:
        chain.insert(0, books.body(chain[0].supersedes))
    while latest and (newer := _superseded_by(books, chain[-1].seq)) is not None:
        chain.append(books.body(newer))
    entry = chain[-1].seq
    stated = StatedEntries(books, chain)
    if len(chain) > 1 and not stated.changes and first.kind not in _WITHOUT_GOODS:
        stated = StatedEntries(books, chain[:-1])
    return StatedCommand(entry, reader(stated))


def _superseded_by(books: Books, seq: int) -> int | None:
    found = books.value(
        "SELECT seq FROM entries WHERE station = :station AND supersedes = :seq", seq=seq
    )
    return None if found is None else int(found)


# --- one function for each kind of command ------------------------------------------------------


def _need(stated: StatedEntries) -> c.NoteNeed:
    row = stated.row(Need)
    quantity = row.quantity
    before = stated.latest
    while not quantity and before.supersedes is not None:
        before = stated.books.body(before.supersedes)
        quantity = next(each.quantity for each in before.rows if isinstance(each, Need))
    return c.NoteNeed(
        recipient=row.recipient,
        item=row.item,
        urgency=row.urgency,
        needed_by=row.needed_by,
        note=stated.text("note"),
        **stated.of_line(1, quantity),
        **stated.day,
    )


def _pledge(stated: StatedEntries) -> c.MakePledge:
    row = stated.row(Pledge)
    lines = [
        c.PledgeLine(
            item=line.item,
            claims=[
                c.Claim(need=need, quantity=quantity)
                for (item, need), quantity in stated.claims.items()
                if item == line.item and quantity > 0
            ],
            **stated.of_line(line.line, line.quantity),
        )
        for line in stated.rows(PledgeLine)
    ]
    return c.MakePledge(
        donor=row.donor,
        due_on=row.due_on,
        campaign=next((each.campaign for each in stated.rows(PledgeCampaign)), None),
        lines=lines,
        note=stated.text("note"),
        **stated.day,
    )


def _donation(stated: StatedEntries) -> c.RecordDonation:
    return stated_donation(stated.books, stated.document)


def _arrival(stated: StatedEntries) -> c.OpenStock | c.RecordArrival:
    row = stated.row(Arrival)
    arrived = stated.rows(ArrivalLine)
    shared: dict[str, Any] = {
        "location": row.location,
        "lines": [
            _arrival_line(stated, line, stated.lots[line.lot], row.location) for line in arrived
        ],
        "note": stated.text("note"),
        **stated.day,
    }
    if row.origin == OPENING.name:
        return c.OpenStock(**shared)
    campaign = next((each.campaign for each in stated.rows(ArrivalCampaign)), None)
    return c.RecordArrival(origin=row.origin, party=row.party, campaign=campaign, **shared)  # type: ignore[arg-type]  # a donation has another kind


def _arrival_line(stated: StatedEntries, line: ArrivalLine, lot: Lot, place: str) -> c.ArrivalLine:
    changes = stated.changes.get((line.item, line.lot), Counter())
    quarantine, write_off = destination(changes, place)
    value = None
    if lot.value_minor is not None and lot.currency is not None:
        evidence = stated.needed_text(f"lines/{line.line - 1}/value/evidence")
        value = Value(minor=lot.value_minor, currency=lot.currency, evidence=evidence)
    return c.ArrivalLine(
        item=line.item,
        batch=lot.batch,
        expires_on=None if lot.expires_month else lot.expires_on,
        expires_month=lot.expires_month,
        value=value,
        quarantine=quarantine,
        write_off=write_off,
        **stated.of_line(line.line, line.quantity),
    )


def _allocation(stated: StatedEntries) -> c.Allocate:
    row = stated.row(Allocation)
    totals: Counter[tuple[str, str | None]] = Counter()
    for line in stated.rows(AllocationLine):
        totals[line.item, line.need] += line.quantity
    lines = [
        c.AllocationLine(
            item=item, need=need, **(stated.in_packs(item, total) or {"quantity": total})
        )
        for (item, need), total in totals.items()
    ]
    return c.Allocate(
        recipient=row.recipient,
        location=row.location,
        lines=lines,
        note=stated.text("note"),
        **stated.day,
    )


def _collection(stated: StatedEntries) -> c.CollectAllocation:
    row = stated.row(Collection)
    lines = {
        (line.item, line.lot): line.line
        for line in stated.books.rows(AllocationLine, allocation=row.allocation)
    }
    return c.CollectAllocation(
        allocation=row.allocation,
        lines=[
            c.AllocationPart(line=lines[goods], quantity=quantity)
            for goods, quantity in stated.goods(ALLOCATED, falls=True).items()
        ],
        received_by=row.received_by,  # type: ignore[arg-type]  # checked when it was recorded
        note=stated.text("note"),
        **stated.day,
    )


def _outcome(stated: StatedEntries) -> c.ReportOutcome:
    row = stated.row(StopOutcome)
    loaded = {
        load.line: load
        for load in stated.books.rows(StopLine, delivery=row.delivery, allocation=row.allocation)
    }
    lines = [_outcome_line(line, loaded[line.line].location) for line in stated.rows(OutcomeLine)]
    usual = "stock" if row.outcome == "refused" else "allocated"
    moved_on = any(line.location or (line.brought_back and line.to != usual) for line in lines)
    details = next(iter(stated.rows(OutcomeDetails)), None)
    return c.ReportOutcome(
        delivery=row.delivery,
        allocation=row.allocation,
        outcome=row.outcome,
        happened_at=row.happened_at,
        lines=lines if row.outcome == "partly" or moved_on else None,
        received_by=row.received_by,  # type: ignore[arg-type]  # checked when it was recorded
        proof=row.proof,  # type: ignore[arg-type]  # checked when it was recorded
        note=stated.text("note"),
        why=None if details is None else details.any_reason,
        next_attempt=None if details is None else details.next_attempt,
        time_window=stated.text("time_window"),
        phone_time=None if details is None else details.phone_time,
        **stated.day,
    )


def _outcome_line(line: OutcomeLine, loaded_at: str) -> c.OutcomeLine:
    to_stock = line.target.startswith(STOCK.prefix)
    place = keys_of(line.target)[-1] if line.target else loaded_at
    return c.OutcomeLine(
        line=line.line,
        received=line.received,
        brought_back=line.brought_back,
        lost=line.lost,
        to="stock" if to_stock else "allocated",
        location=None if place == loaded_at else place,
    )


def _move(stated: StatedEntries) -> c.Move:
    return c.Move(
        source=keys_of(stated.account(STOCK, falls=True))[0],
        target=keys_of(stated.account(STOCK, falls=False))[0],
        lines=stated.lines(c.LotLine, stated.goods(STOCK, falls=True)),
        note=stated.text("note"),
        **stated.day,
    )


def _withdrawal(stated: StatedEntries) -> c.IssueGoods | c.LendGoods:
    row = stated.row(Withdrawal)
    key = keys_of(row.account)[0]
    shared: dict[str, Any] = {
        "location": row.location,
        "lines": stated.lines(c.LotLine, stated.goods(STOCK, falls=True)),
        "note": stated.text("note"),
        **stated.day,
    }
    if stated.latest.kind == "goods_issued":
        return c.IssueGoods(purpose=key, **shared)
    return c.LendGoods(borrower=key, due_on=row.due_on, **shared)


def _returned(stated: StatedEntries) -> c.ReturnIssue | c.ReturnLoan:
    shared: dict[str, Any] = {
        "location": keys_of(stated.account(STOCK, falls=False))[0],
        "lines": stated.lines(c.LotLine, stated.goods(STOCK, falls=False)),
        "note": stated.text("note"),
        **stated.day,
    }
    if stated.latest.kind == "issue_returned":
        return c.ReturnIssue(issue=stated.document, **shared)
    return c.ReturnLoan(loan=stated.document, **shared)


def _write_off(stated: StatedEntries) -> c.WriteOff:
    return c.WriteOff(
        reason=keys_of(stated.account(LOST, falls=False))[0],
        location=keys_of(stated.account(STOCK, falls=True))[0],
        lines=stated.lines(c.LotLine, stated.goods(STOCK, falls=True)),
        note=stated.text("note"),
        **stated.day,
    )


def _found_again(stated: StatedEntries) -> c.FindAgain:
    return c.FindAgain(
        reason=keys_of(stated.account(LOST, falls=True))[0],
        location=keys_of(stated.account(STOCK, falls=False))[0],
        lines=stated.lines(c.LotLine, stated.goods(STOCK, falls=False)),
        note=stated.text("note"),
        **stated.day,
    )


def _taken_back(stated: StatedEntries) -> c.TakeBack:
    return c.TakeBack(
        recipient=keys_of(stated.account(RECEIVED, falls=True))[0],
        location=keys_of(stated.account(STOCK, falls=False))[0],
        lines=stated.lines(c.RecipientLine, stated.goods(STOCK, falls=False)),
        reason=stated.needed_text("reason"),
        **stated.day,
    )


def _given_back(stated: StatedEntries) -> c.ReturnGoods:
    return c.ReturnGoods(
        location=keys_of(stated.account(STOCK, falls=True))[0],
        lines=stated.lines(c.LotLine, stated.goods(STOCK, falls=True)),
        reason=stated.needed_text("reason"),
        **stated.day,
    )


def _hand_out(stated: StatedEntries) -> c.HandOut:
    row = stated.row(HandOutTo)
    return c.HandOut(
        recipient=row.recipient,
        location=row.location,
        headcount=row.headcount,
        lines=stated.lines(c.RecipientLine, stated.goods(STOCK, falls=True)),
        note=stated.text("note"),
        **stated.day,
    )


def _conversion(stated: StatedEntries) -> c.Convert:
    made = CONVERTED(stated.document)
    products = [row for row in stated.rows(Lot) if row.origin == made]
    expiries = stated.books.latest_rows(ProductExpiry, "lot", [row.lot for row in products])
    pledges = {row.lot: row.pledge for row in stated.rows(ProductPledge)}
    consumed = stated.goods(CONVERTED, falls=False)
    spilled = stated.goods(LOST, falls=False)
    places = [
        account
        for changes in stated.changes.values()
        for account in changes
        if kind_of(account) in (STOCK, ALLOCATED)
    ]
    return c.Convert(
        location=keys_of(places[0])[-1],
        consumed=stated.lines(c.LotLine, consumed, "consumed"),
        produced=[
            _product(stated, number, lot, expiries.get(lot.lot), pledges.get(lot.lot))
            for number, lot in enumerate(products, 1)
        ],
        spilled=stated.lines(c.LotLine, spilled, "spilled"),
        note=stated.text("note"),
        **stated.day,
    )


def _product(
    stated: StatedEntries, number: int, lot: Lot, expiry: ProductExpiry | None, pledge: str | None
) -> c.ConvertedLine:
    made = stated.goods(CONVERTED, falls=True)
    reasoned = expiry is not None and expiry.basis == "reason"
    month: str | None = None if expiry is None else expiry.expires_month
    day: date | None = None if expiry is None or month else expiry.expires_on
    return c.ConvertedLine(
        item=lot.item,
        batch=lot.batch,
        expires_on=day,
        expires_month=month,
        expiry_reason=(
            stated.needed_text(f"produced/{number - 1}/expiry_reason") if reasoned else None
        ),
        pledge=pledge,
        **stated.of_line(number, made[lot.item, lot.lot], "produced"),
    )


def _settlement(stated: StatedEntries) -> c.Settle:
    missing = stated.goods(UNEXPLAINED, falls=True)
    place = keys_of(stated.account(UNEXPLAINED, falls=bool(missing)))[0]
    shared: dict[str, Any] = {
        "place": place,
        "lines": stated.lines(c.LotLine, missing or stated.goods(UNEXPLAINED, falls=False)),
        "reason": stated.needed_text("reason"),
        **stated.day,
    }
    if missing:
        return c.Settle(by="lost", **shared)
    origin = next(
        account
        for changes in stated.changes.values()
        for account, change in changes.items()
        if change < 0
    )
    return c.Settle(by=kind_of(origin).name, party=keys_of(origin)[0], **shared)  # type: ignore[arg-type]  # an origin


def _activity(stated: StatedEntries) -> c.RecordActivity:
    row, before = stated.row(Activity), stated.latest
    count = row.count
    while not count and before.supersedes is not None:
        before = stated.books.body(before.supersedes)
        count = next(each.count for each in before.rows if isinstance(each, Activity))
    return c.RecordActivity(kind=row.kind, count=count, who=stated.text("who"), **stated.day)


_READERS: Mapping[str, Callable[[StatedEntries], Any]] = {
    "need_noted": _need,
    "pledge_made": _pledge,
    "donation_received": _donation,
    "stock_opened": _arrival,
    "goods_bought": _arrival,
    "goods_made": _arrival,
    "goods_borrowed": _arrival,
    "allocated": _allocation,
    "outcome_reported": _outcome,
    COLLECTED: _collection,
    "goods_moved": _move,
    "goods_issued": _withdrawal,
    "goods_lent": _withdrawal,
    "issue_returned": _returned,
    "loan_returned": _returned,
    "written_off": _write_off,
    "found_again": _found_again,
    "taken_back": _taken_back,
    "goods_returned": _given_back,
    "handed_out": _hand_out,
    "goods_converted": _conversion,
    "settled": _settlement,
    "activity_recorded": _activity,
}

CORRECTABLE_KINDS = frozenset(_READERS)
"""The kinds of entry whose commands can be corrected."""

_WITHOUT_GOODS = frozenset({"need_noted", "pledge_made", "activity_recorded"})
"""Kinds of entry that move no goods. For these, transfers do not show if an entry was reversed."""
