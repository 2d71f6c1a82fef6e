"""Lines that name a lot take their goods first, in every command that takes goods from lots."""

from __future__ import annotations

import typing
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest
from support.ledger_fixture import StationLedger

from supplies.domain import commands as c
from supplies.domain.catalogue_records import Team
from supplies.ledger.rules import RULES

LOTS = ("l_lx_1_1", "l_lx_3_1")
"""The lots of two gifts. The first one expires first."""

LINES = [c.LotLine(item="mask", quantity=10), c.LotLine(item="mask", quantity=10)]

TO_RECIPIENT = [
    c.RecipientLine(item="mask", quantity=10),
    c.RecipientLine(item="mask", quantity=10),
]


def settle_found_goods(station: StationLedger, lines: list[c.LotLine], **more: Any) -> c.Settle:
    """Return the settlement of a surplus of the lots, after a count found them."""
    station(c.WriteOff(reason="damaged", location="store", lines=lines))
    sheet = str(station(c.OpenCountSheet(location="store")).document)
    named = [c.CountLine(item="mask", counted=10, lot=lot) for lot in LOTS]
    station(c.CountStock(sheet=sheet, lines=named))
    return c.Settle(place="store", reason="found", lines=lines, **more)


def lose_goods(station: StationLedger, lines: list[c.LotLine]) -> c.Settle:
    """Return the settlement of missing goods, after a count did not find them."""
    sheet = str(station(c.OpenCountSheet(location="store")).document)
    station(c.CountStock(sheet=sheet, lines=[c.CountLine(item="mask", counted=0)]))
    return c.Settle(place="store", by="lost", reason="not found", lines=lines)


def record_all(
    station: StationLedger, kind: Callable[..., c.Command], lines: list[Any], **fields: Any
) -> str:
    """Record a command that takes all goods without naming a lot, and return its document."""
    plain = [msgspec.structs.replace(line, lot=None) for line in lines]
    return str(station(kind(location="store", lines=plain, **fields)).document)


Make = Callable[[StationLedger, list[Any]], c.Command]


def with_counter(station: StationLedger, team: str) -> str:
    """Let a team hand out the goods of the store, and return its code."""
    station.ledger.amend(Team(code=team, name=team, counter="store"))
    return team


COMMANDS: dict[str, tuple[type[c.Command], Make]] = {
    "Move": (c.Move, lambda s, lines: c.Move(source="store", target="annex", lines=lines)),
    "IssueGoods": (
        c.IssueGoods,
        lambda s, lines: c.IssueGoods(purpose="own", location="store", lines=lines),
    ),
    "ReturnIssue": (
        c.ReturnIssue,
        lambda s, lines: c.ReturnIssue(
            issue=record_all(s, c.IssueGoods, lines, purpose="own"), lines=lines
        ),
    ),
    "LendGoods": (
        c.LendGoods,
        lambda s, lines: c.LendGoods(borrower="B", location="store", lines=lines),
    ),
    "ReturnLoan": (
        c.ReturnLoan,
        lambda s, lines: c.ReturnLoan(
            loan=record_all(s, c.LendGoods, lines, borrower="B"), lines=lines
        ),
    ),
    "WriteOff": (
        c.WriteOff,
        lambda s, lines: c.WriteOff(reason="damaged", location="store", lines=lines),
    ),
    "FindAgain": (
        c.FindAgain,
        lambda s, lines: [  # type: ignore[return-value]  # the last of two
            record_all(s, c.WriteOff, lines, reason="damaged"),
            c.FindAgain(reason="damaged", location="store", lines=lines),
        ][-1],
    ),
    "HandOut": (
        c.HandOut,
        lambda s, lines: c.HandOut(recipient="R-1", location="store", lines=lines),
    ),
    "ReportHandOut": (
        c.ReportHandOut,
        lambda s, lines: c.ReportHandOut(
            team=with_counter(s, "T-1"), recipient="R-1", location="store", lines=lines
        ),
    ),
    "TakeBack": (
        c.TakeBack,
        lambda s, lines: [  # type: ignore[return-value]  # the last of two
            record_all(s, c.HandOut, lines, recipient="R-1"),
            c.TakeBack(recipient="R-1", location="store", lines=lines, reason="r"),
        ][-1],
    ),
    "ReturnGoods": (
        c.ReturnGoods,
        lambda s, lines: c.ReturnGoods(location="store", lines=lines, reason="r"),
    ),
    "SendShipment": (
        c.SendShipment,
        lambda s, lines: c.SendShipment(station="hp", location="store", lines=lines),
    ),
    "Convert": (
        c.Convert,
        lambda s, lines: c.Convert(
            location="store",
            consumed=lines[:1],
            spilled=lines[1:],
            produced=[c.ConvertedLine(item="soap", quantity=1)],
        ),
    ),
    "Allocate": (
        c.Allocate,
        lambda s, lines: c.Allocate(
            recipient="R-1",
            location="store",
            lines=[
                c.AllocationLine(
                    item="mask",
                    quantity=10,
                    lots=None if line.lot is None else [c.LotPart(lot=line.lot, quantity=10)],
                )
                for line in lines
            ],
        ),
    ),
    "Settle lost": (c.Settle, lose_goods),
    "Settle made": (
        c.Settle,
        lambda s, lines: settle_found_goods(s, lines, by="made", party="kitchen"),
    ),
    "Settle gift": (
        c.Settle,
        lambda s, lines: settle_found_goods(s, lines, by="donor", party="D-1", handled_by="Chen"),
    ),
}


def structs_in(kind: Any) -> Iterator[type]:
    """Yield the structs in the fields of a command, at any depth."""
    for part in typing.get_args(kind):
        yield from structs_in(part)
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        yield kind
        for hint in typing.get_type_hints(kind).values():
            yield from structs_in(hint)


def test_every_command_with_lines_that_may_name_a_lot_is_tried() -> None:
    lines = {c.LotLine, c.RecipientLine, c.AllocationLine}
    kinds = {kind for kind in RULES if kind is not c.Correct and lines & {*structs_in(kind)}}
    assert {kind for kind, _ in COMMANDS.values()} == kinds


@pytest.mark.parametrize("lot", LOTS)
@pytest.mark.parametrize("first", [True, False], ids=["named first", "named last"])
@pytest.mark.parametrize("name", COMMANDS)
def test_a_line_that_names_a_lot_gets_it_before_a_line_that_names_none(
    station: StationLedger, name: str, lot: str, first: bool
) -> None:
    kind, make = COMMANDS[name]
    station.give(10, expires_on=station.day(5))
    station.give(10, expires_on=station.day(50))
    lines = TO_RECIPIENT if kind in (c.HandOut, c.ReportHandOut, c.TakeBack) else LINES
    named = msgspec.structs.replace(lines[0], lot=lot)
    command = make(station, [named, lines[1]] if first else [lines[1], named])
    done = station(command)
    transfers = station.books.body(done.seq).transfers
    moved = {(t.lot, t.quantity) for t in transfers if t.item == "mask" and t.lot}
    assert moved == {(each, 10) for each in LOTS}
