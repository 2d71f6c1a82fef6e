"""Corrections, and short constructors of the commands they correct."""

from __future__ import annotations

from typing import Any

from supplies.domain import commands as c
from support.ledger_fixture import StationLedger


def correct(station: StationLedger, entry: int, command: Any) -> Any:
    return station(c.Correct(entry=entry, command=command, reason="typed wrongly"))


def opening(quantity: int, item: str = "mask", **more: Any) -> c.OpenStock:
    day = more.pop("happened_on", None)
    place = more.pop("location", "store")
    lines = [c.ArrivalLine(item=item, quantity=quantity, **more)]
    return c.OpenStock(location=place, lines=lines, happened_on=day)


def note(quantity: int, recipient: str = "R-1", **more: Any) -> c.NoteNeed:
    return c.NoteNeed(recipient=recipient, item="mask", quantity=quantity, **more)


def mask_lines(quantity: int, **more: Any) -> list[c.LotLine]:
    return [c.LotLine(item="mask", quantity=quantity, **more)]


def open_batches(*batch: tuple[str, int]) -> c.OpenStock:
    lines = [c.ArrivalLine(item="mask", quantity=n, batch=name) for name, n in batch]
    return c.OpenStock(location="store", lines=lines)
