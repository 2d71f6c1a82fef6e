"""Books as of a past day: every list and report shows what it showed at the end of that day."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

from support.every_kind import RecordingStation, book_everything, record_the_rest

from supplies.books.past import books_as_of
from supplies.books.reader import Books
from supplies.domain import commands as c
from supplies.domain.catalogue_records import CatalogueRecord
from supplies.exports.lists import LISTS, read_list
from supplies.ledger.recorded import Recorded
from supplies.views.alerts import list_alerts
from supplies.views.pseudonyms import pseudonymize
from supplies.views.station_report import build_station_report

NAMES = [
    name
    for name, one in LISTS.items()
    if not issubclass(one.kind, CatalogueRecord) and name not in ("balances", "movements")
]
"""The lists that are made of entries. Records of the catalogue have no day."""


def everything(books: Books, day: date) -> dict[str, Any]:
    """Return all lists and some reports of the books, without free text, which may be erased."""
    found: dict[str, Any] = {
        name: [pseudonymize(one) for one in read_list(books, name)] for name in NAMES
    }
    found["out"] = list(read_list(books, "deliveries", status="out"))
    found["alerts"] = list_alerts(books, day, limit=None).items
    found["report"] = build_station_report(books, day - timedelta(days=400), day)
    found["last_entry"] = books.last_entry()
    return found


LAST_DAYS = date(2020, 2, 4)
"""From this day on, several commands are recorded a day, because some state days in February."""


class DailyStation(RecordingStation):
    """A station that records one command a day, and keeps what its lists showed every evening."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.clock.now -= timedelta(days=60)
        self.evenings: dict[date, dict[str, Any]] = {}

    def record(self, command: c.Command) -> Recorded:
        if isinstance(command, c.ForgetDonor | c.ForgetText):
            return self.ledger.recorded(1)  # Text that is erased is missing from past days too.
        stated = max(
            filter(None, (command.happened_on, getattr(command, "through", None))), default=None
        )
        if stated is not None and stated > self.ledger.today():
            self.clock.now += stated - self.ledger.today()
        done = super().record(command)
        day = self.ledger.today()
        self.evenings[day] = everything(self.ledger.books, day)
        self.clock.now += timedelta(days=1) if day < LAST_DAYS else timedelta(hours=2)
        return done


def test_each_list_shows_a_past_day_as_it_was_shown_on_that_day(
    books_url: str, tmp_path: Path
) -> None:
    station = DailyStation(books_url)
    book_everything(station, str(tmp_path / "elsewhere.db"))
    record_the_rest(station)
    books = station.ledger.books
    compared = 0
    for day, shown in station.evenings.items():
        late = books.value(
            "SELECT count(*) FROM entries e WHERE e.station = :station AND e.booked_on <= :day "
            "AND e.seq > :seq",
            day=day.isoformat(),
            seq=shown["last_entry"][0],
        )
        if late == 0:
            compared += 1
            past = everything(books_as_of(books, day), day)
            for name, rows in shown.items():
                assert past[name] == rows, (day, name)
    assert compared > 20
    station.ledger.close()
