"""Flat tables for Datasette and sqlite-utils, opened by both."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import get_args
from urllib.parse import quote

import pytest
from supplies_service.pages import languages
from support.judges import judge
from support.ledger_fixture import StationLedger

from supplies.cli import main
from supplies.domain import commands as c
from supplies.domain.catalogue_records import Donor, Item, Recipient
from supplies.domain.entries import ENTRY_KINDS
from supplies.exports.datasette import write_datasette
from supplies.exports.datasette_words import CHINESE_VALUES
from supplies.exports.search_words import search_words
from supplies.ledger.ledger import Ledger
from supplies.views.needs import NeedStatus
from supplies.views.pledges import PledgeStatus

MASKS_ON_THE_DAY = (
    "select 受助人, 数量 from 发放 where 日期 = '2020-02-06' and 物资 = '口罩' order by 受助人"
)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The books of the demonstration."""
    path: Path = tmp_path_factory.mktemp("demo") / "demo.db"
    assert main(["demo", "--database", str(path)]) == 0
    return path


@pytest.fixture(scope="module")
def exported(demo: Path) -> Path:
    """The flat tables of the demonstration, without personal data."""
    path = demo.with_name("flat.db")
    assert main(["export", "datasette", str(path), "--database", str(demo)]) == 0
    return path


def tilde_encoded(text: str) -> str:
    """Encode a name as Datasette does in addresses."""
    return quote(text).replace("%", "~")


def rows(*command: str | Path) -> list[dict[str, object]]:
    found = judge(*command)
    assert found.returncode == 0, found.stderr
    result: list[dict[str, object]] = json.loads(found.stdout)
    return result


def test_sqlite_utils_answers_who_got_masks_on_a_day(demo: Path, exported: Path) -> None:
    found = rows("sqlite-utils", "query", exported, MASKS_ON_THE_DAY)
    with Ledger.open(str(demo), station="lx", create=False) as ledger:
        expected = ledger.books.all(
            "SELECT recipient_code, quantity FROM who_received_what WHERE station = :station "
            "AND day = '2020-02-06' AND item = '口罩' ORDER BY recipient_code"
        )
    assert [(row["受助人"], row["数量"]) for row in found] == expected != []


@pytest.mark.parametrize("words", ["口罩", "罩", "masks", "mask"])
def test_sqlite_utils_finds_words_in_chinese_and_english(exported: Path, words: str) -> None:
    found = rows("sqlite-utils", "search", exported, "物资", words)
    assert "口罩" in [row["名称"] for row in found]
    assert {row["物资"] for row in rows("sqlite-utils", "search", exported, "发放", words)} == {
        "口罩"
    }


@pytest.mark.parametrize(
    "words", ["口罩 2月6日", "masks 6 February", "2020年2月6日 口罩", "口罩 2020-02-06"]
)
def test_a_search_finds_who_got_an_item_on_a_day(exported: Path, words: str) -> None:
    found = rows("sqlite-utils", "search", exported, "发放", words, "--quote")
    expected = rows("sqlite-utils", "query", exported, MASKS_ON_THE_DAY)
    assert sorted((row["受助人"], row["数量"]) for row in found) == [
        (row["受助人"], row["数量"]) for row in expected
    ]


def test_the_rows_of_every_table_can_be_counted(exported: Path) -> None:
    found = {
        row["table"]: row["count"] for row in rows("sqlite-utils", "tables", exported, "--counts")
    }
    assert found["物资_fts"] == found["物资"] > 0


def test_a_chinese_export_has_the_words_of_the_pages_instead_of_codes(exported: Path) -> None:
    needs = rows("sqlite-utils", "rows", exported, "需求")
    assert {row["状态"] for row in needs} <= {"未满足", "已认领", "已预留", "已满足", "已结束"}
    assert {row["紧急程度"] for row in needs} <= {"紧急", "一般", "不急"}
    items = rows("sqlite-utils", "rows", exported, "物资")
    assert all(not str(row["单位"]).isascii() for row in items)
    entries = rows("sqlite-utils", "rows", exported, "分录")
    assert all(not str(row["类别"]).isascii() for row in entries)


def test_every_code_has_the_word_that_the_pages_show() -> None:
    for column, codes in (
        (("entries", "kind"), ENTRY_KINDS),
        (("needs", "status"), get_args(NeedStatus)),
        (("needs", "urgency"), get_args(c.Urgency)),
        (("pledges", "status"), get_args(PledgeStatus)),
    ):
        assert set(CHINESE_VALUES[column]) == set(codes)
    file = Path(languages.__file__).with_name("translations") / "zh.po"
    messages = file.read_text("utf-8")
    for words in CHINESE_VALUES.values():
        assert [word for word in words.values() if f'msgstr "{word}"' not in messages] == []


def test_datasette_shows_the_tables_with_search_and_links(exported: Path) -> None:
    table = f"/flat/{tilde_encoded('发放')}"
    answer = rows("datasette", exported, "--get", f"{table}.json?_search=masks&_shape=array")
    assert {row["物资"] for row in answer} == {"口罩"}
    page = judge("datasette", exported, "--get", f"{table}?_search={quote('口罩')}")
    assert page.returncode == 0
    assert f'href="/flat/{tilde_encoded("物资")}/{tilde_encoded("口罩")}">口罩</a>' in page.stdout


def test_foreign_keys_lead_to_rows(exported: Path) -> None:
    assert rows("sqlite-utils", "query", exported, "pragma foreign_key_check") == []
    keys = rows("sqlite-utils", "query", exported, "select * from pragma_foreign_key_list('发放')")
    assert {row["table"] for row in keys} == {"物资", "受助人"}


def test_the_file_has_personal_data_only_if_asked(
    demo: Path, exported: Path, tmp_path: Path
) -> None:
    with Ledger.open(str(demo), station="lx", create=False) as ledger:
        people = ledger.books.all(
            "SELECT name, phone, address FROM recipients WHERE kind = 'household'"
        )
    personal = tmp_path / "personal.db"
    command = ["export", "datasette", str(personal), "--personal", "--database", str(demo)]
    assert main(command) == 0
    content, full = exported.read_bytes(), personal.read_bytes()
    secrets = [value for row in people for value in row if value is not None]
    assert secrets
    assert [one for one in secrets if one.encode() in content] == []
    assert [one for one in secrets if one.encode() not in full] == []
    assert personal.stat().st_mode & 0o077 == 0


def test_names_are_in_the_language_that_was_asked_for(demo: Path, tmp_path: Path) -> None:
    path = tmp_path / "flat.db"
    command = ["export", "datasette", str(path), "--language", "en", "--database", str(demo)]
    assert main(command) == 0
    query = "select distinct item from handed_out order by item"
    items = [row["item"] for row in rows("sqlite-utils", "query", path, query)]
    assert items == ["comfort gift", "hand sanitiser", "leaflet", "mask"]
    assert rows("sqlite-utils", "search", path, "handed_out", "口罩")


def test_an_export_replaces_an_earlier_export_but_no_other_database(
    demo: Path, exported: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "flat.db"
    shutil.copy(exported, path)
    command = ["export", "datasette", str(path), "--database", str(demo)]
    assert main(command) == 1
    assert main([*command, "--force"]) == 0
    shutil.copy(demo, path)
    assert main([*command, "--force"]) == 1
    assert "is a database" in capsys.readouterr().err


def test_both_engines_give_tables_net_of_corrections(
    station: StationLedger, tmp_path: Path
) -> None:
    station.ledger.register(Donor(code="D-9", name="广州某企业"), Item(code="KN", name="口罩"))
    station.give(71)
    lines = [c.RecipientLine(item="mask", quantity=10)]
    station(c.HandOut(recipient="R-1", location="store", lines=lines))
    wrong = station(c.HandOut(recipient="R-2", location="store", lines=lines))
    station(c.Reverse(entry=wrong.seq, reason="not for R-2"))
    path = tmp_path / "flat.db"
    path.touch()
    write_datasette(station.books, path, "zh", personal=True)
    (gift,) = rows("sqlite-utils", "rows", path, "捐赠")
    assert (gift["捐赠人"], gift["物资"], gift["数量"]) == ("广州某企业 (D-1)", "口罩 (mask)", 71)
    (handed_out,) = rows("sqlite-utils", "rows", path, "发放")
    assert (handed_out["受助人"], handed_out["数量"]) == ("王某", 10)


def test_merged_people_are_one_person(station: StationLedger, tmp_path: Path) -> None:
    station.ledger.register(
        Donor(code="D-8", name="李某", kind="organisation"), Recipient(code="R-8", name="赵某")
    )
    for donor, recipient in (("D-1", "R-1"), ("D-8", "R-8")):
        station.give(10, donor=donor)
        lines = [c.RecipientLine(item="mask", quantity=4)]
        station(c.HandOut(recipient=recipient, location="store", lines=lines))
    station(c.MergeCodes(kind="donor", code="D-8", into="D-1", reason="registered twice"))
    station(c.MergeCodes(kind="recipient", code="R-8", into="R-1", reason="registered twice"))
    path = tmp_path / "flat.db"
    path.touch()
    write_datasette(station.books, path, "en", personal=True)
    donors = {row["code"]: row["name"] for row in rows("sqlite-utils", "rows", path, "donors")}
    gifts = rows("sqlite-utils", "rows", path, "gifts")
    assert "D-8" not in donors
    assert [(gift["donor"], gift["quantity"]) for gift in gifts] == [(donors["D-1"], 10)] * 2
    (handed_out,) = rows("sqlite-utils", "rows", path, "handed_out")
    assert (handed_out["recipient"], handed_out["quantity"]) == ("王某", 8)
    assert rows("sqlite-utils", "query", path, "pragma foreign_key_check") == []


def test_every_part_of_a_chinese_name_is_a_word() -> None:
    words = search_words("一次性医用外科口罩", "KN95 mask").split()
    assert {"一次性", "医用", "口罩", "一次性医用外科口罩", "KN95", "mask"} <= set(words)
    assert {"N95", "医用", "口罩", "N95医用口罩"} <= set(search_words("N95医用口罩").split())
