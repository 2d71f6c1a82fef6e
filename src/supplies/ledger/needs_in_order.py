"""A list of needs in the order in which they get goods, for rules that search it often."""

from __future__ import annotations

from bisect import insort
from collections.abc import Collection, Iterable, Iterator

from supplies.domain.entry_rows import Need
from supplies.ledger.balance_changes import Key

_URGENCY = {"high": 0, "normal": 1, "low": 2}


def document_number(document: str) -> int:
    """Return the number at the end of a document's id. Older documents have smaller numbers."""
    return int(document.rsplit("_", 1)[1])


def most_urgent_first(need: Need) -> tuple[int, int]:
    """Sort key for needs: the most urgent come first, then the oldest."""
    return _URGENCY[need.urgency], document_number(need.need)


class NeedsInOrder:
    """Needs, the most urgent first, each with the key of one of its balances.

    All lines of a command share the list. Needs whose balance is used up stay in the list, because
    the balance can rise again.

    Attributes:
        left_out: Needs that are not in the list. They can be added when one of their balances
            changes.
    """

    def __init__(self, left_out: Iterable[str] = ()) -> None:
        self.left_out = set(left_out)
        self._in_order: list[tuple[Need, Key]] = []
        self._seen: set[Key] = set()

    def __iter__(self) -> Iterator[tuple[Need, Key]]:
        """Iterate over the needs. Needs that are added meanwhile are left out."""
        return iter(tuple(self._in_order))

    def unseen(self, keys: Collection[Key]) -> list[Key]:
        """Return the given keys without the keys of earlier calls of this method, sorted."""
        new = set(keys) - self._seen
        self._seen |= new
        return sorted(new)

    def add(self, needs: Iterable[tuple[Need, Key]]) -> None:
        """Insert needs in the right order."""
        for each in needs:
            insort(self._in_order, each, key=lambda pair: most_urgent_first(pair[0]))
