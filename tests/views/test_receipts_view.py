"""The view of receipts, and receipts as printed."""

from datetime import date

import msgspec
import pytest
from support.ledger_fixture import StationLedger
from support.view_json import has_exact_json

from supplies.domain import commands as c
from supplies.domain.entry_rows import Receipt
from supplies.errors import Forgotten, NotFound
from supplies.signing.receipt_signatures import IssuedReceipt, ReceiptSignature
from supplies.stations.paper_settings import PaperSettings, receipt_statement
from supplies.views.receipt_papers import build_receipt_paper
from supplies.views.receipts import get_receipt, list_receipts

FIRST, SECOND, THIRD = (f"JZ-2020-00000{n}" for n in (1, 2, 3))


def code(number: str, digest: str) -> str:
    return f"{number[-1]}{digest[:4]}"


def seal(issued: IssuedReceipt) -> ReceiptSignature:
    return ReceiptSignature(code(issued.number, issued.digest), "k1", "a public key", "a signature")


def test_a_receipt_shows_its_document_and_its_entry(
    station: StationLedger,
) -> None:
    station.give(50, wish="elderly first", batch="B7", expires_on=date(2022, 1, 31))
    stated = station.books.latest_row(Receipt, number=FIRST)
    assert stated is not None
    hashed = station.books.value("SELECT hash FROM entries WHERE station = :station AND seq = 2")
    assert has_exact_json(
        get_receipt(station.books, FIRST),
        {
            "number": FIRST,
            "status": "issued",
            "issued_on": "2020-02-10",
            "donations": ["d_1"],
            "document": {
                "number": FIRST,
                "issued_on": "2020-02-10",
                "station": {
                    "code": "lx",
                    "name": "龙穴街社工服务站",
                    "name_en": None,
                    "credit_code": None,
                    "address": None,
                    "phone": None,
                    "host": "http://127.0.0.1:8000",
                    "logo": None,
                    "languages": "zh+en",
                },
                "donor": {
                    "code": "D-1",
                    "name": "广州某企业",
                    "name_en": None,
                    "phone": "138****8000",
                },
                "donations": ["d_1"],
                "received_on": "2020-02-10",
                "received_until": "2020-02-10",
                "location": "Store A",
                "handled_by": "陈某",
                "wish": "elderly first",
                "lines": [
                    {
                        "name": "口罩",
                        "name_en": "mask",
                        "unit": "piece",
                        "quantity": 50,
                        "in_words": "伍拾",
                        "in_words_en": "fifty",
                        "batch": "B7",
                        "expires_on": "2022-01-31",
                        "value": None,
                        "unit_words": {"zh": "件", "en": "piece", "en_many": "pieces"},
                    }
                ],
                "replaces": [],
                "checked_by": None,
                "agreement": None,
                "fiscal_ticket": None,
                "statement": msgspec.to_builtins(receipt_statement(PaperSettings(), valued=False)),
                "thanks": {"zh": "衷心感谢您的捐赠。", "en": "Thank you for your gift."},
                "edition": 3,
            },
            "document_digest": stated.digest,
            "entry": {"seq": 2, "hash": hashed.hex()},
            "check_code": None,
            "signature": None,
            "key_id": None,
            "void": None,
            "replaces": [],
            "replaced_by": None,
            "reprints": 0,
        },
    )


def test_a_voided_receipt_says_when_why_and_by_whom(station: StationLedger) -> None:
    station.give()
    station(c.VoidReceipt(number=FIRST, reason="the name was wrong"))
    found = get_receipt(station.books, FIRST)
    assert (found.status, found.replaced_by) == ("void", None)
    assert has_exact_json(
        found.void, {"reason": "the name was wrong", "on": "2020-02-10", "by": "u_1"}
    )


def test_a_receipt_voided_by_a_correction_has_its_reason(station: StationLedger) -> None:
    station.give(10)
    station(c.Correct(entry=1, command=station.donation(7), reason="counted twice"))
    old, new = get_receipt(station.books, FIRST), get_receipt(station.books, SECOND)
    assert old.void is not None
    assert (old.status, old.void.reason, old.replaced_by) == ("void", "counted twice", SECOND)
    assert (new.status, new.replaces, new.donations) == ("issued", [FIRST], ["d_1"])
    assert new.document is not None
    assert new.document.lines[0].quantity == 7


def test_a_combined_receipt_names_the_single_receipts_it_replaces(station: StationLedger) -> None:
    station.give(10)
    station.give(20)
    station(c.IssueReceipt(donations=["d_1", "d_3"]))
    found = get_receipt(station.books, THIRD)
    assert (found.donations, found.replaces) == (["d_1", "d_3"], [FIRST, SECOND])
    single = get_receipt(station.books, FIRST)
    assert single.void is not None
    assert (single.void.reason, single.replaced_by) == (None, THIRD)


def test_receipts_are_listed_as_issued_and_found_by_donor(station: StationLedger) -> None:
    station.give()
    station.give(donor="D-2")
    station.give(donor=None)
    assert [one.number for one in list_receipts(station.books).items] == [FIRST, SECOND, THIRD]
    assert [one.number for one in list_receipts(station.books, donor="D-2").items] == [SECOND]
    first = list_receipts(station.books, limit=2)
    rest = list_receipts(station.books, limit=2, after=first.next)
    assert [one.number for one in rest.items] == [THIRD]
    assert rest.next is None


def test_the_receipt_paper_contains_document_entry_and_code(station: StationLedger) -> None:
    station.give()
    found = get_receipt(station.books, FIRST)
    paper = build_receipt_paper(station.books, FIRST, seal)
    secret = code(FIRST, found.document_digest)
    assert paper.document == found.document
    assert has_exact_json(
        paper.proof,
        {
            "seq": 2,
            "hash": found.entry.hash,
            "digest": found.document_digest,
            "check_code": secret,
            "url": f"http://127.0.0.1:8000/v/{FIRST}?c={secret}",
            "void_on": None,
            "void_reason": None,
            "replaced_by": None,
            "copy": None,
            "copied_on": None,
        },
    )


def test_papers_of_replaced_receipts_and_copies_are_marked(station: StationLedger) -> None:
    station.give()
    station.clock.advance()
    station(c.ReprintReceipt(number=FIRST))
    station.clock.advance()
    station(c.ReplaceReceipt(number=FIRST, reason="a new address"))
    proof = build_receipt_paper(station.books, FIRST, seal, copy=1).proof
    assert (proof.copy, proof.copied_on) == (1, date(2020, 2, 11))
    assert (proof.void_on, proof.void_reason, proof.replaced_by) == (
        date(2020, 2, 12),
        "a new address",
        SECOND,
    )
    assert get_receipt(station.books, FIRST).reprints == 1
    with pytest.raises(NotFound, match="no copy 2"):
        build_receipt_paper(station.books, FIRST, seal, copy=2)


def test_the_receipt_of_a_forgotten_donor_keeps_its_number_without_a_name(
    station: StationLedger,
) -> None:
    station.give()
    station(c.ForgetDonor(donor="D-1"))
    found = get_receipt(station.books, FIRST)
    assert (found.number, found.status, found.document) == (FIRST, "issued", None)
    with pytest.raises(Forgotten):
        build_receipt_paper(station.books, FIRST, seal)


def test_an_unknown_receipt_is_not_found(station: StationLedger) -> None:
    with pytest.raises(NotFound, match=FIRST):
        get_receipt(station.books, FIRST)


def give_back(station: StationLedger, quantity: int) -> int:
    lines = [c.LotLine(item="mask", quantity=quantity)]
    return station(c.ReturnGoods(location="store", lines=lines, reason="too small")).seq


def test_a_receipt_says_how_much_was_given_back(station: StationLedger) -> None:
    station.give(10)
    assert get_receipt(station.books, FIRST).given_back is msgspec.UNSET
    give_back(station, 4)
    found = get_receipt(station.books, FIRST).given_back
    assert has_exact_json(
        found, {"all": False, "lines": [{"item": "mask", "received": 10, "given_back": 4}]}
    )
    rest = give_back(station, 6)
    found = get_receipt(station.books, FIRST).given_back
    assert has_exact_json(
        found, {"all": True, "lines": [{"item": "mask", "received": 10, "given_back": 10}]}
    )
    station(c.Reverse(entry=rest, reason="they stay"))
    found = get_receipt(station.books, FIRST).given_back
    assert found
    assert not found.all


def test_a_receipt_counts_only_its_own_goods_as_given_back(station: StationLedger) -> None:
    station.give(10)
    station.give(5)
    give_back(station, 10)
    assert get_receipt(station.books, SECOND).given_back is msgspec.UNSET
    station(c.IssueReceipt(donations=["d_1", "d_3"]))
    combined = get_receipt(station.books, THIRD).given_back
    assert has_exact_json(
        combined, {"all": False, "lines": [{"item": "mask", "received": 15, "given_back": 10}]}
    )
    assert get_receipt(station.books, FIRST).given_back is msgspec.UNSET


def convert(station: StationLedger, quantity: int, made: int, of: str, item: str) -> int:
    return station(
        c.Convert(
            location="store",
            consumed=[c.LotLine(item=of, quantity=quantity)],
            produced=[c.ConvertedLine(item=item, quantity=made)],
        )
    ).seq


def test_goods_that_were_repacked_before_they_were_given_back_are_counted(
    station: StationLedger,
) -> None:
    station.give(3, "rice")
    convert(station, 2, 40, "rice", "soap")
    convert(station, 10, 100, "soap", "mask")
    give_back(station, 30)
    found = get_receipt(station.books, FIRST).given_back
    masks = {"item": "mask", "received": 100, "given_back": 30}
    assert has_exact_json(found, {"all": False, "lines": [masks]})

    def give_all(quantity: int, item: str) -> None:
        lines = [c.LotLine(item=item, quantity=quantity)]
        station(c.ReturnGoods(location="store", lines=lines, reason="too small"))

    give_all(70, "mask")
    give_all(30, "soap")
    assert not get_receipt(station.books, FIRST).given_back.all
    give_all(1, "rice")
    found = get_receipt(station.books, FIRST).given_back
    assert has_exact_json(
        found,
        {
            "all": True,
            "lines": [
                {"item": "rice", "received": 1, "given_back": 1},
                {"item": "soap", "received": 30, "given_back": 30},
                {"item": "mask", "received": 100, "given_back": 100},
            ],
        },
    )


def test_repacked_goods_of_two_receipts_count_by_what_each_gave(station: StationLedger) -> None:
    station.give(3, "rice")
    station.give(1, "rice")
    convert(station, 4, 40, "rice", "mask")
    give_back(station, 20)
    for number, received, given_back in ((FIRST, 30, 15), (SECOND, 10, 5)):
        found = get_receipt(station.books, number).given_back
        line = {"item": "mask", "received": received, "given_back": given_back}
        assert has_exact_json(found, {"all": False, "lines": [line]})


def test_a_copy_is_marked_with_what_was_given_back_and_an_original_is_not(
    station: StationLedger,
) -> None:
    station.give(10)
    give_back(station, 4)
    station(c.ReprintReceipt(number=FIRST))
    mark = build_receipt_paper(station.books, FIRST, seal, copy=1).proof.given_back
    assert mark
    assert has_exact_json(
        mark,
        {
            "all": False,
            "goods": [{"name": "口罩", "name_en": "mask", "received": 10, "given_back": 4}],
        },
    )
    original = build_receipt_paper(station.books, FIRST, seal, original=True)
    assert original.proof.given_back is msgspec.UNSET
