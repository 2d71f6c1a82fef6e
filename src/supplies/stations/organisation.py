"""Organisations of stations: a head station and the stations under it.

Coordinators of the head may read the books of all stations of the organisation, and reports add up
the numbers of these stations. A station without a head is an organisation of its own. Which station
belongs to which head is not part of the hash chain.
"""

from __future__ import annotations

import msgspec

from supplies.books.reader import Books
from supplies.domain.fields import is_valid_code
from supplies.errors import InvalidField, NotFound
from supplies.signing.seals import Seals
from supplies.storage.store import Row, Store


class StationLine(msgspec.Struct, frozen=True, kw_only=True):
    """A station in a list.

    Attributes:
        head: Code of the station's head; None if it has none.
    """

    code: str
    name: str
    name_en: str | None
    zone: str
    series: str
    head: str | None


_LINES = (
    "SELECT s.code, s.name, s.name_en, s.zone, s.series, o.head FROM stations s "
    "LEFT JOIN organisations o ON o.station = s.code"
)

ORGANISATION_CTE = (
    "ours (code) AS (SELECT code FROM stations WHERE code = :station "
    "UNION ALL SELECT station FROM organisations WHERE head = :station)"
)
"""SQL for a WITH clause: the codes of `:station` and of all stations under it."""


def head_of(books: Books) -> str | None:
    """Return the code of this station's head, or None if it has no head."""
    head = books.value("SELECT head FROM organisations WHERE station = :station")
    return None if head is None else str(head)


def stations(books: Books, *, after: str = "", limit: int | None = None) -> list[StationLine]:
    """List this station and the stations under it, in the order of their codes.

    Args:
        after: The last code on the previous page; an empty text begins with the first page.
    """
    rows = books.all(
        f"{_LINES} WHERE (s.code = :station OR o.head = :station) AND s.code > :after "
        f"ORDER BY s.code{'' if limit is None else ' LIMIT :limit'}",
        after=after,
        limit=limit,
    )
    return [_line(row) for row in rows]


def find_english_name(books: Books, code: str, name: str, unit: str) -> str | None:
    """Return the English name of an item that has this code, name and unit at one of the stations.

    Return None if no station has given it one.
    """
    found = books.one(
        f"WITH {ORGANISATION_CTE} SELECT i.name_en FROM items i "
        "WHERE i.station IN (SELECT code FROM ours) AND i.code = :code AND i.name = :name "
        "AND i.unit = :unit AND i.name_en IS NOT NULL ORDER BY i.station LIMIT 1",
        code=code,
        name=name,
        unit=unit,
    )
    return None if found is None else str(found[0])


def sister_stations(books: Books) -> list[StationLine]:
    """Return the other stations of this station's organisation, in the order of their codes."""
    head = head_of(books) or books.station_code
    others = stations(books.for_station(head))
    return [one for one in others if one.code != books.station_code]


def all_stations(store: Store) -> list[StationLine]:
    """Return every station of the database, in the order of their codes."""
    return [_line(row) for row in store.all(f"{_LINES} ORDER BY s.code")]


def default_station(store: Store) -> str:
    """Return the station that is used if a request or command names none.

    Of the stations without a head, it is the one whose code comes first.

    Raises:
        NotFound: the database has no stations.
    """
    row = store.one(
        "SELECT s.code FROM stations s LEFT JOIN organisations o ON o.station = s.code "
        "ORDER BY CASE WHEN o.head IS NULL THEN 0 ELSE 1 END, s.code LIMIT 1"
    )
    if row is None:
        raise NotFound(f"there is no station in {store.url}; make one with `supplies init`")
    return str(row[0])


def _line(row: Row) -> StationLine:
    return StationLine(**dict(zip(StationLine.__struct_fields__, row, strict=True)))


def is_head_of(books: Books, station: str) -> bool:
    """Return whether this station is the head of `station`.

    The coordinators of a head may read the books of the stations under it.
    """
    if not is_valid_code(station):
        return False
    under = books.value(
        "SELECT 1 FROM organisations WHERE station = :other AND head = :station", other=station
    )
    return under is not None


def set_head(books: Books, head: str | None) -> None:
    """Put this station under a head, or take it out of its organisation if the head is None.

    A head has no head of its own, so that it is clear who may read a station's books. Call this
    within `Ledger.admin_transaction()`.

    Raises:
        InvalidField: the head is the station itself or is under a head; or this station has
            stations under it.
        NotFound: the database has no station `head`.
    """
    if head is not None:
        _check_head(books, head)
    seals = Seals(books.store, books.station_code)
    seals.delete("organisations")
    if head is not None:
        seals.insert("organisations", head=head)


def _check_head(books: Books, head: str) -> None:
    code = books.station_code
    if head == code:
        raise InvalidField(f"{code} is not a station under itself; name its head station")
    if books.value("SELECT 1 FROM stations WHERE code = :head", head=head) is None:
        raise NotFound(f"unknown station {head} in these books; `supplies station list`")
    above = head_of(books.for_station(head))
    if above == code:
        raise InvalidField(
            f"{head} is under {code} already; its head {code} cannot be under another"
        )
    if above is not None:
        raise InvalidField(f"{head} is itself under {above}; put {code} under {above}")
    below = books.value("SELECT station FROM organisations WHERE head = :station LIMIT 1")
    if below is not None:
        raise InvalidField(f"{code} has stations under it, {below} for one; put those there first")
