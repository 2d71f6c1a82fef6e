"""Check the products of repacking: their expiry, and the pledges they fulfil."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from supplies.domain.accounts import CHART, CONVERTED, DONOR, PLEDGED, is_origin, keys_of, kind_of
from supplies.domain.entries import Body
from supplies.domain.entry_rows import Lot, Pledge, ProductExpiry
from supplies.domain.product_expiry import Expiry, ExpiryBasis, earliest_expiry, product_expiry
from supplies.verification.balances import stored_balances
from supplies.verification.reader import Reader
from supplies.verification.records import ROW_TABLES, Rows

_ORIGINS = tuple(kind for kind in CHART.values() if is_origin(kind))


class _Description(NamedTuple):
    """The origin and expiry of a lot, from the latest entry (`seq`) that describes the lot."""

    seq: int
    origin: str
    expires_on: date | None
    expires_month: str | None


class _Conversion(NamedTuple):
    consumed: set[str]
    made: set[str]


class RepackedGoods:
    """Checks the products of conversions, after all entries were read.

    To save memory, lots that do not expire are remembered only if they were repacked.
    """

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self._lots: dict[str, _Description] = {}
        self._stated: dict[str, tuple[ExpiryBasis, Expiry]] = {}
        self._donors: dict[str, str] = {}
        self._kept: dict[str, Counter[str]] = defaultdict(Counter)

    def add(self, recorded: Rows, bodies: Sequence[Body]) -> None:
        """Remember the lots and conversions in the next batch of entries."""
        at = ROW_TABLES[Lot].columns.index
        for row in recorded[Lot]:
            lot, origin, day = row[at("lot")], row[at("origin")], row[at("expires_on")]
            if day is not None or lot in self._lots or origin.startswith(CONVERTED.prefix):
                self._lots[lot] = _Description(row[0], origin, _day(day), row[at("expires_month")])
        for _, lot, basis, day, month in recorded[ProductExpiry]:
            self._stated[lot] = basis, Expiry(_day(day), month)
        self._donors.update((row[1], row[2]) for row in recorded[Pledge])
        for body in bodies:
            if body.kind == "goods_converted" and body.document is not None:
                kept = self._kept[body.document]
                for source, target, _, lot, quantity in body.transfers:
                    if not lot:
                        _count(kept, source, quantity)
                        _count(kept, target, -quantity)

    def check(self) -> None:
        """Check the products of all conversions.

        Raises:
            BooksBroken: the expiry of a product does not follow from the consumed lots and from
                what the conversion states; or a product fulfils a pledge although the consumed
                goods did not come from the donor of the pledge.
        """
        conversions: dict[str, _Conversion] = {}
        for _, (account, _, lot, quantity) in stored_balances(self.reader, CONVERTED):
            lots = conversions.setdefault(account, _Conversion(set(), set()))
            (lots.consumed if quantity > 0 else lots.made).add(lot)
        for conversion in conversions.values():
            self._check_expiries(conversion)
        self._check_givers(conversions)

    def _check_expiries(self, conversion: _Conversion) -> None:
        consumed = [self._lots[lot] for lot in conversion.consumed if lot in self._lots]
        parents = earliest_expiry(consumed)
        for lot in sorted(conversion.made & self._stated.keys()):
            expected, found = product_expiry(*self._stated[lot], parents), self._lots[lot]
            if expected != (found.expires_on, found.expires_month):
                raise self.reader.broken(
                    "lots", "expires_on", found.seq, _shown(expected),
                    _shown(Expiry(found.expires_on, found.expires_month)),
                )  # fmt: skip

    def _check_givers(self, conversions: Mapping[str, _Conversion]) -> None:
        kept = {
            CONVERTED(document): sorted(
                pledge for pledge, quantity in found.items() if quantity > 0
            )
            for document, found in self._kept.items()
        }
        wanted = {account for account, pledges in kept.items() if pledges}
        if not wanted:
            return
        came_from: dict[str, set[str]] = defaultdict(set)
        for _, (account, _, lot, quantity) in stored_balances(self.reader, *_ORIGINS):
            if lot and quantity < 0:
                came_from[lot].add(account)
        for account in sorted(wanted):
            lots = conversions[account].consumed if account in conversions else ()
            givers = self._givers(lots, conversions, came_from)
            for pledge in kept[account]:
                donor = self._donors.get(pledge, "")
                if givers != {DONOR(donor)}:
                    raise self.reader.broken(
                        "balances", "quantity", None,
                        f"goods of {DONOR(donor)} only in {account}, which fulfils {pledge}",
                        ", ".join(sorted(givers)),
                    )  # fmt: skip

    def _givers(
        self,
        lots: Iterable[str],
        conversions: Mapping[str, _Conversion],
        came_from: Mapping[str, set[str]],
    ) -> set[str]:
        """Return the accounts from which the goods in these lots first came into the books."""
        givers: set[str] = set()
        waiting = list(lots)
        seen = set(waiting)
        while waiting:
            lot = waiting.pop()
            described = self._lots.get(lot)
            origin = "" if described is None else described.origin
            if origin.startswith(CONVERTED.prefix) and origin in conversions:
                parents = conversions[origin].consumed - seen
                seen |= parents
                waiting += parents
            else:
                givers |= came_from.get(lot) or {origin}
        return givers


def _count(kept: Counter[str], account: str, quantity: int) -> None:
    if kind_of(account) is PLEDGED:
        kept[keys_of(account)[0]] += quantity


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _shown(expiry: Expiry) -> str | None:
    if expiry.on is None:
        return None
    return expiry.month or expiry.on.isoformat()
