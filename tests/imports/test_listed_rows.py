"""Rows that were listed are corrected and imported again, and none of them twice."""

from __future__ import annotations

import csv
import signal
import threading
import tracemalloc
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import msgspec
import openpyxl
import pytest
from support.csv_files import write_csv
from support.ledger_fixture import Clock, StationLedger, register_all

from supplies.cli import main, progress
from supplies.domain.catalogue_records import Item
from supplies.errors import Sentence
from supplies.imports import importer
from supplies.imports.import_results import (
    ImportOptions,
    ImportResult,
    Listed,
    ListedRows,
    Message,
    json_of_result,
    summary,
)
from supplies.imports.importer import import_rows
from supplies.imports.listed_rows import listed_as_csv
from supplies.ledger.ledger import Ledger
from supplies.views.donations import list_donations

GIFT = {"location": "store", "handled_by": "陈某"}


def run(
    station: StationLedger, path: Path, kind: str = "donations", **options: object
) -> ImportResult:
    values = GIFT if kind == "donations" else {}
    chosen = ImportOptions(values=values, **options)  # type: ignore[arg-type]  # given by each test
    result = import_rows(station.ledger, kind, path, by="u-1", options=chosen)
    assert result.rows == result.recorded + result.before + len(result.listed)
    return result


def corrected(
    result: ImportResult, folder: Path, name: str, *changes: Callable[[dict[str, str]], object]
) -> Path:
    """Write the listed rows to a file, each changed by its function."""
    file = folder / "listed.csv"
    file.write_bytes(b"".join(listed_as_csv(result)))
    with file.open(encoding="utf-8-sig", newline="") as lines:
        reader = csv.DictReader(lines)
        rows = list(reader)
    for row, change in zip(rows, changes, strict=False):
        change(row)
    target = folder / name
    with target.open("w", encoding="utf-8-sig", newline="") as lines:
        writer = csv.DictWriter(lines, reader.fieldnames or ())
        writer.writeheader()
        writer.writerows(rows)
    return target


def quantity(number: int) -> Callable[[dict[str, str]], object]:
    return lambda row: row.update(数量=str(number))


def test_a_correction_is_recorded_once_however_often_the_file_changes(
    station: StationLedger, tmp_path: Path
) -> None:
    path = write_csv(tmp_path, ["物资", "数量"], ["口罩", "约7"], ["口罩", "约9"], ["口罩", 1])
    first = run(station, path)
    assert (first.recorded, len(first.listed)) == (1, 2)
    half = corrected(first, tmp_path, "half.csv", quantity(7))
    second = run(station, half)
    assert (second.recorded, len(second.listed)) == (1, 1)
    again = run(station, half)
    assert (again.recorded, again.before, len(again.listed)) == (0, 1, 1)
    both = corrected(first, tmp_path, "both.csv", quantity(7), quantity(9))
    third = run(station, both)
    assert (third.recorded, third.before) == (1, 1)
    rest = corrected(second, tmp_path, "rest.csv", quantity(9))
    assert run(station, rest).before == 1
    assert run(station, path).before == 3
    assert station.total("stock:store") == 7 + 9 + 1


def test_another_correction_of_a_recorded_row_is_listed(
    station: StationLedger, tmp_path: Path
) -> None:
    first = run(station, write_csv(tmp_path, ["物资", "数量"], ["口罩", "约7"]))
    run(station, corrected(first, tmp_path, "a.csv", quantity(7)))
    result = run(station, corrected(first, tmp_path, "b.csv", quantity(8)))
    assert [one.why for one in result.listed] == [
        "another correction of this row was recorded before; correct the entry in the books instead"
    ]
    assert station.total("stock:store") == 7


def test_a_listed_row_can_be_divided_into_several(station: StationLedger, tmp_path: Path) -> None:
    first = run(station, write_csv(tmp_path, ["物资", "数量"], ["口罩", "5或6"], ["口罩", "约7"]))
    origin = "原始行 origin"

    def second_part(row: dict[str, str]) -> None:
        row.update({origin: first.listed[0].origin, "数量": "5"})

    path = corrected(first, tmp_path, "a.csv", quantity(5), second_part)
    result = run(station, path)
    assert result.recorded == 1
    assert "row 2 corrects the same row; if it was divided, write #2" in result.listed[0].why

    def numbered(row: dict[str, str]) -> None:
        row.update({origin: f"{first.listed[0].origin}#2", "数量": "5"})

    path = corrected(first, tmp_path, "b.csv", quantity(5), numbered)
    assert (run(station, path).recorded, run(station, path).before) == (1, 2)
    assert station.total("stock:store") == 10


def test_a_changed_origin_is_listed(station: StationLedger, tmp_path: Path) -> None:
    first = run(station, write_csv(tmp_path, ["物资", "数量"], ["口罩", "约7"]))

    def change(row: dict[str, str]) -> None:
        row.update({"原始行 origin": "17", "数量": "7"})

    result = run(station, corrected(first, tmp_path, "a.csv", change))
    assert "the cell 原始行 origin was changed" in result.listed[0].why


def test_a_sheet_with_an_unusual_name_keeps_its_rows_apart(
    station: StationLedger, tmp_path: Path
) -> None:
    import openpyxl

    book = openpyxl.Workbook()
    book.active.title = "２月　100% "
    book.active.append(["物资", "数量"])
    book.active.append(["口罩", "约7"])
    path = tmp_path / "gifts.xlsx"
    book.save(path)
    first = run(station, path)
    assert run(station, corrected(first, tmp_path, "a.csv", quantity(7))).recorded == 1
    assert run(station, path).before == 1


def test_the_text_of_a_formula_error_is_not_recorded(
    station: StationLedger, tmp_path: Path
) -> None:
    path = write_csv(tmp_path, ["物资", "数量", "备注"], ["口罩", 7, "#N/A"], ["口罩", 8, "#REF!"])
    result = run(station, path)
    assert {one.cell for one in result.listed} == {"C2", "C3"}
    again = run(station, corrected(result, tmp_path, "a.csv", lambda row: row.update(备注="")))
    assert (again.recorded, len(again.listed)) == (1, 1)


def test_a_specification_that_the_item_does_not_have_is_in_the_note(
    station: StationLedger, tmp_path: Path
) -> None:
    path = write_csv(
        tmp_path,
        ["物资", "规格", "数量", "备注"],
        ["口罩", "KN95 白色", 7, "门口"],
        ["口罩", "50只/盒", "1盒", ""],
    )
    run(station, path)
    first, second = list_donations(station.books).items
    assert first.note == "门口; 口罩: KN95 白色"
    assert second.note is None


def test_all_rows_of_a_document_give_their_notes_and_names(
    station: StationLedger, tmp_path: Path
) -> None:
    path = write_csv(
        tmp_path,
        ["捐赠编号", "物资", "数量", "经办人", "备注"],
        ["1", "口罩", 7, "陈某", "早上"],
        ["1", "口罩", 8, "李某", "下午"],
        ["1", "口罩", 9, "陈某", "早上"],
    )
    chosen = ImportOptions(values={"location": "store"})
    import_rows(station.ledger, "donations", path, by="u-1", options=chosen)
    (one,) = list_donations(station.books).items
    assert (one.handled_by, one.note) == ("陈某、李某", "早上; 下午")


def test_rows_of_a_pledge_with_different_due_days_are_listed(
    station: StationLedger, tmp_path: Path
) -> None:
    path = write_csv(
        tmp_path,
        ["reference", "donor", "item", "quantity", "due_on"],
        ["1", "D-1", "mask", 7, "2020-02-20"],
        ["1", "D-1", "soap", 8, "2020-02-21"],
    )
    result = run(station, path, "pledges")
    assert "different values for due_on" in result.listed[0].why
    assert result.recorded == 0


def test_nothing_is_registered_for_rows_that_are_listed(
    station: StationLedger, tmp_path: Path
) -> None:
    path = write_csv(
        tmp_path,
        ["捐赠编号", "捐赠单位", "物资", "数量"],
        ["1", "新公司", "护目镜", 7],
        ["1", "新公司", "口罩", "约8"],
    )
    result = run(station, path, create_items=True, create_people=True)
    assert (result.recorded, result.registered) == (0, [])
    assert station.books.catalogue.get(Item, "I-001") is None


def test_ctrl_c_stops_the_command_with_what_was_recorded(
    books_path: Path,
    clock: Clock,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(importer, "ROWS_PER_COMMIT", 1)
    monkeypatch.setattr(progress, "interrupted", lambda: nullcontext(pressed))
    path = write_csv(tmp_path, ["物资", "数量"], ["口罩", 1], ["口罩", 2])
    pressed = threading.Event()
    pressed.set()
    with Ledger.open(str(books_path), station="lx", clock=clock) as ledger:
        register_all(ledger)
    words = ["import", "donations", str(path), "--by", "u-1", "--database", str(books_path)]
    for name, value in GIFT.items():
        words += ["--value", f"{name}={value}"]
    assert main(words) == 130
    out = capsys.readouterr().out
    assert "1 row read: 1 recorded" in out
    assert "import the same file again to go on" in out


def test_a_first_ctrl_c_sets_the_event_and_a_second_interrupts() -> None:
    with progress.interrupted() as stop:
        signal.raise_signal(signal.SIGINT)
        assert stop.is_set()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


def test_listed_rows_are_a_sequence_that_takes_little_memory() -> None:
    why = Sentence("the {column} is missing", column="数量")
    rows = [
        Listed("", at, f"C{at}", str(why), [f"口罩 {at}"], f"!{at}", Message.of(why))
        for at in range(1203)
    ]
    tracemalloc.start()
    listed = ListedRows()
    for row in rows:
        listed.append(row)
    taken = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert taken < 50 * len(rows)
    assert listed == rows
    assert [listed[0], listed[-1], listed[1000]] == [rows[0], rows[-1], rows[1000]]
    assert listed[495:505] == rows[495:505]
    assert listed[700].problems[0].sentence == why
    with pytest.raises(IndexError):
        listed[1203]


@pytest.mark.parametrize("count", [0, 1, 1203])
def test_the_json_of_a_result_is_written_in_parts(count: int) -> None:
    result = ImportResult(file='a "listed":[].csv', kind="needs", dry_run=False, rows=count)
    for at in range(count):
        result.listed.append(Listed("", at, f"C{at}", "why", ["口罩"], f"!{at}"))
    parts = list(json_of_result(result))
    assert len(parts) == count + 2
    assert b"".join(parts) == msgspec.json.encode(result, enc_hook=list)


def test_progress_counts_the_rows_of_all_sheets(
    station: StationLedger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importer, "ROWS_PER_COMMIT", 2)
    book = openpyxl.Workbook()
    for sheet in (book.worksheets[0], book.create_sheet("more")):
        for row in (["物资", "数量"], *(["口罩", 1] for _ in range(4))):
            sheet.append(row)
    book.save(tmp_path / "a.xlsx")

    def progress_of(sheet: str | None) -> list[tuple[int, int | None]]:
        seen: list[tuple[int, int | None]] = []
        import_rows(
            station.ledger,
            "donations",
            tmp_path / "a.xlsx",
            by="u-1",
            options=ImportOptions(values=GIFT, sheet=sheet, dry_run=True),
            progress=lambda done, total: seen.append((done, total)),
        )
        return seen

    # One row is read ahead, to see whether it belongs to the same donation.
    assert progress_of("more") == [(3, 4), (4, 4)]
    done, totals = zip(*progress_of(None), strict=True)
    assert done == (3, 4, 7, 8)
    assert totals == (9, 9, 8, 8)  # The headings of the second sheet are not known at first.


def test_an_import_stops_between_two_groups_and_says_so(
    station: StationLedger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importer, "ROWS_PER_COMMIT", 2)
    path = write_csv(tmp_path, ["物资", "数量"], *(["口罩", 1] for _ in range(5)))
    options = ImportOptions(values=GIFT)
    seen: list[tuple[int, int | None]] = []
    result = import_rows(
        station.ledger,
        "donations",
        path,
        by="u-1",
        options=options,
        progress=lambda done, total: seen.append((done, total)),
        stop=lambda: True,
    )
    assert (result.stopped, result.rows, result.recorded) == (True, 2, 2)
    assert summary(result)[-1] == "stopped before the end; import the same file again to go on"
    assert seen[0][1] in (5, 6)
    rest = run(station, path)
    assert (rest.stopped, rest.before, rest.recorded) == (False, 2, 3)


def test_the_command_line_writes_reasons_in_the_language_of_the_station_and_saves_columns(
    books_path: Path, clock: Clock, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Ledger.open(str(books_path), station="lx", clock=clock) as ledger:
        register_all(ledger)
    path = write_csv(
        tmp_path,
        ["户主", "东西", "数量", "日期"],
        ["R-1", "口罩", 1, "2月5日"],
        ["R-1", "口罩", "2提", "2020-02-05"],
        ["", "口罩", 2, "2020-02-05"],
        ["R-1", "口罩", 2, "2020-02-30"],
    )
    listed = tmp_path / "listed.csv"
    words = ["import", "needs", str(path), "--by", "u-1", "--database", str(books_path)]
    words += ["--listed", str(listed), "--force"]
    assert main([*words, "--column", "item=东西", "--save", "户表"]) == 1
    assert main([*words, "--saved", "户表"]) == 1
    assert "4 rows read: 0 recorded, 0 recorded before, 4 listed" in capsys.readouterr().out
    text = listed.read_text("utf-8-sig")
    for reason in (
        "日期没有年份",
        "口罩以件计数；请以件填写数量，或写明每提的数量，如 50件/提",
        "缺少“户主”",
        "不是日历上存在的日期",
    ):
        assert reason in text
    assert main([*words, "--saved", "另一表"]) == 1
    assert "已保存的有：户表" in capsys.readouterr().err


def test_all_problems_of_a_row_are_listed_with_their_cells(
    station: StationLedger, tmp_path: Path
) -> None:
    path = write_csv(
        tmp_path,
        ["物资", "数量", "捐赠单位", "日期", "地点"],
        ["盐", "约3", "爱心人士", "2020-02-30", "nowhere"],
        ["口罩", "0", "爱心人士", "2020-02-30", "store"],
        ["口罩", "3", "爱心人士", "2020-02-05", "store"],
    )
    result = run(station, path)
    assert (result.recorded, result.unknown) == (1, {"item 盐": 1, "location nowhere": 1})
    first, second = result.listed
    assert {one.cell: one.why for one in first.problems} == {
        "A2": "no item is named '盐'; register it, or add --create-items",
        "B2": "'约3' is not exact; write the number that was counted",
        "D2": "'2020-02-30' is not a day of the calendar",
        "E2": "no location is named 'nowhere'; register it",
    }
    assert [one.cell for one in second.problems] == ["B3"]  # It is never recorded.
    assert "  1 × '2020-02-30' is not a day of the calendar" in summary(result)
    fixed = corrected(
        result,
        tmp_path,
        "fixed.csv",
        lambda row: row.update(物资="口罩", 数量="3", 日期="2020-02-05", 地点="store"),
        lambda row: row.update(数量="2", 日期="2020-02-05"),
    )
    assert run(station, fixed).recorded == 2


def test_a_future_day_is_listed_with_the_other_problems(
    station: StationLedger, tmp_path: Path
) -> None:
    path = write_csv(tmp_path, ["物资", "数量", "日期"], ["口罩", "x", "2099-01-01"])
    (row,) = run(station, path).listed
    assert [one.cell for one in row.problems] == ["B2", "C2"]
    assert "2099-01-01 is in the future; today is" in row.problems[1].why


def test_the_list_names_all_cells_and_reasons_in_one_order(
    station: StationLedger, tmp_path: Path
) -> None:
    path = write_csv(tmp_path, ["物资", "数量", "日期"], ["口罩", "x", "never"])
    result = run(station, path)
    (row,) = csv.DictReader(b"".join(listed_as_csv(result)).decode("utf-8-sig").splitlines())
    assert row["单元格 cell"] == "B2, C2"
    assert row["未导入原因 why"] == (
        "'x' is not a quantity; write a number, as in 198 or 198箱; "
        "'never' is not a day; write it as 2020-02-28"
    )
    assert msgspec.json.decode(b"".join(json_of_result(result)))["listed"][0]["further"] == [
        {
            "cell": "C2",
            "why": "'never' is not a day; write it as 2020-02-28",
            "message": {
                "template": "{text} is not a day; write it as 2020-02-28",
                "values": {"text": "'never'"},
            },
        }
    ]


def test_all_problems_of_each_row_of_a_document_are_listed(
    station: StationLedger, tmp_path: Path
) -> None:
    path = write_csv(
        tmp_path,
        ["单号", "物资", "数量", "有效期"],
        ["A", "盐", "约3", "2020-02-01"],
        ["A", "口罩", "x", "soon"],
        ["A", "口罩", "5", ""],
    )
    result = run(station, path)
    assert [[one.cell for one in row.problems] for row in result.listed] == [
        ["C2", "B2"],
        ["C3", "D3"],
        ["row 4"],
    ]


def test_a_household_with_several_wrong_cells_is_listed_with_all(
    station: StationLedger, tmp_path: Path
) -> None:
    path = write_csv(tmp_path, ["姓名", "类型", "电话", "人数"], ["王家", "狗", "1.38E+10", "0"])
    (listed,) = run(station, path, "households").listed
    assert {one.cell: one.why for one in listed.problems}.keys() == {"B2", "C2", "D2"}
    assert listed.problems[-1].why == "0 is too small; it must be 1 or more"


def test_a_value_for_all_rows_is_named_in_the_place_of_its_fault(
    station: StationLedger, tmp_path: Path
) -> None:
    path = write_csv(tmp_path, ["物资", "数量"], ["口罩", 3])
    chosen = ImportOptions(values={**GIFT, "day": "2月5日"})
    (listed,) = import_rows(station.ledger, "donations", path, by="u-1", options=chosen).listed
    assert listed.cell == "row 2, day"


def test_a_list_of_a_dry_run_is_replaced_unless_it_was_corrected(
    books_url: str, station: StationLedger, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_csv(tmp_path, ["物资", "数量", "备注"], ["口罩", "约3", ""], ["口罩", 3, "=x"])
    listed = tmp_path / "listed.csv"
    command = ["import", "donations", str(path), "--database", books_url, "--by", "u-1"]
    command += ["--value", "location=store", "--value", "handled_by=陈某"]
    command += ["--listed", str(listed)]
    assert main([*command, "--dry-run"]) == 1
    before = listed.read_bytes()
    assert main(command) == 1
    assert listed.read_bytes() == before
    listed.write_text(listed.read_text("utf-8-sig").replace("约3", "3"), "utf-8")
    assert main(command) == 1
    assert "exists" in capsys.readouterr().err
    assert "约" not in listed.read_text("utf-8")
    other = write_csv(tmp_path, ["物资", "数量"], ["口罩", 9], name="other.csv")
    listed.write_bytes(before)
    assert main([*command[:2], str(other), *command[3:]]) == 1
    assert listed.read_bytes() == before
