"""Explain the stock of each item by what came in and went out, and report losses by reason."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, timedelta

from supplies.books.reader import Books
from supplies.domain.accounts import (
    ALLOCATED,
    CHART,
    LOST,
    STOCK,
    keys_of,
    kind_of,
)
from supplies.views.account_flows import net_flows
from supplies.views.balances_at import sum_balances
from supplies.views.pagination import View, check_codes
from supplies.views.periods import PeriodReport, check_days

ON_SHELF = (STOCK, ALLOCATED)
"""The kinds of account with goods at locations: free and allocated ones."""

_OTHERS = tuple(kind for kind in CHART.values() if kind.column is not None and kind not in ON_SHELF)
"""All kinds of account that can contain goods, except those in `ON_SHELF`."""

STEPS = {
    "opening": "opening stock",
    "donor": "received from donors",
    "bought": "bought",
    "made": "made",
    "borrowed": "borrowed",
    "from_station": "received from other stations",
    "received": "handed over",
    "in_transit": "taken along by delivery teams",
    "used": "used by the station",
    "lent": "lent",
    "returned": "given back to donors",
    "sent": "sent to other stations",
    "delivered": "acknowledged by other stations",
    "converted": "repacked",
    "lost": "lost",
    "unexplained": "unexplained differences",
}
"""The kinds of account in the order in which derivations list them, with words for each."""


class DerivationStep(View, frozen=True, kw_only=True):
    """How much the stock changed by goods that came from or went to one kind of account.

    Quantities are in base units.

    Attributes:
        step: The kind of account, such as `donor`. For losses, the account, as in `lost:damaged`.
        change: The quantity that came to the shelf; negative if goods left it.
        balance: The stock after this step.
    """

    step: str
    words: str
    change: int
    balance: int


class StockDerivation(View, frozen=True, kw_only=True):
    """How the stock of an item at the end of a period follows from the stock before it.

    Attributes:
        before: The stock before the first day, in base units.
        on_hand: The stock at the end of the last day, in base units, read from the balances. It
            equals the balance after the last step.
    """

    item: str
    name: str
    unit: str
    before: int
    on_hand: int
    lines: list[DerivationStep]


class DerivationReport(PeriodReport, frozen=True, kw_only=True):
    """Derivations of the stock of all items that moved or are in stock."""

    items: list[StockDerivation]


class LossLine(View, frozen=True, kw_only=True):
    """Goods lost for one reason, in base units, minus those that were found again.

    Attributes:
        reason: The reason of the loss, such as `expired` or `damaged`.
    """

    reason: str
    item: str
    name: str
    unit: str
    quantity: int


class LossReport(PeriodReport, frozen=True, kw_only=True):
    """The losses of a period by reason and item."""

    items: list[LossLine]


def derive_stock(
    books: Books, first: date, last: date, *, item: str | None = None
) -> DerivationReport:
    """Explain the stock of each item by what came in and went out in a period.

    Args:
        item: Report only this item. If None, all are reported.

    Raises:
        InvalidField: `last` is before `first`, or `item` is unknown.
    """
    check_days(first, last)
    check_codes(books, item=item)
    before = _on_shelf(books, first - timedelta(days=1))
    after = _on_shelf(books, last)
    changes: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for (account, code), quantity in net_flows(books, _OTHERS, first, last).items():
        changes[code][step_of(account)] -= quantity
    codes = sorted({*before, *after, *changes}) if item is None else [item]
    return DerivationReport(
        first=first,
        last=last,
        items=[
            _derivation(books, code, before[code], after[code], changes[code]) for code in codes
        ],
    )


def report_losses(books: Books, first: date, last: date) -> LossReport:
    """Return what was lost in a period, by reason and item.

    Raises:
        InvalidField: `last` is before `first`.
    """
    check_days(first, last)
    lines = []
    for (account, code), quantity in net_flows(books, (LOST,), first, last).items():
        item = books.item(code)
        lines.append(
            LossLine(
                reason=keys_of(account)[0],
                item=code,
                name=item.name,
                unit=item.unit,
                quantity=quantity,
            )
        )
    return LossReport(first=first, last=last, items=lines)


def _on_shelf(books: Books, day: date) -> Counter[str]:
    found: Counter[str] = Counter()
    for (_, item), quantity in sum_balances(books, ON_SHELF, on=day).items():
        found[item] += quantity
    return found


def step_of(account: str) -> str:
    """Return the step of a derivation that counts goods from or to an account."""
    kind = kind_of(account)
    return account if kind is LOST else kind.name


def _derivation(
    books: Books, code: str, before: int, after: int, changes: Counter[str]
) -> StockDerivation:
    item, order = books.item(code), list(STEPS)
    balance, lines = before, []
    for step in sorted(changes, key=lambda step: (order.index(step.partition(":")[0]), step)):
        kind, _, reason = step.partition(":")
        balance += changes[step]
        words = f"{STEPS[kind]} ({reason})" if reason else STEPS[kind]
        lines.append(DerivationStep(step=step, words=words, change=changes[step], balance=balance))
    return StockDerivation(
        item=code, name=item.name, unit=item.unit, before=before, on_hand=after, lines=lines
    )
