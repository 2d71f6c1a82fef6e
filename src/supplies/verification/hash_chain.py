"""Check the hash chain of the entries.

Entry numbers must have no gaps, each hash must be right, and the columns of an entry must have the
same values as its hashed bytes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date, timedelta

import msgspec

from supplies.domain.entries import ZERO_HASH, Body, decode_body
from supplies.errors import BooksBroken
from supplies.storage.store import Row
from supplies.verification.entry_sequence import EntrySequence
from supplies.verification.reader import Reader, Table

ENTRIES = Table(
    "entries",
    (
        "seq",
        "id",
        "part",
        "kind",
        "document",
        "happened_on",
        "booked_on",
        "recorded_at",
        "recorded_by",
        "supersedes",
        "body",
        "hash",
    ),
)
_BODY, HASH_COLUMN = ENTRIES.columns.index("body"), ENTRIES.columns.index("hash")
HEADS = Table("heads", ("seq", "hash", "latest_day"))


class HashChain:
    """Checks the entries of a station one after the other.

    It keeps the number, hash and latest day of the entries checked so far, to compare the next
    entry with them.
    """

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.seq, self.hash, self.latest_day = 0, ZERO_HASH, ""
        self.closed_through: date | None = None
        self._sequence = EntrySequence(reader.station)

    @property
    def clock_set_back(self) -> list[int]:
        """Numbers of entries that were recorded at an earlier time than the entry before them."""
        return self._sequence.clock_set_back

    def trust(self, through: int) -> None:
        """Continue after the entry with number `through`, without checking the entries up to it."""
        row = self.reader.one(
            "SELECT e.hash, e.part, e.recorded_at, (SELECT c.id FROM entries c "
            "WHERE c.station = e.station AND c.seq = e.seq - e.part), (SELECT d.booked_on "
            "FROM entries d WHERE d.station = e.station AND d.seq <= e.seq "
            "ORDER BY d.booked_on DESC LIMIT 1) "
            "FROM entries e WHERE e.station = :station AND e.seq = :through",
            through=through,
        )
        if row is None:
            raise self.reader.broken("entries", "seq", through, through, None)
        self.hash, part, recorded_at, command, self.latest_day = row
        self.seq = through
        closings = self.reader.earlier("periods", "seq, closed_through", through)
        self.closed_through = date.fromisoformat(max(closings)[1]) if closings else None
        superseded = self.reader.earlier("entries", "supersedes", through, "supersedes IS NOT NULL")
        self._sequence.continue_after(
            through, command, part, recorded_at, {seq for (seq,) in superseded}
        )

    def follow(self, rows: Sequence[Row]) -> list[Body]:
        """Check the next batch of entries. Return their decoded bodies.

        Raises:
            BooksBroken: an entry is missing or was changed.
        """
        bodies: list[Body] = []
        previous, seq, day = self.hash, self.seq, self.latest_day
        for row in rows:
            content = row[_BODY]
            entry_hash = hashlib.sha256(previous + content).digest()
            try:
                body = decode_body(content)
            except (msgspec.MsgspecError, UnicodeDecodeError) as error:
                raise self._mismatch(row, seq + 1, entry_hash, rows) or self._undecodable(
                    row, error
                ) from None
            seq += 1
            booked = body.booked_on.isoformat()
            expected = (
                seq,
                body.id,
                body.part,
                body.kind,
                body.document,
                body.happened_on.isoformat(),
                booked,
                body.recorded_at,
                body.recorded_by,
                body.supersedes,
                content,
                entry_hash,
            )
            if row != expected:
                wrong = self._mismatch(row, seq, entry_hash, rows)
                if wrong is not None:
                    raise wrong
                self.reader.compare(ENTRIES, [expected], [row])
            previous = entry_hash
            day = max(day, booked)
            bodies.append(body)
        self._sequence.follow(bodies)
        self.hash, self.seq, self.latest_day = previous, seq, day
        return bodies

    def _undecodable(self, row: Row, error: Exception) -> BooksBroken:
        return self.reader.broken("entries", "body", row[0], "an entry as JSON", error)

    def _mismatch(
        self, row: Row, seq: int, expected: bytes, rows: Sequence[Row]
    ) -> BooksBroken | None:
        """Return the error for an entry with a wrong number or hash, or None if both are right.

        If the hash is wrong, either the hashed bytes or the stored hash was changed. The next entry
        shows which of them: its hash depends on the true hash of this entry.

        Args:
            seq, expected: The number and the hash that the entry must have.
            rows: The entries of the same batch, among which the next entry may be.
        """
        if row[0] != seq:
            return self.reader.broken("entries", "seq", seq, seq, row[0])
        if row[HASH_COLUMN] == expected:
            return None
        following = next((later for later in rows if later[0] == seq + 1), None)
        following = following or self.reader.one(
            f"SELECT {', '.join(ENTRIES.columns)} FROM entries "
            "WHERE station = :station AND seq = :seq",
            seq=seq + 1,
        )
        if following is None:
            stored = self.reader.one("SELECT hash FROM heads WHERE station = :station")
            sound = stored is not None and stored[0] == row[HASH_COLUMN]
        else:
            made = hashlib.sha256(row[HASH_COLUMN] + following[_BODY]).digest()
            sound = made == following[HASH_COLUMN]
        if sound:
            return self.reader.broken("entries", "body", seq, row[HASH_COLUMN], expected)
        return self.reader.broken("entries", "hash", seq, expected, row[HASH_COLUMN])

    def check_days(self, bodies: Sequence[Body], closings: dict[int, date]) -> None:
        """Check the day on which each entry is booked.

        This must be the day of the event or, if that day was closed when the entry was recorded,
        the first day that was open at that time.

        Args:
            closings: For each entry that closed a period, the last closed day.

        Raises:
            BooksBroken: an entry is booked on another day.
        """
        closed = self.closed_through
        for body in bodies:
            if closed is None or body.happened_on > closed:
                booked = body.happened_on
            else:
                booked = closed + timedelta(days=1)
            if body.booked_on != booked:
                raise self.reader.broken("entries", "booked_on", body.seq, booked, body.booked_on)
            closed = closings.get(body.seq, closed)
        self.closed_through = closed

    def gap(self) -> BooksBroken:
        """Return the error which says that the entry after the last checked one is missing."""
        return self.reader.broken("entries", "seq", self.seq + 1, self.seq + 1, None)

    def check_last_entry(self) -> None:
        """Check that the table `heads` has number, hash and latest day of the last entry.

        A higher number in `heads` shows that entries were removed at the end. If there are no
        entries, the station must have no row in `heads`.

        Raises:
            BooksBroken: `heads` has other values.
        """
        found = self.reader.all_rows(HEADS)
        if self.seq and found and found[0][0] > self.seq and found[0][1] != self.hash:
            raise self.gap()
        expected = [(self.seq, self.hash, self.latest_day)] if self.seq else []
        self.reader.compare(HEADS, expected, found)
