"""Find events that were probably recorded twice, such as gifts, hand-outs, moves and needs.

An event is compared only with events that were recorded before it, so that a repeated request gets
the same response.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from supplies.books.merged_codes import code_that_stays, codes_of_person
from supplies.books.queries import query_ids
from supplies.books.reader import Books
from supplies.domain.accounts import ANONYMOUS, RECEIVED
from supplies.domain.commands import PersonKind
from supplies.domain.entries import Body, Transfer
from supplies.domain.entry_rows import (
    TABLES,
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
from supplies.storage.store import Row
from supplies.views.activities import DOCUMENT_TYPE as ACTIVITIES
from supplies.views.pagination import Warned
from supplies.views.remarks import DocumentEntries
from supplies.views.shared_queries import (
    DocumentState,
    DocumentType,
    is_one_of,
    named_values,
    read_documents,
    read_latest,
    read_lots,
)

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

Label = Counter[str | date | None]
"""The quantity of one item by batch, or by expiry day. None stands for an unknown batch or day."""

Labels = dict[str, tuple[Label, Label]]
"""The quantities of each item of an arrival, by batch and by expiry day."""

Moved = dict[tuple[str, str], int]
"""By how much entries changed the balance of goods in each account, by account and item."""

ReadTotals = Callable[[Books, list[str]], dict[str, Totals]]
"""A function that returns the totals of documents, by document id."""


@dataclass(frozen=True, slots=True)
class _Fact:
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


def find_likely_duplicates(
    books: Books, document: str | None, entry: int | None = None
) -> list[Warned]:
    """Return a warning for each earlier document that probably records the same event.

    Two documents probably record the same event if they are about the same person, goods and day.
    Goods with different batches or expiry days are not the same. There is no warning if `document`
    is None, or of a type that is not compared.

    Args:
        entry: Number of the entry of the document to compare; None means its first entry. Required
            for a return of lent or issued goods, which is a later entry of the document of the loan
            or issue.
    """
    prefix, _, number = (document or "").partition("_")
    began = number.rpartition("_")[2]
    if prefix in _MOVING and began.isdecimal():
        return _find_same_moves(books, str(document), int(began) if entry is None else entry)
    fact = _FACTS.get(prefix)
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


def _find_same_moves(books: Books, document: str, seq: int) -> list[Warned]:
    """Return a warning for each earlier entry that moved the same goods between the same accounts.

    At most `MAX_WARNINGS` are returned, for the latest of these entries.
    """
    body, *further = _entries_of_command(books, seq)
    if body.kind not in _MOVES or body.part > 0 or body.supersedes is not None:
        return []
    transfers = [
        transfer
        for entry in (body, *further)
        if (entry.document, entry.kind) == (body.document, body.kind)
        for transfer in entry.transfers
        if transfer.lot
    ]
    moved = _net(document, transfers)
    if not moved:
        return []
    same = dict[int, str]()
    # The last entries are read first, because often they suffice.
    for most in (MAX_WARNINGS, MAX_COMPARED):
        alike = _read_similar_moves(books, body, transfers, most)
        for earlier in alike:
            if earlier.happened_on == body.happened_on.isoformat() and earlier.moved == moved:
                same[earlier.first] = earlier.document
        if len(alike) < most or len(same) == most:
            break
    word = _MOVES[body.kind]
    end = f"records the same {word} on the same day; if they are one {word}, reverse "
    end += _moving_entry(seq, document)
    return [
        Warned(
            warning="likely-duplicate", detail=f"{_moving_entry(number, name)} {end}", about=name
        )
        for number, name in sorted(same.items())
        if name.endswith(f"_{number}") or name == document
    ][-MAX_WARNINGS:]


def _moving_entry(seq: int, document: str) -> str:
    """Return the name of an entry in warnings: the id of its document, such as m_12.

    For a later entry of the document, the number of the entry is added. For example, a return of
    issued goods is a later entry of the document of the issue.
    """
    return document if document.endswith(f"_{seq}") else f"entry {seq} ({document})"


def _entries_of_command(books: Books, first: int) -> list[Body]:
    """Return all entries of a command, which may have divided its transfers among several."""
    if first in books.written.entries:
        return [entry.body for entry in books.written.entries.values()]
    last = books.last_seq_of_command(first)
    return [books.body(seq) for seq in range(first, last + 1)]


def _net(document: str, transfers: Iterable[Sequence[Any]]) -> Moved:
    """Return by how much transfers change the balance of each account and item, without zeros.

    The id of the document is removed from accounts such as `converted:k_7`, so that the moves of
    two documents can be compared.

    Args:
        transfers: Source, target, item, lot and quantity of each transfer of goods.
    """
    moved: Moved = {}
    for source, target, item, _, quantity in transfers:
        for account, change in ((source, -quantity), (target, quantity)):
            key = account.removesuffix(document), item
            moved[key] = moved.get(key, 0) + change
    return {key: quantity for key, quantity in moved.items() if quantity}


class _EarlierMove(NamedTuple):
    """What a command that was recorded earlier has moved, with all corrections.

    Attributes:
        first: Number of the first entry of the command.
        happened_on: The day, as ISO text.
    """

    first: int
    document: str
    happened_on: str
    moved: Moved


_IS_CORRECTED = (
    "EXISTS (SELECT 1 FROM entries s WHERE s.station = :station AND s.supersedes = k.seq)"
)

_SIMILAR_MOVES = (
    "WITH alike AS (SELECT e.seq, e.document FROM (SELECT seq FROM entries "
    "WHERE station = :station AND kind = :kind AND seq < :seq ORDER BY seq DESC LIMIT :compared) k "
    # These conditions come first, because few entries meet them.
    "CROSS JOIN entries e WHERE ((SELECT sum(t.quantity) FROM transfers t "
    "WHERE t.station = :station AND t.seq = k.seq AND t.item = :item AND t.source = :account) "
    "= :taken OR (k.seq <= (SELECT max(c.supersedes) FROM entries c WHERE c.station = :station "
    f"AND c.supersedes < :seq) AND {_IS_CORRECTED}) "
    # A count of a later day may divide a command, with an entry about the count in between.
    "OR (:day < (SELECT latest_day FROM heads WHERE station = :station) "
    "AND k.seq - 1 IN (SELECT r.seq FROM entries r WHERE r.station = :station "
    "AND r.kind = 'stock_recounted' AND r.seq < :seq ORDER BY r.seq DESC LIMIT :compared))) "
    "AND e.station = :station AND e.seq = k.seq "
    f"AND (e.happened_on = :day OR e.part > 0 OR {_IS_CORRECTED}) "
    # Both databases keep the order of the inner query, so these are the latest entries.
    "LIMIT :most) "
    "SELECT a.seq, e.seq, e.part, e.supersedes, e.document, e.happened_on, "
    "t.source, t.target, t.item, t.lot, t.quantity FROM alike a "
    # A correction has the kind of the entry that it corrects.
    "CROSS JOIN entries e LEFT JOIN transfers t ON t.station = e.station AND t.seq = e.seq "
    "AND t.lot <> '' WHERE e.station = :station AND e.document = a.document AND e.kind = :kind "
    "ORDER BY a.seq, e.seq"
)


def _read_similar_moves(
    books: Books, body: Body, transfers: Sequence[Transfer], most: int
) -> list[_EarlierMove]:
    """Return what the latest commands moved that may have moved the same goods on the same day.

    Their entries have the kind of `body` and took the same quantity of an item from an account.
    Commands that were corrected or divided are also returned, whatever they moved.

    Args:
        body: The first entry of the command to compare.
        transfers: What this command moved.
        most: Maximum number of entries to read.
    """
    # An account with the id of the document, such as `converted:k_7`, has no other moves.
    first = min(transfers, key=lambda each: each.source.endswith(str(body.document)))
    taken = [
        each.quantity
        for each in transfers
        if (each.source, each.item) == (first.source, first.item)
    ]
    rows = books.all(
        _SIMILAR_MOVES,
        seq=body.seq,
        kind=body.kind,
        day=body.happened_on.isoformat(),
        item=first.item,
        account=first.source,
        taken=sum(taken),
        compared=MAX_COMPARED,
        most=most,
    )
    return [_add_up(seq, list(of_document)) for seq, of_document in groupby(rows, itemgetter(0))]


def _add_up(seq: int, rows: list[Row]) -> _EarlierMove:
    """Add up what a command moved, with all corrections.

    Args:
        seq: An entry of the command, or of a correction of it.
        rows: The rows of `_SIMILAR_MOVES` for the document of the entry.
    """
    document, day = rows[0][4], ""
    corrected: dict[int, int] = {}
    for _, entry, part, supersedes, *_ in rows:
        first = corrected.setdefault(entry - part, corrected.get(supersedes, entry - part))
        corrected[entry] = first
    first, transfers = corrected[seq], []
    for _, entry, part, _, _, happened_on, *transfer in rows:
        if corrected[entry] == first:
            day = day if part else happened_on
            if transfer[-1]:
                transfers.append(transfer)
    return _EarlierMove(first, document, day, _net(document, transfers))


def _read_earlier(
    books: Books, fact: _Fact, prefix: str, this: DocumentState[Any], own: Totals, most: int
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


def _by(fact: _Fact, one: DocumentState[Any]) -> str:
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


# --- what is compared ------------------------------------------------------------------------


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


_ARRIVAL = _Fact(
    Arrival,
    "arrival",
    ("origin", "party"),
    _arrived,
    "goods",
    quantity="(SELECT sum(x.quantity) FROM arrival_lines x WHERE x.station = l.station "
    "AND x.arrival = l.arrival AND x.seq = l.seq AND x.item = :item)",
)

_NEED = _Fact(
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

_FACTS = {
    "d": replace(_ARRIVAL, word="gift", person="donor"),
    "b": _ARRIVAL,
    "o": _ARRIVAL,
    "h": _Fact(HandOutTo, "hand_out", ("recipient",), _handed_out, "hand-out", person="recipient"),
    "y": _Fact(Activity, "activity", ("kind",), _done, "activity", order=_number("activity")),
    "n": _NEED,
    "p": _Fact(
        Pledge, "pledge", ("donor",), _promised, "pledge", "cancel {}", "donor", _number("pledge")
    ),
    "c": _Fact(
        CountSheet, "sheet", ("location",), _counted_stock, "count", "nothing is to be done"
    ),
}
"""How documents of each type are compared, by the prefix of their ids."""

_MOVES = {
    "found_again": "find",
    "goods_converted": "conversion",
    "goods_issued": "issue",
    "goods_lent": "loan",
    "goods_moved": "move",
    "goods_returned": "return",
    "issue_returned": "return",
    "loan_returned": "return",
    "settled": "settlement",
    "shipment_sent": "shipment",
    "taken_back": "take-back",
    "written_off": "write-off",
}
"""The kinds of entry that only move goods, each with the noun for it in warnings."""

_MOVING = frozenset("fgikmrstwx")
"""Prefixes of the ids of documents that only move goods."""
