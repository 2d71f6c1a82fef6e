"""Check that entries which were verified or signed before are still in the hash chain.

The chain alone cannot show that its last entries were removed or rewritten. But each successful
verification stored the number and hash of the last entry at that time. A signed checkpoint, which
may be kept elsewhere, also contains a number and a hash.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from supplies.domain.entries import ZERO_HASH
from supplies.errors import BooksBroken
from supplies.signing.checkpoints import Checkpoint
from supplies.storage.store import Row
from supplies.verification.reader import Reader


class _KnownEntry(NamedTuple):
    """An entry that an earlier verification or a signed checkpoint has seen in the books.

    Attributes:
        hash: The hash at that time, in hexadecimal.
        seen: The verification or checkpoint in words, for the error message.
    """

    seq: int
    hash: str
    seen: str


def read_verifications(reader: Reader) -> list[Row]:
    """Return number, hash and day of the last entry at each successful verification."""
    return reader.store.all(
        "SELECT seq, hash, min(verified_at) FROM verifications WHERE station = :station "
        "GROUP BY seq, hash",
        {"station": reader.station},
    )


class EarlierChecks:
    """Compares the entries of a station with those that earlier checks saw in the books.

    This finds entries that were changed or removed after an earlier verification, or after a
    checkpoint was signed.

    Args:
        witnesses: Signed checkpoints of this station.
        verifications: Earlier verifications, as `read_verifications` returns them.
    """

    def __init__(
        self, station: str, witnesses: Sequence[Checkpoint], verifications: Sequence[Row] = ()
    ) -> None:
        self.station = station
        known = [
            _KnownEntry(seq, found, f"the verification of {at[:10]}")
            for seq, found, at in verifications
        ]
        for each in witnesses:
            seen = f"the checkpoint of {each.at:%Y-%m-%d}, signed by station {each.by},"
            known.append(_KnownEntry(each.seq, each.hash, seen))
        self._known = sorted(known, reverse=True)
        self._take(0, ZERO_HASH.hex())

    def trust(self, reader: Reader, through: int) -> None:
        """Compare the stored hashes of entries up to `through` with those that earlier checks saw.

        Raises:
            BooksBroken: an entry is missing, or its stored hash has changed.
        """
        while self._known and self._known[-1].seq <= through:
            known = self._known[-1]
            row = reader.one(
                "SELECT hash FROM entries WHERE station = :station AND seq = :seq", seq=known.seq
            )
            if row is None:
                raise self._broken(known, None)
            self._take(known.seq, row[0].hex())

    def follow(self, entries: Sequence[Row], hash_column: int) -> None:
        """Compare the next batch of entries with those that earlier checks saw.

        Args:
            hash_column: Index of the hash in a row of `entries`.

        Raises:
            BooksBroken: an entry has another hash than before.
        """
        for row in entries:
            if self._known and self._known[-1].seq <= row[0]:
                self._take(row[0], row[hash_column].hex())

    def check_end(self) -> None:
        """Check, after the last entry, that all entries that earlier checks saw were found.

        Raises:
            BooksBroken: one of these entries is missing.
        """
        if self._known:
            raise self._broken(self._known[-1], None)

    def _take(self, seq: int, found: str) -> None:
        while self._known and self._known[-1].seq <= seq:
            known = self._known.pop()
            if (known.seq, known.hash) != (seq, found):
                raise self._broken(known, found if known.seq == seq else None)

    def _broken(self, known: _KnownEntry, found: str | None) -> BooksBroken:
        return BooksBroken(
            station=self.station,
            seq=known.seq,
            table="entries",
            column="hash",
            expected=known.hash,
            found=found,
            remark=(
                f"{known.seen} saw that hash; since then the last entries were removed or "
                "rewritten, or an older copy of the books was put back"
            ),
        )
