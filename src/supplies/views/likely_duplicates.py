"""Find facts that were probably recorded twice: gifts, arrivals, hand-outs, needs, pledges, counts.

A fact is compared with earlier facts of the same person and day. Facts recorded later are left out,
so that the response to a repeated request stays the same.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from supplies.books.reader import Books, query_ids
from supplies.domain.accounts import ANONYMOUS, RECEIVED
from supplies.domain.entry_rows import (
    TABLES,
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
from supplies.views.pagination import Warned
from supplies.views.shared_queries import (
    DocumentState,
    DocumentType,
    read_documents,
    read_latest,
    read_lots,
)

MAX_COMPARED = 40
"""Number of latest facts to compare with. Duplicates usually follow one another closely."""

Label = tuple[str | None, date | None]
"""Batch and expiry."""

Goods = dict[str, Counter[Label]]
"""Quantities by item, and by batch and expiry if they are known. Empty if nothing is left."""

Contents = Callable[[Books, list[str]], dict[str, Goods]]
"""Function that returns the goods of documents by id."""


@dataclass(frozen=True, slots=True)
class _Fact:
    """A kind of fact.

    columns: the columns that name the person or place. word: the word for it in messages. remedy:
    what to do about a duplicate; {} is its id.
    """

    statement: type[EntryRow]
    key: str
    columns: tuple[str, ...]
    contents: Contents
    word: str
    remedy: str = "reverse {}"


def find_likely_duplicates(books: Books, document: str | None) -> list[Warned]:
    """Return a warning for each earlier fact with the same person, goods and day as `document`.

    Facts with different batches or expiry days do not count as the same. There is no warning if
    `document` is None or another kind of document.
    """
    prefix, _, number = (document or "").partition("_")
    fact = _FACTS.get(prefix)
    if fact is None or not number.isdecimal():
        return []
    series = DocumentType(fact.statement, fact.key, kind="", prefix=prefix)
    this = next(iter(read_documents(books, series, [int(number)])), None)
    if this is None:
        return []
    alike = [
        other
        for other in read_documents(books, series, _earlier(books, fact, prefix, this))
        if other.happened_on == this.happened_on and _whose(fact, other) == _whose(fact, this)
    ]
    names = [_name(fact, each) for each in (this, *alike)]
    goods = fact.contents(books, names)
    own = goods.get(names[0])
    if not own:
        return []
    return [
        Warned(
            warning="likely-duplicate",
            detail=f"{name} records the same {fact.word} on the same day{_by(fact, this)}; "
            f"if they are one {fact.word}, {fact.remedy.format(names[0])}",
            about=name,
        )
        for name in names[1:]
        if _same(own, goods.get(name, {}))
    ]


def _earlier(books: Books, fact: _Fact, prefix: str, this: DocumentState[Any]) -> list[int]:
    """Return the numbers of the latest documents of the same person that began before `this`."""
    where = "".join(f" AND {column} = :{column}" for column in fact.columns)
    rows = books.all(
        f"SELECT {fact.key} FROM {TABLES[fact.statement]} WHERE station = :station{where} "
        "ORDER BY seq DESC LIMIT :most",
        most=MAX_COMPARED,
        **_whose(fact, this),
    )
    names = {name for (name,) in rows if name.startswith(f"{prefix}_")}
    numbers = sorted(int(name.rpartition("_")[2]) for name in names)
    return [number for number in numbers if number < this.first]


def _whose(fact: _Fact, one: DocumentState[Any]) -> dict[str, str]:
    return {column: getattr(one.stated, column) for column in fact.columns}


def _name(fact: _Fact, one: DocumentState[Any]) -> str:
    return str(getattr(one.stated, fact.key))


def _by(fact: _Fact, one: DocumentState[Any]) -> str:
    """Return whose fact it is, as words for a message."""
    whose = list(_whose(fact, one).values())[-1]
    return ", anonymous too" if whose == ANONYMOUS else f" ({whose})"


def _same(one: Goods, other: Goods) -> bool:
    """Return whether goods are the same.

    A batch or expiry that only one of them states may be the same.
    """
    return one.keys() == other.keys() and all(
        one[item].total() == other[item].total()
        and (one[item] == other[item] or not (_labelled(one[item]) and _labelled(other[item])))
        for item in one
    )


def _labelled(quantities: Counter[Label]) -> bool:
    return any(label != (None, None) for label in quantities)


# --- what is compared ------------------------------------------------------------------------


def _counted(lines: Iterable[tuple[str, str, int]]) -> dict[str, Goods]:
    """Return goods by document, from rows of document, item and quantity."""
    found: dict[str, Goods] = defaultdict(lambda: defaultdict(Counter))
    for document, item, quantity in lines:
        if quantity:
            found[document][item][None, None] += quantity
    return found


def _arrived(books: Books, ids: list[str]) -> dict[str, Goods]:
    lines = read_latest(books, ArrivalLine, "arrival", ids, head=Arrival)
    lots = read_lots(books, [line.lot for stated in lines.values() for line in stated])
    found: dict[str, Goods] = defaultdict(lambda: defaultdict(Counter))
    for name, stated in lines.items():
        for line in stated:
            label = lots[line.lot].batch, lots[line.lot].expires_on
            found[name][line.item][label] += line.quantity
    return found


def _handed_out(books: Books, ids: list[str]) -> dict[str, Goods]:
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
    return _counted((name, item, int(quantity)) for name, item, quantity in rows)


def _needed(books: Books, ids: list[str]) -> dict[str, Goods]:
    ended = read_latest(books, NeedEnd, "need", ids)
    return _counted(
        (name, need.item, need.quantity)
        for name, stated in read_latest(books, Need, "need", ids).items()
        for need in stated
        if name not in ended
    )


def _promised(books: Books, ids: list[str]) -> dict[str, Goods]:
    lines = read_latest(books, PledgeLine, "pledge", ids, head=Pledge)
    return _counted(
        (name, line.item, line.quantity) for name, stated in lines.items() for line in stated
    )


def _counted_stock(books: Books, ids: list[str]) -> dict[str, Goods]:
    """Return what a count found, by item and lot. A count of zero is included."""
    return {
        name: {f"{line.item} {line.lot}": Counter({(None, None): line.counted}) for line in stated}
        for name, stated in read_latest(books, CountedLine, "sheet", ids).items()
    }


_ARRIVAL = _Fact(Arrival, "arrival", ("origin", "party"), _arrived, "goods")

_FACTS = {
    "d": _Fact(Arrival, "arrival", ("origin", "party"), _arrived, "gift"),
    "b": _ARRIVAL,
    "o": _ARRIVAL,
    "h": _Fact(HandOutTo, "hand_out", ("recipient",), _handed_out, "hand-out"),
    "n": _Fact(Need, "need", ("recipient",), _needed, "need", "end {}"),
    "p": _Fact(Pledge, "pledge", ("donor",), _promised, "pledge", "cancel {}"),
    "c": _Fact(
        CountSheet, "sheet", ("location",), _counted_stock, "count", "nothing is to be done"
    ),
}
"""Kinds of facts by the id prefix of their documents."""
