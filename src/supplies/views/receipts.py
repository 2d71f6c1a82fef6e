"""Receipts: their content as issued, and their status."""

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
from supplies.domain.entry_rows import Receipt, ReceiptDonation, ReceiptReplacement
from supplies.errors import NotFound, Sentence
from supplies.papers.receipt import DonationReceipt
from supplies.views.given_back import GivenBackView, read_given_back
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
