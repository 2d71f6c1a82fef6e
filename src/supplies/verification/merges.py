"""Check merged codes: both codes are registered, and the one that stays in use is not merged."""

from __future__ import annotations

from supplies.domain.entry_rows import TABLES, Merge
from supplies.errors import BooksBroken
from supplies.verification.reader import Reader
from supplies.verification.records import ROW_TABLES, Rows

_TABLE = TABLES[Merge]


class Merges:
    """Checks the entries that merge two codes, and those that reverse a merge."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self._merges: dict[str, tuple[str, str]] = {}
        self._merged: dict[tuple[str, str], str] = {}
        self._seq: dict[tuple[str, str], int] = {}

    def add(self, recorded: Rows) -> None:
        """Check the merges in the next batch of entries.

        Raises:
            BooksBroken: a code is merged into itself or into a merged code; the merged code is one
                that others were merged into, or was merged before; or a reversal names another
                code than its merge.
        """
        columns = ROW_TABLES[Merge].columns
        for row in recorded[Merge]:
            seq, merge, kind, code, stays = (
                row[columns.index(name)] for name in ("seq", "merge", "kind", "code", "stays")
            )
            person = kind, code
            if stays is None:
                expected = self._merges.get(merge)
                if expected != person or person not in self._merged:
                    raise self._broken("code", seq, expected and expected[1], code)
                del self._merged[person]
                continue
            if person in self._merged:
                raise self._broken("code", seq, "a code that was not merged", code)
            if code == stays or (kind, stays) in self._merged:
                raise self._broken("stays", seq, "a code that was not merged", stays)
            if (kind, code) in {(of, kept) for (of, _), kept in self._merged.items()}:
                raise self._broken("code", seq, "a code into which none was merged", code)
            self._merges[merge] = person
            self._merged[person] = stays
            self._seq[person] = seq

    def check(self) -> None:
        """Check that both codes of each merge are registered as donors or recipients.

        Raises:
            BooksBroken: a code is not registered.
        """
        for (kind, code), stays in self._merged.items():
            for column, name in (("code", code), ("stays", stays)):
                known = self.reader.one(
                    f"SELECT 1 FROM {kind}s WHERE station = :station AND code = :code", code=name
                )
                if known is None:
                    seq = self._seq[kind, code]
                    raise self._broken(column, seq, f"a registered {kind}", name)

    def _broken(self, column: str, seq: int, expected: object, found: object) -> BooksBroken:
        return self.reader.broken(_TABLE, column, seq, expected, found)
