"""What is compared of each type of document, to find documents that record the same event."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from supplies.books.queries import query_ids
from supplies.books.reader import Books
from supplies.domain.accounts import RECEIVED
from supplies.domain.commands import PersonKind
from supplies.domain.entry_rows import (
    Activity,
    Arrival,
    ArrivalLine,
    CountedLine,
    CountSheet,
    EntryRow,
    HandOutTo,
    Need,
    NeedEnd,
    Pledge,
    PledgeLine,
)
from supplies.views.activities import DOCUMENT_TYPE as ACTIVITIES
from supplies.views.remarks import DocumentEntries
from supplies.views.shared_queries import read_documents, read_latest

MAX_COMPARED = 40
"""Maximum number of earlier documents to compare with, or of entries that move goods.

The latest ones are compared.
"""

MAX_WARNINGS = 3
"""Maximum number of warnings for one document.

The search begins with this number of earlier documents, and reads more only if needed.
"""

Totals = dict[str, int]
"""The quantities of a document by item; empty if the document was reversed."""

ReadTotals = Callable[[Books, list[str]], dict[str, Totals]]
"""A function that returns the totals of documents, by document id."""


@dataclass(frozen=True, slots=True)
class Fact:
    """How documents of one type are compared, and the words for them in warnings.

    Attributes:
        statement: The type of row that describes the document.
        key: The column with the id of the document.
        columns: The columns that must be equal, such as kind and code of a person or place. The
            last one contains the code.
        read_totals: Reads the quantities to compare.
        word: The noun for the event, such as "gift".
        remedy: What to do about a duplicate; {} is replaced by the id of the document.
        person: The kind of person that the code identifies; None if such codes cannot be merged.
        order: SQL expression that sorts the rows in the order of recording and can use their index.
        quantity: SQL expression for the quantity of the item `:item` in the document of row `l`.
            Earlier documents with another quantity are then not read. If "", all are read.
    """

    statement: type[EntryRow]
    key: str
    columns: tuple[str, ...]
    read_totals: ReadTotals
    word: str
    remedy: str = "reverse {}"
    person: PersonKind | None = None
    order: str = "seq"
    quantity: str = ""


def _totals(lines: Iterable[tuple[str, str, int]]) -> dict[str, Totals]:
    """Add up quantities by document and item. A row contains a document, an item and a quantity."""
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for document, item, quantity in lines:
        if quantity:
            found[document][item] += quantity
    return {document: dict(totals) for document, totals in found.items()}


def _totals_of_lines(
    lines: Mapping[str, Sequence[ArrivalLine | PledgeLine]],
) -> dict[str, Totals]:
    return _totals(
        (name, line.item, line.quantity) for name, stated in lines.items() for line in stated
    )


def _arrived(books: Books, ids: list[str]) -> dict[str, Totals]:
    lines = read_latest(books, ArrivalLine, "arrival", ids, decided_by=Arrival)
    return _totals_of_lines(lines)


def _handed_out(books: Books, ids: list[str]) -> dict[str, Totals]:
    rows = query_ids(
        books,
        ids,
        "SELECT w.id, t.item, sum(CASE WHEN substr(t.target, 1, 9) = :received THEN t.quantity "
        "WHEN substr(t.source, 1, 9) = :received THEN -t.quantity ELSE 0 END) "
        "FROM wanted w CROSS JOIN entries e CROSS JOIN transfers t "
        "WHERE e.station = :station AND e.document = w.id AND t.station = e.station "
        "AND t.seq = e.seq GROUP BY w.id, t.item",
        received=RECEIVED.prefix,
    )
    return _totals((name, item, int(quantity)) for name, item, quantity in rows)


def _needed(books: Books, ids: list[str]) -> dict[str, Totals]:
    ended = read_latest(books, NeedEnd, "need", ids)
    return _totals(
        (name, need.item, need.quantity)
        for name, [need] in read_latest(books, Need, "need", ids).items()
        if name not in ended
    )


def _promised(books: Books, ids: list[str]) -> dict[str, Totals]:
    return _totals_of_lines(read_latest(books, PledgeLine, "pledge", ids, decided_by=Pledge))


def _done(books: Books, ids: list[str]) -> dict[str, Totals]:
    """Return the count of each activity, by id of the activity and the text about who did it."""
    numbers = [int(name.rpartition("_")[2]) for name in ids]
    latest = {each.stated.activity: each for each in read_documents(books, ACTIVITIES, numbers)}
    entries = DocumentEntries(books, ids)
    return {
        name: {entries.text(each.seq, "who") or "": each.stated.count}
        for name, each in latest.items()
        if each.stated.count
    }


def _counted_stock(books: Books, ids: list[str]) -> dict[str, Totals]:
    """Return the counted quantity of each item and lot, by count sheet.

    Counts of zero are included.
    """
    return {
        name: {f"{line.item} {line.lot}": line.counted for line in stated}
        for name, stated in read_latest(books, CountedLine, "sheet", ids).items()
    }


def _number(column: str) -> str:
    """Return an SQL expression for the number at the end of an id, such as 12 in n_12."""
    return f"CAST(substr({column}, 3) AS BIGINT)"


_ARRIVAL = Fact(
    Arrival,
    "arrival",
    ("origin", "party"),
    _arrived,
    "goods",
    quantity="(SELECT sum(x.quantity) FROM arrival_lines x WHERE x.station = l.station "
    "AND x.arrival = l.arrival AND x.seq = l.seq AND x.item = :item)",
)


_NEED = Fact(
    Need,
    "need",
    ("recipient",),
    _needed,
    "need",
    remedy="end {}",
    person="recipient",
    order=_number("need"),
    quantity="(SELECT x.quantity FROM needs x WHERE x.station = l.station "
    "AND x.need = l.need AND x.seq = l.seq AND x.item = :item)",
)


FACTS = {
    "d": replace(_ARRIVAL, word="gift", person="donor"),
    "b": _ARRIVAL,
    "o": _ARRIVAL,
    "h": Fact(HandOutTo, "hand_out", ("recipient",), _handed_out, "hand-out", person="recipient"),
    "y": Fact(Activity, "activity", ("kind",), _done, "activity", order=_number("activity")),
    "n": _NEED,
    "p": Fact(
        Pledge, "pledge", ("donor",), _promised, "pledge", "cancel {}", "donor", _number("pledge")
    ),
    "c": Fact(CountSheet, "sheet", ("location",), _counted_stock, "count", "nothing is to be done"),
}
"""How documents of each type are compared, by the prefix of their ids."""
