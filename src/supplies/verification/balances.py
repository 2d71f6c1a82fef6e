"""Balances made anew: every transfer once more, on both time axes, beside what the store holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from supplies.domain.accounts import CHART, Family, Kind, keys_of
from supplies.domain.fields import MAX_QUANTITY
from supplies.errors import BooksBroken
from supplies.storage.store import Row
from supplies.verification.reader import Reader, Table

TRANSFERS = Table(
    "transfers",
    (
        "seq",
        "line",
        "day",
        "source",
        "target",
        "item",
        "lot",
        "quantity",
        "allocation",
        "recipient",
    ),
)
BALANCES = Table("balances", ("account", "item", "lot", "quantity", "seq", "line"))
DAYS = Table("days", ("account", "item", "lot", "day", "quantity", "seq", "line"))

Key = tuple[str, str, str]
Closing = tuple[int, int, int]
"""What stood at a day's end, and the transfer that last moved it: quantity, seq, line."""


class Stand:
    """What stands in one account of one item and lot, and stood at the end of earlier days."""

    __slots__ = ("day", "earlier", "family", "floored", "kind", "line", "quantity", "seq")

    def __init__(self, kind: Kind, family: Family) -> None:
        self.kind, self.family, self.floored = kind, family, kind.floored
        self.day, self.quantity, self.seq, self.line = "", 0, 0, 0
        self.earlier: dict[str, Closing] | None = None

    def move(self, day: str, change: int, seq: int, line: int) -> bool:
        """Book a change; whether the floor holds now and at the end of every day since."""
        if day < self.day:
            return self._move_back_then(day, change, seq, line)
        if day > self.day:
            if self.day:
                self.earlier = self.earlier or {}
                self.earlier[self.day] = (self.quantity, self.seq, self.line)
            self.day = day
        self.quantity += change
        self.seq, self.line = seq, line
        return self.quantity >= 0 or not self.floored

    def _move_back_then(self, day: str, change: int, seq: int, line: int) -> bool:
        """The latest day's end holds all transfers, so it is the balance too."""
        earlier = self.earlier = self.earlier or {}
        if day not in earlier:
            before = max((known for known in earlier if known < day), default=None)
            earlier[day] = earlier[before] if before is not None else (0, 0, 0)
        least = self.quantity = self.quantity + change
        self.seq, self.line = seq, line
        for known, (quantity, _, _) in earlier.items():
            if known >= day:
                earlier[known] = (quantity + change, seq, line)
                least = min(least, quantity + change)
        return least >= 0 or not self.floored


class Replay:
    """All accounts of a station, as the transfers so far make them."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.stands: dict[Key, Stand] = {}
        self._known: dict[str, tuple[Kind, Family | None, Family | None]] = {}

    def move(
        self, transfers: Iterable[Row], lots: Mapping[str, str], recipients: Mapping[str, str]
    ) -> None:
        """Book transfers in recorded order.

        lots: the item of each lot. recipients: whose each allocation is.
        """
        stands = self.stands
        for seq, line, day, source, target, item, lot, quantity, allocation, recipient in transfers:
            if not 1 <= quantity <= MAX_QUANTITY:
                raise self._wrong("quantity", seq, f"1 to {MAX_QUANTITY}", quantity)
            key, target_key = (source, item, lot), (target, item, lot)
            out = stands.get(key) or self._begin(key, "source", seq, lots)
            into = stands.get(target_key) or self._begin(target_key, "target", seq, lots)
            if out.family is not into.family or out is into:
                raise self._wrong("target", seq, f"another account of {out.family}", target)
            if not (out.move(day, -quantity, seq, line) and into.move(day, quantity, seq, line)):
                raise self._wrong("quantity", seq, f"no more than stands in {source}", quantity)
            if allocation is not None and recipients.get(allocation) != recipient:
                raise self._wrong("recipient", seq, recipients.get(allocation), recipient)

    def _begin(self, key: Key, column: str, seq: int, lots: Mapping[str, str]) -> Stand:
        """An account that was not moved before: it is on the chart, and its lot is of the item."""
        account, item, lot = key
        known = self._known.get(account)
        if known is None:
            kind = self._kind(account, column, seq)
            known = self._known[account] = kind, _family(kind, ""), _family(kind, "lot")
        kind, without_lot, with_lot = known
        family = with_lot if lot else without_lot
        if family is None:
            raise self._wrong("lot", seq, f"what {kind.name} can hold", lot or "no lot")
        if lot and lots.get(lot) != item:
            raise self._wrong("lot", seq, f"a lot of {item}", lot)
        stand = self.stands[key] = Stand(kind, family)
        return stand

    def _kind(self, account: str, column: str, seq: int) -> Kind:
        name, colon, _ = account.partition(":")
        kind, keys = CHART.get(name), keys_of(account)
        if kind is not None and colon and all(keys):
            needed = sum(not key.endswith("?") for key in kind.keys)
            if needed <= len(keys) <= len(kind.keys):
                return kind
        raise self._wrong(column, seq, "an account on the chart", account)

    def _wrong(self, column: str, seq: int, expected: object, found: object) -> BooksBroken:
        return self.reader.broken("transfers", column, seq, expected, found)

    # --- beside what the store holds -------------------------------------------------------------

    def check_days(self) -> None:
        """`days` holds each day's end on which an account moved.

        Each row found is looked up; their keys are unique, so as many as there should be are all.
        """
        found = self.reader.everything(DAYS)
        stands, right = self.stands, 0
        for account, item, lot, day, quantity, seq, line in found:
            stand = stands.get((account, item, lot))
            if stand is None:
                break
            if stand.day == day:
                if stand.quantity != quantity or stand.seq != seq or stand.line != line:
                    break
            elif not stand.earlier or stand.earlier.get(day) != (quantity, seq, line):
                break
            right += 1
        days = sum(1 + len(stand.earlier or ()) for stand in stands.values())
        if not right == days == len(found):
            self.reader.compare(DAYS, self._days(), found)

    def _days(self) -> list[Row]:
        expected: list[Row] = []
        for key, stand in self.stands.items():
            expected.append((*key, stand.day, stand.quantity, stand.seq, stand.line))
            if stand.earlier:
                expected += [(*key, day, *closing) for day, closing in stand.earlier.items()]
        return expected

    def check_balances(self) -> None:
        """`balances` holds just what the transfers come to: what the latest day ended with.

        The store counts those that agree with `days`, which were checked; only if one does not
        are they looked at here.
        """
        agree = self.reader.one(
            "SELECT count(*) FROM balances AS b WHERE station = :station "
            "AND (quantity, seq, line) = ("
            "SELECT quantity, seq, line FROM days AS d WHERE d.station = b.station "
            "AND d.account = b.account AND d.item = b.item AND d.lot = b.lot "
            "ORDER BY day DESC LIMIT 1)"
        )
        there = self.reader.one("SELECT count(*) FROM balances WHERE station = :station")
        if agree == there == (len(self.stands),):
            return
        expected = [
            (*key, stand.quantity, stand.seq, stand.line) for key, stand in self.stands.items()
        ]
        self.reader.compare(BALANCES, expected, self.reader.everything(BALANCES))


def _family(kind: Kind, lot: str) -> Family | None:
    """What flows through an account of this kind: goods always with their lot, all else never."""
    if lot:
        return Family.GOODS if Family.GOODS in kind.families else None
    return next((family for family in kind.families if family is not Family.GOODS), None)
