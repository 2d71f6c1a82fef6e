"""Change sealed rows, and add lines to the access log.

Every change of a sealed table goes through `Seals`. It appends a seal for each changed row in the
same transaction. A seal contains the digest of the row, and a code that depends on the code of the
previous seal. So nobody without the key file can add, remove or reorder seals. The lines of the
access log are chained in the same way.

Sealing begins with the first change by a process that has the keys.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any, NamedTuple

from supplies.errors import StoreError
from supplies.signing.last_seals import forget_last_seal, is_last_seal_kept, read_last_seal
from supplies.signing.seal_macs import NO_MAC, SEAL_COLUMNS, line_mac, seal_keys, seal_mac
from supplies.signing.sealed_tables import LOG_COLUMNS, SEALED_TABLES, SealedTable
from supplies.storage.store import Row, Store

_INSERT_LINE = (
    f"INSERT INTO access_log (station, {', '.join(LOG_COLUMNS)}, mac) "
    f"VALUES (?, {', '.join('?' for _ in LOG_COLUMNS)}, ?)"
)


class Tail(NamedTuple):
    """Number and authentication code of the last seal, or of the last line of the access log."""

    seq: int
    mac: bytes


class Seals:
    """Changes the sealed tables of one station, and appends a seal for each change.

    Use it within one write transaction.

    Args:
        now: The time as stored text, if this process may start sealing a station that has no seals
            yet; otherwise None.
    """

    def __init__(self, store: Store, station: str, now: str | None = None) -> None:
        self.store, self.station, self._now = store, station, now

    # --- rows --------------------------------------------------------------------------------

    def insert(self, table: str, **values: Any) -> None:
        """Insert a row into a sealed table.

        Raises:
            StoreError: the rows are sealed, and the keys are missing.
        """
        row = {"station": self.station, **values}
        columns, marks = ", ".join(row), ", ".join(f":{name}" for name in row)
        key = tuple(values[name] for name in SEALED_TABLES[table].key)
        self._change(table, [key], f"INSERT INTO {table} ({columns}) VALUES ({marks})", row)

    def put(self, table: str, **values: Any) -> None:
        """Write the station's only row in a sealed table: insert it, or replace its values.

        Raises:
            StoreError: the rows are sealed, and the keys are missing.
        """
        row = {"station": self.station, **values}
        columns, marks = ", ".join(row), ", ".join(f":{name}" for name in row)
        changes = ", ".join(f"{name} = excluded.{name}" for name in values)
        statement = (
            f"INSERT INTO {table} ({columns}) VALUES ({marks}) "
            f"ON CONFLICT (station) DO UPDATE SET {changes}"
        )
        self._change(table, [()], statement, row)

    def update(self, table: str, changes: str, where: str, **params: Any) -> int:
        """Change rows of a sealed table. Return the number of changed rows.

        Args:
            changes: Assignments in SQL, such as `disabled_at = NULL`.
            where: A condition in SQL. Only rows of the station are changed.

        Raises:
            StoreError: the rows are sealed, and the keys are missing.
        """
        return self._change_where(table, f"UPDATE {table} SET {changes}", where, params)

    def delete(self, table: str, where: str = "TRUE", **params: Any) -> int:
        """Delete rows of a sealed table. Return the number of deleted rows.

        Args:
            where: A condition in SQL. Only rows of the station are deleted.

        Raises:
            StoreError: the rows are sealed, and the keys are missing.
        """
        return self._change_where(table, f"DELETE FROM {table}", where, params)

    def _change_where(
        self, table: str, statement: str, where: str, params: Mapping[str, Any]
    ) -> int:
        params = {"station": self.station, **params}
        where = f"WHERE station = :station AND {where}"
        names = ", ".join(SEALED_TABLES[table].key) or "1"
        used = {name: value for name, value in params.items() if f":{name}" in where}
        found = self.store.all(f"SELECT {names} FROM {table} {where}", used)
        keys = [row if SEALED_TABLES[table].key else () for row in found]
        return self._change(table, keys, f"{statement} {where}", params)

    def _change(self, name: str, keys: list[Row], statement: str, params: Mapping[str, Any]) -> int:
        """Run SQL that changes the rows with these primary keys, and append a seal for each."""
        tail = self._tail_to_continue()
        if tail is None:
            return self.store.run(statement, params)
        table, seals = SEALED_TABLES[name], []
        for key in keys:
            sealed, found = self._sealed_digest(table, key), self._digest(table, key)
            if sealed != found:
                seals.append(("found", name, table.key_of(key), found))
        count = self.store.run(statement, params)
        seals += [("row", name, table.key_of(key), self._digest(table, key)) for key in keys]
        self._append(tail, [(*seal, None) for seal in seals])
        return count

    def _sealed_digest(self, table: SealedTable, key: Row) -> bytes | None:
        row = self.store.one(
            "SELECT digest FROM seals WHERE station = :station AND sealed = :sealed "
            "AND row_key = :key AND seq > coalesce((SELECT max(seq) FROM seals "
            "WHERE station = :station AND kind = 'start'), 0) ORDER BY seq DESC LIMIT 1",
            {"station": self.station, "sealed": table.name, "key": table.key_of(key)},
        )
        return None if row is None or row[0] is None else bytes(row[0])

    def _digest(self, table: SealedTable, key: Row) -> bytes | None:
        where = "".join(f" AND {name} = :{name}" for name in table.key)
        row = self.store.one(
            f"SELECT {', '.join(table.all_columns)} FROM {table.name} "
            f"WHERE station = :station{where}",
            {"station": self.station, **dict(zip(table.key, key, strict=True))},
        )
        return None if row is None else table.digest(row)

    # --- the access log ----------------------------------------------------------------------

    def add_line(self, **values: Any) -> None:
        """Add a line with the next number to the access log.

        Raises:
            StoreError: the log is sealed, and the keys are missing.
        """
        tail, mac = self._last_line(), None
        keys = self._keys()
        if not keys or tail.mac == NO_MAC:
            keys = self._keys_to_seal()
        values["seq"] = tail.seq + 1
        line = [values[name] for name in LOG_COLUMNS]
        if keys:
            mac = line_mac(keys[-1], tail.mac, line)
            self.store.sealed.add(self.station)
        self.store.run(_INSERT_LINE, (self.station, *line, mac))

    def erase_lines(self, before: str) -> int:
        """Erase lines of the access log. Return the number of erased lines.

        Args:
            before: Lines from before this time are erased. The time is text, as in the column `at`.

        Raises:
            StoreError: the log is sealed, and the keys are missing.
        """
        params = {"station": self.station, "before": before}
        tail = self._tail_to_continue()
        if tail is not None:
            lines = self.store.all(
                "SELECT seq, mac FROM access_log WHERE station = :station AND at < :before "
                "ORDER BY seq",
                params,
            )
            erased = [
                ("log", "access_log", f"{first} {last.seq}", last.mac, None)
                for first, last in _ranges(lines)
            ]
            self._append(tail, erased)
        return self.store.run(
            "DELETE FROM access_log WHERE station = :station AND at < :before", params
        )

    def _last_line(self) -> Tail:
        """Return the last line of the log, even if it was erased, so that no number is reused."""
        row = self.store.one(
            "SELECT seq, mac FROM access_log WHERE station = :station ORDER BY seq DESC LIMIT 1",
            {"station": self.station},
        )
        if row is not None:
            return _tail(row)
        erased = self.store.all(
            "SELECT row_key, digest FROM seals WHERE station = :station AND kind = 'log'",
            {"station": self.station},
        )
        lasts = [_tail((int(key.split()[1]), mac)) for key, mac in erased]
        return max(lasts, default=Tail(0, NO_MAC))

    # --- seals -------------------------------------------------------------------------------

    def begin(self) -> None:
        """Start sealing the station, unless it is sealed already or there are no keys."""
        self._tail_to_continue()

    def begin_again(self) -> None:
        """Append new seals for all rows, with their current content.

        This accepts all earlier changes that were made without the keys.

        Raises:
            StoreError: the keys are missing.
        """
        if not self._keys():
            raise self._keys_missing()
        tail, seen = self._tail(), None
        with suppress(StoreError):  # a damaged record is deleted too
            seen = read_last_seal(self.store.url, self.station)
        self._begin(after=max(0 if tail is None else tail.seq, 0 if seen is None else seen.seq))
        forget_last_seal(self.store.url, self.station)

    def _keys(self) -> list[bytes]:
        return seal_keys(self.store.url, self.station)

    def _keys_to_seal(self) -> list[bytes]:
        """Return the keys if new rows and lines must be sealed, otherwise an empty list."""
        return [] if self._tail_to_continue() is None else self._keys()

    def _tail_to_continue(self) -> Tail | None:
        """Return the last seal, after which new seals are appended. Start sealing if necessary.

        Return None if nothing is to be sealed: there are no keys, or this process may not start
        sealing.

        Raises:
            StoreError: there are seals, but the keys are missing.
        """
        tail = self._tail()
        if not self._keys():
            if tail is not None:
                raise self._keys_missing()
            return None
        if tail is not None:
            return tail
        if is_last_seal_kept(self.store.url, self.station):
            # All seals were removed. They are not made anew, so that verification reports it.
            return Tail(0, NO_MAC)
        return None if self._now is None else self._begin(after=0)

    def _tail(self) -> Tail | None:
        row = self.store.one(
            "SELECT seq, mac FROM seals WHERE station = :station ORDER BY seq DESC LIMIT 1",
            {"station": self.station},
        )
        return None if row is None else _tail(row)

    def _begin(self, after: int) -> Tail:
        """Append seals for all rows as they are. Return the last of these seals.

        The first of these seals does not depend on an earlier one, so that it is valid even if
        earlier seals were removed.

        Args:
            after: The first new seal gets the number after this one.
        """
        line = self._last_line()
        last_mac = None if line.mac == NO_MAC else line.mac
        seals: list[tuple[Any, ...]] = [("start", "access_log", str(line.seq), last_mac, self._now)]
        for table in SEALED_TABLES.values():
            rows = self.store.all(
                f"SELECT {', '.join(table.all_columns)} FROM {table.name} WHERE station = :station",
                {"station": self.station},
            )
            seals += [
                ("row", table.name, table.key_of(row), table.digest(row), None) for row in rows
            ]
        return self._append(Tail(after, NO_MAC), seals)

    def _append(self, tail: Tail, seals: Iterable[tuple[Any, ...]]) -> Tail:
        key, rows = self._keys()[-1], []
        for kind, sealed, row_key, digest, at in seals:
            seal = (tail.seq + 1, kind, sealed, row_key, digest, at)
            tail = Tail(seal[0], seal_mac(key, tail.mac, seal))
            rows.append((self.station, *seal, tail.mac))
        names = ("station", *SEAL_COLUMNS, "mac")
        self.store.run_many(
            f"INSERT INTO seals ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})", rows
        )
        self.store.sealed.add(self.station)
        return tail

    def _keys_missing(self) -> StoreError:
        return StoreError(
            f"users, settings and access log of station {self.station} are sealed with the "
            "station's keys, which are missing here: put the key file back from its backup, or "
            "name it with SUPPLIES_KEYS"
        )


def _tail(row: Row) -> Tail:
    return Tail(int(row[0]), NO_MAC if row[1] is None else bytes(row[1]))


def _ranges(lines: list[Row]) -> list[tuple[int, Tail]]:
    """Group log lines by consecutive numbers. Return first number and last line of each group.

    One seal records the erasure of a whole group. It needs the code of the last line, with which
    the code of the next line was computed.
    """
    found: list[tuple[int, Tail]] = []
    for line in map(_tail, lines):
        if found and found[-1][1].seq + 1 == line.seq:
            found[-1] = (found[-1][0], line)
        else:
            found.append((line.seq, line))
    return found
