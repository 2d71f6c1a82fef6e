"""Rows that become commands or records, and rows that are listed."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from uuid import uuid4

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.csv_files import write_csv
from support.ledger_fixture import Clock, StationLedger, register_all

from supplies.cli import main
from supplies.domain.catalogue_records import Community, Donor, Item, Recipient, Station
from supplies.domain.entry_rows import PackedLine
from supplies.errors import InvalidField, StoreError
from supplies.exports.formats import ExportRequest, list_tables
from supplies.exports.tables import write_csv as write_table
from supplies.imports import documents, importer
from supplies.imports.columns import KINDS
from supplies.imports.import_results import ImportOptions, ImportResult, summary
from supplies.imports.importer import import_rows
from supplies.imports.listed_rows import listed_as_csv
from supplies.imports.saved_choices import save_choices, with_saved_choices
from supplies.ledger.ledger import Ledger
from supplies.stations.paper_settings import amend_station, paper_settings
from supplies.stations.saved_columns import save_columns, saved_columns
from supplies.views.catalogue import list_records
from supplies.views.donations import list_donations
from supplies.views.needs import list_needs
from supplies.views.pledges import list_pledges
from supplies.views.stock import get_stock

GIFT = {"location": "store", "handled_by": "陈某"}


def run(station: StationLedger, kind: str, path: Path, **options: object) -> ImportResult:
    chosen = ImportOptions(**options)  # type: ignore[arg-type]  # given by each test
    result = import_rows(station.ledger, kind, path, by="u-1", options=chosen)
    assert result.rows == result.recorded + result.before + len(result.listed)
    return result


def whys(result: ImportResult) -> dict[str, str]:
    return {one.cell: one.why for one in result.listed}


def test_a_list_with_titles_and_repeated_headings_becomes_donations(
    station: StationLedger, tmp_path: Path
) -> None:
    path = write_csv(
        tmp_path,
        ["龙穴街社工服务站"],
        ["捐赠物资登记表", "", "", "", "2020年2月"],
        ["序号", "捐赠单位", "物资名称", "数量", "日期", "备注"],
        ["1", "广州某企业", "口罩", "２盒", "2020.2.5", "门口"],
        ["2", "爱心人士", "洗手液", "１，２００瓶", "43866", ""],
        ["序号", "捐赠单位", "物资名称", "数量", "日期", "备注"],
        ["3", "", "口罩", "十二", "截至2月8日", ""],
        ["", "", "合计", "1214", "", ""],
    )
    result = run(station, "donations", path, values=GIFT, year=2020)
    assert (result.rows, result.recorded) == (4, 3)
    assert whys(result) == {"C8": "合计 is a sum of other rows"}
    assert result.sheets[0].skipped == 3
    assert result.sheets[0].unread == ["序号"]
    first, second, third = list_donations(station.books).items
    assert (first.donor, first.lines[0].quantity, first.note) == ("D-1", 100, "门口")
    assert (second.donor, second.lines[0].quantity) == (None, 1200)
    assert second.happened_on == date(2020, 2, 5)
    assert (third.lines[0].quantity, third.or_earlier) == (12, True)
    assert all(one.receipt for one in (first, second, third))


def test_headings_below_wide_titles_are_found(station: StationLedger, tmp_path: Path) -> None:
    path = write_csv(
        tmp_path,
        ["物资", "发放", "登记", "表", "2020"],
        ["物资", "数量"],
        ["口罩", 7],
        ["物资", "数量", "地点", "", ""],
        ["口罩", 8, "store", "", ""],
    )
    result = run(station, "opening-stock", path, values={"location": "store"})
    assert (result.sheets[0].header_row, result.recorded) == (4, 1)


def test_a_file_that_is_imported_again_records_nothing(
    station: StationLedger, tmp_path: Path
) -> None:
    path = write_csv(tmp_path, ["物资", "数量"], ["口罩", 7], ["口罩", 7], ["盐", 1])
    first = run(station, "opening-stock", path, values={"location": "store"})
    assert (first.recorded, first.documents, first.equal) == (2, 1, [(("", 2), ("", 3))])
    assert first.unknown == {"item 盐": 1}
    assert station.total("stock:store") == 14
    station.ledger.register(Item(code="salt", name="盐"))
    second = run(station, "opening-stock", path, values={"location": "store"})
    assert (second.recorded, second.before) == (1, 2)
    third = run(station, "opening-stock", path, values={"location": "store"})
    assert (third.recorded, third.before) == (0, 3)
    assert summary(third)[0] == "3 rows read: 0 recorded, 3 recorded before, 0 listed"
    assert (station.total("stock:store"), station.total("stock:store", "salt")) == (14, 1)


def test_donations_name_their_campaign_in_a_column(station: StationLedger, tmp_path: Path) -> None:
    path = write_csv(
        tmp_path,
        ["物资", "数量", "项目"],
        ["口罩", 7, "战疫募捐"],
        ["洗手液", 2, "C-1"],
        ["口罩", 3, "省级资助"],
    )
    result = run(station, "donations", path, values=GIFT)
    assert whys(result) == {"C4": "no campaign is named '省级资助'; register it"}
    found = list_donations(station.books).items
    assert {one.campaign for one in found} == {"C-1"}
    path = write_csv(
        tmp_path,
        ["捐赠人", "物资", "数量", "项目"],
        ["D-1", "口罩", 7, "战疫募捐"],
        name="pledges.csv",
    )
    assert run(station, "pledges", path).recorded == 1
    (pledge,) = list_pledges(station.books, campaign="C-1").items
    assert pledge.campaign == "C-1"


def test_an_interrupted_import_goes_on_where_it_stopped(
    station: StationLedger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importer, "ROWS_PER_COMMIT", 2)
    path = write_csv(tmp_path, ["物资", "数量", "户"], *(["口罩", 1, "R-1"] for _ in range(5)))

    def stop(done: int, total: int | None) -> None:
        if done >= 4:
            raise StoreError("the plug was pulled")

    with pytest.raises(StoreError):
        import_rows(station.ledger, "needs", path, by="u-1", progress=stop)
    result = run(station, "needs", path)
    assert (result.before, result.recorded) == (4, 1)
    assert station.total("needed:") == 5


def test_a_dry_run_records_nothing_and_says_what_it_would_record(
    station: StationLedger, tmp_path: Path
) -> None:
    path = write_csv(tmp_path, ["donor", "item", "qty", "unit"], ["新公司", "护目镜", 5, "副"])
    before = station.entries()
    chosen = {"values": GIFT, "create_items": True, "create_people": True}
    result = run(station, "donations", path, dry_run=True, **chosen)
    assert summary(result)[0].startswith("1 row read: 1 would be recorded")
    assert result.registered == ["item I-001 (护目镜)", "donor D-3 (新公司)"]
    assert station.entries() == before
    assert station.books.catalogue.get(Item, "I-001") is None
    assert run(station, "donations", path, **chosen).recorded == 1
    assert station.total("stock:store", "I-001") == 5


def test_units_and_packs_become_base_units(station: StationLedger, tmp_path: Path) -> None:
    path = write_csv(
        tmp_path,
        ["物资", "规格", "数量", "单位"],
        ["口罩", "", 2, "盒"],
        ["口罩", "40件/箱", 3, "箱"],
        ["大米", "", "2.5", "kg"],
        ["洗手液", "", 1, "箱"],
        ["口罩", "", 1, "提"],
    )
    result = run(station, "opening-stock", path, values={"location": "store"})
    assert station.total("stock:store") == 2 * 50 + 3 * 40
    assert whys(result) == {
        "C4": "2.5 kg is not a whole number of units",
        "D5": "洗手液 is counted in 瓶; write the quantity in this unit, or how many are in one "
        "箱, as in 50瓶/箱",
        "D6": "口罩 is counted in 件; write the quantity in this unit, or how many are in one "
        "提, as in 50件/提",
    }


def test_an_error_names_the_headings_and_not_a_row_of_data(
    station: StationLedger, tmp_path: Path
) -> None:
    path = write_csv(
        tmp_path,
        ["Aid list"],
        ["Name", "What", "How many", "When"],
        ["何姨", "Rice", "8 kg", "仓库A"],
    )
    with pytest.raises(InvalidField, match="Its columns are: Name, What, How many, When"):
        run(station, "distributions", path)


def test_the_specification_of_an_item_is_its_packs_or_an_alias(
    station: StationLedger, tmp_path: Path
) -> None:
    path = write_csv(
        tmp_path,
        ["编号", "名称", "规格", "单位"],
        ["tea", "凉茶", "24瓶/箱", "瓶"],
        ["bars", "肥皂", "5只/盒*20盒/箱", ""],
        ["hat", "帽子", "大号", "顶"],
    )
    assert whys(run(station, "items", path)) == {}
    tea, bars, hat = (station.books.item(code) for code in ("tea", "bars", "hat"))
    assert (tea.unit, tea.packs) == ("bottle", {"carton": 24})
    assert sorted(bars.packs.values()) == [5, 100]
    assert hat.aliases == ["帽子 大号"]
    goods = write_csv(
        tmp_path,
        ["物资", "规格", "数量"],
        ["凉茶", "", "2箱"],
        ["肥皂", "", "1箱"],
        ["帽子", "大号", "3"],
    )
    result = run(station, "opening-stock", goods, values={"location": "store"})
    assert whys(result) == {}
    totals = [station.total("stock:store", item) for item in ("tea", "bars", "hat")]
    assert totals == [48, 100, 3]


def test_kilograms_of_an_item_counted_in_grams_become_grams(
    station: StationLedger, tmp_path: Path
) -> None:
    station.ledger.register(
        Item(code="sugar", name="白糖", unit="g"),
        Item(code="oil", name="食用油", unit="mL", packs={"L": 1000}),
    )
    path = write_csv(
        tmp_path,
        ["物资", "数量"],
        ["白糖", "2.5 kg"],
        ["白糖", "1.5公斤"],
        ["白糖", "0.0005 kg"],
        ["食用油", "1.5升"],
        ["白糖", "3斤"],
        ["大米", "500 g"],
        ["大米", "25斤"],
        ["大米", "24斤"],
    )
    result = run(station, "opening-stock", path, values={"location": "store"})
    assert station.total("stock:store", "sugar") == 4000 + 1500
    assert station.total("stock:store", "rice") == 12
    assert station.total("stock:store", "oil") == 1500
    assert whys(result)["B7"] == "0.5 kg is not a whole number of units"
    assert list(whys(result)) == ["B4", "B7", "B8"]


def test_a_row_of_text_with_more_values_than_headings_is_listed(
    station: StationLedger, tmp_path: Path
) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("物资,数量\n口罩,1,200\n口罩,5,\n", encoding="utf-8")
    listed = tmp_path / "listed.csv"
    result = run(station, "opening-stock", path, values={"location": "store"})
    (one,) = result.listed
    assert (one.row, result.recorded) == (2, 1)
    assert "a value without a heading in C" in one.why
    listed.write_bytes(b"".join(listed_as_csv(result)))
    again = run(station, "opening-stock", listed, values={"location": "store"})
    assert (again.recorded, len(again.listed)) == (0, 1)
    listed.write_text(listed.read_text("utf-8-sig").replace("口罩,1,200", "口罩,1200,"), "utf-8")
    assert run(station, "opening-stock", listed, values={"location": "store"}).recorded == 1
    assert station.total("stock:store") == 1205


def test_a_column_of_a_workbook_without_a_heading_is_named_as_not_read(
    station: StationLedger, tmp_path: Path
) -> None:
    path, book = tmp_path / "rows.xlsx", openpyxl.Workbook()
    for cells in (["物资", "数量"], ["口罩", 5, "好", "急"]):
        book.active.append(cells)
    book.save(path)
    result = run(station, "opening-stock", path, values={"location": "store"})
    assert result.recorded == 1
    assert result.sheets[0].unread == ["C", "D"]


def test_a_unit_written_with_the_quantity_is_listed_with_the_cell_of_the_quantity(
    station: StationLedger, tmp_path: Path
) -> None:
    path = write_csv(
        tmp_path, ["物资", "数量", "单位"], ["口罩", "3捆捆", ""], ["口罩", "3", "捆捆"]
    )
    result = run(station, "opening-stock", path, values={"location": "store"})
    assert list(whys(result)) == ["B2", "C3"]


def test_aliases_with_commas_are_the_same_after_an_export_and_an_import(
    station: StationLedger, tmp_path: Path
) -> None:
    aliases = ["gloves, nitrile", "手套；丁腈", "[x]"]
    station.ledger.register(Item(code="gloves", name="丁腈手套", aliases=aliases))
    path = tmp_path / "items.csv"
    with path.open("wb") as file:
        (table,) = list_tables(station.books, ExportRequest(personal=True, lists=("items",)))
        write_table(table, file)
    with Ledger.open(str(tmp_path / "other.db"), station="b", clock=station.clock) as other:
        other.register(Station(code="b", name="B", zone="Asia/Shanghai"))
        import_rows(other, "items", path, by="u-1")
        assert other.books.item("gloves").aliases == aliases


def test_an_import_states_no_packs_of_one_piece(station: StationLedger, tmp_path: Path) -> None:
    path = write_csv(tmp_path, ["物资", "规格", "数量", "单位"], ["口罩", "1件/箱", 9, "箱"])
    assert run(station, "opening-stock", path, values={"location": "store"}).recorded == 1
    assert station.total("stock:store") == 9
    assert station.books.rows(PackedLine) == []


def test_a_content_that_a_quantity_does_not_need_is_in_the_note(
    station: StationLedger, tmp_path: Path
) -> None:
    path = write_csv(
        tmp_path,
        ["物资", "规格", "数量"],
        ["护目镜", "20副/盒", "198箱"],
        ["口罩", "40件/箱", "3箱"],
        ["口罩", "50件/盒", "7件"],
    )
    result = run(station, "donations", path, values=GIFT, create_items=True)
    assert result.recorded == 3
    with station.ledger.reading() as books:
        notes = {one.lines[0].quantity: one.note for one in list_donations(books).items}
    assert notes == {198: "护目镜: 20副/盒", 120: None, 7: None}


def test_goods_in_an_unknown_unit_become_an_item_of_their_own_if_items_are_created(
    station: StationLedger, tmp_path: Path
) -> None:
    path = write_csv(tmp_path, ["物资", "数量", "单位"], ["口罩", 3, "箱"], ["口罩", 4, "箱"])
    run(station, "opening-stock", path, values={"location": "store"}, create_items=True)
    created = station.books.item("I-001")
    assert (created.name, created.unit) == ("口罩（箱）", "carton")
    assert station.total("stock:store", "I-001") == 7


def test_rows_of_one_document_are_recorded_together_or_listed_together(
    station: StationLedger, tmp_path: Path
) -> None:
    path = write_csv(
        tmp_path,
        ["donationkey", "donor", "item", "qty"],
        ["A", "广州某企业", "mask", 4],
        ["A", "广州某企业", "soap", 5],
        ["B", "广州某企业", "mask", 0],
        ["B", "广州某企业", "mask", 6],
        ["C", "广州某企业", "mask", 7],
        ["C", "广州某企业", "tent", 8],
    )
    result = run(station, "pledges", path)
    assert [len(one.lines) for one in list_pledges(station.books).items] == [2, 1]
    assert whys(result) == {
        "D4": "0 is not a quantity of goods; it must be 1 or more",
        "row 6": "row 7 of the same document cannot be recorded",
        "C7": "no item is named 'tent'; register it, or add --create-items",
    }


def test_several_people_with_one_name_are_refused_and_none_is_picked(
    station: StationLedger, tmp_path: Path
) -> None:
    station.ledger.register(Donor(code="D-9", name="李某"))
    path = write_csv(tmp_path, ["donor", "item", "qty"], ["李某", "mask", 1], ["D-9", "mask", 1])
    result = run(station, "donations", path, values=GIFT)
    assert whys(result) == {"A2": "several are named '李某': D-2, D-9; write the code of one"}


def test_a_name_that_one_row_registers_is_known_to_the_next_row(
    station: StationLedger, tmp_path: Path
) -> None:
    path = write_csv(tmp_path, ["户", "物资", "数量"], ["赵某", "口罩", 1], ["赵 某", "口罩", 2])
    result = run(station, "needs", path, create_people=True)
    assert (result.recorded, result.registered) == (2, ["recipient R-3 (赵某)"])
    assert station.total("needed:") == 3


def test_goods_that_the_books_lack_are_listed_or_opened(
    station: StationLedger, tmp_path: Path
) -> None:
    path = write_csv(tmp_path, ["户", "物资", "数量", "库位"], ["王某", "口罩", 9, "Store A"])
    result = run(station, "distributions", path)
    assert "no 口罩 is free in Store A" in whys(result)["C2"]
    result = run(station, "distributions", path, open_missing=True)
    assert [(one.row, one.item, one.quantity) for one in result.opened] == [(2, "mask", 9)]
    assert station.total("received:R-1") == 9
    assert station.total("stock:store") == 0
    assert "opened as stock that the books lacked: 1 time" in summary(result)


def test_allocations_are_set_aside_handed_out_or_listed_by_their_outcome(
    station: StationLedger, tmp_path: Path
) -> None:
    station.stock(20)
    path = write_csv(
        tmp_path,
        ["recipient", "item", "qty", "matchstatus", "matchsubstatus"],
        ["R-1", "mask", 3, "delivered", ""],
        ["R-2", "mask", 4, "pre_match", ""],
        ["R-2", "mask", 5, "closed", "no_need"],
        ["R-2", "mask", 5, "lost?", ""],
    )
    result = run(station, "allocations", path, values={"location": "store"})
    assert station.total("received:R-1") == 3
    assert station.total("allocated:") == 4
    assert whys(result)["D4"] == "nothing was handed over: no_need; there is nothing to record"
    assert whys(result)["D5"].startswith("'lost?' is none of delivered")


def test_people_and_items_are_registered_and_known_when_imported_again(
    station: StationLedger, tmp_path: Path
) -> None:
    homes = write_csv(
        tmp_path,
        ["姓名", "电话", "人数", "住址"],
        ["王五", "13800138001", "3人", "1-203"],
        ["王五", "13900000000", "2", "2-101"],
        ["", "1", "", ""],
    )
    result = run(station, "households", homes)
    assert result.recorded == 1
    assert "R-3 has this name, but other details" in whys(result)["A3"]
    assert whys(result)["A4"] == "the 姓名 is missing"
    home = station.books.catalogue.get(Recipient, "R-3")
    assert home is not None
    assert (home.persons, home.phone) == (3, "13800138001")
    again = write_csv(tmp_path, ["姓名", "电话"], ["王五", "13800138001"], name="again.csv")
    assert run(station, "households", again).before == 1
    items = write_csv(
        tmp_path,
        ["编号", "名称", "单位", "条码", "包装", "装量", "别名"],
        ["goggles", "护目镜", "副", "6901234567892", "箱", 40, "眼罩、防护镜"],
        ["mask", "口罩", "瓶", "", "", "", ""],
        name="items.csv",
    )
    result = run(station, "items", items)
    item = station.books.item("goggles")
    assert (item.packs, item.aliases) == ({"carton": 40}, ["眼罩", "防护镜"])
    assert whys(result) == {"C3": "mask is registered with another unit; change it there"}


def test_the_listed_rows_are_corrected_in_their_file_and_imported(
    station: StationLedger, tmp_path: Path
) -> None:
    path = write_csv(
        tmp_path,
        ["物资", "数量", "备注"],
        ["口罩", "many", "=1+1"],
        ["盐", 2, "+86 20"],
        ["口罩", 5, ""],
    )
    result = run(station, "opening-stock", path, values={"location": "store"})
    written = tmp_path / "listed.csv"
    written.write_bytes(b"".join(listed_as_csv(result)))
    text = written.read_text("utf-8-sig")
    assert "口罩,many,'=1+1,B2,\"'many' is not a quantity" in text
    assert "'+86 20" in text
    written.write_text(text.replace("many,", "3,", 1).replace("盐", "洗手液"), "utf-8-sig")
    second = run(station, "opening-stock", written, values={"location": "store"})
    assert (second.recorded, second.listed) == (2, [])
    assert station.total("stock:store") == 8
    station.ledger.verify()


def test_a_column_is_chosen_by_the_user_if_its_heading_is_not_recognized(
    station: StationLedger, tmp_path: Path
) -> None:
    path = write_csv(tmp_path, ["东西", "实收"], ["口罩", 5])
    with pytest.raises(InvalidField, match=r"no column for item .*Its columns are: 东西, 实收"):
        run(station, "opening-stock", path, values={"location": "store"})
    chosen = {"item": "东西", "quantity": "实收"}
    run(station, "opening-stock", path, values={"location": "store"}, columns=chosen)
    assert station.total("stock:store") == 5
    with pytest.raises(InvalidField, match="needs have no column donor"):
        run(station, "needs", path, columns={"donor": "x"})


CELLS = st.one_of(
    st.sampled_from(
        ["口罩", "soap", "R-1", "D-1", "5", "2箱", "0", "-1", "2020-02-05", "合计", ""]
    ),
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=6),
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(kind=st.sampled_from(sorted(KINDS)), rows=st.lists(st.lists(CELLS, max_size=8), max_size=8))
def test_every_row_of_any_file_is_recorded_or_listed(
    tmp_path: Path, kind: str, rows: list[list[str]]
) -> None:
    clock = Clock()
    headings = [column.words[0] for column in KINDS[kind].columns]
    width = len(headings)
    path = write_csv(tmp_path, headings, *(row + [""] * (width - len(row)) for row in rows))
    with Ledger.open(str(tmp_path / f"{uuid4()}.db"), station="lx", clock=clock) as ledger:
        register_all(ledger)
        station = StationLedger(ledger, clock)
        chosen = {"values": {} if kind not in ("donations",) else {"handled_by": "x"}}
        run(station, kind, path, create_items=True, create_people=True, open_missing=True, **chosen)
        ledger.verify()


def test_one_file_is_imported_as_two_kinds(station: StationLedger, tmp_path: Path) -> None:
    path = write_csv(tmp_path, ["姓名", "电话", "物资", "数量"], ["赵某", "13800138009", "口罩", 5])
    assert run(station, "households", path).recorded == 1
    assert run(station, "needs", path, columns={"recipient": "姓名"}).recorded == 1
    assert station.total("needed:") == 5


def test_a_document_is_not_divided_between_two_commits(
    station: StationLedger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importer, "ROWS_PER_COMMIT", 2)
    monkeypatch.setattr(documents, "MAX_LINES_TOGETHER", 2)
    path = write_csv(
        tmp_path,
        ["单号", "品名", "数量"],
        ["A", "口罩", 1],
        *(["B", "口罩", 1] for _ in range(3)),
        ["B", "盐", 1],
        *(["C", "口罩", 1] for _ in range(5)),
    )
    result = run(station, "donations", path, values=GIFT)
    assert [one.row for one in result.listed] == [6, 3, 4, 5]
    assert [len(one.lines) for one in list_donations(station.books).items] == [1, 5]


def test_rows_of_two_sheets_keep_their_columns_in_the_listed_file(
    station: StationLedger, tmp_path: Path
) -> None:
    book = openpyxl.Workbook()
    first, second, third = book.active, book.create_sheet("三月"), book.create_sheet("填表说明")
    assert first is not None
    first.append(["品名", "数量", "单价"])
    first.append(["盐", 30, 2])
    second.append(["品名", "单价", "数量"])
    second.append(["糖", 3, 70])
    third.append(["请逐行填写"])
    book.save(tmp_path / "two.xlsx")
    result = run(station, "opening-stock", tmp_path / "two.xlsx", values={"location": "store"})
    assert result.sheets[2].notes[0].startswith("the sheet was left out: the file has no column")
    listed = tmp_path / "listed.csv"
    listed.write_text(
        b"".join(listed_as_csv(result))
        .decode("utf-8-sig")
        .replace("盐", "口罩")
        .replace("糖", "口罩")
    )
    run(station, "opening-stock", listed, values={"location": "store"})
    assert station.total("stock:store") == 100


def test_equal_rows_of_two_sheets_are_reported_with_their_sheets(
    station: StationLedger, tmp_path: Path
) -> None:
    book = openpyxl.Workbook()
    first, second = book.active, book.create_sheet("三月")
    assert first is not None
    first.title = "二月"
    for sheet in (first, second):
        sheet.append(["品名", "数量"])
        sheet.append(["口罩", 30])
    second.append(["口罩", 30])
    book.save(tmp_path / "equal.xlsx")
    result = run(station, "opening-stock", tmp_path / "equal.xlsx", values={"location": "store"})
    assert result.equal == [(("二月", 2), ("三月", 2)), (("二月", 2), ("三月", 3))]
    assert "2 rows equal to an earlier row: 三月!2 = 二月!2, 三月!3 = 二月!2" in summary(result)


def test_a_quantity_that_is_merged_over_rows_is_empty_in_the_listed_file(
    station: StationLedger, tmp_path: Path
) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (["品名", "数量"], ["口罩", 30], ["洗手液", None]):
        sheet.append(row)
    sheet.merge_cells("B2:B3")
    book.save(tmp_path / "merged.xlsx")
    result = run(station, "opening-stock", tmp_path / "merged.xlsx", values={"location": "store"})
    assert [one.cells for one in result.listed] == [["口罩", ""], ["洗手液", ""]]


def test_sums_other_days_and_odd_expiries_are_no_goods(
    station: StationLedger, tmp_path: Path
) -> None:
    path = write_csv(
        tmp_path,
        ["品名", "数量", "生产日期", "有效期"],
        ["口罩", 11, "2019-11-01", "2021-11"],
        ["口罩", 12, "", "2025-底"],
        ["口罩", 2, "", "２０２１年１２月"],
        *([name, 8, "", ""] for name in ("合 计", "合计：", "总 计", "本页小计", "Total:")),
    )
    values = {"location": "store"}
    result = run(station, "opening-stock", path, values=values, create_items=True)
    assert (result.recorded, len(result.listed)) == (2, 6)
    assert result.sheets[0].unread == ["生产日期"]
    assert station.total("stock:store") == 11 + 2


def test_a_summary_says_how_much_it_leaves_out(station: StationLedger, tmp_path: Path) -> None:
    path = write_csv(
        tmp_path,
        ["品名", "数量"],
        *([f"物资{number}", 5] for number in range(11)),
        *(["口罩", f"约{number}"] for number in range(10, 19)),
    )
    values = {"location": "store"}
    result = run(station, "opening-stock", path, values=values, create_items=True, dry_run=True)
    lines = summary(result)
    assert lines[0] == "20 rows read: 11 would be recorded, 0 recorded before, 9 listed"
    assert lines[-2] == "  1 × other reasons"
    assert lines[-1].startswith("would be registered: item I-001 (物资0), ")
    assert lines[-1].endswith("item I-008 (物资7), and 3 more")


def test_a_heading_that_the_file_does_not_have_is_refused(
    station: StationLedger, tmp_path: Path
) -> None:
    path = write_csv(tmp_path, ["捐赠人", "品名", "数量"], ["李某", "口罩", 5])
    with pytest.raises(InvalidField, match="no column has the heading '捐赠方名称'"):
        run(station, "donations", path, values=GIFT, columns={"donor": "捐赠方名称"})


def test_a_quotation_mark_that_is_not_closed_is_refused(
    station: StationLedger, tmp_path: Path
) -> None:
    path = tmp_path / "rows.csv"
    path.write_text('品名,数量,备注\n口罩,5,好\n口罩,6,"谢谢\n口罩,7,a\n')
    with pytest.raises(InvalidField, match=r"line 3 .*a quotation mark may be missing"):
        run(station, "opening-stock", path, values={"location": "store"})


def test_the_command_prints_sentences_and_json(
    tmp_path: Path, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    books = str(tmp_path / "books.db")
    with Ledger.open(books, station="lx", clock=clock) as ledger:
        register_all(ledger)
    always = ["--by", "u-1", "--database", books, "--value", "location=store"]
    missing = ["import", "opening-stock", str(tmp_path / "none.csv"), *always]
    assert main(missing) == 1
    assert "无法读取" in capsys.readouterr().err
    path = write_csv(
        tmp_path, ["品名", "数量", "有效期"], ["口罩", 5, "2019-01-01"], ["口罩", 6, "2099-01-01"]
    )
    assert main(["import", "opening-stock", str(path), *always, "--json"]) == 1
    shown = json.loads(capsys.readouterr().out)
    assert (shown["recorded"], len(shown["listed"])) == (1, 1)
    listed = str(tmp_path / "listed.csv")
    assert main(["import", "opening-stock", str(path), *always, "--listed", listed]) == 1
    assert f"the listed rows are in {listed}" in capsys.readouterr().out


def test_a_name_that_somebody_else_registers_meanwhile_is_known_to_the_next_rows(
    station: StationLedger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importer, "ROWS_PER_COMMIT", 1)
    path = write_csv(
        tmp_path,
        ["户", "物资", "数量"],
        ["王某", "口罩", 1],
        ["赵某", "口罩", 2],
        ["赵某", "口罩", 3],
    )

    def register(done: int, total: int | None) -> None:
        with Ledger.open(station.ledger.store.url, station="lx") as other:
            other.register(Recipient(code="R-7", name="赵某"), replace=True)

    chosen = ImportOptions(create_people=True)
    result = import_rows(station.ledger, "needs", path, by="u-1", options=chosen, progress=register)
    assert (result.recorded, result.registered) == (3, [])
    assert station.total("needed:") == 6


def test_the_choices_of_an_import_are_saved_by_name_and_used_again(
    station: StationLedger, tmp_path: Path
) -> None:
    path = write_csv(tmp_path, ["东西", "实收"], ["口罩", 5])
    chosen = ImportOptions(
        columns={"item": "东西", "quantity": "实收"}, values={"location": "store"}
    )
    save_choices(station.ledger, "红会表", "opening-stock", chosen)
    used = with_saved_choices(station.ledger, "红会表", "opening-stock", ImportOptions(year=2020))
    assert used == replace(chosen, year=2020)
    assert import_rows(station.ledger, "opening-stock", path, by="u-1", options=used).recorded == 1
    with pytest.raises(InvalidField, match="saved for opening-stock"):
        with_saved_choices(station.ledger, "红会表", "needs", ImportOptions())
    with pytest.raises(InvalidField, match=r"no columns are saved as 'x'; saved are: 红会表"):
        with_saved_choices(station.ledger, "x", "needs", ImportOptions())
    with station.ledger.admin_transaction() as books:
        amend_station(books, {"papers": {"languages": "en"}})
        assert list(saved_columns(books)) == ["红会表"]
        save_columns(books, "红会表", None)
        assert saved_columns(books) == {}
        assert paper_settings(books).languages == "en"


def test_a_telephone_number_with_an_exponent_is_whole_or_listed(
    station: StationLedger, tmp_path: Path
) -> None:
    path = write_csv(
        tmp_path,
        ["编号", "姓名", "电话"],
        ["00123", "赵一", "1.3800138001E+10"],
        ["00124", "赵二", "1.38001E+10"],
        ["00125", "赵三", 13800138003],
    )
    result = run(station, "households", path)
    assert whys(result) == {"C3": "1.38001E+10 has lost its last digits; write the whole number"}
    homes = [station.books.catalogue.get(Recipient, code) for code in ("00123", "00125")]
    assert [home and home.phone for home in homes] == ["13800138001", "13800138003"]


def test_communities_of_households_are_found_by_name_or_registered(
    station: StationLedger, tmp_path: Path
) -> None:
    path = write_csv(
        tmp_path,
        ["姓名", "社区"],
        ["王家", "龙穴街"],
        ["李家", "龙穴街"],
        ["赵家", "area-9"],
    )
    first = run(station, "households", path)
    assert (first.recorded, first.unknown) == (1, {"community 龙穴街": 2})
    second = run(station, "households", path, create_people=True)
    assert (second.recorded, second.before) == (2, 1)
    assert second.registered[0] == "community C-001 (龙穴街)"
    found = {one.name: one.community for one in list_records(station.books, Recipient).items}
    assert (found["王家"], found["李家"], found["赵家"]) == ("C-001", "C-001", "area-9")


def test_the_community_of_a_need_distinguishes_households_of_one_name(
    station: StationLedger, tmp_path: Path
) -> None:
    station.ledger.register(
        Community(code="lx", name="龙穴街"),
        Recipient(code="W-1", name="王家", community="lx"),
        Recipient(code="W-2", name="王家", community="other"),
        Recipient(code="Z-1", name="周家"),
    )
    path = write_csv(
        tmp_path,
        ["户主", "社区", "物资", "数量"],
        ["王家", "龙穴街", "口罩", 1],
        ["王家", "other", "口罩", 2],
        ["王家", "third", "口罩", 3],
        ["王家", "", "口罩", 4],
        ["周家", "没有登记的社区", "口罩", 5],
        ["W-1", "other", "口罩", 6],
    )
    result = run(station, "needs", path)
    assert whys(result) == {
        "A4": "王家 is registered, but not in the community 'third'",
        "A5": "several are named '王家': W-1, W-2; write the code of one",
    }
    needs = {one.asked: one.recipient for one in list_needs(station.books).items}
    assert needs == {1: "W-1", 2: "W-2", 5: "Z-1", 6: "W-1"}
    created = run(station, "needs", path, create_people=True)
    assert created.recorded == 1
    (third,) = created.registered
    assert third.endswith("(王家)")


def test_an_import_says_that_rows_without_a_day_are_recorded_today(
    station: StationLedger, tmp_path: Path
) -> None:
    path = write_csv(tmp_path, ["物资", "数量"], ["口罩", 3])
    note = "no column has the day: the rows are recorded with today's date"
    result = run(station, "donations", path, values=GIFT)
    assert result.sheets[0].notes == [note]
    result = run(station, "donations", path, values={**GIFT, "day": "2020-02-05"})
    assert result.sheets[0].notes == []


def test_goods_that_open_missing_would_open_are_no_problem_of_a_row(
    station: StationLedger, tmp_path: Path
) -> None:
    path = write_csv(
        tmp_path,
        ["领取人", "物资", "数量", "地点", "人次"],
        ["R-1", "口罩", 10, "store", 3],
    )
    (listed,) = run(station, "distributions", path, open_missing=True).listed
    assert [one.cell for one in listed.problems] == ["E2"]
    (listed,) = run(station, "distributions", path).listed
    assert [one.cell for one in listed.problems] == ["E2", "C2"]


def test_expiry_months_are_read_also_as_english_words(
    station: StationLedger, tmp_path: Path
) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["item", "quantity", "unit", "expiry"])
    for expiry in ("Jun 2022", "06/2022", "2022-06", 2022.6, 2022.1):
        sheet.append(["口罩", 3, "pcs", expiry])
    path = tmp_path / "expiry.xlsx"
    book.save(path)
    values = {"location": "store", "day": "2020-02-05"}
    result = run(station, "opening-stock", path, values=values)
    assert result.recorded == 4
    assert whys(result) == {"D6": "2022.1 is a number and not a day; write it as 2020-02-28"}
    assert station.total("stock:store") == 12
    stock = get_stock(station.books, item="mask").items
    assert {row.expires_month for row in stock} == {"2022-06"}


def test_new_donors_with_the_name_of_an_organisation_are_organisations(
    station: StationLedger, tmp_path: Path
) -> None:
    organisations = ["天河医疗有限公司", "Blue Bay Co., Ltd.", "善行基金会", "某公司（中国）"]
    names = [*organisations, "公司职员李某", "Mary Church-Hill"]
    path = write_csv(tmp_path, ["捐赠单位", "物资", "数量"], *([name, "口罩", 1] for name in names))
    run(station, "donations", path, values=GIFT, create_people=True)
    kinds = {one.name: one.kind for one in list_records(station.books, Donor).items}
    assert {name for name in names if kinds[name] == "organisation"} == set(organisations)
