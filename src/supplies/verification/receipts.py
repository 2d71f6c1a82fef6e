"""Check receipts, and all contents that can be erased: notes, wishes, reasons, receipts, proofs."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from operator import itemgetter

import msgspec

from supplies.domain.entries import SALT_BYTES, Body
from supplies.domain.entry_rows import (
    Erasure,
    Forgetting,
    Proof,
    Receipt,
    ReceiptDonation,
    ReceiptReplacement,
    ReceiptVoid,
    Reprint,
    Stop,
    StopCode,
    forgotten_text,
)
from supplies.errors import BooksBroken
from supplies.storage.store import Row
from supplies.verification.reader import Reader, Table
from supplies.verification.records import ROW_TABLES, Rows

ERASABLE = Table("erasable", ("seq", "digest", "about", "salt", "content"))
_NAMED = Table("erasable", ("seq", "digest", "about"))
_NAMED_COLUMNS = len(_NAMED.columns)
_seq_and_digest = itemgetter(0, 1)

_PROOFS_IN_MEMORY = 50
"""Number of signatures and photos that are read at a time.

A photo has up to 300 KB.
"""


class _Frozen(msgspec.Struct, gc=False):
    """The fields in the stored content of a receipt that are compared with its entry."""

    number: str
    issued_on: str
    donations: list[str]


_decode = msgspec.json.Decoder(_Frozen).decode


def _expected_texts(recorded: Rows, bodies: Sequence[Body]) -> list[Row]:
    """Return the columns `_NAMED` of the rows that `erasable` should have, sorted."""
    apart: dict[int, list[str]] = defaultdict(list)
    for row in (*recorded[Receipt], *recorded[Proof]):
        apart[row[0]].append(row[-1])
    expected = _expected_codes(recorded)
    for body in bodies:
        for digest in apart.get(body.seq, ()):
            expected.append((body.seq, digest, body.about))
        if body.texts is not None:
            expected.append((body.seq, body.texts, body.about))
    expected.sort(key=_seq_and_digest)
    return expected


def _expected_codes(recorded: Rows) -> list[Row]:
    """Return the rows that the table `erasable` should have for the codes of stops.

    The entry that creates a stop stores its code, as erasable content about the stop's recipient.
    """
    recipients = {row[:2] + row[3:4]: f"recipient:{row[4]}" for row in recorded[Stop]}
    return [
        (seq, digest, recipients.get((seq, delivery, allocation)))
        for seq, delivery, allocation, digest in recorded[StopCode]
    ]


class Receipts:
    """Checks the receipts and erasable contents of entries, one group of entries after the other.

    Attributes:
        erased: The contents that entries erased on request, by digest. Each value is the number of
            the entry that erased the content, and the person or entry whose contents it erased.
        absent: The contents that are not stored, by digest. Each value is the number of the entry
            that recorded the content, and the person whom the content was about.
    """

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.receipts = 0
        self.erased: dict[str, tuple[int, list[str]]] = {}
        self.absent: dict[str, tuple[int, str | None]] = {}
        self._last: dict[tuple[str, int], int] = defaultdict(int)
        self._numbers: set[str] = set()
        self._void: set[str] = set()
        self._copies: Counter[str] = Counter()
        self._forgotten: dict[str, int] = {}
        self._trusted = 0

    def trust(self, through: int) -> None:
        """Read the receipts of the entries up to `through`, without checking them."""
        earlier = self.reader.earlier
        self._trusted = through
        for number, series, year, ordinal in earlier(
            "receipts", "number, series, year, ordinal", through
        ):
            self._numbers.add(number)
            self._last[series, year] = max(self._last[series, year], ordinal)
        self._void.update(number for (number,) in earlier("receipt_voids", "number", through))
        self._copies.update(number for (number,) in earlier("reprints", "number", through))

    def add(
        self, recorded: Rows, bodies: Sequence[Body], donations: set[str], low: int, high: int
    ) -> None:
        """Check the receipts and erasable contents of the next batch of entries.

        Args:
            donations: Ids of all donations so far.
            low, high: The numbers of the first and the last of these entries.

        Raises:
            BooksBroken: a receipt or content differs from its entry.
        """
        frozen = self._check_texts(recorded, bodies, low, high)
        covered: dict[str, list[str]] = defaultdict(list)
        for seq, number, donation in recorded[ReceiptDonation]:
            covered[number].append(donation)
            if donation not in donations:
                raise self.reader.broken(
                    "receipt_donations", "donation", seq, "a donation in these books", donation
                )
        first = bodies[0].seq if bodies else 0
        for row in recorded[Receipt]:
            self._check_receipt(row, bodies[row[0] - first])
            content = frozen.get(row[6])
            if content is not None:
                self._check_frozen(row, content, covered[row[1]])
        self._check_known(recorded)

    # --- receipts --------------------------------------------------------------------------------

    def _check_receipt(self, row: Row, body: Body) -> None:
        """Check that a receipt has the next number of its series, and the day of its entry."""
        number, series, issued_on = row[1], row[2], row[5]
        seq = row[0]
        day = body.happened_on
        following = self._last[series, day.year] = self._last[series, day.year] + 1
        right = (seq, f"{series}-{day.year}-{following:06d}", series, day.year, following)
        if row[:5] != right or issued_on != day.isoformat():
            self.reader.compare(ROW_TABLES[Receipt], [(*right, day.isoformat(), row[6])], [row])
        if body.document != number:
            raise self.reader.broken("entries", "document", seq, number, body.document)
        self._numbers.add(number)
        self.receipts += 1

    def _check_frozen(self, row: Row, content: bytes, donations: list[str]) -> None:
        """Check the number, date and donations in the stored content of a receipt."""
        seq, number, issued_on = row[0], row[1], row[5]
        try:
            frozen = _decode(content)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise self._wrong_text("content", seq, "a frozen receipt", error) from None
        if frozen.number != number or frozen.issued_on != issued_on:
            found = f"{frozen.number}, {frozen.issued_on}"
            raise self._wrong_text("content", seq, f"{number}, {issued_on}", found)
        if frozen.donations != donations and sorted(frozen.donations) != sorted(donations):
            raise self._wrong_text("content", seq, donations, frozen.donations)

    def _check_known(self, recorded: Rows) -> None:
        """Check that every row about a receipt names a receipt that was issued before.

        No receipt may be voided twice, and the reprints of a receipt must be numbered 1, 2, 3 and
        so on.
        """
        named = (
            ("receipt_donations", "number", [row[:2] for row in recorded[ReceiptDonation]]),
            ("receipt_replacements", "number", [row[:2] for row in recorded[ReceiptReplacement]]),
            (
                "receipt_replacements",
                "replaced",
                [row[::2] for row in recorded[ReceiptReplacement]],
            ),
            ("receipt_voids", "number", recorded[ReceiptVoid]),
            ("reprints", "number", [row[:2] for row in recorded[Reprint]]),
        )
        for table, column, rows in named:
            for seq, number in rows:
                if number not in self._numbers:
                    raise self.reader.broken(table, column, seq, "a receipt", number)
        for seq, number in recorded[ReceiptVoid]:
            if number in self._void:
                raise self.reader.broken("receipt_voids", "number", seq, "void once", number)
            self._void.add(number)
        for seq, number, copy in recorded[Reprint]:
            self._copies[number] += 1
            if copy != self._copies[number]:
                raise self.reader.broken("reprints", "copy", seq, self._copies[number], copy)

    # --- texts -----------------------------------------------------------------------------------

    def _check_texts(
        self, recorded: Rows, bodies: Sequence[Body], low: int, high: int
    ) -> dict[str, bytes]:
        """Check that the stored erasable contents have the digests that are in the entries.

        Return the content of each receipt that was not erased, by digest.
        """
        receipts = {row[6] for row in recorded[Receipt]}
        self._read_forgettings(recorded)
        kept: dict[str, bytes] = {}
        expected = _expected_texts(recorded, bodies)
        for seq, digest, about, salt, content in self._stored(expected, recorded, low, high):
            if salt is None or content is None:
                if salt is not None or content is not None:
                    column = "salt" if salt is None else "content"
                    raise self._wrong_text(column, seq, "salt and content, or neither", None)
                self.absent[digest] = (seq, about)
            elif hashlib.sha256(salt + content).hexdigest() == digest:
                if digest in receipts:
                    kept[digest] = content
            else:
                column = "content" if len(salt) == SALT_BYTES else "salt"
                made = hashlib.sha256(salt + content).hexdigest()
                raise self._wrong_text(
                    column, seq, f"a text with digest {digest}", f"digest {made}"
                )
        return kept

    def _stored(
        self, expected: Sequence[Row], recorded: Rows, low: int, high: int
    ) -> Iterator[Row]:
        """Yield the rows that the entries from `low` to `high` have in the table `erasable`.

        Only a few photos are in memory at a time.

        Args:
            expected: The first columns that the rows must have, sorted.

        Raises:
            BooksBroken: a row is missing or surplus, or one of these columns differs.
        """
        with_proofs = [row[0] for row in recorded[Proof]]
        ends = [seq - 1 for seq in with_proofs[_PROOFS_IN_MEMORY::_PROOFS_IN_MEMORY]]
        for last in (*ends, high):
            stored = self.reader.rows(ERASABLE, low, last)
            stored.sort(key=_seq_and_digest)
            wanted = [row for row in expected if low <= row[0] <= last] if ends else expected
            self.reader.compare(_NAMED, wanted, [row[:_NAMED_COLUMNS] for row in stored])
            yield from stored
            low = last + 1

    def _read_forgettings(self, recorded: Rows) -> None:
        parties: dict[int, list[str]] = defaultdict(list)
        for seq, party in recorded[Forgetting]:
            parties[seq].append(party)
            self._forgotten[party] = seq
        for seq, digest in recorded[Erasure]:
            self.erased[digest] = (seq, parties[seq])

    def check_erased(self) -> None:
        """Check that exactly the contents which entries erased are missing.

        Raises:
            BooksBroken: a content is missing although no entry erased it, or is stored although an
                entry erased it.
        """
        if self._trusted and self.erased:
            self._read_erased_texts()
        for digest, (seq, about) in self.absent.items():
            if digest not in self.erased:
                raise self._wrong_text("content", seq, f"a text with digest {digest}", None)
            _, parties = self.erased[digest]
            if about not in parties and forgotten_text(seq) not in parties:
                raise self._wrong_text("about", seq, ", ".join(parties) or None, about)
        for digest, (seq, _) in self.erased.items():
            if digest not in self.absent:
                raise self._wrong_text("content", seq, f"{digest} erased", "still there")
        for party, seq in self._forgotten.items():
            left = self.reader.one(
                "SELECT seq, digest FROM erasable WHERE station = :station AND about = :party "
                "AND seq < :seq AND content IS NOT NULL",
                party=party,
                seq=seq,
            )
            if left is not None:
                raise self._wrong_text("content", left[0], f"{left[1]} erased", "still there")

    def _read_erased_texts(self) -> None:
        """Add to `absent` the contents of trusted entries that later entries erased."""
        for digest, seq, about in self.reader.earlier(
            "erasable", "digest, seq, about", self._trusted, "content IS NULL"
        ):
            if digest in self.erased:
                self.absent[digest] = (seq, about)

    def _wrong_text(self, column: str, seq: int, expected: object, found: object) -> BooksBroken:
        return self.reader.broken("erasable", column, seq, expected, found)
