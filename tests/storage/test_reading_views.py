"""The SQL views show the same figures to other tools as the program shows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest
from sqlite_utils import Database
from support.engines import Engines, Server
from support.ledger_fixture import StationLedger
from support.reading_views import check_reading_views

from supplies.demo.longxue import book_scene
from supplies.domain import commands as c
from supplies.domain.catalogue_records import Donor, Recipient
from supplies.errors import GuardMissing
from supplies.storage import schema
from supplies.storage.engines import open_store

VIEWS = ("gifts", "who_received_what", "stock_now", "lots_now")


def query(station: StationLedger, sql: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in station.books.all(sql)]


def test_the_views_of_the_demo_show_what_the_reports_show(
    engine: str, engines: Engines, tmp_path: Path
) -> None:
    with (
        engines.books(engine, tmp_path) as url,
        book_scene(url).ledger as ledger,
        ledger.reading() as books,
    ):
        check_reading_views(books)
        [(masks,)] = books.all("SELECT sum(quantity) FROM gifts WHERE item = '口罩'")
        assert masks == 71


def test_a_corrected_gift_is_shown_once_with_its_valid_receipt(station: StationLedger) -> None:
    first = station.give(83, batch="B-1")
    correction = station(
        c.Correct(
            entry=first.seq,
            command=station.donation(71, happened_on=station.day(-1)),
            reason="typed wrong",
        )
    )
    [valid] = [
        row[0]
        for row in station.books.all(
            "SELECT number FROM receipts WHERE seq > :seq", seq=correction.seq
        )
    ]
    assert query(station, "SELECT day, donor, item, quantity, receipt FROM gifts") == [
        (station.day(-1).isoformat(), "广州某企业", "口罩", 71, valid)
    ]
    check_reading_views(station.books)


def test_a_reversed_gift_is_in_no_row(station: StationLedger) -> None:
    gift = station.give(10)
    station(c.Reverse(entry=gift.seq, reason="typed twice"))
    assert query(station, "SELECT * FROM gifts") == []
    check_reading_views(station.books)


def test_anonymous_and_forgotten_donors_are_shown_by_code(station: StationLedger) -> None:
    station.give(1, donor=None)
    station.give(2, donor="D-2")
    station(c.ForgetDonor(donor="D-2"))
    rows = query(station, "SELECT donor, donor_code, quantity FROM gifts ORDER BY quantity")
    assert rows == [("anonymous", "anonymous", 1), ("D-2", "D-2", 2)]


def test_hand_outs_and_deliveries_are_in_who_received_what(station: StationLedger) -> None:
    station.give(100)
    line = c.LotLine(item="mask", quantity=7)
    handed = station(c.HandOut(recipient="R-1", location="store", lines=[line]))
    group = c.HandOut(recipient="G-1", location="store", headcount=9, lines=[line])
    station(group)
    allocation = station.allocate(5, "R-1")
    station.outcome(station.dispatch(allocation), allocation, "handed_over")
    sql = "SELECT day, recipient, community, item, quantity FROM who_received_what"
    today = station.day(0).isoformat()
    assert sorted(query(station, sql), key=str) == sorted(
        [(today, "王某", "longxue", "口罩", 12), (today, "新来居民", None, "口罩", 7)], key=str
    )
    station(c.Reverse(entry=handed.seq, reason="another household"))
    assert (today, "王某", "longxue", "口罩", 5) in query(station, sql)
    check_reading_views(station.books)


def test_goods_taken_back_on_a_later_day_are_a_negative_row(station: StationLedger) -> None:
    station.give(10)
    line = c.LotLine(item="mask", quantity=4)
    station(c.HandOut(recipient="R-1", location="store", lines=[line]))
    station.clock.advance()
    back = c.LotLine(item="mask", quantity=1)
    station(c.TakeBack(recipient="R-1", location="store", reason="too many", lines=[back]))
    found = query(station, "SELECT day, quantity FROM who_received_what ORDER BY day")
    assert found == [(station.day(-1).isoformat(), 4), (station.day(0).isoformat(), -1)]
    check_reading_views(station.books)


def test_stock_and_lots_show_batch_and_expiry_as_corrected(station: StationLedger) -> None:
    gift = station.give(10, batch="B-1")
    expiry = station.day(90)
    corrected = station.donation(10, batch="B-2", expires_on=expiry)
    station(c.Correct(entry=gift.seq, command=corrected, reason="wrong batch"))
    station.allocate(4)
    row = ("Store A", "口罩", 10, 6, 4, "B-2", expiry.isoformat())
    asked = "location, item, on_hand, free, allocated, batch, expires_on"
    assert query(station, f"SELECT {asked} FROM stock_now") == [row]
    asked = "item, on_hand, in_transit, handed_over, batch, expires_on"
    assert query(station, f"SELECT {asked} FROM lots_now") == [
        ("口罩", 10, 0, 0, "B-2", expiry.isoformat())
    ]
    check_reading_views(station.books)


def test_gifts_name_their_campaign(station: StationLedger) -> None:
    station.give(10)
    station(msgspec.structs.replace(station.donation(3), campaign="C-1"))
    asked = "SELECT campaign, sum(quantity) FROM gifts GROUP BY campaign ORDER BY sum(quantity)"
    assert query(station, asked) == [("C-1", 3), (None, 10)]


def test_repacked_goods_are_one_lot_of_the_product_and_no_gift(station: StationLedger) -> None:
    station.give(10)
    repacked = station(
        c.Convert(
            location="store",
            consumed=[c.LotLine(item="mask", quantity=6)],
            spilled=[c.LotLine(item="mask", quantity=1)],
            produced=[c.ConvertedLine(item="soap", quantity=4)],
        )
    )
    station(
        c.HandOut(recipient="R-1", location="store", lines=[c.LotLine(item="soap", quantity=3)])
    )
    assert query(station, "SELECT item_code, quantity FROM gifts") == [("mask", 10)]
    rows = [("mask", 3, 3), ("soap", 1, 1)]
    assert query(station, "SELECT item_code, on_hand, free FROM stock_now ORDER BY 1") == rows
    asked = "SELECT item_code, on_hand, handed_over, origin FROM lots_now ORDER BY 1"
    assert query(station, asked) == [
        ("mask", 3, 0, "donor:D-1"),
        ("soap", 1, 3, f"converted:k_{repacked.seq}"),
    ]
    assert query(station, "SELECT item_code, quantity FROM who_received_what") == [("soap", 3)]
    check_reading_views(station.books)


def test_a_gift_of_an_inexact_day_says_so_until_it_is_corrected(station: StationLedger) -> None:
    exact = station.donation(5, happened_on=station.day(-2))
    gift = station(msgspec.structs.replace(exact, or_earlier=True))
    asked = "SELECT day, or_earlier, quantity FROM gifts"
    assert query(station, asked) == [(station.day(-2).isoformat(), 1, 5)]
    station.give(1)
    assert sorted(query(station, asked)) == [
        (station.day(-2).isoformat(), 1, 5),
        (station.day(0).isoformat(), 0, 1),
    ]
    station(c.Correct(entry=gift.seq, command=exact, reason="the day is known"))
    assert (station.day(-2).isoformat(), 0, 5) in query(station, asked)
    check_reading_views(station.books)


def test_found_goods_settled_as_a_gift_are_a_gift_with_a_receipt(station: StationLedger) -> None:
    station.give(10)
    sheet = station(c.OpenCountSheet(location="store")).document
    station(c.CountStock(sheet=str(sheet), lines=[c.CountLine(item="mask", counted=14)]))
    found = [c.LotLine(item="mask", quantity=4)]
    settled = station(
        c.Settle(
            place="store", by="donor", party="D-2", handled_by="陈某", lines=found, reason="asked"
        )
    )
    asked = "SELECT donor_code, quantity, receipt IS NOT NULL FROM gifts ORDER BY donation"
    assert sorted(query(station, asked)) == [("D-1", 10, 1), ("D-2", 4, 1)]
    assert query(station, "SELECT sum(on_hand), sum(free) FROM stock_now") == [(14, 14)]
    check_reading_views(station.books)
    station(c.Reverse(entry=settled.seq, reason="of another donor"))
    assert sorted(query(station, asked)) == [("D-1", 10, 1)]
    assert query(station, "SELECT sum(on_hand), sum(free) FROM stock_now") == [(14, 14)]
    check_reading_views(station.books)


def test_lent_goods_are_in_stock_again_when_they_are_returned(station: StationLedger) -> None:
    station.give(10)
    line = [c.LotLine(item="mask", quantity=6)]
    loan = station(c.LendGoods(borrower="school", location="store", lines=line)).document
    assert query(station, "SELECT on_hand, free FROM stock_now") == [(4, 4)]
    back = [c.LotLine(item="mask", quantity=5)]
    returned = station(c.ReturnLoan(loan=str(loan), lines=back))
    assert query(station, "SELECT on_hand, free FROM stock_now") == [(9, 9)]
    assert query(station, "SELECT on_hand, in_transit, handed_over FROM lots_now") == [(9, 0, 0)]
    station(c.Reverse(entry=returned.seq, reason="of another loan"))
    assert query(station, "SELECT on_hand, free FROM stock_now") == [(4, 4)]
    assert query(station, "SELECT * FROM who_received_what") == []
    check_reading_views(station.books)


def test_a_renamed_donor_has_the_new_name_in_old_gifts(station: StationLedger) -> None:
    station.give(3)
    station.ledger.amend(Donor(code="D-1", name="新名"))
    assert query(station, "SELECT donor FROM gifts") == [("新名",)]


def test_merged_codes_are_shown_as_one_person(station: StationLedger) -> None:
    station.ledger.register(
        Donor(code="D-9", name="同名", kind="organisation"), Recipient(code="R-9", name="同户")
    )
    station.give(5, donor="D-9")
    line = c.RecipientLine(item="mask", quantity=2)
    station(c.HandOut(recipient="R-9", location="store", lines=[line]))
    merges = [
        station(c.MergeCodes(kind="donor", code="D-9", into="D-1", reason="one firm")),
        station(c.MergeCodes(kind="recipient", code="R-9", into="R-1", reason="one household")),
    ]
    gifts = "SELECT donor, donor_code, donor_merged_into FROM gifts"
    received = "SELECT recipient, recipient_code, recipient_merged_into FROM who_received_what"
    assert query(station, gifts) == [("广州某企业", "D-9", "D-1")]
    [(name, code, stays)] = query(station, received)
    assert (code, stays) == ("R-9", "R-1")
    assert name != "同户"
    check_reading_views(station.books)
    for merged in merges:
        station(c.Reverse(entry=merged.seq, reason="two"))
    assert query(station, gifts) == [("同名", "D-9", None)]
    assert query(station, received) == [("同户", "R-9", None)]


def test_sqlite_utils_reads_the_views_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "books.db"
    book_scene(str(path)).ledger.close()
    database = Database(path)
    try:
        assert set(VIEWS) <= set(database.view_names())
        for name in VIEWS:
            assert list(database[name].rows), name
        rows = database.query(
            "SELECT recipient, quantity FROM who_received_what WHERE item = ? AND day = ?",
            ["口罩", "2020-02-06"],
        )
        assert list(rows)
    finally:
        database.close()


@pytest.mark.parametrize("view", VIEWS)
def test_the_page_about_the_file_lists_every_column(view: str, station: StationLedger) -> None:
    page = (Path(__file__).parents[2] / "docs" / "file.md").read_text(encoding="utf-8")
    part = page.split(f"### `{view}`\n", 1)[1].split("\n#", 1)[0]
    with station.ledger.reading() as books:
        described = Database(memory=True)
        described.executescript(schema.all_scripts())
        columns = [column.name for column in described[view].columns]
        described.close()
        assert books.all(f"SELECT {', '.join(columns)} FROM {view}") == []
    assert [name for name in columns if f"| `{name}` |" not in part] == []


def test_a_missing_view_on_postgresql_is_reported(postgres: Server) -> None:
    with postgres.database() as url:
        with psycopg.connect(url, autocommit=True) as other:
            other.execute("DROP VIEW gifts")
        with pytest.raises(GuardMissing, match="view gifts"):
            open_store(url)


def test_a_role_that_may_read_a_view_still_may_after_a_migration(postgres: Server) -> None:
    with postgres.database() as url, psycopg.connect(url, autocommit=True) as other:
        other.execute("GRANT SELECT ON stock_now TO PUBLIC")
        for migration in schema.migrations():
            made = [
                text
                for text in migration.statements()
                if text.split()[1:3] in (["VIEW", "stock_now"], ["VIEW", "stock_now;"])
            ]
            if made and made[0].startswith("DROP"):
                other.execute(schema.to_postgresql(";\n".join(made)).encode())
        granted = other.execute("SELECT has_table_privilege('public', 'stock_now', 'SELECT')")
        assert granted.fetchone() == (True,)
