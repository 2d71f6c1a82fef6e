"""Find out which donors gave the goods of a lot, and where each donor's share is.

A lot belongs to the accounts from which it came, in proportion to the quantities that came from
them. Repacked goods belong to the owners of the goods from which they were made. Shares are whole
base units. They are rounded so that they add up exactly, over all owners and over all accounts.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from math import lcm
from typing import Literal, NamedTuple

from supplies.books.account_range import account_range
from supplies.books.merged_codes import codes_of_person
from supplies.books.queries import query_ids
from supplies.books.reader import Books
from supplies.domain.accounts import CHART, CONVERTED, DONOR, RECEIVED, is_origin, kind_of
from supplies.domain.entries import COLLECTED
from supplies.errors import BooksBroken

Owner = tuple[str, str]
"""An owner of goods, identified by a lot that arrived and the account from which it came."""

_ORDER = {name: place for place, name in enumerate(CHART)}


class LotShare(NamedTuple):
    """An owner's share of one lot in one account, in base units."""

    lot: str
    item: str
    account: str
    quantity: int


class Gifts(NamedTuple):
    """The gifts of a donor in a period, with quantities in base units.

    Attributes:
        given: The quantity received, by lot.
        repacked: The donor's share of lots that were made from the gifts, by lot.
        items: The item of each lot.
        parts: The donor's share of each lot in each account.
        collected: The donor's share of what recipients fetched at the counter, by item. The same
            quantities are also in `parts`, in the accounts of the recipients.
    """

    given: dict[str, int]
    repacked: dict[str, int]
    items: dict[str, str]
    parts: list[LotShare]
    collected: dict[str, int]


def trace_gifts(books: Books, donor: str, first: date, last: date) -> Gifts:
    """Return what a donor gave in a period, and where these goods were at the end of it.

    The first and the last day are included. Gifts under all merged codes of the donor are included
    too. A gift counts on the day on which it came. All corrections recorded so far are included.

    Raises:
        BooksBroken: the balances of a lot do not add up to the quantity that came in.
    """
    own_gifts = {
        (str(lot), DONOR(code))
        for code in codes_of_person(books, "donor", donor)
        for lot, _ in books.all(
            "SELECT lot, min(day) FROM days WHERE station = :station AND account = :account "
            "AND lot <> '' AND quantity <> 0 GROUP BY lot HAVING min(day) BETWEEN :first AND :last",
            account=DONOR(code),
            first=first.isoformat(),
            last=last.isoformat(),
        )
    }
    family = _LotFamily(books, {lot for lot, _ in own_gifts}, last)
    came: Counter[str] = Counter()
    for lot, account in own_gifts:
        came[lot] -= family.balances[lot].get(account, 0)
    given = {lot: quantity for lot, quantity in came.items() if quantity}
    repacked: dict[str, int] = {}
    parts: list[LotShare] = []
    collected: Counter[str] = Counter()
    fetched = _read_collected(books, sorted(family.balances), last)
    for lot in sorted(family.balances):
        owners = family.owners(lot)
        made = sum(n for owner, n in owners.items() if owner in own_gifts and owner[0] != lot)
        if made:
            repacked[lot] = made
        for account, shares in family.shares(lot).items():
            quantity = sum(n for owner, n in shares.items() if owner in own_gifts)
            if quantity:
                parts.append(LotShare(lot, family.items[lot], account, quantity))
            # Goods that were taken back later are not with the recipient any more.
            present = min(fetched[lot, account], sum(shares.values()))
            if present:
                divided = zip(shares, apportion(present, list(shares.values())), strict=True)
                own = sum(part for owner, part in divided if owner in own_gifts)
                collected[family.items[lot]] += own
    return Gifts(given, repacked, family.items, parts, +collected)


def read_owned_goods(
    books: Books, lots: Iterable[str], last: date = date.max
) -> dict[str, list[LotShare]]:
    """Return where the goods that arrived in these lots were at the end of a day, by arrived lot.

    Repacked goods are in the result twice: with their original quantity in the account of the
    conversion, and with the accounts where the products are.

    Raises:
        BooksBroken: the balances of a lot do not add up to the quantity that came in.
    """
    wanted = set(lots)
    if not wanted:
        return {}
    owned: dict[str, list[LotShare]] = {lot: [] for lot in wanted}
    family = _LotFamily(books, wanted, last)
    for lot in sorted(family.balances):
        for account, shares in family.shares(lot).items():
            for (owner, _), quantity in shares.items():
                if owner in wanted and quantity:
                    owned[owner].append(LotShare(lot, family.items[lot], account, quantity))
    return owned


def apportion_all(quantities: Iterable[int], weights: Sequence[int]) -> list[list[int]]:
    """Divide each quantity in proportion to the weights, in whole units.

    The parts of each quantity add up to exactly that quantity. If the quantities and the weights
    have the same total, the parts for each weight also add up to that weight.
    """
    rows, total, before = [], 0, [0] * len(weights)
    for quantity in quantities:
        total += quantity
        after = apportion(total, weights)
        rows.append([now - then for now, then in zip(after, before, strict=True)])
        before = after
    return rows


def apportion(units: int, weights: Sequence[int]) -> list[int]:
    """Divide units in proportion to the weights. The parts are whole and add up to `units`.

    >>> apportion(10, [1, 1, 1])
    [3, 3, 4]
    """
    rest, parts = sum(weights), []
    for weight in weights:
        part = units * weight // rest if rest else 0
        parts.append(part)
        units, rest = units - part, rest - weight
    return parts


class _LotFamily:
    """Lots that conversions connect, with their balances at the end of a day."""

    def __init__(self, books: Books, lots: set[str], last: date) -> None:
        self._books, self._last = books, last
        self.balances: defaultdict[str, dict[str, int]] = defaultdict(dict)
        self.items: dict[str, str] = {}
        self._went_in: defaultdict[str, dict[str, int]] = defaultdict(dict)
        self._owners: dict[str, dict[Owner, int]] = {}
        self._follow(lots, made_of_them=True)
        self._follow(
            {lot for sources in self._went_in.values() for lot in sources} - set(self.balances),
            made_of_them=False,
        )

    def owners(self, lot: str) -> dict[Owner, int]:
        """Return the quantity of a lot that belongs to each owner."""
        if lot not in self._owners:
            # Set before the recursion: lots that were made from each other have no owners, and
            # `shares` raises.
            self._owners[lot] = {}
            found: Counter[Owner] = Counter()
            for account, quantity in self.balances[lot].items():
                kind = kind_of(account)
                if is_origin(kind):
                    found[lot, account] += -quantity
                elif kind is CONVERTED and quantity < 0:
                    found.update(self._made(account, -quantity))
            self._owners[lot] = dict(sorted(found.items()))
        return self._owners[lot]

    def shares(self, lot: str) -> dict[str, dict[Owner, int]]:
        """Return, for each account with goods of the lot, the quantity that belongs to each owner.

        Raises:
            BooksBroken: the balances of the lot do not add up to the quantity that came in.
        """
        owners = self.owners(lot)
        places = {
            account: quantity
            for account, quantity in sorted(self.balances[lot].items(), key=_in_order)
            if not is_origin(kind_of(account)) and not _made_here(account, quantity)
        }
        came, present = sum(owners.values()), sum(places.values())
        if came != present:
            what = f"quantity of lot {lot}"
            raise BooksBroken(
                station=self._books.station_code, seq=None, table="days", column=what,
                expected=came, found=present,
            )  # fmt: skip
        rows = apportion_all(places.values(), list(owners.values()))
        return {
            account: dict(zip(owners, row, strict=True))
            for account, row in zip(places, rows, strict=True)
        }

    def _made(self, conversion: str, quantity: int) -> dict[Owner, int]:
        """Divide a product of a conversion between the owners of the consumed lots.

        All consumed items have equal weight. Within an item, owners are weighted by quantity.
        """
        sources = self._went_in[conversion]
        sums: Counter[str] = Counter()
        for lot, used in sources.items():
            sums[self.items[lot]] += used
        whole = lcm(*sums.values()) if sums else 0
        weights: Counter[Owner] = Counter()
        for lot in sorted(sources):
            weight = whole // sums[self.items[lot]]
            for owner, part in self.shares(lot)[conversion].items():
                weights[owner] += part * weight
        parts = apportion(quantity, [weights[owner] for owner in sorted(weights)])
        return dict(zip(sorted(weights), parts, strict=True))

    # --- reading -------------------------------------------------------------------------------

    def _follow(self, lots: set[str], *, made_of_them: bool) -> None:
        """Read the balances of these lots and, step by step, of all lots made from them.

        Args:
            made_of_them: If False, follow the steps back: to all lots from which these were made.
        """
        known: set[str] = set(self._went_in)
        while lots:
            for lot, item, account, quantity in self._read_balances("lot", lots):
                self.balances[lot][account] = quantity
                self.items[lot] = item
            conversions = {
                account
                for lot in lots
                for account, quantity in self.balances[lot].items()
                if kind_of(account) is CONVERTED and (quantity < 0 or made_of_them)
            } - known
            known |= conversions
            made, used = set(), set()
            for lot, _, account, quantity in self._read_balances("account", conversions):
                if quantity > 0:
                    self._went_in[account][lot] = quantity
                    used.add(lot)
                else:
                    made.add(lot)
            lots = (made if made_of_them else used) - set(self.balances)

    def _read_balances(
        self, column: Literal["lot", "account"], names: set[str]
    ) -> list[tuple[str, str, str, int]]:
        rows = query_ids(
            self._books,
            sorted(names),
            "SELECT d.lot, d.item, d.account, d.quantity "
            "FROM wanted w CROSS JOIN balances b CROSS JOIN days d "
            f"WHERE b.station = :station AND b.{column} = w.id AND b.lot <> '' "
            "AND d.station = b.station AND d.account = b.account AND d.item = b.item "
            "AND d.lot = b.lot AND d.quantity <> 0 AND d.day = ("
            "SELECT max(o.day) FROM days o WHERE o.station = b.station "
            "AND o.account = b.account AND o.item = b.item AND o.lot = b.lot AND o.day <= :last)",
            last=self._last.isoformat(),
        )
        return [(lot, item, account, int(quantity)) for lot, item, account, quantity in rows]


def _read_collected(books: Books, lots: list[str], last: date) -> Counter[tuple[str, str]]:
    """Return the quantities that recipients fetched at the counter, by lot and recipient's account.

    Args:
        last: The last day. Corrections that are booked until this day are included.
    """
    sides = " UNION ALL ".join(
        f"SELECT b.lot, b.account, {sign}t.quantity AS quantity "
        "FROM wanted w CROSS JOIN balances b CROSS JOIN transfers t CROSS JOIN entries e "
        "WHERE b.station = :station AND b.lot = w.id AND b.lot <> '' "
        f"AND {account_range('start', 'end', column='b.account')} "
        f"AND t.station = b.station AND t.{side} = b.account AND t.item = b.item "
        "AND t.lot = b.lot AND e.station = t.station AND e.seq = t.seq AND e.kind = :kind "
        "AND e.booked_on <= :last"
        for side, sign in (("target", ""), ("source", "-"))
    )
    rows = query_ids(
        books,
        lots,
        f"SELECT lot, account, sum(quantity) FROM ({sides}) AS moves GROUP BY lot, account",
        start=RECEIVED.prefix,
        end=f"{RECEIVED.name};",  # ";" follows ":" in ASCII
        kind=COLLECTED,
        last=last.isoformat(),
    )
    return Counter({(lot, account): int(quantity) for lot, account, quantity in rows})


def _made_here(account: str, quantity: int) -> bool:
    return kind_of(account) is CONVERTED and quantity < 0


def _in_order(balance: tuple[str, int]) -> tuple[int, str]:
    account = balance[0]
    return _ORDER[kind_of(account).name], account
