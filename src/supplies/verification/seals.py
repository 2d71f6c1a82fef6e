"""Check that only programs with the station's keys changed the sealed tables and the access log.

A seal is a code that needs these keys: one is stored for each change of users, credentials and
settings. Everything is checked from the last seal of the kind `start` on. Earlier seals are
ignored.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

import msgspec

from supplies.errors import BooksBroken
from supplies.signing.last_seals import LastSeal, find_missing, read_last_seal
from supplies.signing.seal_macs import (
    NO_MAC,
    SEAL_COLUMNS,
    line_mac,
    seal_keys,
    seal_keys_in,
    seal_mac,
)
from supplies.signing.sealed_tables import LOG_COLUMNS, SEALED_TABLES, SealedTable
from supplies.storage.store import Row
from supplies.verification.reader import WHOLE_ROW, Reader

LINES_PER_QUERY = 10_000
"""Number of lines of the access log that are read into memory at a time."""

_Digests = dict[tuple[str, str], bytes | None]
"""The digest in the latest seal of each row, by table and row key; None for a deleted row."""


class SealedRows(msgspec.Struct, frozen=True, kw_only=True):
    """The result of checking the seals of users, credentials, settings and the access log.

    Attributes:
        state: `unchanged`: no row was changed without the keys. `not-sealed`: there are no seals
            yet, because no program with the keys has changed a row. `no-keys`: the key file is not
            here, so nothing was compared. `changed`: a copy of the books contains rows that were
            changed without the keys.
        since: When sealing began, or None. Changes before that time are not noticed.
        rows, lines: How many rows, and lines of the access log, were compared.
        earlier_lines: How many lines of the access log are older than the seals.
        has_last_seal: Whether the last seal was compared with the copy in the file beside the key
            file. Without this copy, it is not noticed if the last changes were undone.
        difference: If the state is `changed`, the first difference.
    """

    state: Literal["unchanged", "not-sealed", "no-keys", "changed"]
    since: str | None = None
    rows: int = 0
    lines: int = 0
    earlier_lines: int = 0
    has_last_seal: bool = False
    difference: str | None = None


def check_seals(reader: Reader) -> SealedRows:
    """Check the seals of a station, and compare the sealed rows and log lines with them.

    Raises:
        BooksBroken: a row, a line or a seal was changed without the keys.
        StoreError: the key file, or the file with the last seal, is damaged.
    """
    keys = seal_keys(reader.store.url, reader.station)
    return _check_seals(
        reader, keys, read_last_seal(reader.store.url, reader.station) if keys else None
    )


def check_seals_of_copy(reader: Reader, key_file: Path) -> SealedRows:
    """Check the seals in a copy of books. A difference is part of the result, not an error.

    Args:
        key_file: The key file of the books. It need not exist.

    Raises:
        StoreError: the key file is damaged, or others can read it.
    """
    try:
        return _check_seals(reader, seal_keys_in(key_file, reader.station), None)
    except BooksBroken as difference:
        return SealedRows(state="changed", difference=str(difference))


def _check_seals(reader: Reader, keys: list[bytes], seen: LastSeal | None) -> SealedRows:
    start = reader.one("SELECT max(seq) FROM seals WHERE station = :station AND kind = 'start'")
    if start is None or start[0] is None:
        _check_never_sealed(reader, seen)
        return SealedRows(state="not-sealed")
    if not keys:
        return SealedRows(state="no-keys")
    check = _Check(reader, keys)
    check.follow_seals(start[0])
    if seen is not None:
        check.compare_with(seen)
    rows = sum(check.compare_rows(table) for table in SEALED_TABLES.values())
    lines, earlier = check.follow_lines()
    return SealedRows(
        state="unchanged",
        since=check.since,
        rows=rows,
        lines=lines,
        earlier_lines=earlier,
        has_last_seal=seen is not None,
    )


def _check_never_sealed(reader: Reader, seen: LastSeal | None) -> None:
    if seen is not None:
        raise _undone(reader, "seals", seen.seq, seen.mac)
    row = reader.one(
        "SELECT seq FROM access_log WHERE station = :station AND mac IS NOT NULL LIMIT 1"
    ) or reader.one("SELECT seq FROM seals WHERE station = :station LIMIT 1")
    if row is not None:
        raise _broken(
            reader, "seals", WHOLE_ROW, "a seal of the kind start", None, "all seals were removed"
        )


class _Check:
    """Checks the seals of a station, and compares sealed rows and log lines with them."""

    def __init__(self, reader: Reader, keys: Sequence[bytes]) -> None:
        self.reader, self._keys = reader, list(keys)
        self.since: str | None = None
        self._digests: _Digests = {}
        self._first_line, self._line_mac = 1, NO_MAC
        self._erased: dict[int, tuple[int, bytes]] = {}
        """Ranges of erased lines: number and code of the last line, by number of the first line."""

    def follow_seals(self, start: int) -> None:
        """Check each seal from number `start` on, and remember the digest that it contains."""
        rows = self.reader.store.all(
            f"SELECT {', '.join(SEAL_COLUMNS)}, mac FROM seals "
            "WHERE station = :station AND seq >= :start ORDER BY seq",
            {"station": self.reader.station, "start": start},
        )
        before, keys = NO_MAC, self._keys
        for expected, row in enumerate(rows, start):
            *seal, mac = row
            if seal[0] != expected:
                raise self._broken("seals", "seq", expected, seal[0], "a seal was removed")
            keys = _keys_from(keys, bytes(mac), seal_mac, before, seal)
            if not keys:
                raise self._broken(
                    "seals",
                    "mac",
                    f"the code of seal {expected}",
                    "another",
                    f"the seal of {seal[2]} {seal[3]} was changed, or made without the station's "
                    "keys; or this is another key file",
                )
            before = bytes(mac)
            self._take(seal)

    def _take(self, seal: Sequence[Any]) -> None:
        _, kind, table, key, digest, at = seal
        digest = None if digest is None else bytes(digest)
        if kind == "start":
            self.since = at
            self._first_line, self._line_mac = int(key) + 1, digest or NO_MAC
        elif kind == "log":
            first, last = map(int, key.split())
            if last >= self._first_line:
                self._erased[max(first, self._first_line)] = (last, digest or NO_MAC)
        elif kind == "found":
            raise self._changed(table, key, "it was changed again since then")
        else:
            self._digests[table, key] = digest

    def compare_with(self, seen: LastSeal) -> None:
        """Check that the books still have the last seal and the last line of the access log.

        Args:
            seen: This seal and line. The program that made them wrote them to a file beside the key
                file, see `last_seals`.
        """
        missing = find_missing(self.reader.store, seen)
        if missing == "seals":
            raise _undone(self.reader, missing, seen.seq, seen.mac)
        if missing == "access_log":
            raise _undone(self.reader, missing, seen.line, seen.line_mac)

    def compare_rows(self, table: SealedTable) -> int:
        """Compare all rows of a table with their seals. Return how many rows there are."""
        rows = self.reader.store.all(
            f"SELECT {', '.join(table.all_columns)} FROM {table.name} WHERE station = :station",
            {"station": self.reader.station},
        )
        for row in rows:
            key = table.key_of(row)
            sealed = self._digests.pop((table.name, key), None)
            if sealed is None:
                raise self._broken(
                    table.name,
                    WHOLE_ROW,
                    None,
                    _named(table.name, key),
                    f"this row was added without the station's keys; {_ADVICE}",
                )
            if sealed != table.digest(row):
                raise self._changed(table.name, key)
        for name, key in [one for one, sealed in self._digests.items() if sealed is not None]:
            if name == table.name:
                raise self._broken(
                    name,
                    WHOLE_ROW,
                    _named(name, key),
                    None,
                    f"this row was deleted without the station's keys; {_ADVICE}",
                )
        return len(rows)

    def follow_lines(self) -> tuple[int, int]:
        """Check each sealed line of the access log.

        Return the number of checked lines, and the number of lines from before sealing began.
        """
        checked, keys, before = 0, self._keys, self._line_mac
        expected, before = self._after_erased(self._first_line, before)
        for *line, mac in self._lines():
            if line[0] != expected:
                raise self._broken(
                    "access_log",
                    "seq",
                    expected,
                    line[0],
                    "lines were removed, or put back after they had been erased",
                )
            keys = [] if mac is None else _keys_from(keys, bytes(mac), line_mac, before, line)
            if not keys:
                raise self._broken(
                    "access_log",
                    "mac",
                    f"the code of line {expected}",
                    "none" if mac is None else "another",
                    "this line was changed, or added without the station's keys",
                )
            checked += 1
            expected, before = self._after_erased(expected + 1, bytes(mac))
        earlier = self.reader.one(
            "SELECT count(*) FROM access_log WHERE station = :station AND seq < :first",
            first=self._first_line,
        )
        return checked, 0 if earlier is None else int(earlier[0])

    def _after_erased(self, line: int, before: bytes) -> tuple[int, bytes]:
        """Skip erased lines. Return the number of the next line, and the code of the line before.

        Args:
            line: Number of the first line that may be erased.
            before: The code of the line before `line`.
        """
        while line in self._erased:
            last, before = self._erased[line]
            line = last + 1
        return line, before

    def _lines(self) -> Iterator[Row]:
        first = self._first_line
        while True:
            rows = self.reader.store.all(
                f"SELECT {', '.join(LOG_COLUMNS)}, mac FROM access_log "
                "WHERE station = :station AND seq >= :first ORDER BY seq LIMIT :count",
                {"station": self.reader.station, "first": first, "count": LINES_PER_QUERY},
            )
            yield from rows
            if len(rows) < LINES_PER_QUERY:
                return
            first = rows[-1][0] + 1

    def _changed(self, table: str, key: str, more: str = "") -> BooksBroken:
        return self._broken(
            table,
            WHOLE_ROW,
            f"{_named(table, key)} as sealed",
            "another row",
            f"this row was changed without the station's keys; {more + '; ' if more else ''}"
            + _ADVICE,
        )

    def _broken(
        self, table: str, column: str, expected: object, found: object, remark: str
    ) -> BooksBroken:
        return _broken(self.reader, table, column, expected, found, remark)


_ADVICE = "if you know who did it, `supplies station seal` accepts all rows as they are now"


def _named(table: str, key: str) -> str:
    return f"the row {key} of {table}" if key else f"the row of {table}"


def _keys_from(
    keys: list[bytes],
    mac: bytes,
    compute: Any,
    before: bytes,
    row: Sequence[Any],
) -> list[bytes]:
    """Return the key with which a code was computed, and all newer keys; [] if no key fits.

    Later codes must be computed with one of the returned keys. So a stolen older key is of no use.
    """
    for index, key in enumerate(keys):
        if compute(key, before, row) == mac:
            return keys[index:]
    return []


def _undone(reader: Reader, table: str, seq: int, mac: str) -> BooksBroken:
    return _broken(
        reader,
        table,
        WHOLE_ROW,
        f"row {seq} with the code {mac[:16]}",
        None,
        "the last rows were removed or replaced, or an older copy of the books was put back; if "
        "you did that, `supplies station seal` accepts all rows as they are now",
    )


def _broken(
    reader: Reader, table: str, column: str, expected: object, found: object, remark: str
) -> BooksBroken:
    return BooksBroken(
        station=reader.station,
        seq=None,
        table=table,
        column=column,
        expected=expected,
        found=found,
        remark=remark,
    )
