"""Net flows of accounts over a period."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from supplies.books.reader import Books
from supplies.domain.accounts import AccountKind


def net_flows(
    books: Books, kinds: Iterable[AccountKind], first: date, last: date
) -> dict[tuple[str, str], int]:
    """Return, by account and item, the quantity that came in minus the quantity that left.

    Sums of zero and transfers without a lot are left out. The first and the last day are included.
    """
    within = " OR ".join(
        f"(account >= '{kind.prefix}' AND account < '{kind.name};')"  # ";" follows ":"
        for kind in kinds
    )
    sides = " UNION ALL ".join(
        f"SELECT {side} AS account, item, {sign}quantity AS quantity FROM transfers "
        "WHERE station = :station AND day >= :first AND day <= :last AND lot <> ''"
        for side, sign in (("target", ""), ("source", "-"))
    )
    rows = books.all(
        f"SELECT account, item, sum(quantity) FROM ({sides}) AS moves WHERE {within} "
        "GROUP BY account, item HAVING sum(quantity) <> 0 ORDER BY account, item",
        first=first.isoformat(),
        last=last.isoformat(),
    )
    return {(account, item): int(quantity) for account, item, quantity in rows}
