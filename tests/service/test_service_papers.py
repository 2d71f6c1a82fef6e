"""Papers as PDF from the REST API."""

from __future__ import annotations

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pkgutil import resolve_name

import pytest
from pypdf import PdfReader
from supplies_receipts import check_receipt
from supplies_service.long_work import MAX_DRAWN
from support import pdf_reading as reading
from support.rest_client import RestClient, problem

from supplies.signing.station_keys import StationKeys


def text(pdf: bytes) -> str:
    """Return the text of a paper without spaces, because line breaks do not matter."""
    return re.sub(r"\s", "", "".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages))


def paper(rest: RestClient, path: str) -> bytes:
    answer = rest.client.get(path)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"].endswith('.pdf"')
    return answer.content


def test_a_receipt_is_printed_with_its_entry_and_code(rest: RestClient) -> None:
    receipt = rest.give(12)["receipt"]
    path = f"/api/receipts/{receipt['number']}/pdf"
    pdf = paper(rest, path)
    assert pdf == paper(rest, path)
    page_text = text(pdf)
    for words in (receipt["number"], "广州某企业", "口罩", "壹拾贰", receipt["check_code"]):
        assert words in page_text
    assert receipt["entry"]["hash"][:8] in page_text


def test_a_receipt_keeps_the_words_of_its_unit(rest: RestClient) -> None:
    """The station changes its words for a unit; receipts issued before keep the old ones."""
    before = rest.give(112)["receipt"]
    assert before["document"]["lines"][0]["unit_words"]["zh"] == "件"
    words = {"zh": "只", "en": "mask", "en_many": "masks"}
    amended = rest.client.patch("/api/station", json={"papers": {"units": {"piece": words}}})
    assert amended.json()["papers"]["units"] == {"piece": words}
    units = {unit.pop("code"): unit for unit in rest.get("/api/station/units")["items"]}
    assert units["piece"] == {**words, "own": True}
    assert units["stick"] == {"zh": "支", "en": "stick", "en_many": "sticks", "own": False}
    after = rest.give(112)["receipt"]
    assert after["document"]["lines"][0]["unit_words"] == words
    assert "units" not in after["document"]["station"]
    assert "壹佰壹拾贰只" in text(paper(rest, f"/api/receipts/{after['number']}/pdf"))
    assert "壹佰壹拾贰件" in text(paper(rest, f"/api/receipts/{before['number']}/pdf"))
    wrong = {"papers": {"units": {"piece": {"zh": "", "en": "x", "en_many": "x"}}}}
    assert rest.client.patch("/api/station", json=wrong).status_code == 422


def test_a_receipt_contains_its_signature_and_the_api_shows_it(
    rest: RestClient, keys: StationKeys
) -> None:
    number = rest.give(12)["receipt"]["number"]
    pdf = paper(rest, f"/api/receipts/{number}/pdf")
    record = check_receipt(pdf, keys.public_keys())
    shown = rest.get(f"/api/receipts/{number}")
    assert (shown["signature"], shown["key_id"]) == (record.signature, "k1")
    assert (shown["check_code"], shown["document_digest"]) == (record.check_code, record.digest)
    assert rest.get("/api/receipts")["items"] == [shown]


def test_a_reprint_is_a_marked_copy_and_the_original_is_unchanged(rest: RestClient) -> None:
    number = rest.give()["receipt"]["number"]
    original = paper(rest, f"/api/receipts/{number}/pdf")
    answer = rest.send(f"/api/receipts/{number}/reprint", {})
    copy = paper(rest, answer.headers["location"])
    assert copy != original
    assert number in text(copy)
    assert paper(rest, f"/api/receipts/{number}/pdf") == original
    problem(rest.client.get(f"/api/receipts/{number}/copies/2/pdf"), 404, "not-found")


def test_slips_have_a_page_for_each_stop(rest: RestClient) -> None:
    rest.give(5)
    delivery = rest.delivery(rest.allocation(5))
    pdf = paper(rest, f"/api/deliveries/{delivery}/slips/pdf")
    assert len(PdfReader(BytesIO(pdf)).pages) == 1
    assert "口罩" in text(pdf)
    assert "王某" not in text(pdf)


def test_slips_are_printed_on_a5_on_request_and_other_sizes_are_refused(rest: RestClient) -> None:
    rest.give(5)
    path = f"/api/deliveries/{rest.delivery(rest.allocation(5))}/slips/pdf"
    (page,) = PdfReader(BytesIO(paper(rest, f"{path}?format=a5"))).pages
    assert page.mediabox.width > page.mediabox.height
    assert paper(rest, f"{path}?format=roll") == paper(rest, path)
    answer = rest.client.get(f"{path}?format=a3")
    assert answer.status_code in (400, 422)
    assert answer.headers["content-type"] == "application/problem+json"


def test_the_run_sheet_is_printed(rest: RestClient) -> None:
    rest.give(5)
    delivery = rest.delivery(rest.allocation(5))
    pdf = paper(rest, f"/api/deliveries/{delivery}/run-sheet/pdf")
    assert "出车单" in text(pdf)
    assert "王某" not in text(pdf)
    problem(rest.client.get("/api/deliveries/v_9/run-sheet/pdf"), 404, "not-found")


def test_all_receipts_of_a_period_are_one_document(rest: RestClient) -> None:
    numbers = [rest.give(amount)["receipt"]["number"] for amount in (1, 2, 3)]
    rest.post(f"/api/receipts/{numbers[1]}/void", {"reason": "twice"})
    pdf = paper(rest, "/api/receipts/batch/pdf?from=2020-02-03&to=2020-02-13")
    assert len(PdfReader(BytesIO(pdf)).pages) == 2
    assert numbers[1] not in text(pdf)
    assert pdf == paper(rest, "/api/receipts/batch/pdf?from=2020-02-03&to=2020-02-13")
    empty = rest.client.get("/api/receipts/batch/pdf?from=2019-02-03&to=2019-02-13")
    problem(empty, 422, "invalid-field")


def test_receipts_wait_to_be_drawn_before_they_are_read(
    rest: RestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those who wait need no memory, and one document has a bounded number of lines."""
    rest.give(5)
    path = "/api/receipts/batch/pdf?from=2020-02-03&to=2020-02-13"
    work = rest.client.app.state.stations.long_work
    read = threading.Event()
    monkeypatch.setattr(
        "supplies_service.routes.receipts.build_receipt_papers", lambda *_, **__: read.set()
    )
    monkeypatch.setattr("supplies_service.routes.receipts.draw_receipts", lambda _: b"%PDF")
    begun, go_on = threading.Semaphore(0), threading.Event()

    def draws() -> bytes:
        begun.release()
        assert go_on.wait(30)
        return b""

    portal = rest.client.blocking_portal
    others = [portal.start_task_soon(work.draw, f"other {n}", draws) for n in range(MAX_DRAWN)]
    assert all(begun.acquire(timeout=30) for _ in others)
    with ThreadPoolExecutor(1) as one:
        answer = one.submit(rest.client.get, path)
        while not portal.call(lambda: work._waiting_to_draw):
            assert not answer.done()
        assert not read.is_set()
        go_on.set()
        assert answer.result().status_code == 200
    assert read.is_set()
    monkeypatch.undo()
    monkeypatch.setattr("supplies_service.routes.receipts.MAX_LINES", 0)
    problem(rest.client.get(path), 422, "invalid-field")


def test_a_count_sheet_is_printed_blind_or_with_the_figures_of_the_books(rest: RestClient) -> None:
    rest.give(4711)
    sheet = rest.post("/api/stock/count-sheets", {"location": "store"})["entry"]["document"]
    path = f"/api/stock/count-sheets/{sheet}/pdf"
    blind, shown = paper(rest, path), paper(rest, f"{path}?figures=true")
    assert "盘点表" in reading.text(blind)
    assert ("4,711" in reading.text(blind), "4,711" in reading.text(shown)) == (False, True)
    problem(rest.client.get("/api/stock/count-sheets/c_9/pdf"), 404, "not-found")


@pytest.mark.parametrize(
    ("blocked", "path"),
    [
        ("receipts.build_receipt_papers", "/api/receipts/batch/pdf?from=2020-02-03&to=2020-02-13"),
        ("receipts.draw_receipts", "/api/receipts/batch/pdf?from=2020-02-03&to=2020-02-13"),
        ("deliveries.build_delivery_slips", "/api/deliveries/{delivery}/slips/pdf"),
        ("deliveries.draw_delivery_slips", "/api/deliveries/{delivery}/slips/pdf"),
        ("deliveries.build_run_sheet", "/api/deliveries/{delivery}/run-sheet"),
        ("deliveries.draw_run_sheet", "/api/deliveries/{delivery}/run-sheet/pdf"),
    ],
)
def test_other_requests_are_answered_while_papers_are_drawn(
    rest: RestClient, monkeypatch: pytest.MonkeyPatch, blocked: str, path: str
) -> None:
    rest.give(5)
    delivery = rest.delivery(rest.allocation(5))
    name = f"supplies_service.routes.{blocked}"
    work = resolve_name(name)
    begun, go_on = threading.Event(), threading.Event()

    def waits(*args: object, **kwargs: object) -> object:
        begun.set()
        assert go_on.wait(30), "nobody else was answered"
        return work(*args, **kwargs)

    monkeypatch.setattr(name, waits)
    with ThreadPoolExecutor(1) as one:
        answer = one.submit(rest.client.get, path.format(delivery=delivery))
        assert begun.wait(30)
        assert rest.client.get("/api/items").status_code == 200
        go_on.set()
        assert answer.result().status_code == 200


def test_a_donor_statement_is_printed(rest: RestClient) -> None:
    number = rest.give(12)["receipt"]["number"]
    period = "from=2020-02-03&to=2020-02-13"
    statement = rest.get("/api/donors/D-1/statement", **{"from": "2020-02-03", "to": "2020-02-13"})
    assert statement["receipts"] == [number]
    assert statement["goods"][0]["places"] == {"free": 12}
    page_text = text(paper(rest, f"/api/donors/D-1/statement/pdf?{period}"))
    assert "捐赠物资去向报告" in page_text
    assert "接收12=在架可用12（件）" in page_text
    problem(rest.client.get(f"/api/donors/D-9/statement?{period}"), 404, "not-found")
    rest.post("/api/donors/D-1/forget")
    problem(rest.client.get(f"/api/donors/D-1/statement?{period}"), 409, "forgotten")


def test_the_public_disclosure_is_printed(rest: RestClient) -> None:
    rest.give(12)
    shown = rest.get("/api/reports/disclosure", **{"from": "2020-02-03", "to": "2020-02-13"})
    received = {"source": "donor", "name": None, "item": "mask", "quantity": 12}
    assert shown["received"] == [received]
    pdf = paper(rest, "/api/reports/disclosure/pdf?from=2020-02-03&to=2020-02-13")
    assert "爱心人士" in text(pdf)
    assert "广州某企业" not in text(pdf)


def test_the_station_report_is_printed(rest: RestClient) -> None:
    rest.give(12)
    pdf = paper(rest, "/api/reports/station/pdf?from=2020-02-03&to=2020-02-13")
    assert "龙穴街社工服务站" in text(pdf)


@pytest.mark.parametrize(
    ("publish", "shown"), [("no", None), ("family_name", "广**"), ("name", "广**")]
)
def test_the_check_of_a_receipt_shows_the_donor_only_with_consent(
    rest: RestClient, publish: str, shown: str | None
) -> None:
    receipt = rest.give(12)["receipt"]
    changed = rest.client.patch("/api/donors/D-1", json={"publish": publish})
    assert changed.status_code == 200
    found = rest.get(f"/api/verify/{receipt['number']}", c=receipt["check_code"])
    assert found["donor"] == shown


def test_a_printed_receipt_can_be_checked_without_signing_in(rest: RestClient) -> None:
    receipt = rest.give(12)["receipt"]
    del rest.client.headers["Authorization"]
    short = f"/v/{receipt['number']}?c={receipt['check_code']}"
    answer = rest.client.get(short)
    assert answer.url.path == f"/api/verify/{receipt['number']}"
    body = answer.json()
    assert body == {
        "number": receipt["number"],
        "status": "issued",
        "date": "2020-02-10",
        "goods": [{"name": "口罩", "unit": "piece", "quantity": 12}],
        "donor": None,
        "replaced_by": None,
    }
    for code in ("", "00000000", "ü"):
        path = f"/api/verify/{receipt['number']}?c={code}"
        problem(rest.client.get(path), 404, "not-found")
