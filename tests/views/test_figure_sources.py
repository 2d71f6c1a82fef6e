"""The entries behind a figure add up to the figure."""

from __future__ import annotations

from pathlib import Path

import pytest

from supplies.demo.longxue import FIRST, LAST, book_scene
from supplies.errors import InvalidField
from supplies.views.activities import list_activity_changes
from supplies.views.figure_sources import FIGURES, list_figure_sources, list_step_sources
from supplies.views.household_statistics import (
    list_fully_met_households,
    list_surveyed_households,
)
from supplies.views.station_report import build_station_report
from supplies.views.stock_derivation import derive_stock, report_losses


def test_the_entries_behind_each_figure_of_a_report_add_up(tmp_path: Path) -> None:
    with book_scene(str(tmp_path / "demo.db")).ledger as ledger, ledger.reading() as books:
        middle = FIRST.replace(day=8)
        for first, last in ((FIRST, LAST), (middle, LAST), (FIRST, middle)):
            report = build_station_report(books, first, last)
            for line in report.goods:
                shown = {
                    "received": line.opening + line.received,
                    "handed_over": line.handed_over,
                    "used": line.used,
                    "lost": line.lost + line.unexplained,
                    "in_transit": line.in_transit,
                    "on_hand": line.on_hand,
                }
                assert shown == {
                    figure: list_figure_sources(books, figure, line.item, first, last).total
                    for figure in FIGURES
                }
            changes = list_activity_changes(books, first, last)
            counts = {line.kind: line.count for line in report.activities}
            assert counts == {
                kind: sum(each.change for each in changes if each.kind == kind) for kind in counts
            }
            surveyed = list_surveyed_households(books, first, last)
            met = list_fully_met_households(books, last)
            assert (len(surveyed), len(met)) == (
                report.households_surveyed,
                report.households_fully_met,
            )
        with pytest.raises(InvalidField):
            list_figure_sources(books, "given", "mask", FIRST, LAST)


def test_the_entries_behind_each_step_of_a_derivation_and_each_loss_add_up(tmp_path: Path) -> None:
    with book_scene(str(tmp_path / "demo.db")).ledger as ledger, ledger.reading() as books:
        steps = [
            (one.item, line.step, line.change)
            for one in derive_stock(books, FIRST, LAST).items
            for line in one.lines
        ]
        losses = [
            (one.item, f"lost:{one.reason}", -one.quantity)
            for one in report_losses(books, FIRST, LAST).items
        ]
        assert steps
        assert losses
        for item, step, change in steps + losses:
            assert list_step_sources(books, step, item, FIRST, LAST).total == change
        with pytest.raises(InvalidField):
            list_step_sources(books, "given", "mask", FIRST, LAST)
