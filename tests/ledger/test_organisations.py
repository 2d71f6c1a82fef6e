"""Several stations in one database: heads of organisations, summed reports, several ledgers."""

from __future__ import annotations

import json
import re
import shlex
from collections import Counter
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from pypdf import PdfReader
from support.ledger_fixture import TODAY, Clock, StationLedger

from supplies.cli import main
from supplies.domain import commands as c
from supplies.domain.catalogue_records import Item, Location, Station
from supplies.errors import AlreadyDone, InvalidField, NotFound, StoreError
from supplies.ledger.ledger import Ledger
from supplies.papers.station_report import ShortageInUnit
from supplies.stations.organisation import (
    all_stations,
    default_station,
    head_of,
    is_head_of,
    set_head,
    stations,
)
from supplies.views.organisation_report import (
    build_organisation_report,
    build_organisation_report_paper,
    build_station_part,
    list_stock_by_item,
)


@pytest.fixture
def head(station: StationLedger) -> Ledger:
    """Station qu, the head, in a ledger that shares the connection of station lx."""
    ledger = station.ledger.for_station("qu")
    ledger.register(Station(code="qu", name="区红会", series="QU"))
    ledger.register(Item(code="mask", name="口罩"), Location(code="store", name="Store"))
    return ledger


def put_under(ledger: Ledger, under: str | None) -> None:
    with ledger.admin_transaction() as books:
        set_head(books, under)


# --- one ledger's way to another -----------------------------------------------------------------


def test_a_ledger_opens_another_stations_ledger_over_its_connection(
    station: StationLedger, head: Ledger
) -> None:
    station.stock(5)
    done = head.record(
        c.OpenStock(location="store", lines=[c.ArrivalLine(item="mask", quantity=7)]), by="u_1"
    )
    assert done.seq == 1
    assert head.balance("stock:store", "mask", "l_qu_1_1") == 7
    assert station.balance("stock:store", "mask", "l_lx_1_1") == 5
    assert [each.station for each in head.verify().stations] == ["qu"]
    assert [each.station for each in station.ledger.verify().stations] == ["lx"]


def test_two_ledgers_of_one_station_see_each_others_changes(station: StationLedger) -> None:
    another = station.ledger.for_station("lx")
    assert station.books.item("mask").name == "口罩"
    another.amend(Item(code="mask", name="医用口罩"))
    with station.ledger.reading() as books:
        assert books.item("mask").name == "医用口罩"


def test_a_transaction_belongs_to_one_station(station: StationLedger, head: Ledger) -> None:
    with station.ledger.transaction():
        with pytest.raises(StoreError, match="end it before you begin another"):
            head.record(c.RecordActivity(kind="visit", count=1), by="u_1")
        station.stock(1)
    with (
        station.ledger.reading(),
        pytest.raises(StoreError, match="nothing can be recorded within `reading"),
    ):
        head.record(c.RecordActivity(kind="visit", count=1), by="u_1")
    assert station.entries() == 1
    assert head.books.last_entry().seq == 0


def test_two_stations_are_read_in_one_snapshot(station: StationLedger, head: Ledger) -> None:
    with station.ledger.reading() as books, head.reading() as head_books:
        assert (books.station.code, head_books.station.code) == ("lx", "qu")


def test_a_change_at_one_station_is_seen_while_another_is_read(
    station: StationLedger, head: Ledger, books_url: str, clock: Clock
) -> None:
    assert head.books.item("mask").name == "口罩"
    with Ledger.open(books_url, station="qu", clock=clock) as other:
        other.amend(Item(code="mask", name="医用口罩"))
    with station.ledger.reading(), head.reading() as books:
        assert books.item("mask").name == "医用口罩"


# --- who is under whom ---------------------------------------------------------------------------


def test_a_station_is_put_under_the_head_of_an_organisation(
    station: StationLedger, head: Ledger
) -> None:
    assert [line.code for line in stations(head.books)] == ["qu"]
    put_under(station.ledger, "qu")
    assert head_of(station.books) == "qu"
    assert [(line.code, line.head) for line in stations(head.books)] == [("lx", "qu"), ("qu", None)]
    assert is_head_of(head.books, "lx")
    assert not any(is_head_of(station.books, other) for other in ("qu", "lx", "", "a b", "zz"))
    assert default_station(station.ledger.store) == "qu"
    put_under(station.ledger, None)
    assert not is_head_of(head.books, "lx")
    assert [line.head for line in all_stations(station.ledger.store)] == [None, None]
    assert default_station(station.ledger.store) == "lx"


def test_a_head_cannot_be_placed_under_another_head(station: StationLedger, head: Ledger) -> None:
    town = station.ledger.for_station("town")
    town.register(Station(code="town", name="市", series="TW"))
    put_under(station.ledger, "qu")
    with pytest.raises(InvalidField, match="lx is itself under qu; put town under qu"):
        put_under(town, "lx")
    with pytest.raises(InvalidField, match="qu has stations under it, lx for one"):
        put_under(head, "town")
    with pytest.raises(InvalidField, match="lx is under qu already"):
        put_under(head, "lx")
    with pytest.raises(InvalidField, match="is not a station under itself"):
        put_under(town, "town")
    with pytest.raises(NotFound, match="unknown station nowhere"):
        put_under(town, "nowhere")
    assert head_of(station.books) == "qu"


def test_stock_is_summed_over_the_stations_of_an_organisation(
    station: StationLedger, head: Ledger
) -> None:
    station.stock(5)
    station.stock(3, location="annex")
    head.record(
        c.OpenStock(location="store", lines=[c.ArrivalLine(item="mask", quantity=7)]), by="u_1"
    )
    assert [row.on_hand for row in list_stock_by_item(head.books).items] == [7]
    put_under(station.ledger, "qu")
    (row,) = list_stock_by_item(head.books).items
    assert (row.stations, row.on_hand, row.free, row.allocated) == (2, 15, 15, 0)
    with pytest.raises(InvalidField, match="not a cursor of this list"):
        list_stock_by_item(head.books, after="what")


def test_shortages_are_summed_by_unit(station: StationLedger, head: Ledger) -> None:
    """9 bottles short at one station are not covered by 500 mL at the other."""
    station.need(9, item="soap")
    head.register(Item(code="soap", name="洗手液", unit="mL"))
    head.record(
        c.OpenStock(location="store", lines=[c.ArrivalLine(item="soap", quantity=500)]), by="u_1"
    )
    put_under(station.ledger, "qu")
    parts = [build_station_part(books, TODAY, TODAY) for books in (station.books, head.books)]
    report = build_organisation_report("qu", TODAY, TODAY, parts)
    assert report.short == [ShortageInUnit(item="soap", unit="bottle", needed=9, free=0)]


@pytest.fixture
def exchanged(station: StationLedger, head: Ledger) -> StationLedger:
    """Station lx and its head, with goods on the way between them on most of nine days."""
    put_under(station.ledger, "qu")
    head.register(Item(code="face", name="面罩"))
    head_ledger = StationLedger(head, station.clock)

    def send(to: str, quantity: int) -> str:
        line = c.LotLine(item="mask", quantity=quantity)
        return str(station(c.SendShipment(station=to, location="store", lines=[line])).document)

    station.give(20)
    station.clock.advance()
    first = send("qu", 8)
    station.clock.advance()
    lines = [c.ArrivedLine(line=1, arrived=7)]
    head_ledger(c.ReceiveShipment(shipment=first, location="store", lines=lines))
    station.clock.advance()
    second = send("qu", 5)
    station.clock.advance()
    station(c.AcknowledgeShipment(shipment=first))
    station.clock.advance()
    lines = [c.ArrivedLine(line=1, arrived=5, item="face")]
    head_ledger(c.ReceiveShipment(shipment=second, location="store", lines=lines))
    station.clock.advance()
    station(c.AcknowledgeShipment(shipment=second))
    station.clock.advance()
    send("zz", 2)
    return station


SUMMED = ("received", "other", "lost", "in_transit")

ON_THE_WAY = (0, 8, 1, 6, 5, 0, 0, 0, 0)
"""Goods between the two stations at the end of each day: neither arrived nor known to be lost."""


@pytest.mark.parametrize("begin", range(9))
def test_shipments_within_an_organisation_are_neither_received_nor_sent(
    exchanged: StationLedger, head: Ledger, begin: int
) -> None:
    for end in range(begin, 9):
        first, last = TODAY + timedelta(days=begin), TODAY + timedelta(days=end)
        parts = [build_station_part(books, first, last) for books in (exchanged.books, head.books)]
        total = Counter[str]()
        for line in build_organisation_report("qu", first, last, parts).goods:
            outgoing = line.handed_over + line.used + line.lost + line.unexplained + line.other
            assert line.opening + line.received - outgoing == line.on_hand + line.in_transit
            figures = msgspec.structs.asdict(line)
            total.update({name: figures[name] for name in SUMMED})
        assert total["received"] == (20 if begin == 0 else 0)
        assert total["other"] == (2 if begin <= 7 <= end else 0)
        assert total["lost"] == (1 if begin <= 4 <= end else 0)
        assert total["in_transit"] == ON_THE_WAY[end]


def test_goods_in_transit_during_the_whole_period_have_a_line(
    exchanged: StationLedger, head: Ledger
) -> None:
    exchanged.clock.advance(10)
    rest = c.LotLine(item="mask", quantity=5)
    exchanged(c.SendShipment(station="qu", location="store", lines=[rest]))
    mask = c.LotLine(item="mask", quantity=7)
    head.record(c.IssueGoods(location="store", purpose="gate", lines=[mask]), by="u_1")
    day = exchanged.clock.day + timedelta(days=5)
    parts = [build_station_part(books, day, day) for books in (exchanged.books, head.books)]
    now = exchanged.clock()
    paper = build_organisation_report_paper(head.books, day, day, parts, printed_at=now)
    lines = {line.item: line for line in paper.report.goods}
    assert (lines["mask"].opening, lines["mask"].in_transit) == (5, 5)
    assert paper.names["mask"].name == "口罩"
    assert set(lines) == {"mask", "face"}


# --- the command line ----------------------------------------------------------------------------


def test_stations_are_added_and_listed(
    station: StationLedger, books_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["--database", books_url]
    words = ["station", "add", "qu", "--name", "区红会", "--series", "QU", *where]
    assert main(words) == 0
    assert "supplies user add LOGIN --role coordinator --station qu" in capsys.readouterr().out
    new = ["station", "add", "hp", "--name", "黄浦站", "--series", "HP", "--under", "qu", *where]
    assert main(new) == 0
    assert main(["station", "set", "--station", "lx", "--under", "qu", *where]) == 0
    assert "龙穴街社工服务站 is now under qu" in capsys.readouterr().out
    assert main(["station", "list", "--json", *where]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert [(line["code"], line["head"]) for line in listed] == [
        ("hp", "qu"),
        ("lx", "qu"),
        ("qu", None),
    ]
    assert main(["station", "list", *where]) == 0
    assert "黄浦站" in capsys.readouterr().out
    assert main(["station", "show", "--station", "lx", *where]) == 0
    assert "under" in capsys.readouterr().out
    assert main(["station", "set", "--station", "lx", "--no", "under", *where]) == 0
    assert head_of(station.books) is None


def test_a_refused_station_leaves_no_rows(
    station: StationLedger, books_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["--database", books_url]
    for words, message in (
        (["lx", "--name", "x", "--series", "X1"], "the code lx is taken"),
        (["qu", "--name", "x", "--series", "JZ"], "numbers its receipts JZ"),
        (["qu", "--name", "x", "--series", "QU", "--under", "zz"], "unknown station zz"),
        (["qu", "--name", "x", "--series", "QU", "--zone", "Mars"], "not a time zone"),
    ):
        assert main(["station", "add", *words, *where]) == 1
        assert message in capsys.readouterr().err
    assert [line.code for line in all_stations(station.ledger.store)] == ["lx"]


def test_report_commands_cover_all_stations(
    station: StationLedger,
    head: Ledger,
    books_url: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    station.stock(5)
    station.need(9)
    put_under(station.ledger, "qu")
    where = ["--organisation", "--station", "qu", "--database", books_url]
    assert main(["report", "stock", "--json", *where]) == 0
    assert json.loads(capsys.readouterr().out)["items"][0]["on_hand"] == 5
    assert main(["report", "needs", "--json", *where]) == 0
    assert json.loads(capsys.readouterr().out)["items"][0]["needed"] == 9
    period = ["--from", "2020-02-01", "--to", "2020-02-29"]
    assert main(["report", "station", *period, "--json", *where]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["short"] == [{"item": "mask", "needed": 9, "free": 5, "unit": "piece"}]
    assert [each["station"] for each in report["stations"]] == ["lx", "qu"]
    for words in (["stock"], ["needs"], ["station", *period]):
        assert main(["report", *words, *where]) == 0
        assert "mask" in capsys.readouterr().out
    paper = tmp_path / "report.pdf"
    assert main(["report", "station", *period, "--output", str(paper), *where]) == 0
    assert f"The organisation's report is in {paper}" in capsys.readouterr().out
    page_text = "".join(page.extract_text() for page in PdfReader(paper).pages)
    assert all(name in page_text for name in ("区红会", "龙穴街社工服务站", "口罩"))
    for day, on_hand in (("2020-01-01", []), ("2020-02-29", [5])):
        assert main(["report", "stock", "--as-of", day, "--json", *where]) == 0
        items = json.loads(capsys.readouterr().out)["items"]
        assert [each["on_hand"] for each in items] == on_hand
    assert main(["report", "pledges", *where]) == 2
    assert "No such option '--organisation'" in capsys.readouterr().err


def test_two_stations_cannot_share_a_series(station: StationLedger) -> None:
    with pytest.raises(AlreadyDone, match="numbers its receipts JZ"):
        station.ledger.for_station("qu").register(Station(code="qu", name="区红会", series="JZ"))


# --- the page ------------------------------------------------------------------------------------


def test_the_commands_of_the_documentation_page_run(
    station: StationLedger, books_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = Path(__file__).parents[2] / "docs" / "stations.md"
    commands = re.findall(r"^    supplies (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(commands) == 4
    monkeypatch.setenv("SUPPLIES_DATABASE", books_url)
    for command in commands:
        assert main(shlex.split(command)) == 0, command
    assert head_of(station.books) == "qu"
