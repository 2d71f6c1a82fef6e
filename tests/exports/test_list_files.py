"""Lists as CSV, workbooks, data packages and 3W rows, and their way back into empty books."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import date
from pathlib import Path

import openpyxl
import pytest
from support.judges import judge
from support.ledger_fixture import StationLedger, register_all

from supplies.cli import main
from supplies.cli.export import EXPORTED_LISTS
from supplies.domain import commands as c
from supplies.domain.catalogue_records import (
    Community,
    Donor,
    Item,
    LargerUnit,
    Location,
    Recipient,
    Station,
)
from supplies.errors import InvalidField
from supplies.exports.lists import LISTS
from supplies.exports.three_w import three_w_table
from supplies.ledger.ledger import Ledger
from supplies.views.catalogue import list_records

NEED_AN_ACCOUNT = {"balances", "movements"}
HXL = re.compile(r"#[a-z][a-z0-9_]*(?:\+[a-z][a-z0-9_]*)*")


def export(books: str, *words: str | Path) -> None:
    assert main(["export", *map(str, words), "--database", books]) == 0


def rows_of(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text("utf-8-sig"), newline="")))


def test_every_list_without_an_account_can_be_exported() -> None:
    assert set(EXPORTED_LISTS) == set(LISTS) - NEED_AN_ACCOUNT


def test_a_workbook_has_a_sheet_for_each_list(everything: str, tmp_path: Path) -> None:
    path = tmp_path / "books.xlsx"
    export(everything, "xlsx", "-o", path, "--hxl")
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == list(EXPORTED_LISTS)
    assert all(book[name].max_row > 2 for name in ("donations", "entries", "items", "stock"))
    for sheet in book:
        for tag in next(sheet.iter_rows(min_row=2, max_row=2, values_only=True)):
            assert HXL.fullmatch(str(tag)), tag


def test_files_have_personal_data_only_if_asked(everything: str, tmp_path: Path) -> None:
    without, full = tmp_path / "without.csv", tmp_path / "full.csv"
    export(everything, "csv", "donors", "-o", without)
    export(everything, "csv", "donors", "-o", full, "--personal")
    assert {row["phone"] for row in rows_of(without)} == {""}
    assert "13800000000" in {row["phone"] for row in rows_of(full)}
    assert full.stat().st_mode & 0o077 == 0


def test_frictionless_accepts_the_data_package(everything: str, tmp_path: Path) -> None:
    export(everything, "package", tmp_path / "package")
    described = json.loads((tmp_path / "package" / "datapackage.json").read_text("utf-8"))
    assert [one["name"] for one in described["resources"]] == list(EXPORTED_LISTS)
    checked = judge("frictionless", "validate", tmp_path / "package" / "datapackage.json", "--json")
    report = json.loads(checked.stdout)
    wrong = [task for task in report["tasks"] if not task["valid"]]
    assert (checked.returncode, report["valid"], wrong) == (0, True, [])


def test_tables_of_entries_have_their_hashes_but_not_the_hashed_bytes(
    everything: str, tmp_path: Path
) -> None:
    path = tmp_path / "entries.csv"
    export(everything, "csv", "entries", "-o", path)
    rows = rows_of(path)
    assert all(re.fullmatch("[0-9a-f]{64}", row["hash"]) for row in rows)
    assert "body" not in rows[0]


def test_rows_of_3w_count_what_each_community_got(station: StationLedger) -> None:
    station.ledger.register(Recipient(code="R-9", name="赵某", community="longxue"))
    station.stock(71)
    lines = [c.RecipientLine(item="mask", quantity=10)]
    for recipient in ("R-1", "R-9", "R-2"):
        station(c.HandOut(recipient=recipient, location="store", lines=lines))
    day = station.clock.day
    table = three_w_table(station.books, day, day)
    assert all(HXL.fullmatch(column.hxl) for column in table.columns)
    shown = {row[6]: (row[3], row[4], row[7]) for row in table.rows}
    assert shown == {None: ("mask", 10, "<5"), "longxue": ("mask", 20, "<5")}


def test_a_3w_table_of_a_period_that_ends_before_it_begins_is_refused(
    station: StationLedger,
) -> None:
    with pytest.raises(InvalidField, match="2020-02-09 is before 2020-02-10"):
        three_w_table(station.books, date(2020, 2, 10), date(2020, 2, 9))


def test_the_command_writes_3w_rows_with_tags(everything: str, tmp_path: Path) -> None:
    export(everything, "3w", "-o", tmp_path / "3w.csv")
    lines = (tmp_path / "3w.csv").read_text("utf-8-sig").splitlines()
    assert lines[1].startswith("#org+name,#activity,#item+name")
    assert len(lines) > 2


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_exported_lists_are_imported_into_empty_books_with_the_same_stock(
    everything: str, tmp_path: Path, ending: str
) -> None:
    empty = str(tmp_path / "empty.db")
    with Ledger.open(everything, station="lx", create=False) as ledger:
        wanted = ledger.books.all(
            "SELECT location_code, item_code, sum(on_hand) FROM stock_now "
            "WHERE station = :station GROUP BY location_code, item_code ORDER BY 1, 2"
        )
        places = [Location(code=code, name=code) for code in {row[0] for row in wanted}]
    with Ledger.open(empty, station="lx") as ledger:
        ledger.register(Station(code="lx", name="Longxue"), *places)
    for kind, noun, *more in (
        ("items", "items"),
        ("opening-stock", "stock", "--column", "quantity=on_hand", "--value", "day=2020-02-20"),
    ):
        path = tmp_path / f"{noun}.{ending}"
        export(everything, ending, noun, "--personal", "-o", path)
        assert main(["import", kind, str(path), "--by", "u_1", "--database", empty, *more]) == 0
    with Ledger.open(empty, station="lx", create=False) as ledger:
        found = ledger.books.all(
            "SELECT location_code, item_code, sum(on_hand) FROM stock_now "
            "WHERE station = :station GROUP BY location_code, item_code ORDER BY 1, 2"
        )
    assert found == wanted != []


def test_exported_donations_are_imported_with_the_same_balances_of_donors(
    station: StationLedger, books_url: str, tmp_path: Path
) -> None:
    station.give(71)
    station.give(5, item="soap", donor="D-2")
    station.give(7, donor=None)
    path, empty = tmp_path / "donations.csv", str(tmp_path / "empty.db")
    command = ["export", "csv", "donations", "--personal", "-o", str(path)]
    assert main([*command, "--database", books_url]) == 0
    with Ledger.open(empty, station="lx") as ledger:
        register_all(ledger)
    arguments = ["--by", "u_1", "--database", empty, "--column", "reference=id"]
    assert main(["import", "donations", str(path), *arguments]) == 0
    with Ledger.open(empty, station="lx", create=False) as ledger:
        for account in ("donor:D-1", "donor:D-2", "donor:anonymous", "stock:store"):
            for item in ("mask", "soap"):
                there = sum(ledger.books.nonzero_balances(account, item).values())
                assert there == station.total(account, item)


def test_exported_needs_pledges_and_hand_outs_are_imported_with_the_same_balances(
    station: StationLedger, books_url: str, tmp_path: Path
) -> None:
    station.stock(71)
    station(c.NoteNeed(recipient="R-2", item="soap", quantity=3, urgency="high"))
    station(c.NoteNeed(recipient="R-2", item="mask", quantity=2, pack="box"))
    promised = [c.PledgeLine(item="mask", quantity=20), c.PledgeLine(item="soap", quantity=4)]
    station(c.MakePledge(donor="D-1", lines=promised))
    handed = [c.RecipientLine(item="mask", quantity=9)]
    station(c.HandOut(recipient="R-1", location="store", lines=handed))
    empty = str(tmp_path / "empty.db")
    with Ledger.open(empty, station="lx") as ledger:
        register_all(ledger)
    for kind, noun, *columns in (
        ("opening-stock", "openings", "location=to"),
        ("needs", "needs"),
        ("pledges", "pledges", "reference=id"),
        ("distributions", "hand-outs", "location=from", "recipient=to", "reference=id"),
    ):
        path = tmp_path / f"{noun}.csv"
        export(books_url, "csv", noun, "--personal", "-o", path)
        words = ["import", kind, str(path), "--by", "u_1", "--database", empty]
        assert main([*words, *(word for one in columns for word in ("--column", one))]) == 0
    with Ledger.open(empty, station="lx", create=False) as ledger:
        for prefix in ("needed:", "pledged:", "stock:", "received:", "asked:", "opening:"):
            for item in ("mask", "soap"):
                there = sum(
                    quantity
                    for (_, of, _), quantity in ledger.books.nonzero_balances(prefix).items()
                    if of == item
                )
                assert there == station.total(prefix, item), (prefix, item)


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_exported_records_are_imported_as_they_are(
    station: StationLedger, books_url: str, tmp_path: Path, ending: str
) -> None:
    station.ledger.register(
        Donor(code="D-7", name="孙某", publish="name", consent_on=date(2020, 2, 1), retired=True),
        Recipient(
            code="R-7",
            name="#N/A",
            persons=3,
            age_bands={"0-6": 1, "60-": 2},
            collectors=["孙某", "孙, 某"],
            consent_on=date(2020, 2, 2),
            retired=True,
        ),
        Item(
            code="flour",
            name="面粉",
            unit="g",
            packs={"bag": 2500},
            aliases=["小麦粉"],
            shown_unit=LargerUnit(unit="kg", size=1000),
            needs_batch=True,
            needs_expiry=True,
            retired=True,
        ),
        Donor(
            code="D-9", name="=赵某", kind="person", phone="00852 2345", note="a\nb", publish="no"
        ),
        Recipient(
            code="R-9", name="钱某", community="longxue", address="1号", persons=4, access="二楼"
        ),
        Recipient(code="G-9", name="新来人员", kind="group"),
    )
    empty = str(tmp_path / "empty.db")
    with Ledger.open(empty, station="lx") as ledger:
        ledger.register(
            Station(code="lx", name="Longxue"), Community(code="longxue", name="龙穴街")
        )
    for kind, noun in (("donors", "donors"), ("households", "recipients"), ("items", "items")):
        path = tmp_path / f"{noun}.{ending}"
        export(books_url, ending, noun, "--hxl", "--personal", "-o", path)
        assert main(["import", kind, str(path), "--by", "u_1", "--database", empty]) == 0
    with Ledger.open(empty, station="lx", create=False) as ledger:
        for record in (Donor, Recipient, Item):
            there = list_records(ledger.books, record, limit=None).items
            assert there == list_records(station.books, record, limit=None).items != []


def test_exported_allocations_are_imported_with_the_same_balances(
    station: StationLedger, books_url: str, tmp_path: Path
) -> None:
    station.stock(71)
    station.allocate(9)
    done = station.allocate(4, recipient="R-2")
    station(c.CollectAllocation(allocation=done))
    station(c.Release(allocation=station.allocate(2), reason="moved"))
    path, empty = tmp_path / "allocations.csv", str(tmp_path / "empty.db")
    with Ledger.open(empty, station="lx") as ledger:
        register_all(ledger)
    export(books_url, "csv", "openings", "-o", tmp_path / "openings.csv")
    export(books_url, "csv", "allocations", "-o", path)
    always = ["--by", "u_1", "--database", empty]
    words = ["opening-stock", str(tmp_path / "openings.csv"), "--column", "location=to"]
    assert main(["import", *words, *always]) == 0
    assert main(["import", "allocations", str(path), *always]) == 1  # the released row is listed
    with Ledger.open(empty, station="lx", create=False) as ledger:
        for prefix in ("stock:", "allocated:", "received:R-2", "received:R-1"):
            there = sum(ledger.books.nonzero_balances(prefix).values())
            assert there == station.total(prefix, "mask"), prefix
