"""List the entries from which a quantity in the station report was computed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import date, timedelta

from supplies.books.reader import Books
from supplies.domain.accounts import ReportColumn, is_origin, kind_of
from supplies.views.account_flows import TRANSFERS_OF_PERIOD
from supplies.views.balances_at import ON_HAND, sum_balances
from supplies.views.pagination import View, check_choice, check_codes
from supplies.views.stock_derivation import STEPS, step_of

FIGURES: Mapping[str, frozenset[ReportColumn]] = {
    "received": frozenset({ReportColumn.OPENING, ReportColumn.RECEIVED}),
    "handed_over": frozenset({ReportColumn.HANDED_OVER}),
    "used": frozenset({ReportColumn.USED}),
    "lost": frozenset({ReportColumn.LOST, ReportColumn.UNEXPLAINED}),
    "in_transit": frozenset({ReportColumn.IN_TRANSIT}),
    "on_hand": frozenset({ReportColumn.FREE, ReportColumn.ALLOCATED}),
}
"""The quantities in the station report, by name. Each is the sum of one or two columns."""


class FigureEntry(View, frozen=True, kw_only=True):
    """An entry that changed a quantity in the report.

    Attributes:
        change: The quantity that the entry added, in base units; negative if it subtracted goods.
    """

    entry: int
    kind: str
    document: str | None
    booked_on: date
    change: int


class FigureSources(View, frozen=True, kw_only=True):
    """A quantity in the station report and the parts that add up to it, in base units.

    Attributes:
        before: The part from before the period; 0 if the quantity counts only events of the period.
        total: The quantity in the report: `before` plus the changes of all `items`.
        items: The entries of the period that changed the quantity, oldest first.
    """

    figure: str
    item: str
    before: int
    total: int
    items: list[FigureEntry]


def list_figure_sources(
    books: Books, figure: str, item: str, first: date, last: date
) -> FigureSources:
    """Return the entries from which a quantity in the station report was computed.

    The cost grows with the number of entries in the period.

    Args:
        books: The books of the station.
        figure: The name of the quantity, a key of `FIGURES`.
        item: The code of the item.
        first, last: The first and the last day of the period.

    Raises:
        InvalidField: the name or the item is unknown.
    """
    check_choice("figure", figure, FIGURES)
    check_codes(books, item=item)

    def change_of(account: str, change: int) -> int:
        side = kind_of(account)
        if side.column not in FIGURES[figure]:
            return 0
        return -change if is_origin(side) else change

    before = _at_the_beginning(books, figure, item, first)
    changes = _changes(books, item, first, last, change_of)
    return _sources(figure, item, before, changes)


def list_step_sources(books: Books, step: str, item: str, first: date, last: date) -> FigureSources:
    """Return the entries from which a step of `derive_stock` was computed.

    The cost grows with the number of entries in the period.

    Args:
        books: The books of the station.
        step: The name of the step, such as `donor` or `lost:damaged`.
        item: The code of the item.
        first, last: The first and the last day of the period.

    Raises:
        InvalidField: the step or the item is unknown.
    """
    check_choice("step", step.partition(":")[0], STEPS)
    check_codes(books, item=item)

    def change_of(account: str, change: int) -> int:
        return -change if step_of(account) == step else 0

    return _sources("step", item, 0, _changes(books, item, first, last, change_of))


_Changes = Counter[tuple[int, str, str | None, str]]
"""Changes of a quantity, each with the number, kind, document and day of the entry."""


def _changes(
    books: Books, item: str, first: date, last: date, change_of: Callable[[str, int], int]
) -> _Changes:
    """Return the changes of a quantity in a period, by entry, oldest first.

    Args:
        change_of: A function of an account and the change of its balance. Returns by how much the
            quantity changes.
    """
    changes: _Changes = Counter()
    rows = books.all(
        "SELECT e.seq, e.kind, e.document, e.booked_on, t.source, t.target, sum(t.quantity) "
        f"{TRANSFERS_OF_PERIOD} AND t.item = :item "
        "GROUP BY e.seq, e.kind, e.document, e.booked_on, t.source, t.target ORDER BY e.seq",
        item=item,
        first=first.isoformat(),
        last=last.isoformat(),
    )
    for seq, kind, document, day, source, target, quantity in rows:
        for account, change in ((source, -int(quantity)), (target, int(quantity))):
            changes[seq, kind, document, day] += change_of(account, change)
    return changes


def _sources(figure: str, item: str, before: int, changes: _Changes) -> FigureSources:
    return FigureSources(
        figure=figure,
        item=item,
        before=before,
        total=before + changes.total(),
        items=[
            FigureEntry(
                entry=seq,
                kind=kind,
                document=document,
                booked_on=date.fromisoformat(day),
                change=change,
            )
            for (seq, kind, document, day), change in changes.items()
            if change
        ],
    )


def _at_the_beginning(books: Books, figure: str, item: str, first: date) -> int:
    """Return the part of a quantity in the report that is from before the period."""
    if figure not in ("received", "in_transit", "on_hand") or first == date.min:
        return 0
    columns = FIGURES[figure]
    sums = sum_balances(books, ON_HAND, on=first - timedelta(days=1))
    return sum(
        sums[kind.name, item] for kind in ON_HAND if figure == "received" or kind.column in columns
    )
