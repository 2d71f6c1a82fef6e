"""Count sheets: the quantities in the books, the quantities counted, and the differences."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Literal

import msgspec

from supplies.books.queries import query_ids
from supplies.books.reader import Books
from supplies.books.stock_counts import sheet_moment, stock_at
from supplies.domain.entry_rows import CountSheet
from supplies.errors import NotFound, Sentence
from supplies.papers.count_sheet import CountSheetPaper, SheetLine
from supplies.stations.paper_settings import letterhead
from supplies.views.document_lists import all_numbers, list_documents
from supplies.views.pagination import DEFAULT_LIMIT, OrEarlier, Page, View
from supplies.views.remarks import DocumentEntries, RemarkView
from supplies.views.shared_queries import DocumentState, DocumentType, find_document, read_lots
from supplies.views.stock import get_stock

DOCUMENT_TYPE = DocumentType(CountSheet, "sheet", kind="count_opened", prefix="c")


class CountedLineView(View, frozen=True, kw_only=True):
    """A counted line, in base units. `difference` is `counted` minus `expected`.

    Attributes:
        lot: None if all lots of the item were counted together.
        expected: The quantity in the books when the sheet was opened. This includes entries that
            were recorded later, but are about an earlier time.
    """

    line: int
    item: str
    lot: str | None
    expected: int
    counted: int
    difference: int


class CountSheetView(View, frozen=True, kw_only=True):
    """A count sheet, with its count if the goods were counted.

    A note is None if none was written, or if it was erased.

    Attributes:
        happened_on, note: Day and note of the command that opened the sheet.
        counted_in: Number of the entry with the count; None until the goods are counted.
        counted_on, count_note: Day and note of the count; None until the goods are counted.
        or_earlier, counted_or_earlier: True if the sheet may have been opened, or the goods
            counted, before the stated day; otherwise absent.
    """

    id: str
    location: str
    status: Literal["open", "counted"]
    happened_on: date
    note: str | None
    counted_in: int | None
    counted_on: date | None
    count_note: str | None
    lines: list[CountedLineView]
    remarks: list[RemarkView]
    or_earlier: OrEarlier = msgspec.UNSET
    counted_or_earlier: OrEarlier = msgspec.UNSET


def get_count_sheet(books: Books, name: str) -> CountSheetView:
    """Return the count sheet with this id.

    Raises:
        NotFound: the count sheet does not exist.
    """
    found = find_document(books, DOCUMENT_TYPE, name)
    if found is None:
        raise NotFound(
            Sentence("unknown count sheet {name}; see the list of count sheets", name=name[:64])
        )
    return _views(books, [found])[0]


def build_count_sheet_paper(books: Books, name: str, *, blind: bool = True) -> CountSheetPaper:
    """Return a count sheet for printing: the lots at its location when the sheet was opened.

    Args:
        blind: Whether to leave out the quantities in the books.

    Raises:
        NotFound: the count sheet does not exist.
    """
    sheet = get_count_sheet(books, name)
    return CountSheetPaper(
        sheet=name,
        station=letterhead(books),
        location=books.location(sheet.location).name,
        day=sheet.happened_on,
        or_earlier=sheet.or_earlier,
        blind=blind,
        lines=[
            SheetLine(
                name=books.item(goods.item).name,
                name_en=books.item(goods.item).name_en,
                unit=books.item(goods.item).unit,
                lot=goods.lot,
                batch=goods.batch,
                expires_on=goods.expires_on,
                expires_month=goods.expires_month or msgspec.UNSET,
                expected=None if blind else goods.expected,
            )
            for goods in list_goods_to_count(books, name)
        ],
    )


class GoodsToCount(View, frozen=True, kw_only=True):
    """A lot that was at the location of a count sheet when the sheet was opened.

    Attributes:
        expected: The quantity in the books, free and allocated together, in base units.
    """

    item: str
    lot: str
    batch: str | None
    expires_on: date | None
    expires_month: str | None
    expected: int


def list_goods_to_count(books: Books, name: str) -> list[GoodsToCount]:
    """Return the goods to count for a count sheet, sorted by item and then by expiry.

    Raises:
        NotFound: the count sheet does not exist.
    """
    sheet = get_count_sheet(books, name)
    moment = sheet_moment(books, name)
    assert moment is not None, f"count sheet {name} has an entry"
    there = {
        (item, lot): quantity
        for item, lots in stock_at(books, sheet.location, moment).items()
        for lot, quantity in lots.items()
        if quantity
    }
    described = read_lots(books, [lot for _, lot in there])

    def by_expiry(key: tuple[str, str]) -> tuple[str, date, str]:
        item, lot = key
        return item, described[lot].expires_on or date.max, lot

    return [
        GoodsToCount(
            item=item,
            lot=lot,
            batch=described[lot].batch,
            expires_on=described[lot].expires_on,
            expires_month=described[lot].expires_month,
            expected=there[item, lot],
        )
        for item, lot in sorted(there, key=by_expiry)
    ]


class MovedGoods(View, frozen=True, kw_only=True):
    """A lot whose quantity at the location of a count sheet changed after the sheet was opened.

    Attributes:
        expected: The quantity when the sheet was opened, in base units.
        now: The current quantity, free and allocated together, in base units.
    """

    item: str
    lot: str
    expected: int
    now: int


def list_moved_goods(books: Books, name: str) -> list[MovedGoods]:
    """Return the lots whose quantity at the location changed after a count sheet was opened.

    If there are such lots and the goods are counted only now, the count needs a new sheet: on this
    one, the changes would look like differences.

    Raises:
        NotFound: the count sheet does not exist.
    """
    location = get_count_sheet(books, name).location
    before = {(one.item, one.lot): one.expected for one in list_goods_to_count(books, name)}
    now = {
        (row.item, row.lot): row.on_hand
        for row in get_stock(books, location=location, limit=None).items
    }
    return [
        MovedGoods(
            item=item, lot=lot, expected=before.get((item, lot), 0), now=now.get((item, lot), 0)
        )
        for item, lot in sorted({*before, *now})
        if before.get((item, lot), 0) != now.get((item, lot), 0)
    ]


def list_count_sheets(
    books: Books,
    *,
    after: str | None = None,
    limit: int | None = DEFAULT_LIMIT,
    newest_first: bool = False,
) -> Page[CountSheetView]:
    """List count sheets, oldest first.

    Args:
        newest_first: Whether to list the newest sheets first instead.

    Raises:
        InvalidField: `after` or `limit` is invalid.
    """
    return list_documents(
        books,
        DOCUMENT_TYPE,
        _views,
        all_numbers(DOCUMENT_TYPE),
        after=after,
        limit=limit,
        newest_first=newest_first,
    )


def _views(books: Books, found: Sequence[DocumentState[CountSheet]]) -> list[CountSheetView]:
    ids = [one.stated.sheet for one in found]
    entries = DocumentEntries(books, ids)
    rows = query_ids(
        books,
        ids,
        "SELECT w.id, l.seq, l.line, l.item, l.lot, coalesce((SELECT r.expected FROM recounts r "
        "WHERE r.station = l.station AND r.sheet = l.sheet AND r.line = l.line "
        "ORDER BY r.seq DESC LIMIT 1), l.expected), l.counted FROM wanted w "
        "CROSS JOIN counted_lines l WHERE l.station = :station AND l.sheet = w.id ORDER BY l.line",
    )
    lines: dict[str, list[CountedLineView]] = {name: [] for name in ids}
    counted_in: dict[str, int] = {}
    for name, seq, line, item, lot, expected, counted in rows:
        counted_in[name] = seq
        lines[name].append(
            CountedLineView(
                line=line,
                item=item,
                lot=lot or None,
                expected=expected,
                counted=counted,
                difference=counted - expected,
            )
        )
    return [
        CountSheetView(
            id=name,
            location=one.stated.location,
            status="counted" if name in counted_in else "open",
            happened_on=one.happened_on,
            note=entries.text(one.first, "note"),
            counted_in=seq,
            counted_on=None if seq is None else entries.happened_on(seq),
            count_note=entries.text(seq, "note"),
            lines=lines[name],
            remarks=entries.remarks(name),
            or_earlier=entries.or_earlier(one.seq),
            counted_or_earlier=msgspec.UNSET if seq is None else entries.or_earlier(seq),
        )
        for name, one in zip(ids, found, strict=True)
        for seq in [counted_in.get(name)]
    ]
