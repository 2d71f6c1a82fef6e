"""Nothing is erased if the books show that the clock may be wrong."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from support.command_line import refused
from support.ledger_fixture import TODAY, StationLedger

from supplies.access import access_log
from supplies.access.access_context import AccessContext
from supplies.cli import main
from supplies.ledger.ledger import Ledger
from supplies.stations.clock_check import MAX_GAP, clock_doubt, entries_reach
from supplies.stations.retention import Retention, set_retention


def doubt(station: StationLedger) -> str | None:
    return clock_doubt(station.books, station.clock())


def test_the_clock_of_new_books_is_believed(station: StationLedger) -> None:
    assert doubt(station) is None
    station.need()
    assert doubt(station) is None


def test_the_clock_is_doubted_if_nothing_was_stored_for_more_than_a_month(
    station: StationLedger,
) -> None:
    station.need()
    station.clock.advance(MAX_GAP.days)
    assert doubt(station) is None
    station.clock.advance(1000)
    assert doubt(station) == (
        "the clock shows 2022-12-07, but nothing was stored in the books of station lx from "
        "2020-02-10 to 2022-12-07"
    )


def test_a_doubtful_clock_is_not_believed_because_something_was_recorded_by_it(
    station: StationLedger,
) -> None:
    station.need()
    station.clock.advance(1000)
    station.need()
    assert "from 2020-02-10 to 2022-11-06" in str(doubt(station))
    for _ in range(MAX_GAP.days):
        station.clock.advance()
        station.need()
    assert doubt(station) is None


def test_verifications_and_accesses_show_that_time_went_by(station: StationLedger) -> None:
    station.need()
    for _ in range(4):
        station.clock.advance(20)
        with station.ledger.admin_transaction() as books:
            access = AccessContext(books, station.clock())
            access_log.add_line(access, method="GET", route="/api/needs", outcome="looked")
    assert doubt(station) is None


def test_entries_reach_today_unless_none_was_recorded_for_more_than_a_month(
    station: StationLedger,
) -> None:
    def reach() -> bool:
        return entries_reach(station.books, station.clock.day)

    assert not reach()
    station.need()
    assert not reach()
    station.clock.advance(MAX_GAP.days)
    assert reach()
    station.clock.advance()
    assert not reach()
    station.need()
    assert not reach()
    station.clock.advance(MAX_GAP.days)
    assert reach()


def test_a_clock_set_ahead_forgets_nobody(
    station: StationLedger, books_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The books end in 2020, and the clock of this machine is years later."""
    station.give(1, donor="D-2")
    with station.ledger.admin_transaction() as books:
        set_retention(books, Retention(donors_days=365))
    words = ("forget", "due", "--database", books_url)
    error = refused(capsys, *words, "--yes")
    assert "nothing was stored in the books of station lx from 2020-02-10 to" in error
    assert "nothing was erased" in error
    assert "--as-of" in error
    assert main(list(words)) == 0
    assert "supplies: warning: the clock shows" in capsys.readouterr().err
    assert main([*words, "--yes", "--as-of", TODAY.isoformat()]) == 0
    assert "0 of 0 people forgotten" in capsys.readouterr().out
    tomorrow = datetime.now(UTC).date() + timedelta(days=2)
    assert "is in the future" in refused(capsys, *words, "--yes", "--as-of", tomorrow.isoformat())
    with Ledger.open(books_url, station="lx") as ledger:
        assert ledger.books.value("SELECT name FROM donors WHERE code = 'D-2'") is not None
    later = TODAY + timedelta(days=366)
    assert main([*words, "--yes", "--as-of", later.isoformat()]) == 0
    assert "1 of 1 person forgotten" in capsys.readouterr().out
