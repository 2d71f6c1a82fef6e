"""Check that entries which resolve conflicts contain everything that was reported."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import msgspec

from supplies.domain.entry_rows import (
    TABLES,
    HandOutReport,
    HandOutTo,
    LaterResolution,
    OutcomeDetails,
    OutcomeLine,
    Resolution,
    StopOutcome,
    reason_columns,
)
from supplies.storage.store import Row
from supplies.verification.reader import Reader

CLOCK_TOLERANCE = timedelta(minutes=5)
"""How far the stated time of a report may be in the future, because clocks differ."""

MAX_AGE_BY_PHONE = timedelta(days=60)
"""Maximum age of an event that is always booked on the day that a phone reports.

A coordinator who accepts a report of an older event may book it on another day.
"""

_COMPARED: Mapping[str, tuple[str, ...]] = {
    TABLES[StopOutcome]: ("outcome", "happened_at", "received_by", "proof"),
    TABLES[OutcomeDetails]: ("why", "reason", "next_attempt", "phone_time"),
    TABLES[OutcomeLine]: ("line", "received", "brought_back", "lost", "target"),
    TABLES[HandOutTo]: ("location", "headcount"),
    TABLES[HandOutReport]: ("team", "happened_at", "phone_time"),
}
"""The columns, by table, whose values must be the same in a decision and in the report."""

_TIMES = ("happened_at", "phone_time")


class _Decision(NamedTuple):
    """An entry that resolves a conflict.

    Attributes:
        document: The delivery or the hand-out that the entry is about.
        stated: The fields of the report.
        recorded_at: When the report was recorded.
    """

    seq: int
    document: str
    way: str
    stated: dict[str, Any]
    recorded_at: datetime


def check_stated_decisions(reader: Reader) -> None:
    """Check the rows of all entries that resolved conflicts about outcomes and hand-outs.

    An entry that books a report must state what the report stated. An entry that restores an
    earlier outcome must state the same as that outcome. Only conflicts with a row in
    `conflict_reasons` are checked, because older versions of the program left some fields out.

    Raises:
        BooksBroken: an entry states something else.
    """
    for decision in _decisions(reader):
        is_outcome = decision.stated["type"] == "ReportOutcome"
        if decision.way != "keep":
            tables = (StopOutcome, OutcomeDetails) if is_outcome else (HandOutTo, HandOutReport)
            for kind in tables:
                _check_booked(reader, decision, TABLES[kind])
        elif is_outcome and _rows(reader, decision, TABLES[StopOutcome], decision.seq):
            before = _outcome_before_last(reader, decision)
            for row_type in (StopOutcome, OutcomeDetails, OutcomeLine):
                table = TABLES[row_type]
                expected = _rows(reader, decision, table, before)
                found = _rows(reader, decision, table, decision.seq)
                _compare(reader, table, decision.seq, expected, found)


def _decisions(reader: Reader) -> list[_Decision]:
    rows: list[Row] = []
    for kind in (Resolution, LaterResolution):
        rows += reader.store.all(
            f"SELECT d.seq, b.document, d.way, c.stated, e.recorded_at FROM {TABLES[kind]} d "
            "CROSS JOIN conflict_reasons k CROSS JOIN conflicts c CROSS JOIN entries e "
            "CROSS JOIN entries b WHERE d.station = :station AND b.station = d.station "
            "AND b.seq = d.seq AND k.station = d.station AND k.seq = d.conflict "
            "AND c.station = d.station AND c.seq = d.conflict "
            "AND e.station = d.station AND e.seq = d.conflict",
            {"station": reader.station},
        )
    found = [
        _Decision(
            seq, document, way, msgspec.json.decode(stated), datetime.fromisoformat(recorded_at)
        )
        for seq, document, way, stated, recorded_at in sorted(rows)
    ]
    return [one for one in found if one.stated["type"] != "CountStock"]


def _rows(reader: Reader, decision: _Decision, table: str, seq: int) -> list[dict[str, Any]]:
    """Return the compared columns of the rows that an entry has about the same stop or hand-out."""
    columns = _COMPARED[table]
    allocation = decision.stated.get("allocation")
    about = (
        "hand_out = :document"
        if allocation is None
        else "delivery = :document AND allocation = :allocation"
    )
    rows = reader.store.all(
        f"SELECT {', '.join(columns)} FROM {table} WHERE station = :station AND {about} "
        f"AND seq = :seq ORDER BY {columns[0]}",
        {
            "station": reader.station,
            "document": decision.document,
            "seq": seq,
            **({} if allocation is None else {"allocation": allocation}),
        },
    )
    return [dict(zip(columns, row, strict=True)) for row in rows]


def _outcome_before_last(reader: Reader, decision: _Decision) -> int:
    """Return the entry of the last but one outcome of a stop before a decision; 0 if none.

    A decision that undoes the last outcome restores the outcome before it.
    """
    rows = reader.store.all(
        "SELECT seq FROM outcomes WHERE station = :station AND delivery = :delivery "
        "AND allocation = :allocation AND seq < :seq ORDER BY seq DESC LIMIT 2",
        {
            "station": reader.station,
            "delivery": decision.document,
            "allocation": decision.stated["allocation"],
            "seq": decision.seq,
        },
    )
    return int(rows[1][0]) if len(rows) > 1 else 0


def _check_booked(reader: Reader, decision: _Decision, table: str) -> None:
    columns = _COMPARED[table]
    stated = decision.stated | reason_columns(decision.stated.get("why"))
    expected = {name: stated.get(name) for name in columns}
    found = _rows(reader, decision, table, decision.seq) or [dict.fromkeys(columns)]
    if _TIMES[0] in columns and found[0][_TIMES[0]] is None and _may_lack_time(reader, decision):
        expected[_TIMES[0]] = None
    _compare(reader, table, decision.seq, [expected], found)


def _may_lack_time(reader: Reader, decision: _Decision) -> bool:
    """Return whether the entry of a decision may lack the time that the report states.

    A time that is impossible, or too long ago, is not recorded.
    """
    moment = _moment(decision.stated.get("happened_at"))
    if moment is None or moment > decision.recorded_at + CLOCK_TOLERANCE:
        return True
    if moment < decision.recorded_at - MAX_AGE_BY_PHONE:
        return True
    dispatched = reader.store.all(
        "SELECT e.recorded_at, e.happened_on FROM stops s CROSS JOIN entries e "
        "WHERE s.station = :station AND s.allocation = :allocation AND e.station = s.station "
        "AND e.seq = s.seq",
        {"station": reader.station, "allocation": decision.stated.get("allocation", "")},
    )
    # The station's zone is not considered, so a day more is accepted.
    return any(
        moment < datetime.fromisoformat(at)
        or (moment - timedelta(days=1)).date().isoformat() < happened_on
        for at, happened_on in dispatched
    )


def _compare(
    reader: Reader,
    table: str,
    seq: int,
    expected: list[dict[str, Any]],
    found: list[dict[str, Any]],
) -> None:
    if len(expected) != len(found):
        raise reader.broken(table, "row", seq, len(expected), len(found))
    for wanted, stored in zip(expected, found, strict=True):
        for column, value in wanted.items():
            read = _moment if column in _TIMES else lambda text: text
            if read(value) != read(stored[column]):
                raise reader.broken(table, column, seq, value, stored[column])


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
