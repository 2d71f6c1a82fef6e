"""Receipts: their content as issued, their status, and what is needed to print and check them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Literal

import msgspec

from supplies.books.free_text import free_text_of_entries
from supplies.books.merged_codes import codes_of_person
from supplies.books.queries import query_ids
from supplies.books.reader import Books
from supplies.books.written import WrittenEntry
from supplies.domain.accounts import ANONYMOUS, DONOR
from supplies.domain.entry_rows import (
    Receipt,
    ReceiptDonation,
    ReceiptReplacement,
    ReceiptVoid,
    Reprint,
)
from supplies.errors import Forgotten, NotFound, Sentence
from supplies.papers.receipt import (
    DonationReceipt,
    EntryReference,
    GivenBackGoods,
    GivenBackMark,
    PrintMarks,
    ReceiptPaper,
    ReceiptRecord,
    SignedMarks,
)
from supplies.signing.receipt_signatures import IssuedReceipt, ReceiptSigner, paper_from_record
from supplies.views.given_back import GivenBackView, last_return, read_given_back
from supplies.views.pagination import DEFAULT_LIMIT, Page, View, check_codes, paginate
from supplies.views.shared_queries import is_one_of, named_values

_decode = msgspec.json.Decoder(DonationReceipt).decode


class EntryMark(View, frozen=True, kw_only=True):
    """The number and hash (hexadecimal) of the entry that issued a receipt."""

    seq: int
    hash: str


class VoidMark(View, frozen=True, kw_only=True):
    """When and why a receipt became void.

    Attributes:
        reason: Free text; None if no reason was given, or if it was erased.
    """

    reason: str | None
    on: date
    by: str


class ReceiptView(View, frozen=True, kw_only=True):
    """A receipt.

    Attributes:
        document: The content as issued. None if it was erased, because the donor was forgotten or
            the text of the donation was erased.
        check_code, signature, key_id: None unless `with_signature` has added them.
        replaced_by: Number of the receipt that replaces this one; None if none does.
        reprints: How many numbered copies were printed.
        given_back: The goods of the receipt that were given back to the donor; absent if there are
            none, or if the receipt is void.
    """

    number: str
    status: Literal["issued", "void"]
    issued_on: date
    donations: list[str]
    document: DonationReceipt | None
    document_digest: str
    entry: EntryMark
    check_code: str | None = None
    signature: str | None = None
    key_id: str | None = None
    void: VoidMark | None
    replaces: list[str]
    replaced_by: str | None
    reprints: int
    given_back: GivenBackView | msgspec.UnsetType = msgspec.UNSET


def get_receipt(books: Books, number: str) -> ReceiptView:
    """Return the receipt with this number, without its signature.

    Raises:
        NotFound: the receipt does not exist.
    """
    for body, receipt in books.written.rows(Receipt, "number", number):
        return _just_issued(books, books.written.entries[body.seq], receipt)
    found = _receipts(books, " AND e.document = :number", limit=1, number=number)
    if not found:
        raise NotFound(
            Sentence("unknown receipt {number}; see the list of receipts", number=number)
        )
    return found[0][1]


def _just_issued(books: Books, issued: WrittenEntry, receipt: Receipt) -> ReceiptView:
    """Return the view of a receipt that the current command has issued, without reading it back."""
    written, number = books.written, receipt.number
    donations = sorted(row.donation for _, row in written.rows(ReceiptDonation, "number", number))
    replaced = written.rows(ReceiptReplacement, "number", number)
    # Goods of a donation that the same command records cannot have been given back.
    earlier = [donation for donation in donations if not written.began(donation)]
    given_back = read_given_back(books, {number: donations}) if earlier else {}
    return ReceiptView(
        number=number,
        status="issued",
        issued_on=receipt.issued_on,
        donations=donations,
        document=_decode(issued.erasable[receipt.digest]),
        document_digest=receipt.digest,
        entry=EntryMark(seq=issued.body.seq, hash=issued.hash.hex()),
        void=None,
        replaces=sorted(row.replaced for _, row in replaced),
        replaced_by=None,
        reprints=0,
        given_back=given_back.get(number, msgspec.UNSET),
    )


def list_receipts(
    books: Books,
    *,
    donor: str | None = None,
    first: date | None = None,
    last: date | None = None,
    after: str | None = None,
    limit: int | None = DEFAULT_LIMIT,
) -> Page[ReceiptView]:
    """List receipts in the order of issue, without signatures.

    Args:
        donor: List only receipts of this donor, under all of the donor's merged codes. If None, all
            are listed.
        first, last: List only receipts issued from the first to the last day. None means no such
            limit.
        after, limit: The cursor of the page, and the maximum number of receipts on it.

    Raises:
        InvalidField: `donor`, `after` or `limit` is invalid.
    """
    check_codes(books, donor=None if donor == ANONYMOUS else donor)
    where, parties = " AND e.seq > :after", list[str]()
    if donor is not None:
        parties = [DONOR(code) for code in codes_of_person(books, "donor", donor)]
        where = f" AND x.station = :station AND {is_one_of('x.about', parties)} AND x.seq > :after"
    where += "" if first is None else " AND r.issued_on >= :first"
    where += "" if last is None else " AND r.issued_on <= :last"
    days = {"first": first and first.isoformat(), "last": last and last.isoformat()}

    def fetch(position: int, wanted: int) -> list[tuple[int, ReceiptView]]:
        return _receipts(
            books,
            where,
            limit=wanted,
            by_donor=donor is not None,
            after=position,
            **named_values(parties),
            **days,
        )

    return paginate(fetch, after, limit)


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


def _receipts(
    books: Books, where: str, *, limit: int, by_donor: bool = False, **params: object
) -> list[tuple[int, ReceiptView]]:
    # If the query filters by donor, it begins with the erasable content; otherwise with entries.
    frozen = ("erasable x", "entries e", "receipts r")
    source = frozen if by_donor else (*frozen[1:], frozen[0])
    rows = books.all(
        "SELECT r.number, r.issued_on, r.digest, r.seq, e.hash, x.content, v.seq, n.number, "
        "(SELECT count(*) FROM reprints c WHERE c.station = r.station AND c.number = r.number) "
        f"FROM {' CROSS JOIN '.join(source)} "
        "LEFT JOIN receipt_voids v ON v.station = r.station AND v.number = r.number "
        "LEFT JOIN receipt_replacements n ON n.station = r.station AND n.replaced = r.number "
        "AND n.number = (SELECT min(m.number) FROM receipt_replacements m "
        "WHERE m.station = r.station AND m.replaced = r.number) "
        "WHERE e.station = :station AND e.kind = 'receipt_issued' AND r.station = e.station "
        "AND r.number = e.document AND x.station = e.station AND x.seq = e.seq "
        f"AND x.digest = r.digest{where} ORDER BY {source[0][-1]}.seq LIMIT :limit",
        limit=limit,
        **params,
    )
    numbers = [row[0] for row in rows]
    donations = _listed(books, numbers, "receipt_donations", "donation")
    replaces = _listed(books, numbers, "receipt_replacements", "replaced")
    valid = {row[0]: donations.get(row[0], []) for row in rows if row[6] is None}
    given_back = read_given_back(books, valid)
    voids = _voids(books, [row[6] for row in rows if row[6] is not None])
    return [
        (
            seq,
            ReceiptView(
                number=number,
                status="issued" if void is None else "void",
                issued_on=date.fromisoformat(issued_on),
                donations=donations.get(number, []),
                document=None if content is None else _decode(content),
                document_digest=digest,
                entry=EntryMark(seq=seq, hash=digest_of_entry.hex()),
                void=voids.get(void),
                replaces=replaces.get(number, []),
                replaced_by=newer,
                reprints=reprints,
                given_back=given_back.get(number, msgspec.UNSET),
            ),
        )
        for number, issued_on, digest, seq, digest_of_entry, content, void, newer, reprints in rows
    ]


def _listed(books: Books, numbers: Sequence[str], table: str, column: str) -> dict[str, list[str]]:
    """Return the values in one column of a table, by the receipt number in its column `number`."""
    rows = query_ids(
        books,
        numbers,
        f"SELECT w.id, t.{column} FROM wanted w CROSS JOIN {table} t "
        f"WHERE t.station = :station AND t.number = w.id ORDER BY t.seq, t.{column}",
    )
    grouped: dict[str, list[str]] = {}
    for number, named in rows:
        grouped.setdefault(number, []).append(named)
    return grouped


def _voids(books: Books, seqs: Sequence[int]) -> dict[int, VoidMark]:
    """Return when and why receipts became void, by the number of the entry that voided them."""
    rows = query_ids(
        books,
        seqs,
        "SELECT w.id, e.part, e.happened_on, e.recorded_by FROM wanted w CROSS JOIN entries e "
        "WHERE e.station = :station AND e.seq = w.id",
    )
    texts = free_text_of_entries(books, [seq - part for seq, part, _, _ in rows])
    marks = {}
    for seq, part, day, by in rows:
        texts_of_entry = texts.get(seq - part) or {}
        # A correction stores its own reason beside the texts of the corrected command.
        reason = texts_of_entry.get("correction/reason", texts_of_entry.get("reason"))
        marks[seq] = VoidMark(reason=reason, on=date.fromisoformat(day), by=by)
    return marks
