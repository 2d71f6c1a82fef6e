"""The content of the entries of a command, with all corrections."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from supplies.books.free_text import Texts, free_text_of_entry
from supplies.books.reader import Books
from supplies.domain import commands as c
from supplies.domain.accounts import (
    PLEDGED,
    AccountKind,
    keys_of,
    kind_of,
)
from supplies.domain.entries import Body
from supplies.domain.entry_rows import (
    EntryRow,
    LatestDay,
    Lot,
    PackedLine,
)
from supplies.views.pagination import PackedView
from supplies.views.stated_donation import ERASED, unusual_size

R = TypeVar("R", bound=EntryRow)
L = TypeVar("L", bound=c.LotLine)

Goods = tuple[str, str]
"""The item and lot of some goods."""


class StatedEntries:
    """The content of a command's entries, with all corrections or with those up to a chosen entry.

    Attributes:
        latest: The first entry of the command or of its last included correction. Its rows contain
            the fields of the command.
        changes: The net change of each account, by item and lot, in the order of the transfers.
        lots: The latest description of each lot that the command created.
        claims: The quantity of a pledge that each need claims, by item and need.
    """

    def __init__(self, books: Books, chain: list[Body]) -> None:
        self.books, self.latest, self._chain = books, chain[-1], chain
        texts = free_text_of_entry(books, self.latest.seq)
        self._texts: Texts = texts or {}
        self.changes: dict[Goods, Counter[str]] = {}
        self.claims: Counter[tuple[str, str]] = Counter()
        changes: defaultdict[Goods, Counter[str]] = defaultdict(Counter)
        self.lots: dict[str, Lot] = {}
        for body in (part for first in chain for part in self._parts(first)):
            self.lots |= {row.lot: row for row in body.rows if isinstance(row, Lot)}
            for source, target, item, lot, quantity in body.transfers:
                if lot:
                    changes[item, lot][source] -= quantity
                    changes[item, lot][target] += quantity
                for account, change in ((source, -quantity), (target, quantity)):
                    if kind_of(account) is PLEDGED and len(keys_of(account)) > 1:
                        self.claims[item, keys_of(account)[1]] += change
        for goods, by_account in changes.items():
            left = Counter({account: change for account, change in by_account.items() if change})
            if left:
                self.changes[goods] = left

    def _parts(self, first: Body) -> list[Body]:
        """Return the entries of one version of the command, without entries about other documents.

        Args:
            first: The first entry of this version.
        """
        last = self.books.last_seq_of_command(first.seq)
        parts = [first, *(self.books.body(seq) for seq in range(first.seq + 1, last + 1))]
        return [part for part in parts if part.document == first.document]

    # --- rows and texts ------------------------------------------------------------------------

    @property
    def document(self) -> str:
        """The id of the document that the command created."""
        return str(self.latest.document)

    @property
    def day(self) -> dict[str, Any]:
        """The fields of the command for its day: `happened_on` and `or_earlier`."""
        marked = any(isinstance(row, LatestDay) for row in self.latest.rows)
        return {"happened_on": self.latest.happened_on, "or_earlier": marked}

    def rows(self, kind: type[R]) -> list[R]:
        """Return the rows of a type in the latest entry."""
        return [row for row in self.latest.rows if isinstance(row, kind)]

    def row(self, kind: type[R]) -> R:
        """Return the first row of a type in the latest entry that has rows of this type.

        That may be an earlier entry than the last, because a correction does not repeat rows of
        every type.
        """
        return next(
            row for first in reversed(self._chain) for row in first.rows if isinstance(row, kind)
        )

    def text(self, path: str) -> str | None:
        """Return a free text of the command, or None if it has none or was erased.

        Args:
            path: The place of the text in the command, such as `note` or `lines/0/value/evidence`.
        """
        return self._texts.get(path)

    def needed_text(self, path: str) -> str:
        """Return a text that the command requires, or "–" if it was erased.

        Args:
            path: The place of the text in the command, such as `reason`.
        """
        return self._texts.get(path) or ERASED

    # --- goods ---------------------------------------------------------------------------------

    def account(self, kind: AccountKind, *, falls: bool) -> str:
        """Return the first account of a kind whose balance the command changes.

        Args:
            falls: True for accounts that the command decreases, False for accounts that it
                increases.
        """
        return next(account for account, _ in self._of(kind, falls=falls))

    def goods(self, kind: AccountKind, *, falls: bool) -> dict[Goods, int]:
        """Return the quantities that the command takes from or puts into accounts of a kind.

        The result is by item and lot.

        Args:
            falls: True for the goods that the command takes, False for the goods that it puts in.
        """
        found: Counter[Goods] = Counter()
        for _, (goods, quantity) in self._of(kind, falls=falls):
            found[goods] += quantity
        return dict(found)

    def _of(self, kind: AccountKind, *, falls: bool) -> Iterable[tuple[str, tuple[Goods, int]]]:
        for goods, by_account in self.changes.items():
            for account, change in by_account.items():
                if kind_of(account) is kind and (change < 0) is falls:
                    yield account, (goods, abs(change))

    def lines(self, line: type[L], goods: Mapping[Goods, int], field: str = "lines") -> list[L]:
        """Return lines of a command for the goods that it took from an account.

        A line names its lot only if the item was taken from several lots. Without a lot, a
        correction may change the quantity: it takes from the same lot as before, and from others if
        more is needed.
        """
        lots: Counter[str] = Counter(item for item, _ in goods)
        totals: Counter[str] = Counter()
        for (item, _), quantity in goods.items():
            totals[item] += quantity
        made = []
        for (item, lot), quantity in goods.items():
            packs = self.in_packs(item, totals[item], field)
            if lots[item] == 1:
                made.append(line(item=item, **(packs or {"quantity": quantity})))
            elif packs is None:
                made.append(line(item=item, lot=lot, quantity=quantity))
            elif not any(one.item == item for one in made):
                made.append(line(item=item, **packs))
        return made

    def in_packs(self, item: str, quantity: int, field: str = "lines") -> dict[str, Any] | None:
        """Return a quantity in the packs in which the command gave it.

        Return None if the command gave base units or another quantity, or had several lines with
        the item.
        """
        counted = [row for row in self.rows(PackedLine) if row.item == item and row.field == field]
        if len(counted) != 1 or counted[0].quantity * counted[0].size != quantity:
            return None
        return self._packs(counted[0])

    def of_line(self, number: int, quantity: int, field: str = "lines") -> dict[str, Any]:
        """Return the quantity of a line as the command gave it, in packs or base units."""
        for row in self.rows(PackedLine):
            if row.line == number and row.field == field:
                return self._packs(row)
        return {"quantity": quantity}

    def _packs(self, row: PackedLine) -> dict[str, Any]:
        stated = PackedView(quantity=row.quantity, pack=row.pack, size=row.size)
        size = unusual_size(self.books, row.item, stated)
        return {"quantity": row.quantity, "pack": row.pack, "pack_size": size}
