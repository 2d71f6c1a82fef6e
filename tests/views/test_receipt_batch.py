"""All valid receipts of a period, as they were issued."""

from datetime import date

import pytest
from support.ledger_fixture import StationLedger

from supplies.domain import commands as c
from supplies.errors import InvalidField
from supplies.signing.receipt_signatures import IssuedReceipt, ReceiptSignature
from supplies.views.receipt_batches import build_receipt_papers
from supplies.views.receipt_papers import build_receipt_paper
from supplies.views.receipts import ReceiptView


def code(receipt: ReceiptView) -> str:
    return f"code of {receipt.number}"


def seal(issued: IssuedReceipt) -> ReceiptSignature:
    return ReceiptSignature(f"code of {issued.number}", "k1", "a public key", "a signature")


def test_valid_receipts_of_the_period_are_printed_by_number(station: StationLedger) -> None:
    station.give(1)
    wrong = station.give(2, donor="D-2")
    station(
        c.Correct(entry=wrong.seq, command=station.donation(3, donor="D-2"), reason="typed wrong")
    )
    station.clock.advance()
    station.give(4)
    today, tomorrow = date(2020, 2, 10), date(2020, 2, 11)
    found = build_receipt_papers(station.books, today, today, code)
    assert [paper.document.number for paper in found] == ["JZ-2020-000001", "JZ-2020-000003"]
    assert len(build_receipt_papers(station.books, today, tomorrow, code)) == 3
    assert build_receipt_papers(station.books, date(2019, 1, 1), date(2019, 12, 31), code) == []
    with pytest.raises(InvalidField, match="is before"):
        build_receipt_papers(station.books, tomorrow, today, code)


def test_receipts_of_a_batch_are_the_originals(station: StationLedger) -> None:
    number = "JZ-2020-000001"
    station.give(1)
    station(c.ReprintReceipt(number=number))
    (paper,) = build_receipt_papers(station.books, station.clock.day, station.clock.day, code)
    alone = build_receipt_paper(station.books, number, seal, original=True)
    assert paper == alone


def test_receipts_of_forgotten_donors_are_excluded(station: StationLedger) -> None:
    station.give(1)
    station.give(2, donor="D-2")
    station(c.ForgetDonor(donor="D-2"))
    found = build_receipt_papers(station.books, station.clock.day, station.clock.day, code)
    assert [paper.document.number for paper in found] == ["JZ-2020-000001"]


def test_a_batch_with_too_many_lines_is_refused(station: StationLedger) -> None:
    station.give(1)
    station.give(2)
    today = station.clock.day
    assert len(build_receipt_papers(station.books, today, today, code, max_lines=2)) == 2
    with pytest.raises(InvalidField, match="more than 1 lines, the most for one document"):
        build_receipt_papers(station.books, today, today, code, max_lines=1)
