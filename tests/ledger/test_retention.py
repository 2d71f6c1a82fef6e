"""Retention periods, and forgetting the people whose period is over."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from support.ledger_fixture import TODAY, Clock, StationLedger

from supplies.access import access_log as log
from supplies.access.access_context import AccessContext
from supplies.cli import main
from supplies.domain import commands as c
from supplies.domain.catalogue_records import Donor, Item, Recipient, Station
from supplies.errors import InvalidField
from supplies.ledger.ledger import Ledger
from supplies.maintenance.backup import back_up, restore
from supplies.maintenance.copy import copy_books
from supplies.stations.paper_settings import amend_station, station_with_settings
from supplies.stations.retention import Retention, people_due, retention, set_retention
from supplies.views.alerts import list_alerts

SHANGHAI = ZoneInfo("Asia/Shanghai")


def set_days(station: StationLedger, **days: int) -> None:
    with station.ledger.admin_transaction() as books:
        set_retention(books, Retention(**days))


def codes_due(station: StationLedger, after_days: int) -> list[str]:
    return [one.code for one in people_due(station.books, TODAY + timedelta(days=after_days))]


@pytest.fixture
def served_station(station: StationLedger) -> StationLedger:
    """R-1 needed ten and received them. R-2 still needs five. D-2, a person, gave goods."""
    station.need(10)
    station.need(5, "R-2")
    station.give(12, donor="D-2")
    station.give(12, donor="D-1")
    allocation = station.allocate(10)
    station.outcome(station.dispatch(allocation), allocation, "handed_over")
    return station


# --- who is due ----------------------------------------------------------------------------------


def test_nobody_is_due_without_a_retention_period(served_station: StationLedger) -> None:
    assert retention(served_station.books) == Retention()
    assert codes_due(served_station, 36_500) == []


def test_people_are_due_a_period_after_the_last_entry_about_them(
    served_station: StationLedger,
) -> None:
    set_days(served_station, recipients_days=30, donors_days=60)
    assert codes_due(served_station, 30) == []
    assert codes_due(served_station, 31) == ["R-1", "R-2"]
    assert codes_due(served_station, 61) == ["D-2", "R-1", "R-2"]


def test_suppliers_lenders_and_borrowers_are_due_without_a_donation(
    station: StationLedger,
) -> None:
    set_days(station, donors_days=60)
    for code in ("D-7", "D-8", "D-9"):
        station.ledger.register(Donor(code=code, kind="person", name=f"王{code}"))
    for origin, party in (("bought", "D-7"), ("borrowed", "D-8")):
        goods = [c.ArrivalLine(item="mask", quantity=5)]
        station(c.RecordArrival(origin=origin, party=party, location="store", lines=goods))
    lent = [c.LotLine(item="mask", quantity=2)]
    station(c.LendGoods(borrower="D-9", location="store", lines=lent))
    assert codes_due(station, 60) == []
    assert codes_due(station, 61) == ["D-7", "D-8", "D-9"]


def test_a_new_entry_about_a_person_restarts_the_retention_period(
    served_station: StationLedger,
) -> None:
    set_days(served_station, recipients_days=30, donors_days=30)
    served_station.clock.day = TODAY + timedelta(days=20)
    line = c.LotLine(item="mask", quantity=1)
    served_station(c.HandOut(recipient="R-1", location="store", lines=[line]))
    served_station.pledge(3, donor="D-2")
    assert codes_due(served_station, 31) == ["R-2"]
    assert codes_due(served_station, 51) == ["R-2", "D-2", "R-1"]


def test_a_backdated_entry_counts_from_the_day_it_was_recorded(
    served_station: StationLedger,
) -> None:
    set_days(served_station, recipients_days=30, donors_days=30)
    long_ago = TODAY - timedelta(days=40)
    served_station.give(3, donor="D-2", happened_on=long_ago)
    line = c.LotLine(item="mask", quantity=3)
    served_station(c.HandOut(recipient="R-1", location="store", lines=[line], happened_on=long_ago))
    assert codes_due(served_station, 30) == []
    assert codes_due(served_station, 31) == ["D-2", "R-1", "R-2"]


def restarts_the_period(station: StationLedger, code: str, command: c.Command) -> str:
    """Record something about a person a day later. Return its document.

    It becomes the latest entry about the person.
    """
    station.clock.advance()
    done = station(command)
    last = {
        one.code: one.last_on for one in people_due(station.books, TODAY + timedelta(days=3000))
    }
    assert last[code] == station.clock.day
    return str(done.document)


def test_each_entry_of_a_delivery_counts_for_its_recipient(served_station: StationLedger) -> None:
    set_days(served_station, recipients_days=1)
    line = c.LotLine(item="mask", quantity=2)
    restarts_the_period(
        served_station, "R-2", c.HandOut(recipient="R-2", location="store", lines=[line])
    )
    allocation = restarts_the_period(
        served_station,
        "R-2",
        c.Allocate(
            recipient="R-2", location="store", lines=[c.AllocationLine(item="mask", quantity=3)]
        ),
    )
    way = restarts_the_period(
        served_station, "R-2", c.Dispatch(team="T-1", allocations=[allocation])
    )
    nobody_there = c.ReportOutcome(delivery=way, allocation=allocation, outcome="not_at_home")
    restarts_the_period(served_station, "R-2", nobody_there)
    restarts_the_period(served_station, "R-2", c.Release(allocation=allocation, reason="moved"))
    restarts_the_period(served_station, "R-2", c.EndNeed(need="n_2", reason="moved"))


def test_each_entry_of_a_pledge_or_donation_counts_for_its_donor(
    served_station: StationLedger,
) -> None:
    set_days(served_station, donors_days=1)
    line = c.PledgeLine(item="mask", quantity=5)
    pledge = restarts_the_period(served_station, "D-2", c.MakePledge(donor="D-2", lines=[line]))
    restarts_the_period(served_station, "D-2", c.CancelPledge(pledge=pledge, reason="cannot"))
    gift = served_station.give(1, donor="D-2")
    restarts_the_period(served_station, "D-2", c.ReprintReceipt(number="JZ-2020-000003"))
    back = c.LotLine(item="mask", quantity=1, lot=f"l_lx_{gift.seq}_1")
    restarts_the_period(
        served_station, "D-2", c.ReturnGoods(location="store", lines=[back], reason="torn")
    )


def test_groups_and_organisations_are_never_due(served_station: StationLedger) -> None:
    line = c.LotLine(item="mask", quantity=1)
    served_station(c.HandOut(recipient="G-1", location="store", lines=[line], headcount=1))
    set_days(served_station, recipients_days=1, donors_days=1)
    assert codes_due(served_station, 3000) == ["D-2", "R-1", "R-2"]


def test_alerts_list_the_people_who_are_due(served_station: StationLedger) -> None:
    set_days(served_station, recipients_days=30)
    found = list_alerts(served_station.books, TODAY + timedelta(days=40), limit=None).items
    due = [(one.code, one.since) for one in found if one.what == "to_be_forgotten"]
    assert due == [("R-1", TODAY), ("R-2", TODAY)]


def test_retention_periods_are_station_settings(station: StationLedger) -> None:
    with station.ledger.admin_transaction() as books:
        amend_station(books, {"retention": {"recipients_days": 400}})
        amend_station(books, {"retention": {"access_log_days": 200}})
    shown = station_with_settings(station.books).retention
    assert shown == Retention(recipients_days=400, access_log_days=200)
    with station.ledger.admin_transaction() as books:
        amend_station(books, {"retention": {"recipients_days": None}})
    assert retention(station.books) == Retention(access_log_days=200)
    for wrong in ({"access_log_days": 30}, {"donors_days": 0}, {"forever": 1}):
        with pytest.raises(InvalidField), station.ledger.admin_transaction() as books:
            amend_station(books, {"retention": wrong})


# --- the command line ----------------------------------------------------------------------------


def run(url: str, *words: str) -> int:
    return main([*words, "--database", url])


def forget_due(url: str) -> int:
    """Forget people although nothing was recorded since 2020, which makes the clock doubtful."""
    return run(url, "forget", "due", "--yes", "--as-of", datetime.now(SHANGHAI).date().isoformat())


def test_the_command_lists_and_forgets_people_who_are_due(
    served_station: StationLedger, books_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert forget_due(books_url) == 0
    assert "No retention period is set for lx" in capsys.readouterr().out
    assert run(books_url, "station", "set", "--keep-recipients", "30") == 0
    assert run(books_url, "station", "show") == 0
    assert "30 days" in capsys.readouterr().out
    assert run(books_url, "forget", "due", "--json") == 0
    listed = json.loads(capsys.readouterr().out)
    assert [(one["station"], one["code"]) for one in listed] == [("lx", "R-1"), ("lx", "R-2")]
    assert run(books_url, "forget", "due") == 0
    assert "add --yes" in capsys.readouterr().out
    assert forget_due(books_url) == 1
    output = capsys.readouterr()
    assert "recipient R-2 still has need n_2 open" in output.err
    assert "1 of 2 people forgotten" in output.out
    with Ledger.open(books_url, station="lx") as ledger, ledger.reading() as books:
        names = books.all("SELECT code, name FROM recipients WHERE station = :station")
        assert {code for code, name in names if name is None} == {"R-1"}
        pieces = "SELECT 1 FROM search WHERE station = :station AND code = 'R-1' AND piece = '王'"
        assert books.one(pieces) is None
    assert [one.station for one in served_station.ledger.verify().stations] == ["lx"]
    served_station(c.EndNeed(need="n_2", reason="moved"))
    assert forget_due(books_url) == 0


def test_the_command_deletes_old_lines_of_the_access_log(
    station: StationLedger, books_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with station.ledger.admin_transaction() as books:
        access = AccessContext(books, station.clock())
        log.add_line(access, method="GET", route="/api/donors", outcome="looked", who="u_1")
    with Ledger.open(books_url, station="lx") as now, now.admin_transaction() as books:
        access = AccessContext(books, now.clock())
        log.add_line(access, method="GET", route="/api/donors", outcome="looked", who="u_2")
    assert run(books_url, "station", "set", "--keep-access-log", "183") == 0
    assert forget_due(books_url) == 0
    assert "erased 1 line of the access log" in capsys.readouterr().out
    with station.ledger.reading() as books:
        left = log.list_lines(AccessContext(books, station.clock()), limit=10)
    assert [(look.seq, look.who) for look in left] == [(2, "u_2")]


@pytest.fixture
def other_station(served_station: StationLedger) -> Ledger:
    """Station nx in the same books, which has also served a household, and an empty station."""
    ledger = served_station.ledger.for_station("nx")
    ledger.register(Station(code="nx", name="南社", series="NX"))
    ledger.register(Item(code="mask", name="口罩"), Recipient(code="R-9", name="赵某"))
    ledger.record(c.NoteNeed(recipient="R-9", item="mask", quantity=1), by="u_1")
    ledger.record(c.EndNeed(need="n_1", reason="moved"), by="u_1")
    served_station.ledger.for_station("qu").register(Station(code="qu", name="区红会", series="QU"))
    return ledger


def test_one_command_forgets_people_of_all_stations(
    served_station: StationLedger,
    other_station: Ledger,
    books_url: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    set_days(served_station, recipients_days=30)
    with other_station.admin_transaction() as books:
        set_retention(books, Retention(recipients_days=30))
    assert run(books_url, "forget", "due", "--json") == 0
    listed = json.loads(capsys.readouterr().out)
    found = [(one["station"], one["code"]) for one in listed]
    assert found == [("lx", "R-1"), ("lx", "R-2"), ("nx", "R-9")]
    assert run(books_url, "forget", "due") == 0
    assert "No retention period is set for qu" in capsys.readouterr().out
    assert run(books_url, "forget", "due", "--station", "nx", "--json") == 0
    assert [one["code"] for one in json.loads(capsys.readouterr().out)] == ["R-9"]
    assert forget_due(books_url) == 1  # R-2 has an open need at lx
    output = capsys.readouterr().out
    assert "Station lx: 1 of 2 people forgotten." in output
    assert "Station nx: 1 of 1 person forgotten." in output
    with other_station.reading() as books:
        assert books.value("SELECT name FROM recipients WHERE station = :station") is None


def test_people_forgotten_in_other_books_are_forgotten_at_all_stations(
    served_station: StationLedger,
    other_station: Ledger,
    books_url: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    earlier = str(tmp_path / "earlier.db")
    copy_books(books_url, earlier)
    served_station(c.ForgetDonor(donor="D-2"))
    other_station.record(c.ForgetRecipient(recipient="R-9"), by="u_1")
    assert run(earlier, "forget", "as-in", books_url, "--yes") == 0
    output = capsys.readouterr().out
    assert "Station lx: 1 of 1 person forgotten." in output
    assert "Station nx: 1 of 1 person forgotten." in output
    assert run(earlier, "forget", "as-in", books_url) == 0
    assert "Everybody who was forgotten there is forgotten here too." in capsys.readouterr().out


def test_texts_erased_in_other_books_are_erased_too(
    served_station: StationLedger,
    books_url: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def visit(name: str) -> int:
        return served_station(c.RecordActivity(kind="visit", count=1, who=name)).seq

    first, second = visit("Chen"), visit("Li")
    earlier = str(tmp_path / "earlier.db")
    copy_books(books_url, earlier)
    served_station(c.ForgetText(entry=first))
    served_station(c.ForgetText(entry=visit("Zhang")))
    assert run(earlier, "forget", "as-in", books_url) == 0
    listed = capsys.readouterr().out
    assert re.search(rf"entry\W+{first}\b", listed)
    assert run(earlier, "forget", "as-in", books_url, "--yes") == 0
    capsys.readouterr()
    assert run(earlier, "forget", "text", str(first), "--station", "lx") == 0
    assert f"entry {first} were erased" in capsys.readouterr().out
    assert run(earlier, "forget", "text", str(second), "--station", "lx") == 0
    shown = capsys.readouterr().out
    assert "Li" in shown
    assert "--yes" in shown
    assert run(earlier, "forget", "text", str(second), "--station", "lx", "--yes") == 0
    assert f"The text of entry {second} was erased" in capsys.readouterr().out
    assert run(earlier, "verify") == 0


@pytest.mark.parametrize(
    "engine", ["sqlite"]
)  # databases on a server have backup tools of their own
def test_people_forgotten_after_a_backup_are_forgotten_in_the_restored_books(
    tmp_path: Path,
    clock: Clock,
    served_station: StationLedger,
    books_url: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    back_up(books_url, tmp_path / "backup.db")
    served_station(c.ForgetRecipient(recipient="R-1"))
    served_station(c.ForgetDonor(donor="D-2"))
    restored = str(tmp_path / "restored.db")
    restore(tmp_path / "backup.db", restored)
    assert run(restored, "forget", "as-in", books_url) == 0
    output = capsys.readouterr().out
    assert "R-1" in output
    assert "D-2" in output
    assert run(restored, "forget", "as-in", books_url, "--yes") == 0
    assert "2 of 2 people forgotten" in capsys.readouterr().out
    with Ledger.open(restored, station="lx", clock=clock) as ledger:
        assert ledger.books.value("SELECT name FROM recipients WHERE code = 'R-1'") is None
        ledger.verify()
    assert run(restored, "forget", "as-in", books_url, "--yes") == 0
    assert "0 of 0 people" in capsys.readouterr().out
