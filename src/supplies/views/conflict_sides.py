"""Read what a report in a conflict states, what the books state, and how it was resolved."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime
from typing import Any

import msgspec

from supplies.books.free_text import free_text_of_entry
from supplies.books.moved_stops import present_delivery
from supplies.books.reader import Books
from supplies.domain.accounts import STOCK, keys_of, kind_of
from supplies.domain.commands import (
    CountStock,
    FailureReason,
    Outcome,
    OutcomeLine,
    ReportHandOut,
    ReportOutcome,
    Resolved,
)
from supplies.domain.entry_rows import (
    CodeResult,
    OutcomeDetails,
    Stop,
    StopLine,
    StopOutcome,
    StopRemoval,
)
from supplies.domain.entry_rows import OutcomeLine as StatedLine
from supplies.domain.failure_reasons import split_reason
from supplies.views.delivery_proofs import ProofView, read_proofs
from supplies.views.entries import ConflictView
from supplies.views.pagination import View


class SideLine(View, frozen=True, kw_only=True):
    """Goods of one item on one side of a conflict.

    Attributes:
        quantity: The loaded, handed out or counted quantity: in packs if `pack` is not None,
            otherwise in base units.
        pack, pack_size: The kind of pack, and the base units in one pack if they were stated; None
            if the quantity is in base units.
        received, brought_back, lost: In base units; None if not stated.
        location: The location to which goods were brought back; None if none is stated.
    """

    item: str
    quantity: int
    pack: str | None = None
    pack_size: int | None = None
    received: int | None = None
    brought_back: int | None = None
    lost: int | None = None
    location: str | None = None


class Side(View, frozen=True, kw_only=True):
    """What one side of a conflict states: the report, or the books. None means "not stated".

    Attributes:
        entry: Number of the entry that recorded this side.
        by, recorded_at: Who recorded this side, and when.
        happened_on: The day of the event.
        happened_at, phone_time: Times in UTC, as in `ReportOutcome`.
        removed_in: The entry that took the stop off the delivery, before any outcome was recorded.
        code: The result of comparing the household's code with the code of the stop.
    """

    entry: int | None = None
    by: str | None = None
    recorded_at: str | None = None
    delivery: str | None = None
    allocation: str | None = None
    recipient: str | None = None
    headcount: int | None = None
    team: str | None = None
    location: str | None = None
    outcome: Outcome | None = None
    lines: list[SideLine] = msgspec.field(default_factory=list)
    happened_on: date | None = None
    happened_at: str | None = None
    phone_time: str | None = None
    received_by: str | None = None
    why: FailureReason | None = None
    next_attempt: date | None = None
    time_window: str | None = None
    note: str | None = None
    removed_in: int | None = None
    code: CodeResult | None = None
    proofs: list[ProofView] = msgspec.field(default_factory=list)


class Decision(View, frozen=True, kw_only=True):
    """A resolution of a conflict: the entry, what was decided, by whom, when and why."""

    entry: int
    way: Resolved
    by: str
    recorded_at: str
    reason: str | None


class FreeGoods(View, frozen=True, kw_only=True):
    """The unallocated goods of an item at the place of a reported hand-out, in base units.

    Attributes:
        then: The quantity when the report was recorded.
        now: The current quantity.
    """

    item: str
    then: int
    now: int


class ConflictSides(View, frozen=True, kw_only=True):
    """Both sides of a conflict, and its resolutions.

    Attributes:
        reported: What the report states.
        recorded: What the books stated before the conflict was resolved; None if the conflict is
            not about a stop.
        free: The unallocated goods at the place of the hand-out; empty if the conflict is not about
            a hand-out.
        decisions: The resolutions, oldest first.
    """

    reported: Side
    recorded: Side | None
    free: list[FreeGoods]
    decisions: list[Decision]


def get_conflict_sides(books: Books, conflict: ConflictView) -> ConflictSides:
    """Return both sides of a conflict as they were stated, and its resolutions."""
    stated = msgspec.json.decode(conflict.stated, type=ReportOutcome | ReportHandOut | CountStock)
    reported = msgspec.structs.replace(
        side_of_report(books, stated),
        entry=conflict.seq,
        by=conflict.recorded_by,
        recorded_at=conflict.recorded_at,
        happened_on=conflict.happened_on,
        note=conflict.note,
        time_window=conflict.time_window or None,
    )
    decisions = _decisions(books, conflict.seq)
    recorded = None
    if isinstance(stated, ReportOutcome):
        recorded = _recorded_outcome(books, stated, decisions[0].entry if decisions else None)
        reported, recorded = _with_evidence(books, reported, recorded)
    free = _free_goods(books, stated, conflict.seq) if isinstance(stated, ReportHandOut) else []
    return ConflictSides(reported=reported, recorded=recorded, free=free, decisions=decisions)


def side_of_report(books: Books, report: ReportOutcome | ReportHandOut | CountStock) -> Side:
    """Return what a reported command states.

    An outcome without lines is shown with all goods of its stop. Quantities that a report lacks,
    such as those of "partly" without lines, are None.
    """
    if isinstance(report, CountStock):
        lines = [SideLine(item=line.item, quantity=line.counted) for line in report.lines]
        return Side(lines=lines, note=report.note)
    if isinstance(report, ReportHandOut):
        return Side(
            recipient=report.recipient,
            headcount=report.headcount,
            team=report.team,
            location=report.location,
            lines=[
                SideLine(
                    item=line.item, quantity=line.quantity, pack=line.pack, pack_size=line.pack_size
                )
                for line in report.lines
            ],
            happened_on=report.happened_on,
            note=report.note,
            happened_at=_text(report.happened_at),
            phone_time=_text(report.phone_time),
        )
    delivery = present_delivery(books, report.delivery, report.allocation)
    where = {"delivery": delivery, "allocation": report.allocation}
    stop = books.latest_row(Stop, **where)
    loaded = _loaded(books, where)
    why, note = split_reason(report.outcome, report.note, report.why)
    return Side(
        delivery=delivery,
        allocation=report.allocation,
        recipient=None if stop is None else stop.recipient,
        outcome=report.outcome,
        lines=_reported_lines(report, loaded),
        happened_on=report.happened_on,
        received_by=report.received_by,
        why=why,
        next_attempt=report.next_attempt,
        time_window=report.time_window,
        note=note,
        happened_at=_text(report.happened_at),
        phone_time=_text(report.phone_time),
    )


def _loaded(books: Books, where: dict[str, str]) -> list[StopLine]:
    return sorted(books.rows(StopLine, **where), key=lambda line: line.line)


def _reported_lines(report: ReportOutcome, loaded: list[StopLine]) -> list[SideLine]:
    if report.lines is None:
        stated = {load.line: _implied_line(report.outcome, load) for load in loaded}
    else:
        stated = {line.line: line for line in report.lines}
    return [_side_line(load, stated.get(load.line)) for load in loaded]


def _side_line(load: StopLine, line: OutcomeLine | None) -> SideLine:
    side = SideLine(item=load.item, quantity=load.loaded)
    if line is None:
        return side
    return msgspec.structs.replace(
        side,
        received=line.received,
        brought_back=line.brought_back,
        lost=line.lost,
        location=line.location,
    )


def _implied_line(outcome: Outcome, load: StopLine) -> OutcomeLine | None:
    """Return the quantities of one loaded line, for a report that states an outcome but no lines.

    The outcome "refused", for example, means that the whole line was brought back. Return None for
    the outcome "partly", which says nothing about quantities.
    """
    if outcome == "partly":
        return None
    if outcome == "lost":
        return OutcomeLine(line=load.line, lost=load.loaded)
    if outcome in ("refused", "not_at_home"):
        return OutcomeLine(line=load.line, brought_back=load.loaded)
    return OutcomeLine(line=load.line, received=load.loaded)


def _recorded_outcome(books: Books, report: ReportOutcome, before: int | None) -> Side:
    """Return what the books state about a stop.

    Args:
        before: Number of an entry: use only earlier entries. If None, all entries are used.
    """
    delivery = present_delivery(books, report.delivery, report.allocation)
    where = {"delivery": delivery, "allocation": report.allocation}
    stop, loaded = books.latest_row(Stop, **where), _loaded(books, where)
    recipient = None if stop is None else stop.recipient
    seq = books.value(
        "SELECT max(seq) FROM outcomes WHERE station = :station AND delivery = :delivery "
        "AND allocation = :allocation AND seq < :before",
        before=before or books.last_entry().seq + 1,
        **where,
    )
    if seq is None:
        return Side(
            delivery=delivery,
            allocation=report.allocation,
            recipient=recipient,
            lines=[SideLine(item=load.item, quantity=load.loaded) for load in loaded],
            removed_in=books.latest_seq(StopRemoval, **where),
        )
    (row,) = books.rows_of_entry(StopOutcome, seq, **where)
    details = books.rows_of_entry(OutcomeDetails, seq, **where)
    lines = {line.line: line for line in books.rows_of_entry(StatedLine, seq, **where)}
    body, texts = books.body(seq), free_text_of_entry(books, seq) or {}
    stated = details[0].any_reason if details else None
    why, note = split_reason(row.outcome, texts.get("note"), stated)
    return Side(
        delivery=delivery,
        allocation=report.allocation,
        entry=seq,
        by=body.recorded_by,
        recorded_at=body.recorded_at,
        recipient=recipient,
        outcome=row.outcome,
        lines=[_recorded_line(load, lines[load.line]) for load in loaded],
        happened_on=body.happened_on,
        happened_at=_text(row.happened_at),
        phone_time=_text(details[0].phone_time) if details else None,
        received_by=row.received_by,
        why=why,
        next_attempt=details[0].next_attempt if details else None,
        time_window=texts.get("time_window"),
        note=note,
    )


def _recorded_line(load: StopLine, line: StatedLine) -> SideLine:
    back = line.target if line.brought_back and kind_of(line.target) is STOCK else None
    return SideLine(
        item=load.item,
        quantity=load.loaded,
        received=line.received,
        brought_back=line.brought_back,
        lost=line.lost,
        location=None if back is None else keys_of(back)[0],
    )


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _with_evidence(books: Books, reported: Side, recorded: Side) -> tuple[Side, Side]:
    """Add the signatures, photos and checked codes of a stop to the side that they support.

    Evidence belongs to the report if it is in the entry of the conflict, or if it is a photo that
    the same phone or user added later. All other evidence belongs to the books, because it came
    with outcomes that agree with the books.
    """
    where: dict[str, Any] = {"delivery": recorded.delivery, "allocation": recorded.allocation}
    found = read_proofs(books, [str(recorded.delivery)])
    proofs = found.get((str(recorded.delivery), str(recorded.allocation)))
    rows = books.all(
        "SELECT seq, result FROM code_attempts WHERE station = :station "
        "AND delivery = :delivery AND allocation = :allocation ORDER BY seq",
        **where,
    )
    codes: dict[int | None, CodeResult] = {}
    for seq, result in rows:
        conflict = _conflict_with(books, seq)
        if codes.get(conflict) != "matched":
            codes[conflict] = result
    shown: defaultdict[int | None, list[ProofView]] = defaultdict(list)
    for proof in proofs.proofs if proofs else ():
        conflict = _conflict_with(books, proof.entry)
        if proof.kind == "photo" and _is_later_of_reporter(books, reported, proof.entry):
            conflict = reported.entry
        shown[conflict].append(proof)
    return (
        msgspec.structs.replace(
            reported, code=codes.get(reported.entry), proofs=shown[reported.entry]
        ),
        msgspec.structs.replace(recorded, code=codes.get(None), proofs=shown[None]),
    )


def _conflict_with(books: Books, seq: int) -> int | None:
    """Return the entry number `seq` if this entry recorded a conflict; otherwise None."""
    return seq if books.body(seq).kind == "conflict_noted" else None


def _is_later_of_reporter(books: Books, reported: Side, seq: int) -> bool:
    assert reported.entry is not None
    body = books.body(seq)
    return seq > reported.entry and body.recorded_by == reported.by and body.kind == "proof_added"


def _free_goods(books: Books, report: ReportHandOut, seq: int) -> list[FreeGoods]:
    shelf = STOCK(report.location)
    goods = []
    for item in dict.fromkeys(line.item for line in report.lines):
        then = books.value(
            "SELECT coalesce(sum(quantity), 0) FROM (SELECT quantity FROM transfers "
            "WHERE station = :station AND target = :shelf AND item = :item AND seq < :seq "
            "UNION ALL SELECT -quantity FROM transfers "
            "WHERE station = :station AND source = :shelf AND item = :item AND seq < :seq) AS m",
            shelf=shelf,
            item=item,
            seq=seq,
        )
        now = sum(books.nonzero_balances(shelf, item).values())
        goods.append(FreeGoods(item=item, then=int(then), now=now))
    return goods


def _decisions(books: Books, conflict: int) -> list[Decision]:
    found = []
    for table in ("resolutions", "later_resolutions"):
        found += books.all(
            f"SELECT d.seq, d.way, e.recorded_by, e.recorded_at FROM {table} d "
            "CROSS JOIN entries e WHERE d.station = :station AND d.conflict = :conflict "
            "AND e.station = d.station AND e.seq = d.seq",
            conflict=conflict,
        )
    return [
        Decision(
            entry=seq,
            way=way,
            by=by,
            recorded_at=at,
            reason=(free_text_of_entry(books, seq) or {}).get("reason"),
        )
        for seq, way, by, at in sorted(found)
    ]
