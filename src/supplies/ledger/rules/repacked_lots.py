"""Find the lots from which repacked lots were made, and the donors of the goods in them."""

from __future__ import annotations

from collections.abc import Iterable

from supplies.books.account_range import account_range
from supplies.books.queries import query_ids
from supplies.domain.accounts import (
    CHART,
    CONVERTED,
    DONOR,
    PLEDGED,
    is_origin,
    keys_of,
    kind_of,
)
from supplies.domain.entry_rows import Pledge
from supplies.errors import InvalidField, Sentence
from supplies.ledger.journal import Journal


def recorded_parents(journal: Journal, lot: str) -> list[str]:
    """Return the lots from which a lot was made, sorted, as recorded in the books.

    Drafted entries are ignored. Lots whose goods were only spilled while repacking are included.
    """
    rows = journal.books.all(
        "SELECT parent FROM lot_parents p WHERE station = :station AND lot = :lot AND seq = ("
        "SELECT max(seq) FROM lot_parents q WHERE q.station = p.station AND q.lot = p.lot)",
        lot=lot,
    )
    return sorted(parent for (parent,) in rows)


def consumed_lots(journal: Journal, conversion: str) -> list[str]:
    """Return the ids of the lots that a conversion consumed, sorted.

    Entries that the present command has drafted are included. A lot is left out if the whole
    quantity that the conversion took from it was spilled.

    Args:
        conversion: The account of the conversion, such as `converted:k_5`.
    """
    there = journal.nonzero_balances(conversion)
    return sorted(lot for (_, _, lot), quantity in there.items() if quantity > 0)


def products_in_order(journal: Journal, lots: Iterable[str]) -> list[str]:
    """Return all lots that were made from these lots, directly or by repacking again.

    A lot comes after all lots from which it was made.
    """
    given = dict.fromkeys(lots)
    finished: dict[str, None] = {}
    begun = set(given)
    for first in _repacked(journal, given):
        path = [(first, iter(_products_of(journal, first)))]
        while path:
            lot, products = path[-1]
            product = next(products, None)
            if product is None:
                finished[lot] = None
                path.pop()
            elif product not in begun:
                begun.add(product)
                path.append((product, iter(_products_of(journal, product))))
    return [lot for lot in reversed(finished) if lot not in given]


def _repacked(journal: Journal, lots: Iterable[str]) -> list[str]:
    """Return those of the lots that conversions have consumed, with a single query."""
    rows = query_ids(
        journal.books,
        lots,
        "SELECT DISTINCT w.id FROM wanted w CROSS JOIN balances b WHERE b.station = :station "
        f"AND b.lot = w.id AND b.lot <> '' AND {account_range('first', 'end', column='b.account')} "
        "AND b.quantity > 0",
        first=CONVERTED.prefix,
        end=f"{CONVERTED.name};",  # ";" follows ":" in ASCII
    )
    return sorted(lot for (lot,) in rows)


def _products_of(journal: Journal, lot: str) -> list[str]:
    return [
        product
        for conversion in _conversions_of(journal, lot)
        for product in _lots_made_in(journal, conversion)
    ]


def _conversions_of(journal: Journal, lot: str) -> list[str]:
    there = journal.balances_of_lot(CONVERTED, lot)
    return [account for account, quantity in there.items() if quantity > 0]


def _lots_made_in(journal: Journal, conversion: str) -> list[str]:
    there = journal.nonzero_balances(conversion)
    return [lot for (_, _, lot), quantity in there.items() if quantity < 0]


def givers_of(journal: Journal, lots: Iterable[str]) -> set[str]:
    """Return the accounts from which the goods in these lots first came, such as `donor:D-001`.

    A repacked lot is followed back to the lots from which it was made. Lots that this command
    creates are included.
    """
    givers: set[str] = set()
    waiting = list(dict.fromkeys(lots))
    seen = set(waiting)
    while waiting:
        lot = waiting.pop()
        described = journal.described_lot(lot)
        assert described is not None, f"lot {lot} is not in the books"
        if kind_of(described.origin) is CONVERTED:
            parents = set(consumed_lots(journal, described.origin)) - seen
            seen |= parents
            waiting += parents
            continue
        came_from = [
            account
            for kind in CHART.values()
            if is_origin(kind)
            for account, quantity in journal.balances_of_lot(kind, lot).items()
            if quantity < 0
        ]
        givers.update(came_from or [described.origin])
    return givers


def check_goods_of_pledges(journal: Journal, pointer: str) -> None:
    """Check that repacked goods still come from the donor whose pledge they fulfilled.

    The drafted entries may change who gave a lot, or from which lots another lot was made.

    Args:
        pointer: JSON pointer to the field that the error names.

    Raises:
        InvalidField: repacked goods would fulfil the pledge of another donor.
    """
    changed = journal.changed_keys()
    own = {account for account, _, _ in changed if kind_of(account) is CONVERTED}
    lots = [lot for account, _, lot in changed if lot and is_origin(kind_of(account))]
    lots += [lot for conversion in sorted(own) for lot in _lots_made_in(journal, conversion)]
    affected = [*_repacked(journal, lots), *products_in_order(journal, lots)]
    conversions = [name for lot in affected for name in _conversions_of(journal, lot)]
    for conversion in dict.fromkeys(conversions):
        if conversion not in own:
            _check_goods_of_conversion(journal, conversion, pointer)


def _check_goods_of_conversion(journal: Journal, conversion: str, pointer: str) -> None:
    document = keys_of(conversion)[0]
    pledges = _pledges_kept(journal, document)
    givers = givers_of(journal, consumed_lots(journal, conversion)) if pledges else set()
    for pledge in pledges:
        if givers != {DONOR(pledge.donor)}:
            entry = journal.books.value(
                "SELECT max(seq) FROM entries WHERE station = :station AND document = :document "
                "AND kind = 'goods_converted'",
                document=document,
            )
            raise InvalidField.at(
                pointer,
                Sentence(
                    "the goods were opened by entry {entry} ({document}) and fulfil pledge "
                    "{pledge} of {donor}, but would come from {givers}; first correct entry "
                    "{entry} so that it names no pledge",
                    entry=entry,
                    document=document,
                    pledge=pledge.pledge,
                    donor=pledge.donor,
                    givers=", ".join(sorted(givers)),
                ),
            )


def _pledges_kept(journal: Journal, conversion: str) -> list[Pledge]:
    """Return the pledges that the products of a recorded conversion fulfilled."""
    rows = journal.books.all(
        "SELECT t.source, t.target, t.quantity FROM entries e JOIN transfers t "
        "ON t.station = e.station AND t.seq = e.seq WHERE e.station = :station "
        "AND e.document = :conversion AND e.kind = 'goods_converted' AND t.lot = ''",
        conversion=conversion,
    )
    kept: dict[str, int] = {}
    for source, target, quantity in rows:
        for account, part in ((source, quantity), (target, -quantity)):
            if kind_of(account) is PLEDGED:
                pledge = keys_of(account)[0]
                kept[pledge] = kept.get(pledge, 0) + part
    names = [pledge for pledge, quantity in kept.items() if quantity > 0]
    return list(journal.books.latest_rows(Pledge, "pledge", names).values())
