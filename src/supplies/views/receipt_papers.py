"""Receipts on paper: sign and print them, and compare a printed one with the books."""

from __future__ import annotations

from datetime import date
from typing import Literal

import msgspec

from supplies.books.reader import Books
from supplies.domain.entry_rows import ReceiptReplacement, ReceiptVoid, Reprint
from supplies.errors import Forgotten, NotFound, Sentence
from supplies.papers.receipt import (
    EntryReference,
    GivenBackGoods,
    GivenBackMark,
    PrintMarks,
    ReceiptPaper,
    ReceiptRecord,
    SignedMarks,
)
from supplies.signing.receipt_signatures import IssuedReceipt, ReceiptSigner, paper_from_record
from supplies.views.given_back import last_return
from supplies.views.pagination import View
from supplies.views.receipts import ReceiptView, get_receipt


def with_signature(books: Books, view: ReceiptView, signer: ReceiptSigner) -> ReceiptView:
    """Return a receipt with its check code and signature added. `signer` computes both."""
    given = signer(issued_receipt(books, view))
    return msgspec.structs.replace(
        view, check_code=given.check_code, signature=given.signature, key_id=given.key_id
    )


def issued_receipt(books: Books, view: ReceiptView) -> IssuedReceipt:
    """Return what a signer needs to compute the check code and the signature of a receipt."""
    return IssuedReceipt(
        station=books.station.code,
        number=view.number,
        issued_on=view.issued_on,
        digest=view.document_digest,
        seq=view.entry.seq,
        hash=view.entry.hash,
    )


def build_receipt_paper(
    books: Books,
    number: str,
    signer: ReceiptSigner,
    *,
    copy: int | None = None,
    original: bool = False,
) -> ReceiptPaper:
    """Return a receipt for printing.

    Parameters and errors are those of `build_receipt_record`.
    """
    return paper_from_record(
        build_receipt_record(books, number, signer, copy=copy, original=original)
    )


def build_receipt_record(
    books: Books,
    number: str,
    signer: ReceiptSigner,
    *,
    copy: int | None = None,
    original: bool = False,
) -> ReceiptRecord:
    """Return a receipt as issued, with its signature and its current marks (void, replaced, copy).

    Args:
        signer: Computes the check code and the signature.
        copy: Number of the copy that is printed on the paper. None means no such mark.
        original: Whether to leave out the other marks, so that the result is always the same.

    Raises:
        NotFound: the receipt or the copy does not exist.
        Forgotten: the content was erased from the books.
    """
    found = get_receipt(books, number)
    kept = books.one(
        "SELECT salt, content FROM erasable "
        "WHERE station = :station AND seq = :seq AND digest = :digest",
        seq=found.entry.seq,
        digest=found.document_digest,
    )
    if kept is None or kept[1] is None:
        raise Forgotten(
            Sentence(
                "the text of receipt {number} was erased from the books; it is not printed again",
                number=number,
            )
        )
    salt, content = kept
    issued = issued_receipt(books, found)
    given = signer(issued)
    void = None if original else found.void
    marks = PrintMarks(
        void_on=None if void is None else void.on,
        void_reason=None if void is None else void.reason,
        replaced_by=None if original else found.replaced_by,
        copy=copy,
        copied_on=None if copy is None else _copied_on(books, number, copy),
        given_back=msgspec.UNSET if original else _given_back_mark(books, found),
    )
    return ReceiptRecord(
        number=number,
        issued_on=found.issued_on,
        digest=found.document_digest,
        salt=salt.hex(),
        document=content.decode(),
        entry=EntryReference(seq=found.entry.seq, hash=found.entry.hash),
        check_code=given.check_code,
        key_id=given.key_id,
        public_key=given.public_key,
        signature=given.signature,
        marks=marks,
        signed_marks=_sign_marks(books, found, issued, marks, signer),
    )


def _sign_marks(
    books: Books,
    found: ReceiptView,
    issued: IssuedReceipt,
    marks: PrintMarks,
    signer: ReceiptSigner,
) -> SignedMarks | msgspec.UnsetType:
    """Return the marks on one printed receipt, such as "copy", with their signature.

    Return UNSET if there are no marks, as on an original.
    """
    if marks == PrintMarks():
        return msgspec.UNSET
    made_by = [
        None if marks.void_on is None else books.latest_seq(ReceiptVoid, number=found.number),
        None
        if marks.replaced_by is None
        else books.latest_seq(ReceiptReplacement, replaced=found.number),
        None
        if marks.copy is None
        else books.latest_seq(Reprint, number=found.number, copy=marks.copy),
        None if marks.given_back is msgspec.UNSET else last_return(books, found.donations),
    ]
    seq = max(each for each in made_by if each is not None)
    entry = EntryReference(seq=seq, hash=str(books.entry_hash(seq)))
    statement = msgspec.json.encode(marks).decode()
    given = signer(issued._replace(seq=seq, hash=entry.hash, marks=statement))
    return SignedMarks(
        statement=statement,
        entry=entry,
        key_id=given.key_id,
        public_key=given.public_key,
        signature=given.signature,
    )


class PaperInBooks(View, frozen=True, kw_only=True):
    """The result of comparing a printed receipt with these books.

    Attributes:
        in_books: Whether these books contain a receipt with the number, date, content, entry and
            marks of the paper.
        says: The result as a sentence.
        number: None if the file is not a complete receipt.
        forgotten: Whether the content was erased from the books, because the donor was forgotten or
            the text of the donation was erased.
        unchecked: The parts of the paper that could not be compared; empty if all could.
    """

    number: str | None
    in_books: bool
    says: str
    status: Literal["issued", "void"] | None = None
    void_on: date | None = None
    replaced_by: str | None = None
    forgotten: bool = False
    unchecked: tuple[Literal["page", "marks", "key"], ...] = ()


def find_paper_in_books(books: Books, record: ReceiptRecord) -> PaperInBooks:
    """Compare the record attached to a printed receipt with these books.

    The result also contains the current status of the receipt.
    """
    number = record.number
    try:
        found = get_receipt(books, number)
    except NotFound:
        return PaperInBooks(
            number=number, in_books=False, says=f"unknown receipt {number} in these books"
        )
    if (record.digest, record.issued_on) != (found.document_digest, found.issued_on):
        message = f"receipt {number} of these books has another document than this paper"
        return PaperInBooks(number=number, in_books=False, says=message)
    if (record.entry.seq, record.entry.hash) != (found.entry.seq, found.entry.hash):
        message = (
            f"receipt {number} is in these books under another entry than the paper names: "
            "either the paper was altered, or the books were rewritten after it was printed"
        )
        return PaperInBooks(number=number, in_books=False, says=message)
    if not _are_marks_in_books(books, found, record):
        message = f"the marks on this paper of receipt {number} differ from these books"
        return PaperInBooks(number=number, in_books=False, says=message)
    return PaperInBooks(
        number=number,
        in_books=True,
        says=_status_sentence(found),
        status=found.status,
        void_on=None if found.void is None else found.void.on,
        replaced_by=found.replaced_by,
        forgotten=found.document is None,
    )


def _are_marks_in_books(books: Books, found: ReceiptView, record: ReceiptRecord) -> bool:
    """Return whether the marks on a printed receipt are in the books.

    The paper may lack marks that were recorded after printing. The books may lack the text of a
    reason, because this text can be erased.
    """
    marks, signed = record.marks, record.signed_marks
    if signed is not msgspec.UNSET and books.entry_hash(signed.entry.seq) != signed.entry.hash:
        return False
    void = None if marks.void_on is None else found.void
    if (marks.void_on, marks.replaced_by) != (
        None if void is None else void.on,
        None if marks.replaced_by is None else found.replaced_by,
    ):
        return False
    if void is not None and void.reason not in (None, marks.void_reason):
        return False
    if marks.copy is None:
        return marks.copied_on is None
    try:
        return marks.copied_on == _copied_on(books, record.number, marks.copy)
    except NotFound:
        return False


def _status_sentence(found: ReceiptView) -> str:
    message = f"this paper is receipt {found.number} of these books, entry {found.entry.seq}"
    if found.void is not None:
        message += f"; it is void since {found.void.on}"
    if found.replaced_by is not None:
        message += f", replaced by {found.replaced_by}"
    if found.given_back is not msgspec.UNSET:
        part = "all" if found.given_back.all else "a part"
        message += f"; {part} of its goods was given back to the donor"
    if found.document is None:
        message += "; its text was erased, and the books contain only the digest of its document"
    return message


def _given_back_mark(books: Books, found: ReceiptView) -> GivenBackMark | msgspec.UnsetType:
    if found.given_back is msgspec.UNSET:
        return msgspec.UNSET
    items = [(books.item(line.item), line) for line in found.given_back.lines]
    return GivenBackMark(
        all=found.given_back.all,
        goods=[
            GivenBackGoods(
                name=item.name,
                name_en=item.name_en,
                received=line.received,
                given_back=line.given_back,
            )
            for item, line in items
        ],
    )


def _copied_on(books: Books, number: str, copy: int) -> date:
    seq = books.latest_seq(Reprint, number=number, copy=copy)
    if seq is None:
        raise NotFound(
            Sentence(
                "receipt {number} has no copy {copy}; reprint it first", number=number, copy=copy
            )
        )
    return books.body(seq).happened_on
