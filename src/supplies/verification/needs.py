"""Compare the quantities of needs with the promises and goods that cover them.

For each need, the claimed quantity must equal the quantity that pledges promise to it. Goods that
are set aside for a need, or on the way, are assigned to the need. The assigned quantity must not
exceed what is allocated or in transit. The quantity that counts as met must not exceed what was
received.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from supplies.domain.accounts import (
    ALLOCATED,
    ASSIGNED,
    CLAIMED,
    IN_TRANSIT,
    MET,
    PLEDGED,
    RECEIVED,
    keys_of,
)
from supplies.verification.balances import stored_balances
from supplies.verification.reader import Reader

_COMPARED_KINDS = (ALLOCATED, ASSIGNED, CLAIMED, IN_TRANSIT, MET, PLEDGED, RECEIVED)

_Sum = defaultdict[tuple[str, ...], int]


def check_needs(reader: Reader, recipients: Mapping[str, str]) -> None:
    """Compare the quantities of needs with the pledges and goods that cover them.

    Args:
        recipients: The recipient of each need, by the id of the need.

    Raises:
        BooksBroken: the claimed quantity of a need differs from the quantity that pledges promise;
            an allocation has fewer goods than are assigned from it; or a recipient received fewer
            goods than count as met.
    """
    claimed, promised, assigned, allocated, met, received = _sums(reader, recipients)
    for key in sorted(claimed.keys() | promised.keys()):
        if claimed[key] != promised[key]:
            need, pledge, item = key
            raise reader.broken(
                "balances",
                "quantity",
                None,
                f"{promised[key]} × {item} in {CLAIMED(need, pledge)}, as promised",
                claimed[key],
            )
    for needs, goods, account in ((assigned, allocated, ALLOCATED), (met, received, RECEIVED)):
        for key, quantity in needs.items():
            if quantity > goods[key]:
                whose, item = key
                what = "assigned" if account is ALLOCATED else "met"
                raise reader.broken(
                    "balances",
                    "quantity",
                    None,
                    f"at most {goods[key]} × {item} {what} for {account(whose)}",
                    quantity,
                )


def _sums(
    reader: Reader, recipients: Mapping[str, str]
) -> tuple[_Sum, _Sum, _Sum, _Sum, _Sum, _Sum]:
    """Return six sums: the claimed, promised, assigned, allocated, met and received quantities.

    Claimed and promised quantities are by need, pledge and item. Assigned and allocated quantities
    are by allocation and item, met and received ones by recipient and item. Goods in transit count
    as allocated.
    """
    claimed: _Sum = defaultdict(int)
    promised: _Sum = defaultdict(int)
    assigned: _Sum = defaultdict(int)
    allocated: _Sum = defaultdict(int)
    met: _Sum = defaultdict(int)
    received: _Sum = defaultdict(int)
    for kind, (account, item, _, quantity) in stored_balances(reader, *_COMPARED_KINDS):
        keys = keys_of(account)
        if kind is CLAIMED:
            claimed[keys[0], keys[1], item] += quantity
        elif kind is PLEDGED:
            if len(keys) == 2:
                promised[keys[1], keys[0], item] += quantity
        elif kind is ASSIGNED:
            assigned[keys[1], item] += quantity
        elif kind is ALLOCATED:
            allocated[keys[0], item] += quantity
        elif kind is IN_TRANSIT:
            allocated[keys[1], item] += quantity
        elif kind is MET:
            met[recipients.get(keys[0], ""), item] += quantity
        else:
            received[keys[0], item] += quantity
    return claimed, promised, assigned, allocated, met, received
