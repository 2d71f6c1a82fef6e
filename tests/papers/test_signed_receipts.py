"""Signed receipts: genuine ones are accepted and changes are detected."""

from __future__ import annotations

import base64
import hashlib
import json
import random
import subprocess
import sys
from collections import Counter
from datetime import date
from io import BytesIO
from pathlib import Path

import msgspec
import pikepdf
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pypdf import PdfReader
from supplies_receipts import draw_receipt, draw_signed_receipt, signed_receipt
from support import issued_papers
from support.issued_papers import IssuingStation, check_result, new_keys, with_change, with_fields
from support.ledger_fixture import StationLedger

from supplies.domain import commands as c
from supplies.errors import Forgotten, InvalidField
from supplies.papers.receipt import PrintMarks
from supplies.signing.receipt_signatures import (
    NotGenuine,
    check_marks,
    paper_from_record,
    read_public_keys,
    write_public_keys,
)
from supplies.signing.station_keys import StationKeys
from supplies.views.receipt_papers import build_receipt_record, find_paper_in_books, with_signature
from supplies.views.receipts import get_receipt

NO_MARKS = msgspec.to_builtins(PrintMarks())
FIRST, SECOND = "JZ-2020-000001", "JZ-2020-000002"


@pytest.fixture
def engine() -> str:
    """Only SQLite: the engine does not matter for papers."""
    return "sqlite"


@pytest.fixture
def issuer(station: StationLedger, books_path: Path) -> IssuingStation:
    return IssuingStation(station, books_path, new_keys(str(books_path)))


def with_other_drawing(pdf: bytes, old: bytes, new: bytes) -> bytes:
    """Return the file with other drawing commands on its first page."""

    def edit(paper: pikepdf.Pdf) -> None:
        content = paper.pages[0].Contents.read_bytes()
        assert old in content
        paper.pages[0].Contents = paper.make_stream(content.replace(old, new))

    return with_change(pdf, edit)


# --- genuine ---------------------------------------------------------------------------------


def test_an_issued_receipt_is_genuine(issuer: IssuingStation) -> None:
    assert check_result(issuer.give(), issuer.keys.public_keys()) == ("genuine", FIRST)


def test_a_receipt_saved_by_another_program_is_genuine(issuer: IssuingStation) -> None:
    saved = with_change(issuer.give(), lambda paper: None)
    assert saved != issuer.paper(FIRST)
    assert check_result(saved, issuer.keys.public_keys()) == ("genuine", FIRST)


@pytest.mark.parametrize("lines", [1, 60])
def test_other_programs_can_read_the_attachment(issuer: IssuingStation, lines: int) -> None:
    line = c.DonationLine(item="mask", quantity=3, batch="B-7")
    gift = msgspec.structs.replace(issuer.station.donation(), lines=[line] * lines)
    issuer.station(gift)
    pdf = issuer.paper(FIRST)
    reader = PdfReader(BytesIO(pdf), strict=True)
    content = reader.attachments[signed_receipt.ATTACHMENT][0]
    body = json.loads(content)
    assert body == issued_papers.attached_data(pdf)
    document = json.loads(body["document"])
    assert len(document["lines"]) == lines
    assert document["donor"]["name"] == "广州某企业"
    assert "捐赠物资接收凭证" in reader.pages[0].extract_text()


def test_a_signed_receipt_is_no_larger_than_40_kilobytes(issuer: IssuingStation) -> None:
    pdf = issuer.give(wish="优先用于独居长者和行动不便的居民，请勿转作他用。")
    assert len(pdf) <= 40 * 1024


def test_the_data_can_be_checked_with_only_sha_256_and_ed25519(
    issuer: IssuingStation,
) -> None:
    """This follows the recipe of docs/checking-a-receipt.md without this program."""
    record = issued_papers.attached_data(issuer.give())
    document = record["document"].encode()
    assert hashlib.sha256(bytes.fromhex(record["salt"]) + document).hexdigest() == record["digest"]
    entry = record["entry"]
    signed = (
        f"supplies-receipt-1\n{record['number']}\n{record['issued_on']}\n{record['digest']}\n"
        f"{entry['seq']}\n{entry['hash']}\n{record['check_code']}\n"
    )
    key = Ed25519PublicKey.from_public_bytes(
        base64.b64decode(issuer.keys.public_keys()[record["key_id"]])
    )
    signature = base64.b64decode(record["signature"])
    key.verify(signature, signed.encode())
    with pytest.raises(InvalidSignature):
        key.verify(signature, signed.encode() + b" ")


def test_two_processes_give_the_same_bytes(issuer: IssuingStation) -> None:
    here = issuer.give(wish="给喆堃的口罩")
    issuer.station.ledger.close()
    program = (
        "import hashlib, sys\n"
        "from supplies.signing.station_keys import StationKeys\n"
        "from supplies.ledger.ledger import Ledger\n"
        "from supplies.views.receipt_papers import build_receipt_record\n"
        "from supplies_receipts import draw_signed_receipt\n"
        "keys = StationKeys.for_database(sys.argv[1])\n"
        "with Ledger.open(sys.argv[1], station='lx') as ledger, ledger.reading() as books:\n"
        f"    record = build_receipt_record(books, '{FIRST}', keys.sign)\n"
        "print(hashlib.sha256(draw_signed_receipt(record)).hexdigest())\n"
    )
    for seed in "12":
        done = subprocess.run(
            [sys.executable, "-c", program, str(issuer.database)],
            capture_output=True,
            check=True,
            text=True,
            env={"PYTHONHASHSEED": seed},
        )
        assert done.stdout.strip() == hashlib.sha256(here).hexdigest()


def test_marked_copies_are_genuine_and_the_original_is_unchanged(issuer: IssuingStation) -> None:
    original = issuer.give()
    issuer.station(c.ReprintReceipt(number=FIRST))
    issuer.station(c.VoidReceipt(number=FIRST, reason="喆先生 wrote it twice"))
    marked = issuer.paper(FIRST, copy=1)
    assert issued_papers.attached_data(marked)["marks"]["void_reason"] == "喆先生 wrote it twice"
    assert check_result(marked, issuer.keys.public_keys()) == ("genuine", FIRST)
    assert issuer.paper(FIRST, original=True) == original


def test_the_marks_of_a_printing_are_signed_with_the_entry_that_made_them(
    issuer: IssuingStation,
) -> None:
    """This follows the recipe of docs/checking-a-receipt.md without this program."""
    original = issuer.give()
    assert "signed_marks" not in issued_papers.attached_data(original)
    voided = issuer.station(c.VoidReceipt(number=FIRST, reason="twice"))
    data = issued_papers.attached_data(issuer.paper(FIRST))
    signed = data["signed_marks"]
    assert json.loads(signed["statement"]) == data["marks"]
    assert signed["entry"]["seq"] == voided.seq
    message = (
        f"supplies-marks-1\n{FIRST}\n{data['digest']}\n{signed['entry']['seq']}\n"
        f"{signed['entry']['hash']}\n{signed['statement']}\n"
    )
    key = Ed25519PublicKey.from_public_bytes(base64.b64decode(signed["public_key"]))
    key.verify(base64.b64decode(signed["signature"]), message.encode())


def test_each_kind_of_mark_is_signed(issuer: IssuingStation) -> None:
    issuer.give(10)
    issuer.station(c.ReprintReceipt(number=FIRST))
    assert check_result(issuer.paper(FIRST, copy=1), issuer.keys.public_keys())[0] == "genuine"
    (lot,) = issuer.station.books.all("SELECT lot FROM lots WHERE station = :station")[0]
    back = c.LotLine(item="mask", quantity=4, lot=lot)
    given = issuer.station(c.ReturnGoods(location="store", lines=[back], reason="too many"))
    marked = issued_papers.attached_data(issuer.paper(FIRST))
    assert marked["signed_marks"]["entry"]["seq"] == given.seq
    assert check_result(issuer.paper(FIRST), issuer.keys.public_keys())[0] == "genuine"
    issuer.station(c.ReplaceReceipt(number=FIRST, reason="the name was wrong"))
    replaced = issued_papers.attached_data(issuer.paper(FIRST))
    assert replaced["marks"]["replaced_by"] == SECOND
    assert check_result(issuer.paper(FIRST), issuer.keys.public_keys())[0] == "genuine"


def test_marks_are_signed_with_the_key_of_their_time(issuer: IssuingStation) -> None:
    issuer.give()
    issuer.keys.add({"lx": issuer.station.entries()})
    issuer.station(c.ReprintReceipt(number=FIRST))
    data = issued_papers.attached_data(issuer.paper(FIRST, copy=1))
    assert (data["key_id"], data["signed_marks"]["key_id"]) == ("k1", "k2")
    assert check_result(issuer.paper(FIRST, copy=1), issuer.keys.public_keys())[0] == "genuine"


# --- altered ---------------------------------------------------------------------------------


def test_a_changed_quantity_on_the_page_is_detected(issuer: IssuingStation) -> None:
    """The forger uses this program: the page is drawn anew, and the signed data is kept."""
    content = issued_papers.encoded(issued_papers.attached_data(issuer.give(10)))
    paper = paper_from_record(build_receipt_record(issuer.station.books, FIRST, issuer.keys.sign))
    line = msgspec.structs.replace(paper.document.lines[0], quantity=90)
    document = msgspec.structs.replace(paper.document, lines=[line])
    forged = draw_receipt(msgspec.structs.replace(paper, document=document))
    pdf = issued_papers.attach(
        forged, signed_receipt.ATTACHMENT, content, signed_receipt._ATTACHMENT_DESCRIPTION
    )
    assert check_result(pdf, issuer.keys.public_keys())[0] == "altered"


def test_an_added_line_on_the_page_is_detected(issuer: IssuingStation) -> None:
    pdf = with_other_drawing(issuer.give(), b" re", b" re 10 10 5 5 re")
    assert check_result(pdf, issuer.keys.public_keys()) == (
        "altered",
        "this paper was altered: its page differs from its signed data",
    )


def test_an_overlay_on_the_page_is_detected(issuer: IssuingStation) -> None:
    paper = issuer.give()

    def note(pdf: pikepdf.Pdf) -> None:
        pdf.pages[0].Annots = pikepdf.Array(
            [pdf.make_indirect(pikepdf.Dictionary(Type=pikepdf.Name.Annot, Subtype="/Stamp"))]
        )

    def script(pdf: pikepdf.Pdf) -> None:
        pdf.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="x")

    def sheet(pdf: pikepdf.Pdf) -> None:
        pdf.add_blank_page()

    def wider(pdf: pikepdf.Pdf) -> None:
        pdf.pages[0].MediaBox[2] = 300

    def second(pdf: pikepdf.Pdf) -> None:
        pdf.attachments["more.txt"] = b"more"

    def title(pdf: pikepdf.Pdf) -> None:
        pdf.docinfo.Title = "捐赠物资接收凭证 JZ-2020-000009"

    def glyphs(pdf: pikepdf.Pdf) -> None:
        fonts = pdf.pages[0].Resources.Font
        fonts[next(iter(fonts))].ToUnicode = pdf.make_stream(b"other letters")

    def associated(pdf: pikepdf.Pdf) -> None:
        pdf.Root.AF = pikepdf.Array(
            [*pdf.Root.get("/AF", []), pikepdf.AttachedFileSpec(pdf, b"letter", filename="a").obj]
        )

    def swapped(pdf: pikepdf.Pdf) -> None:
        pdf.Root.AF = pikepdf.Array(
            [pikepdf.AttachedFileSpec(pdf, b"{}", filename=signed_receipt.ATTACHMENT).obj]
        )

    def second_name(pdf: pikepdf.Pdf) -> None:
        spec = pdf.attachments[signed_receipt.ATTACHMENT].obj
        spec.EF.F = pdf.make_stream(b"{}")

    def described(pdf: pikepdf.Pdf) -> None:
        pdf.attachments[signed_receipt.ATTACHMENT].obj.Desc = "another receipt"

    changes = (note, script, sheet, wider, second, title, glyphs)
    for change in (*changes, associated, swapped, second_name, described):
        found, message = check_result(with_change(paper, change), issuer.keys.public_keys())
        assert (found, "its page differs" in message) == ("altered", True), change.__name__


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("number", "JZ-2020-000009", "signature does not fit"),
        ("issued_on", "2020-02-11", "signature does not fit"),
        ("digest", "0" * 64, "signature does not fit"),
        ("entry", {"seq": 9, "hash": "0" * 64}, "signature does not fit"),
        ("check_code", "00000000", "signature does not fit"),
        ("signature", base64.b64encode(bytes(64)).decode(), "signature does not fit"),
        ("signature", "?", "signature does not fit"),
        ("signature", "喆", "signature does not fit"),
        ("public_key", base64.b64encode(bytes(32)).decode(), "signature does not fit"),
        ("public_key", "", "signature does not fit"),
        ("salt", "00" * 16, "not the one signed"),
        ("salt", "no hex", "not the one signed"),
        ("document", "{}", "not the one signed"),
        ("marks", {**NO_MARKS, "copy": 2, "copied_on": "2020-02-11"}, "its page differs"),
        ("marks", {"copy": 2}, "its page differs"),
        ("format", "supplies-receipt-2", "cannot be read"),
        ("more", 1, "cannot be read"),
    ],
)
def test_each_changed_field_of_the_data_is_detected(
    issuer: IssuingStation, field: str, value: object, expected: str
) -> None:
    found, message = check_result(
        with_fields(issuer.give(), **{field: value}), issuer.keys.public_keys()
    )
    assert (found, expected in message) == ("altered", True), message


def test_data_of_another_receipt_is_detected(issuer: IssuingStation) -> None:
    one, other = issuer.give(10), issuer.give(20)
    data = issued_papers.encoded(issued_papers.attached_data(other))
    assert check_result(with_fields(one), issuer.keys.public_keys()) == ("genuine", FIRST)
    found, message = check_result(issued_papers.with_attached(one, data), issuer.keys.public_keys())
    assert (found, "its page differs" in message) == ("altered", True)
    found, message = check_result(
        issued_papers.with_attached(one, b"\xff"), issuer.keys.public_keys()
    )
    assert (found, "cannot be read" in message) == ("altered", True)


FREE_TEXT = PrintMarks(void_on=date(2020, 2, 10), void_reason="another 1,000,000 were received")


def test_marks_that_the_station_did_not_sign_are_detected(
    issuer: IssuingStation, tmp_path: Path
) -> None:
    """The forger draws the page with this program, so that page and data agree."""
    issuer.give()
    keys, books = issuer.keys.public_keys(), issuer.station.books
    record = build_receipt_record(books, FIRST, issuer.keys.sign)
    unsigned = msgspec.structs.replace(record, marks=FREE_TEXT)
    found, message = check_result(draw_signed_receipt(unsigned), keys)
    assert (found, "is not signed" in message) == ("unsigned-marks", True)
    issuer.station(c.VoidReceipt(number=FIRST, reason="twice"))
    signed = build_receipt_record(books, FIRST, issuer.keys.sign).signed_marks
    assert signed is not msgspec.UNSET
    other = msgspec.structs.replace(unsigned, signed_marks=signed)
    found, message = check_result(draw_signed_receipt(other), keys)
    assert (found, "its marks are not those that were signed" in message) == ("altered", True)
    statement = msgspec.json.encode(FREE_TEXT).decode()
    for text in (statement, "喆", "{"):
        changed_text = msgspec.structs.replace(signed, statement=text)
        forged = msgspec.structs.replace(unsigned, signed_marks=changed_text)
        with pytest.raises(NotGenuine, match="its marks are not those"):
            check_marks(forged)
    stranger = build_receipt_record(books, FIRST, new_keys(str(tmp_path / "other.db")).sign)
    mixed = msgspec.structs.replace(record, marks=FREE_TEXT, signed_marks=stranger.signed_marks)
    mixed = msgspec.structs.replace(mixed, marks=stranger.marks)
    assert check_result(draw_signed_receipt(mixed), keys)[0] == "other-key"


def test_marks_that_the_books_do_not_contain_are_detected(issuer: IssuingStation) -> None:
    issuer.give()
    books, replace = issuer.station.books, msgspec.structs.replace
    issuer.station(c.ReprintReceipt(number=FIRST))
    copied = build_receipt_record(books, FIRST, issuer.keys.sign, copy=1)
    assert find_paper_in_books(books, copied).in_books
    assert not find_paper_in_books(books, replace(copied, marks=FREE_TEXT)).in_books
    issuer.station(c.VoidReceipt(number=FIRST, reason="twice"))
    assert find_paper_in_books(books, copied).in_books
    void = build_receipt_record(books, FIRST, issuer.keys.sign, copy=1)
    assert find_paper_in_books(books, void).in_books
    marks, signed = void.marks, void.signed_marks
    assert signed is not msgspec.UNSET
    other_entry = replace(signed, entry=replace(signed.entry, hash="0" * 64))
    for other in (
        replace(void, marks=FREE_TEXT),
        replace(void, marks=replace(marks, replaced_by=SECOND)),
        replace(void, marks=replace(marks, copy=2)),
        replace(void, marks=replace(marks, copied_on=date(2020, 2, 11))),
        replace(void, signed_marks=other_entry),
        replace(void, signed_marks=replace(signed, entry=replace(signed.entry, seq=2**70))),
    ):
        assert not find_paper_in_books(books, other).in_books


def test_a_page_tree_that_counts_other_pages_is_detected(issuer: IssuingStation) -> None:
    """pikepdf writes the right count, so the bytes are changed."""
    paper = issuer.give()
    with pikepdf.open(BytesIO(paper)) as plain:
        out = BytesIO()
        plain.save(out, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    saved = out.getvalue()
    assert check_result(saved, issuer.keys.public_keys())[0] == "genuine"
    assert saved.count(b"/Count 1") == 1
    for count in (b"/Count 0", b"/Count 2"):
        found, message = check_result(saved.replace(b"/Count 1", count), issuer.keys.public_keys())
        assert (found, "its page differs" in message) == ("altered", True)


@pytest.mark.parametrize(("before", "after"), [(b"PK", b""), (b"\n", b""), (b"", b"<html>")])
def test_bytes_before_or_after_the_pdf_are_detected(
    issuer: IssuingStation, before: bytes, after: bytes
) -> None:
    paper = issuer.give()
    assert check_result(paper + b"\r\n", issuer.keys.public_keys())[0] == "genuine"
    found, _ = check_result(before + paper + after, issuer.keys.public_keys())
    assert found in ("altered", "no-receipt")


def test_a_changed_key_id_is_detected(issuer: IssuingStation) -> None:
    paper = with_fields(issuer.give(), key_id="k7")
    assert check_result(paper, issuer.keys.public_keys())[0] == "altered"


def test_a_damaged_file_is_reported_in_one_message(
    issuer: IssuingStation,
) -> None:
    paper, keys = issuer.give(), issuer.keys.public_keys()
    chance, found = random.Random(7), Counter[str]()
    for _ in range(100):
        broken = bytearray(paper)
        for at in (chance.randrange(len(paper)) for _ in range(3)):
            broken[at] ^= 1 << chance.randrange(8)
        found[check_result(bytes(broken), keys)[0]] += 1
    kinds = {"altered", "other-version", "no-receipt", "no-attachment", "genuine"}
    assert set(found) <= kinds
    # Data that is not shown, such as the day on which the file was saved, may change.
    assert found["altered"] > found["genuine"]


# --- of others, or none ----------------------------------------------------------------------


def test_a_receipt_signed_by_another_station_is_recognised(
    issuer: IssuingStation, tmp_path: Path
) -> None:
    other = new_keys(str(tmp_path / "other.db"))
    paper = issuer.give()
    found, says = check_result(paper, other.public_keys())
    assert (found, "another station's key" in says) == ("other-key", True)
    # A forged paper signed with the forger's own key is reported in the same way.
    forged = draw_signed_receipt(build_receipt_record(issuer.station.books, FIRST, other.sign))
    assert check_result(forged, issuer.keys.public_keys())[0] == "other-key"


def test_receipts_signed_with_an_older_key_stay_unchanged(issuer: IssuingStation) -> None:
    old, early = issuer.give(), issuer.keys.public_keys()
    assert issuer.keys.add({"lx": issuer.station.entries()}) == "k2"
    new, late = issuer.give(), issuer.keys.public_keys()
    assert [issued_papers.attached_data(paper)["key_id"] for paper in (old, new)] == ["k1", "k2"]
    assert list(late) == ["k1", "k2"]
    assert issuer.paper(FIRST, original=True) == old
    assert check_result(old, late) == ("genuine", FIRST)
    assert check_result(new, late) == ("genuine", SECOND)
    assert check_result(old, early) == ("genuine", FIRST)
    found, message = check_result(new, early)
    assert (found, "present public keys" in message) == ("unknown-key", True)


def test_keys_that_another_process_added_are_used_at_once(issuer: IssuingStation) -> None:
    issuer.give()
    StationKeys.for_database(str(issuer.database)).add({"lx": issuer.station.entries()})
    assert issued_papers.attached_data(issuer.give())["key_id"] == "k2"


def test_a_receipt_whose_signed_data_was_removed_is_recognised(issuer: IssuingStation) -> None:
    found, says = check_result(
        issued_papers.without_attachment(issuer.give()), issuer.keys.public_keys()
    )
    assert (found, "was taken out" in says) == ("no-attachment", True)


def test_other_files_are_not_receipts(issuer: IssuingStation) -> None:
    blank = pikepdf.new()
    blank.add_blank_page()
    out, locked = BytesIO(), BytesIO()
    blank.save(out)
    blank.save(locked, encryption=pikepdf.Encryption(owner="a", user="b"))
    cut = issuer.give()[:20_000]
    for content in (out.getvalue(), locked.getvalue(), cut, b"", b"%PDF-1.4\nDear all"):
        assert check_result(content, issuer.keys.public_keys())[0] == "no-receipt"


def test_a_page_drawn_by_another_version_is_not_reported_as_altered(
    issuer: IssuingStation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signed_receipt, "_program", lambda: "supplies 9.0, reportlab 9.0")
    paper = issuer.give()
    monkeypatch.undo()
    # The page is equal nevertheless, so the receipt is genuine.
    assert check_result(paper, issuer.keys.public_keys()) == ("genuine", FIRST)
    found, message = check_result(
        with_other_drawing(paper, b" re", b" re 1 1 2 2 re"), issuer.keys.public_keys()
    )
    assert (found, "supplies 9.0" in message) == ("other-version", True)


# --- against the books -----------------------------------------------------------------------


def test_the_books_recognise_their_receipts_and_show_their_status(issuer: IssuingStation) -> None:
    issuer.give()
    record = build_receipt_record(issuer.station.books, FIRST, issuer.keys.sign)
    assert find_paper_in_books(issuer.station.books, record).status == "issued"
    issuer.station(c.ReplaceReceipt(number=FIRST, reason="the name was wrong"))
    found = find_paper_in_books(issuer.station.books, record)
    assert (found.in_books, found.status, found.replaced_by) == (True, "void", SECOND)
    assert f"void since 2020-02-10, replaced by {SECOND}" in found.says
    newer = build_receipt_record(issuer.station.books, SECOND, issuer.keys.sign)
    issuer.station(c.ForgetDonor(donor="D-1"))
    found = find_paper_in_books(issuer.station.books, newer)
    assert (found.in_books, found.forgotten, found.status) == (True, True, "issued")
    with pytest.raises(Forgotten):
        build_receipt_record(issuer.station.books, SECOND, issuer.keys.sign)


def test_the_paper_of_a_receipt_whose_text_was_erased_is_recognised(issuer: IssuingStation) -> None:
    gift = issuer.station.give(5, wish="for Aunt Zhang")
    record = build_receipt_record(issuer.station.books, FIRST, issuer.keys.sign)
    right = c.Correct(entry=gift.seq, command=issuer.station.donation(5), reason="a name")
    issuer.station(right)
    issuer.station(c.ForgetText(entry=gift.seq))
    found = find_paper_in_books(issuer.station.books, record)
    assert (found.in_books, found.forgotten, found.replaced_by) == (True, True, SECOND)
    assert found.says.endswith(
        f"replaced by {SECOND}; its text was erased, "
        "and the books contain only the digest of its document"
    )


def test_a_receipt_of_other_books_is_not_found(issuer: IssuingStation) -> None:
    issuer.give()
    record = build_receipt_record(issuer.station.books, FIRST, issuer.keys.sign)
    replace = msgspec.structs.replace
    entry = replace(record.entry, hash="0" * 64)
    for other, message in [
        (replace(record, number="JZ-2020-000009"), "unknown receipt"),
        (replace(record, digest="0" * 64), "another document"),
        (replace(record, entry=entry), "rewritten"),
        (replace(record, entry=replace(record.entry, seq=1)), "another entry"),
    ]:
        found = find_paper_in_books(issuer.station.books, other)
        assert (found.in_books, message in found.says) == (False, True)


def test_the_view_shows_the_signature_that_the_paper_carries(issuer: IssuingStation) -> None:
    data = issued_papers.attached_data(issuer.give())
    books = issuer.station.books
    view = with_signature(books, get_receipt(books, FIRST), issuer.keys.sign)
    assert (view.signature, view.key_id) == (data["signature"], "k1")
    assert view.check_code == data["check_code"]


# --- the public keys -------------------------------------------------------------------------


def test_public_keys_are_written_and_read_back(issuer: IssuingStation) -> None:
    keys = issuer.keys.public_keys()
    assert read_public_keys(write_public_keys(keys), "station.pub") == keys


@pytest.mark.parametrize("text", ["", "# nothing\n", "k1 ed25519 AAAA\n", "Dear all", "k0 rsa x"])
def test_a_file_without_public_keys_is_refused(text: str) -> None:
    with pytest.raises(InvalidField, match=r"letter\.txt is not a file of public keys"):
        read_public_keys(text, "letter.txt")
