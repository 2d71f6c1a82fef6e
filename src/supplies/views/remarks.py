"""Read the free text about documents. Views show it in fields of their own or as remarks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

import msgspec

from supplies.books.free_text import Texts, free_text_of_entries
from supplies.books.queries import query_ids
from supplies.books.reader import Books
from supplies.domain.entries import Body
from supplies.domain.entry_rows import LatestDay
from supplies.views.pagination import OrEarlier, View


class TextView(View, frozen=True, kw_only=True):
    """One free text of a command.

    Attributes:
        field: Path of the field in the command, such as "note" or "lines/0/value/evidence".
    """

    field: str
    text: str


class RemarkView(View, frozen=True, kw_only=True):
    """The free texts of one entry about a document, such as the reason for a correction.

    Attributes:
        entry: Number of the entry.
    """

    entry: int
    kind: str
    happened_on: date
    recorded_by: str
    texts: list[TextView]


EntryTexts = list[TextView] | None | msgspec.UnsetType
"""The free text of an entry; None if it was erased, UNSET if there was none."""


class DocumentEntry(NamedTuple):
    """An entry about a document.

    Attributes:
        part: Position among the entries of its command, from 0.
        or_earlier: True if the event may have happened before the day; otherwise absent.
    """

    document: str
    seq: int
    part: int
    kind: str
    happened_on: date
    recorded_by: str
    or_earlier: OrEarlier = msgspec.UNSET


class DocumentEntries:
    """The entries about some documents, and their free texts.

    A view shows some texts in fields of its own, such as `note`, and reads them with `text`.
    `remarks` returns all other texts, so that no text is left out.
    """

    def __init__(self, books: Books, documents: Iterable[str]) -> None:
        written, documents = books.written, list(documents)
        rows = query_ids(
            books,
            [each for each in documents if not written.began(each)],
            "SELECT e.document, e.seq, e.part, e.kind, e.happened_on, e.recorded_by, d.seq "
            "FROM wanted w CROSS JOIN entries e "
            "LEFT JOIN latest_days d ON d.station = e.station AND d.seq = e.seq "
            "WHERE e.station = :station AND e.document = w.id ORDER BY e.seq",
        )
        self._entries = {
            seq: DocumentEntry(
                document,
                seq,
                part,
                kind,
                date.fromisoformat(day),
                by,
                msgspec.UNSET if latest is None else True,
            )
            for document, seq, part, kind, day, by, latest in rows
        }
        self._entries |= {
            seq: _document_entry(entry.body)
            for seq, entry in written.entries.items()
            if entry.body.document in documents and written.began(entry.body.document)
        }
        self._by_document: defaultdict[str, list[DocumentEntry]] = defaultdict(list)
        for entry in self._entries.values():
            self._by_document[entry.document].append(entry)
        # The end of a need may release goods. The reason is in the command's first entry.
        spoken = {
            entry.seq: entry.seq - entry.part if entry.kind == "released" else entry.seq
            for entry in self._entries.values()
        }
        texts = free_text_of_entries(books, spoken.values())
        self._texts = {seq: texts.get(at) for seq, at in spoken.items()}
        self._shown: set[tuple[int, str]] = set()

    def of(self, document: str) -> list[DocumentEntry]:
        """Return the entries about a document, oldest first."""
        return self._by_document[document]

    def happened_on(self, seq: int) -> date:
        """Return the day of the entry with this number."""
        return self._entries[seq].happened_on

    def or_earlier(self, seq: int) -> OrEarlier:
        """Return whether the event of an entry may have happened before its day."""
        return self._entries[seq].or_earlier

    def text(self, seq: int | None, field: str) -> str | None:
        """Return a text of an entry, and leave this text out of `remarks`.

        Return None if the text does not exist, if it was erased, or if `seq` is None.
        """
        if seq is None:
            return None
        self._shown.add((seq, field))
        return (self._texts.get(seq) or {}).get(field)

    def remarks(self, document: str) -> list[RemarkView]:
        """Return the texts about a document that `text` has not returned, oldest first."""
        remarks = []
        for entry in self._by_document[document]:
            texts = self._texts.get(entry.seq) or {}
            rest = {
                field: text
                for field, text in texts.items()
                if (entry.seq, field) not in self._shown
            }
            if rest:
                remarks.append(_remark(entry, rest))
        return remarks


def read_entry_texts(books: Books, seqs: Iterable[int]) -> dict[int, list[TextView] | None]:
    """Return the free texts of entries, by entry number. None means that they were erased.

    Entries without free text are left out.
    """
    return {
        seq: None if texts is None else _views(texts)
        for seq, texts in free_text_of_entries(books, seqs).items()
    }


def list_remarks_of_kind(books: Books, kind: str) -> list[RemarkView]:
    """Return the free texts of all entries of one kind, oldest first."""
    rows = books.all(
        "SELECT seq, happened_on, recorded_by FROM entries "
        "WHERE station = :station AND kind = :kind ORDER BY seq",
        kind=kind,
    )
    texts = free_text_of_entries(books, [row[0] for row in rows])
    return [
        _remark(DocumentEntry("", seq, 0, kind, date.fromisoformat(day), by), text)
        for seq, day, by in rows
        if (text := texts.get(seq))
    ]


def _document_entry(body: Body) -> DocumentEntry:
    return DocumentEntry(
        str(body.document),
        body.seq,
        body.part,
        body.kind,
        body.happened_on,
        body.recorded_by,
        any(type(row) is LatestDay for row in body.rows) or msgspec.UNSET,
    )


def _remark(entry: DocumentEntry, texts: Texts) -> RemarkView:
    return RemarkView(
        entry=entry.seq,
        kind=entry.kind,
        happened_on=entry.happened_on,
        recorded_by=entry.recorded_by,
        texts=_views(texts),
    )


def _views(texts: Texts) -> list[TextView]:
    return [TextView(field=field, text=text) for field, text in texts.items()]
