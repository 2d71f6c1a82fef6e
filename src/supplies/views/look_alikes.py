"""Find records of one kind that look alike, because a thing or person may have two codes.

Records look alike if they have the same name, telephone number or address.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Literal

from supplies.books.merged_codes import code_that_stays
from supplies.books.name_search import COMPARED_FIELDS, LOOK_ALIKE, look_alike_keys
from supplies.books.queries import query_ids
from supplies.books.reader import Books
from supplies.domain.catalogue_records import CatalogueRecord, Donor, Item, Recipient
from supplies.views.catalogue import get_record
from supplies.views.pagination import DEFAULT_LIMIT, Page, View, Warned, paginate

ComparedField = Literal["name", "phone", "address"]

COMPARED_KINDS: dict[str, type[Donor] | type[Item] | type[Recipient]] = {
    "donors": Donor,
    "items": Item,
    "recipients": Recipient,
}
"""The kinds of record that are compared, by the name of their table."""

_WORDS = {"name": "name", "phone": "telephone number", "address": "address"}


class LookAlike(View, frozen=True, kw_only=True):
    """One of several records that look alike.

    Items have neither a telephone number nor an address.
    """

    code: str
    name: str | None
    phone: str | None
    address: str | None
    retired: bool


class LookAlikes(View, frozen=True, kw_only=True):
    """A group of records that look alike.

    Attributes:
        same: The fields that are equal in all of these records.
    """

    same: list[ComparedField]
    records: list[LookAlike]


def find_look_alikes(books: Books, record: CatalogueRecord) -> list[Warned]:
    """Return a warning for each other record of the same kind that looks like this one.

    For a record whose code was merged, the warning names the code that stays in use. Warnings
    contain codes, but no names, telephone numbers or addresses.
    """
    keys = {f"{LOOK_ALIKE}{field}:{key}": field for field, key in look_alike_keys(record).items()}
    rows = query_ids(
        books,
        keys,
        "SELECT s.code, s.piece FROM wanted w CROSS JOIN search s WHERE s.station = :station "
        "AND s.noun = :noun AND s.piece = w.id AND s.code <> :code ORDER BY s.code",
        noun=record.table,
        code=record.code,
    )
    same: defaultdict[str, list[str]] = defaultdict(list)
    for code, piece in rows:
        stays = _code_that_stays(books, record, code)
        if stays != _code_that_stays(books, record, record.code) and keys[piece] not in same[stays]:
            same[stays].append(keys[piece])
    return [
        Warned(
            warning="look-alike",
            detail=f"{code} has the same {_and(fields)}; if they are one, use {code} and "
            f"retire {record.code}",
            about=code,
            kind=record.table,
            same=[field for field in COMPARED_FIELDS if field in fields],
        )
        for code, fields in same.items()
        if fields
    ]


def _code_that_stays(books: Books, record: CatalogueRecord, code: str) -> str:
    if isinstance(record, Donor):
        return code_that_stays(books, "donor", code)
    return code_that_stays(books, "recipient", code) if isinstance(record, Recipient) else code


def _and(fields: Iterable[str]) -> str:
    return " and ".join(_WORDS[field] for field in COMPARED_FIELDS if field in fields)


def list_look_alikes(
    books: Books, kind: str, *, after: str | None = None, limit: int | None = DEFAULT_LIMIT
) -> Page[LookAlikes]:
    """List groups of records that look alike, in the order of their codes.

    Retired records are left out. Every request for a page reads the index of all records of the
    kind.

    Args:
        books: The books of the station.
        kind: A key of `COMPARED_KINDS`.
        after: `next` of the previous page; None for the first page.
        limit: The maximum number of groups. If None, all are listed.

    Raises:
        InvalidField: `after` or `limit` is invalid.
    """
    table = COMPARED_KINDS[kind].table
    rows = books.all(
        f"SELECT s.piece, s.code FROM search s JOIN {table} n ON n.station = s.station "
        "AND n.code = s.code AND n.retired = 0 WHERE s.station = :station AND s.noun = :noun "
        "AND s.piece >= :first AND s.piece < :end AND length(s.piece) > 2 AND EXISTS ("
        "SELECT 1 FROM search o WHERE o.station = s.station AND o.noun = s.noun "
        "AND o.piece = s.piece AND o.code <> s.code) ORDER BY s.piece, s.code",
        noun=table,
        first=LOOK_ALIKE,
        end=chr(ord(LOOK_ALIKE) + 1),
    )
    by_key: defaultdict[str, list[str]] = defaultdict(list)
    for piece, code in rows:
        by_key[piece].append(code)
    groups: defaultdict[tuple[str, ...], list[str]] = defaultdict(list)
    for piece, codes in by_key.items():
        if len(codes) < 2:
            continue
        groups[tuple(codes)].append(piece[len(LOOK_ALIKE) :].partition(":")[0])
    found = sorted(groups.items())

    def fetch(position: int, wanted: int) -> list[tuple[int, LookAlikes]]:
        return [
            (number, _look_alikes(books, kind, codes, fields))
            for number, (codes, fields) in enumerate(
                found[position : position + wanted], position + 1
            )
        ]

    return paginate(fetch, after, limit)


def _look_alikes(
    books: Books, kind: str, codes: Iterable[str], fields: Iterable[str]
) -> LookAlikes:
    records = [get_record(books, COMPARED_KINDS[kind], code) for code in codes]
    return LookAlikes(
        same=[field for field in ("name", "phone", "address") if field in fields],
        records=[
            LookAlike(
                code=record.code,
                name=record.name,
                phone=None if isinstance(record, Item) else record.phone,
                address=None if isinstance(record, Item) else record.address,
                retired=record.retired,
            )
            for record in records
        ],
    )
