"""Find events that were probably recorded twice, such as gifts, hand-outs, moves and needs.

An event is compared only with events that were recorded before it, so that a repeated request gets
the same response.
"""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any

from supplies.books.merged_codes import code_that_stays, codes_of_person
from supplies.books.reader import Books
from supplies.domain.accounts import ANONYMOUS
from supplies.domain.entry_rows import TABLES, Arrival, ArrivalLine
from supplies.views.likely_duplicates.compared import (
    FACTS,
    MAX_COMPARED,
    MAX_WARNINGS,
    Fact,
    Totals,
)
from supplies.views.likely_duplicates.moves import MOVING, find_same_moves
from supplies.views.pagination import Warned
from supplies.views.shared_queries import (
    DocumentState,
    DocumentType,
    is_one_of,
    named_values,
    read_documents,
    read_latest,
    read_lots,
)

Label = Counter[str | date | None]
"""The quantity of one item by batch, or by expiry day. None stands for an unknown batch or day."""

Labels = dict[str, tuple[Label, Label]]
"""The quantities of each item of an arrival, by batch and by expiry day."""


def find_likely_duplicates(
    books: Books, document: str | None, entry: int | None = None
) -> list[Warned]:
    """Return a warning for each earlier document that probably records the same event.

    Two documents probably record the same event if they are about the same person, goods and day.
    Goods with different batches or expiry days are not the same. Return an empty list if `document`
    is None, or of a type that is not compared.

    Args:
        entry: Number of the entry of the document to compare; None means its first entry. Required
            for a return of lent or issued goods, which is a later entry of the document of the loan
            or issue.
    """
    prefix, _, number = (document or "").partition("_")
    began = number.rpartition("_")[2]
    if prefix in MOVING and began.isdecimal():
        return find_same_moves(books, str(document), int(began) if entry is None else entry)
    fact = FACTS.get(prefix)
    if fact is None or not number.isdecimal():
        return []
    series = DocumentType(fact.statement, fact.key, kind="", prefix=prefix)
    this = next(iter(read_documents(books, series, [int(number)])), None)
    if this is None:
        return []
    name, alike = str(getattr(this.stated, fact.key)), list[str]()
    own = fact.read_totals(books, [name]).get(name)
    if not own:
        return []
    # The last documents are read first, because often they suffice.
    for most in (MAX_WARNINGS, MAX_COMPARED):
        earlier, are_all = _read_earlier(books, fact, prefix, this, own, most)
        totals = fact.read_totals(books, earlier) if earlier else {}
        alike = [other for other in earlier if totals.get(other) == own]
        if alike and fact.statement is Arrival:
            alike = _with_same_labels(books, name, alike)
        if are_all or len(alike) == most:
            break
    same = f"records the same {fact.word} on the same day{_by(fact, this)}; if they are one"
    return [
        Warned(
            warning="likely-duplicate",
            detail=f"{other} {same} {fact.word}, {fact.remedy.format(name)}",
            about=other,
        )
        for other in alike[-MAX_WARNINGS:]
    ]


def _read_earlier(
    books: Books, fact: Fact, prefix: str, this: DocumentState[Any], own: Totals, most: int
) -> tuple[list[str], bool]:
    """Return the latest documents before `this` for the same day and the same person or place.

    Of a corrected document, the latest version counts. Documents with another quantity of the first
    item may be left out. The second result is True if these are all such documents, and False if
    there may be more of them.

    Args:
        own: The totals of `this`.
        most: Maximum number of documents to read.
    """
    *others, last = fact.columns
    whose = {column: str(getattr(this.stated, column)) for column in fact.columns}
    codes = [whose[last]]
    if fact.person is not None:
        stays = code_that_stays(books, fact.person, codes[0])
        codes = codes_of_person(books, fact.person, stays)
    # Without the empty text, SQLite would prepare the statement anew each time, because an index
    # contains only rows with one literal value of this column.
    where = "".join(f" AND {column} = ('' || :{column})" for column in others)
    where += f" AND {is_one_of(last, codes)} AND {fact.key} <> :this"
    table = TABLES[fact.statement]
    item, quantity = next(iter(own.items()))
    is_alike = f"{fact.quantity} = :quantity AND " if fact.quantity else ""
    rows = books.all(
        f"SELECT l.{fact.key} FROM (SELECT station, seq, {fact.key} FROM {table} "
        f"WHERE station = :station{where} ORDER BY {fact.order} DESC LIMIT :compared) AS l "
        # First the condition that few documents meet, so that the others are rarely evaluated.
        f"WHERE {is_alike}(SELECT e.happened_on FROM entries e WHERE e.station = l.station "
        f"AND e.seq = l.seq) = :day AND l.seq = (SELECT max(m.seq) FROM {table} m "
        # Both databases keep the order of the inner query, so the latest documents come first.
        f"WHERE m.station = l.station AND m.{fact.key} = l.{fact.key}) LIMIT :most",
        compared=MAX_COMPARED,
        most=most,
        this=str(getattr(this.stated, fact.key)),
        day=this.happened_on.isoformat(),
        item=item,
        quantity=quantity,
        **{column: whose[column] for column in others},
        **named_values(codes),
    )
    began = {
        int(name.rpartition("_")[2]): str(name) for (name,) in rows if name.startswith(f"{prefix}_")
    }
    earlier = [began[number] for number in sorted(began) if number < this.first]
    return earlier, len(rows) < most


def _by(fact: Fact, one: DocumentState[Any]) -> str:
    """Return the part of a warning that names the person or place of a document."""
    whose = str(getattr(one.stated, fact.columns[-1]))
    return ", anonymous too" if whose == ANONYMOUS else f" ({whose})"


def _with_same_labels(books: Books, arrival: str, others: list[str]) -> list[str]:
    """Return the other arrivals whose batches and expiry days match those of `arrival`.

    Goods without any batch or expiry match goods with one.
    """
    own = _read_labels(books, [arrival])[arrival]
    if all(set(part) == {None} for parts in own.values() for part in parts):
        return others
    return [
        name
        for name, labels in _read_labels(books, others).items()
        if all(
            one == other or set(one) == {None} or set(other) == {None}
            for item in own
            for one, other in zip(own[item], labels[item], strict=True)
        )
    ]


def _read_labels(books: Books, arrivals: list[str]) -> dict[str, Labels]:
    """Return the quantities of each arrival by batch and by expiry day."""
    lines = read_latest(books, ArrivalLine, "arrival", arrivals, decided_by=Arrival)
    lots = read_lots(books, [line.lot for stated in lines.values() for line in stated])
    found: dict[str, Labels] = {}
    for name in arrivals:
        labels = found[name] = {}
        for line in lines[name]:
            batches, days = labels.setdefault(line.item, (Label(), Label()))
            batches[lots[line.lot].batch] += line.quantity
            days[lots[line.lot].expires_on] += line.quantity
    return found
