"""Spreadsheets are imported on a page: they are tried first, and then recorded."""

from __future__ import annotations

import re
import zipfile
from io import BytesIO

import openpyxl
import pytest
from supplies_service.pages.imports import MAX_FILE, parse_upload
from supplies_service.problems import Malformed
from support.page_client import Browser, sign_in_as
from support.rest_client import ADDRESS, RestClient
from support.service_fixture import Service

PATH = "/admin/import"


@pytest.fixture
def browser(rest: RestClient, service: Service) -> Browser:
    rest.client.headers["Accept-Language"] = "en"
    return sign_in_as(rest.client, service, "coordinator")


def upload(browser: Browser, kind: str, name: str, content: bytes) -> str:
    answer = browser.client.post(
        PATH,
        data={"kind": kind, "do": "try"},
        files={"file": (name, content)},
        headers={"Origin": ADDRESS},
    )
    return answer.text


def hidden_content(page: str) -> str:
    found = re.search(r'name="content" value="([^"]+)"', page)
    assert found
    return found[1]


def chosen_columns(page: str) -> dict[str, str]:
    """Return the values that a browser sends for the choices of columns."""
    choices = re.findall(r'<select name="(column:\w+)".*?</select>', page)
    shown = {
        name: page.partition(f'<select name="{name}"')[2].partition("</select>")[0]
        for name in choices
    }
    selected = {name: re.search(r'value="([^"]*)" selected', text) for name, text in shown.items()}
    return {name: found[1] if found else "" for name, found in selected.items()}


def test_a_file_is_tried_then_recorded_and_its_listed_rows_are_downloaded(browser: Browser) -> None:
    rows = "户主,物资,数量\nR-1,mask,3\nR-1,unknown,2\n".encode()
    tried = upload(browser, "needs", "需求.csv", rows)
    assert "1 of 2 rows would be recorded." in tried
    assert "unknown" in tried
    fields = {"kind": "needs", "name": "needs.csv", "content": hidden_content(tried)}
    done = browser.send(PATH, do="save", **fields)
    assert "1 of 2 rows were recorded." in done.text
    again = browser.send(PATH, do="save", **fields)
    assert "1 were recorded before." in again.text
    listed = browser.send(PATH, do="listed", **fields)
    assert listed.headers["content-disposition"] == 'attachment; filename="listed.csv"'
    assert "unknown" in listed.text
    assert "R-1,mask,3" not in listed.text


def test_columns_are_chosen_by_hand(browser: Browser) -> None:
    rows = b"who,what,pieces\nR-1,mask,3\n"
    tried = upload(browser, "needs", "needs.csv", rows)
    assert "Choose its columns below" in tried
    fields = {"kind": "needs", "name": "needs.csv", "content": hidden_content(tried)}
    chosen = {"column:recipient": "who", "column:item": "what", "column:quantity": "pieces"}
    shown = browser.send(PATH, do="try", **fields, **chosen)
    assert "1 of 1 rows would be recorded." in shown.text


def test_columns_that_are_recognized_are_shown_if_another_one_is_missing(browser: Browser) -> None:
    rows = "捐赠登记表,,\n捐赠单位,物资,实收\n某企业,mask,3\n".encode()
    tried = upload(browser, "donations", "gifts.csv", rows)
    assert "The file cannot be imported like this" in tried
    shown = dict(re.findall(r'name="column:(\w+)"[^>]*><option value="">([^<]*)<', tried))
    assert {name for name, heading in shown.items() if heading != "–"} == {"donor", "item"}
    assert (shown["donor"], shown["item"]) == ("捐赠单位", "物资")


def test_a_chosen_column_stays_chosen_in_the_next_step(browser: Browser) -> None:
    rows = "户主,物资,数量,实收\nR-1,mask,100,7\n".encode()
    tried = upload(browser, "needs", "needs.csv", rows)
    fields = {"kind": "needs", "name": "needs.csv", "content": hidden_content(tried)}
    shown = browser.send(PATH, do="try", **fields, **{"column:quantity": "实收"}).text
    sent = chosen_columns(shown)
    assert sent["column:quantity"] == "实收"
    browser.send(PATH, do="save", **fields, **sent)
    needs = browser.open("/needs?recipient=R-1")
    assert ">7 " in needs
    assert ">100 " not in needs


def test_a_zip_bomb_and_a_large_file_are_refused(browser: Browser) -> None:
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b" " * 50_000_000)
        archive.writestr("[Content_Types].xml", b"<Types/>")
    page = upload(browser, "needs", "b.xlsx", packed.getvalue())
    assert "The file cannot be imported." in page
    assert "Choose its columns" not in page, "the file has none to choose from"
    assert "The request is too large" in upload(browser, "needs", "a.csv", b"x" * (MAX_FILE + 1))
    assert "choose a file" in upload(browser, "needs", "a.csv", b"")


def test_a_body_that_is_not_a_form_is_refused() -> None:
    with pytest.raises(Malformed):
        parse_upload("multipart/form-data", b"")
    with pytest.raises(Malformed):
        parse_upload("multipart/form-data; boundary=x", b"--x\r\nnothing\r\n--x--")


def test_reasons_are_said_in_chinese_and_without_options_of_the_command_line(
    browser: Browser,
) -> None:
    browser.client.headers["Accept-Language"] = "zh"
    listed = upload(
        browser, "needs", "a.csv", "户主,物资,数量\nR-1,mask,约3\nR-1,帐篷,2\n".encode()
    )
    assert "不是准确数量" in listed
    assert "尚未登记；请先登记，或勾选下方的选项" in listed
    missing = upload(browser, "needs", "b.csv", b"who,what\nR-1,mask\n")
    assert "请在下方选择列" in missing
    assert "--" not in listed + missing
    assert "b.csv 是空文件" in upload(browser, "needs", "b.csv", b"\n")


def test_the_page_names_equal_rows_unread_columns_and_sheets_that_are_left_out(
    browser: Browser,
) -> None:
    browser.client.headers["Accept-Language"] = "zh"
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (["户主", "物资", "数量", "颜色"], *[["R-1", "mask", 3, "白"]] * 2):
        sheet.append(row)
    explained = book.create_sheet("说明")
    explained.append(["请填写"])
    explained.sheet_state = "hidden"
    content = BytesIO()
    book.save(content)
    shown = upload(browser, "needs", "a.xlsx", content.getvalue())
    assert "同样予以登记：3 = 2" in shown
    assert "未读取的列：颜色" in shown
    assert "这是隐藏的工作表" in shown
    assert "跳过了这个工作表：文件中没有" in shown
    assert "--column" not in shown


def test_reasons_about_days_packs_and_files_are_chinese_on_the_page_and_in_the_download(
    browser: Browser,
) -> None:
    browser.client.headers["Accept-Language"] = "zh"
    rows = "户主,物资,数量,日期\nR-1,mask,3,2月5日\nR-1,mask,2提,2020-02-05\n,mask,1,2020-02-05\n"
    tried = upload(browser, "needs", "a.csv", rows.encode())
    fields = {"kind": "needs", "name": "a.csv", "content": hidden_content(tried)}

    def send(do: str, **changes: str) -> str:
        data = {**fields, "do": do, **changes}
        return browser.client.post(PATH, data=data, headers={"Origin": ADDRESS}).text

    downloaded = send("listed")
    for reason in ("日期没有年份；请在下方填写", "或写明每提的数量", "缺少“户主”"):
        assert reason in tried
        assert reason in downloaded
    assert "日期没有年份" not in send("try", year="2020")
    assert "应为 1900 至 2200" in send("try", year="20")
    large = "户主,物资,数量\n" + "R-1,mask,1\n" * 2_001
    assert "超过 2000 行；请拆分文件" in upload(browser, "needs", "b.csv", large.encode())


def test_columns_chosen_by_hand_are_saved_by_name_and_used_for_the_next_file(
    browser: Browser,
) -> None:
    tried = upload(browser, "needs", "needs.csv", b"who,what,pieces\nR-1,mask,3\n")
    assert 'name="saved"' not in browser.open(PATH)
    fields = {"kind": "needs", "name": "needs.csv", "content": hidden_content(tried)}
    chosen = {"column:recipient": "who", "column:item": "what", "column:quantity": "pieces"}
    browser.send(PATH, do="try", save_as="our list", **fields, **chosen)
    assert '<option value="our list">our list</option>' in browser.open(PATH)
    answer = browser.client.post(
        PATH,
        data={"kind": "needs", "do": "try", "saved": "our list"},
        files={"file": ("next.csv", b"who,what,pieces\nR-1,mask,4\nR-1,mask,5\n")},
        headers={"Origin": ADDRESS},
    )
    assert "2 of 2 rows would be recorded." in answer.text
    assert chosen_columns(answer.text)["column:quantity"] == "pieces"
    wrong = browser.client.post(
        PATH,
        data={"kind": "donations", "do": "try", "saved": "our list"},
        files={"file": ("next.csv", b"who,what,pieces\nR-1,mask,4\n")},
        headers={"Origin": ADDRESS},
    )
    assert "saved for needs" in wrong.text
