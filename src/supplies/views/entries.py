"""Read entries, including the bytes that were hashed, and read conflicts."""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec

from supplies.books.free_text import free_text_of_entries
from supplies.books.reader import Books
from supplies.books.written import WrittenEntry
from supplies.domain.entries import ENTRY_KINDS, ZERO_HASH, Body, decode_body
from supplies.domain.entry_rows import LatestDay
from supplies.errors import InvalidField, NotFound, Sentence
from supplies.views.pagination import (
    DEFAULT_LIMIT,
    OrEarlier,
    PackedLineView,
    Page,
    View,
    Warned,
    check_choice,
    paginate,
)
from supplies.views.remarks import EntryTexts, read_entry_texts
from supplies.views.shared_queries import packed_lines_of


class TransferView(View, frozen=True, kw_only=True):
    """A quantity that moved from one account to another, in base units.

    Attributes:
        lot: None for pledges and needs, which have no lots.
    """

    line: int
    source: str = msgspec.field(name="from")
    target: str = msgspec.field(name="to")
    item: str
    lot: str | None
    quantity: int


class EntryView(View, frozen=True, kw_only=True):
    """An entry.

    Attributes:
        body: The exact bytes that were hashed (base64 in JSON).
        previous, hash: Hash of the preceding entry, and of this entry, in hexadecimal.
        stated: The lines whose quantities were given in packs; absent if there are none.
        texts: The free text of the command, only in its first entry; None if it was erased, absent
            if there was none.
        warnings: A warning if the clock was set back before the entry was recorded; otherwise
            absent.
        or_earlier: True if the event may have happened before the day; otherwise absent.
    """

    station: str
    seq: int
    id: str
    kind: str
    document: str | None
    happened_on: date
    booked_on: date
    recorded_at: str
    recorded_by: str
    supersedes: int | None
    superseded_by: int | None
    transfers: list[TransferView]
    previous: str
    hash: str
    body: bytes
    stated: list[PackedLineView] | msgspec.UnsetType = msgspec.UNSET
    texts: EntryTexts = msgspec.UNSET
    warnings: list[Warned] | msgspec.UnsetType = msgspec.UNSET
    or_earlier: OrEarlier = msgspec.UNSET


class ConflictView(View, frozen=True, kw_only=True):
    """A reported fact that contradicts the books.

    Attributes:
        because: A message that says what the report contradicts.
        stated: The reported command as JSON, without free text.
        note: Free text of the report; None if there was none, or if it was erased.
        time_window: When the household is at home, as reported; absent if the report does not say
            it, or if it was erased.
        resolved_in: Number of the latest entry that resolved the conflict; None while it is open.
        resolved_by: How the conflict was resolved, as `by` in `ResolveConflict`; None while it is
            open.
        resolved_because: The reason that was given for the resolution.
        or_earlier: True if the reported event may have happened before the day; otherwise absent.
    """

    seq: int
    document: str
    because: str
    stated: msgspec.Raw
    happened_on: date
    recorded_at: str
    recorded_by: str
    resolved_in: int | None
    resolved_by: str | None
    note: str | None
    resolved_because: str | None
    time_window: str | msgspec.UnsetType = msgspec.UNSET
    or_earlier: OrEarlier = msgspec.UNSET


def get_entry(books: Books, seq: int) -> EntryView:
    """Return the entry with this number.

    Raises:
        NotFound: the entry does not exist.
    """
    written = books.written.entries.get(seq)
    if written is not None:
        return _just_written(books, written)
    found = _entries(books, " AND e.seq = :seq", limit=1, seq=seq)
    if not found:
        raise NotFound(
            Sentence(
                "unknown entry {seq} in the books of station {station_code}",
                seq=seq,
                station_code=books.station_code,
            )
        )
    return found[0][1]


def _just_written(books: Books, written: WrittenEntry) -> EntryView:
    """Return the view of an entry that the current command has written, without reading it back."""
    body = written.body
    return EntryView(
        station=body.station,
        seq=body.seq,
        id=body.id,
        kind=body.kind,
        document=body.document,
        happened_on=body.happened_on,
        booked_on=body.booked_on,
        recorded_at=body.recorded_at,
        recorded_by=body.recorded_by,
        supersedes=body.supersedes,
        superseded_by=None,
        previous=written.previous_hash.hex(),
        hash=written.hash.hex(),
        body=written.content,
        texts=read_entry_texts(books, [body.seq]).get(body.seq, msgspec.UNSET),
        warnings=_clock_warnings(body.seq, body.recorded_at, written.previous_at) or msgspec.UNSET,
        **_recorded_in(body),
    )


def list_entries_of_command(books: Books, seq: int) -> list[EntryView]:
    """Return all entries of the command that wrote an entry, in the order of recording.

    Raises:
        NotFound: the entry does not exist.
    """
    first = seq - books.body(seq).part
    last = books.last_seq_of_command(first)
    found = _entries(
        books, " AND e.seq BETWEEN :first AND :last", limit=last - first + 1, first=first, last=last
    )
    return [entry for _, entry in found]


def list_entries(
    books: Books,
    *,
    after: str | None = None,
    limit: int | None = DEFAULT_LIMIT,
    kind: str | None = None,
    document: str | None = None,
    newest_first: bool = False,
) -> Page[EntryView]:
    """List entries in the order in which they were recorded.

    Args:
        kind, document: Filters. If None, no filter is applied.
        newest_first: Whether to list the newest entries first instead.

    Raises:
        InvalidField: `kind`, `document`, `after` or `limit` is invalid.
    """
    if kind is not None and kind not in ENTRY_KINDS and not _has_entry(books, "kind", kind):
        check_choice("kind", kind, ENTRY_KINDS)
    if document is not None and not _has_entry(books, "document", document):
        raise InvalidField.at(
            "/document", Sentence("unknown document {document}", document=repr(document[:64]))
        )
    where = f" AND e.seq {'<' if newest_first else '>'} :after"
    where += "" if kind is None else " AND e.kind = :kind"
    where += "" if document is None else " AND e.document = :document"

    def fetch(position: int, wanted: int) -> list[tuple[int, EntryView]]:
        return _entries(
            books,
            where,
            limit=wanted,
            newest_first=newest_first,
            after=position,
            kind=kind,
            document=document,
        )

    if newest_first and after is None:
        after = str(books.last_entry().seq + 1)
    return paginate(fetch, after, limit)


def _has_entry(books: Books, column: str, value: str) -> bool:
    query = f"SELECT 1 FROM entries WHERE station = :station AND {column} = :value LIMIT 1"
    return books.value(query, value=value) is not None


def _entries(
    books: Books, where: str, *, limit: int, newest_first: bool = False, **params: object
) -> list[tuple[int, EntryView]]:
    rows = books.all(
        "SELECT e.seq, e.id, e.kind, e.document, e.happened_on, e.booked_on, e.recorded_at, "
        "e.recorded_by, e.supersedes, s.seq, p.hash, e.hash, e.body, p.recorded_at "
        "FROM entries e "
        "LEFT JOIN entries s ON s.station = e.station AND s.supersedes = e.seq "
        "LEFT JOIN entries p ON p.station = e.station AND p.seq = e.seq - 1 "
        f"WHERE e.station = :station{where} "
        f"ORDER BY e.seq{' DESC' if newest_first else ''} LIMIT :limit",
        limit=limit,
        **params,
    )
    bodies = [decode_body(row[12]) for row in rows]
    texts = read_entry_texts(books, [body.seq for body in bodies if body.texts is not None])
    return [
        (
            row[0],
            EntryView(
                station=books.station_code,
                seq=row[0],
                id=row[1],
                kind=row[2],
                document=row[3],
                happened_on=date.fromisoformat(row[4]),
                booked_on=date.fromisoformat(row[5]),
                recorded_at=row[6],
                recorded_by=row[7],
                supersedes=row[8],
                superseded_by=row[9],
                previous=(row[10] or ZERO_HASH).hex(),
                hash=row[11].hex(),
                body=row[12],
                texts=texts.get(row[0], msgspec.UNSET),
                warnings=_clock_warnings(row[0], row[6], row[13]) or msgspec.UNSET,
                **_recorded_in(body),
            ),
        )
        for row, body in zip(rows, bodies, strict=True)
    ]


def _clock_warnings(seq: int, recorded_at: str, previous_at: str | None) -> list[Warned]:
    """Return a warning if an entry was recorded at an earlier time than the entry before it."""
    if previous_at is None or recorded_at >= previous_at:
        return []
    return [
        Warned(
            warning="clock-set-back",
            detail=f"entry {seq} was recorded at {recorded_at}, before the time of entry {seq - 1} "
            f"({previous_at}): the clock was set back; the numbers give the order",
            about=str(seq - 1),
        )
    ]


def _recorded_in(body: Body) -> dict[str, Any]:
    """Return the fields of an `EntryView` that can be read only from the entry's hashed bytes."""
    return {
        "transfers": _transfers(body),
        "stated": packed_lines_of(body) or msgspec.UNSET,
        "or_earlier": any(type(each) is LatestDay for each in body.rows) or msgspec.UNSET,
    }


def _transfers(body: Body) -> list[TransferView]:
    return [
        TransferView(
            line=line,
            source=transfer.source,
            target=transfer.target,
            item=transfer.item,
            lot=transfer.lot or None,
            quantity=transfer.quantity,
        )
        for line, transfer in enumerate(body.transfers, 1)
    ]


def get_conflict(books: Books, seq: int) -> ConflictView:
    """Return the conflict that an entry recorded.

    Raises:
        NotFound: the entry does not exist or did not record a conflict.
    """
    found = _conflicts(books, " AND c.seq = :seq", limit=1, seq=seq)
    if not found:
        raise NotFound(
            Sentence("entry {seq} is not a conflict; see the list of conflicts", seq=seq)
        )
    return found[0][1]


def list_conflicts(
    books: Books,
    *,
    open_only: bool = True,
    after: str | None = None,
    limit: int | None = DEFAULT_LIMIT,
) -> Page[ConflictView]:
    """List conflicts, oldest first.

    Args:
        open_only: Whether to leave out resolved conflicts.

    Raises:
        InvalidField: `after` or `limit` is invalid.
    """
    waiting = (
        " AND p.station = c.station AND p.noun = 'conflict' AND p.number = c.seq "
        "AND p.number > :after"
    )

    def fetch(position: int, wanted: int) -> list[tuple[int, ConflictView]]:
        if not open_only:
            return _conflicts(books, " AND c.seq > :after", limit=wanted, after=position)
        source = "pending p CROSS JOIN conflicts c"
        return _conflicts(books, waiting, source, limit=wanted, after=position)

    return paginate(fetch, after, limit)


def _conflicts(
    books: Books, where: str, source: str = "conflicts c", *, limit: int, **params: object
) -> list[tuple[int, ConflictView]]:
    rows = books.all(
        "SELECT c.seq, c.document, c.because, c.stated, e.happened_on, e.recorded_at, "
        "e.recorded_by, coalesce(a.seq, r.seq), coalesce(a.way, r.way), d.seq "
        f"FROM {source} CROSS JOIN entries e "
        "LEFT JOIN latest_days d ON d.station = e.station AND d.seq = e.seq "
        "LEFT JOIN resolutions r ON r.station = c.station AND r.conflict = c.seq "
        "LEFT JOIN later_resolutions a ON a.station = c.station AND a.conflict = c.seq "
        "AND a.seq = (SELECT max(m.seq) FROM later_resolutions m WHERE m.station = c.station "
        "AND m.conflict = c.seq) "
        "WHERE c.station = :station AND e.station = c.station AND e.seq = c.seq"
        f"{where} ORDER BY {source[0]}.{'number' if source[0] == 'p' else 'seq'} LIMIT :limit",
        limit=limit,
        **params,
    )
    texts = free_text_of_entries(books, [seq for row in rows for seq in (row[0], row[7]) if seq])
    return [
        (
            row[0],
            ConflictView(
                seq=row[0],
                document=row[1],
                because=row[2],
                stated=msgspec.Raw(row[3].encode()),
                happened_on=date.fromisoformat(row[4]),
                recorded_at=row[5],
                recorded_by=row[6],
                resolved_in=row[7],
                resolved_by=row[8],
                note=(texts.get(row[0]) or {}).get("note"),
                time_window=(texts.get(row[0]) or {}).get("time_window") or msgspec.UNSET,
                resolved_because=(texts.get(row[7]) or {}).get("reason"),
                or_earlier=msgspec.UNSET if row[9] is None else True,
            ),
        )
        for row in rows
    ]
