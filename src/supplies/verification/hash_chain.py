"""Check the hash chain of the entries.

Entry numbers have no gaps, each hash is right, and the columns of an entry repeat its hashed bytes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date, timedelta

import msgspec

from supplies.domain.entries import ZERO_HASH, Body, decode_body
from supplies.errors import BooksBroken
from supplies.storage.store import Row
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

    The object keeps the number, hash and latest day of the last checked entry, to compare the next
    entry with them.
    """

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.seq, self.hash, self.latest_day = 0, ZERO_HASH, ""
        self.closed_through: date | None = None
        self._command, self._part = "", -1
        self._superseded: set[int] = set()
        self._recorded_at = ""
        self.clock_set_back: list[int] = []

    def follow(self, rows: Sequence[Row]) -> list[Body]:
        """Check the next entries of the chain. Return their decoded content.

        Raises:
            BooksBroken: an entry is missing or was changed.
        """
        bodies: list[Body] = []
        previous, seq, day = self.hash, self.seq, self.latest_day
        for row in rows:
            content = row[_BODY]
            head = hashlib.sha256(previous + content).digest()
            try:
                body = decode_body(content)
            except (msgspec.MsgspecError, UnicodeDecodeError) as error:
                raise self._mismatch(row, seq + 1, head, rows) or self._undecodable(
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
                head,
            )
            if row != expected:
                wrong = self._mismatch(row, seq, head, rows)
                if wrong is not None:
                    raise wrong
                self.reader.compare(ENTRIES, [expected], [row])
            if body.recorded_at < self._recorded_at:
                self.clock_set_back.append(seq)
            self._recorded_at = body.recorded_at
            previous = head
            day = max(day, booked)
            bodies.append(body)
        self._check_bodies(bodies)
        self.hash, self.seq, self.latest_day = previous, seq, day
        return bodies

    def _undecodable(self, row: Row, error: Exception) -> BooksBroken:
        return self.reader.broken("entries", "body", row[0], "an entry as JSON", error)

    def _mismatch(self, row: Row, seq: int, head: bytes, rows: Sequence[Row]) -> BooksBroken | None:
        """Return the error for an entry whose number or hash is wrong, or None if both are right.

        If the hash is wrong, either the hashed bytes or the stored hash was changed. The next entry
        shows which of them: its hash depends on the true hash of this entry.
        """
        if row[0] != seq:
            return self.reader.broken("entries", "seq", seq, seq, row[0])
        if row[HASH_COLUMN] == head:
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
            return self.reader.broken("entries", "body", seq, row[HASH_COLUMN], head)
        return self.reader.broken("entries", "hash", seq, head, row[HASH_COLUMN])

    # --- entries compared with one another --------------------------------------------------------

    def _check_bodies(self, bodies: Sequence[Body]) -> None:
        """Check that the contents of these entries do not contradict one another.

        The station, entry number, part and id of each entry must be right, and no entry may be
        superseded twice.
        """
        command, part, seq, station = self._command, self._part, self.seq, self.reader.station
        for body in bodies:
            seq += 1
            if body.seq != seq or body.station != station:
                raise self.reader.broken(
                    "entries", "body", seq, f"{station} {seq}", f"{body.station} {body.seq}"
                )
            if body.part == 0:
                command = body.id
            elif body.part != part + 1:
                raise self.reader.broken("entries", "part", seq, f"0 or {part + 1}", body.part)
            elif body.id != _further_id(command, body.part):
                raise self.reader.broken("entries", "id", seq, f"{command} and part", body.id)
            part = body.part
            if (body.request is None) is (part == 0):
                raise self.reader.broken(
                    "entries", "body", seq, "a request digest on part 0 alone", body.request
                )
            if body.supersedes is not None:
                self._supersede(body.supersedes, seq)
        self._command, self._part = command, part

    def _supersede(self, old: int, seq: int) -> None:
        if not 1 <= old < seq or old in self._superseded:
            raise self.reader.broken(
                "entries", "supersedes", seq, "an earlier entry, superseded once", old
            )
        self._superseded.add(old)

    def check_days(self, bodies: Sequence[Body], closings: dict[int, date]) -> None:
        """Check the day on which each entry is booked.

        It is the day of the event. If that day was closed, it is the first day that was open then.

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

    def check_head(self) -> None:
        """Check that the table `heads` has number, hash and latest day of the last entry.

        If `heads` has a higher number, entries were removed at the end. Without entries, the
        station must have no row in `heads`.

        Raises:
            BooksBroken: `heads` has other values.
        """
        found = self.reader.all_rows(HEADS)
        if self.seq and found and found[0][0] > self.seq and found[0][1] != self.hash:
            raise self.gap()
        expected = [(self.seq, self.hash, self.latest_day)] if self.seq else []
        self.reader.compare(HEADS, expected, found)


_VARIANT = {digit: "89ab"[int(digit, 16) & 3] for digit in "0123456789abcdef"}


def _further_id(command: str, part: int) -> str | None:
    """Return the id of an entry that is not the first one of its command: a UUIDv5 (RFC 9562).

    Return None if the id of the command is not a UUID. The module `uuid` gives the same result but
    takes four times as long.

    Args:
        part: 1 for the second entry of the command, 2 for the third, and so on.
    """
    try:
        name = bytes.fromhex(command.replace("-", "")) + b"%d" % part
    except ValueError:
        return None
    made = hashlib.sha1(name, usedforsecurity=False).hexdigest()
    return f"{made[:8]}-{made[8:12]}-5{made[13:16]}-{_VARIANT[made[16]]}{made[17:20]}-{made[20:32]}"
