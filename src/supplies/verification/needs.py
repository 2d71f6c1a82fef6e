"""Needs mirror goods: what is claimed is promised, what is assigned is there, what is met came."""

from __future__ import annotations

from collections import Counter
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
from supplies.verification.balances import Key, Stand
from supplies.verification.reader import Reader

_MIRRORED = {
    kind.name for kind in (ALLOCATED, ASSIGNED, CLAIMED, IN_TRANSIT, MET, PLEDGED, RECEIVED)
}

_Sum = Counter[tuple[str, ...]]


def check_mirror(
    reader: Reader, stands: Mapping[Key, Stand], recipients: Mapping[str, str]
) -> None:
    """Raise where needs and goods differ. recipients: whose each need is."""
    claimed, promised, assigned, set_aside, met, received = _sums(stands, recipients)
    for key in claimed.keys() | promised.keys():
        if claimed[key] != promised[key]:
            need, pledge, item = key
            raise reader.broken(
                "balances",
                "quantity",
                None,
                f"{promised[key]} × {item} in {CLAIMED(need, pledge)}, as promised",
                claimed[key],
            )
    for needs, goods, account in ((assigned, set_aside, ALLOCATED), (met, received, RECEIVED)):
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
    stands: Mapping[Key, Stand], recipients: Mapping[str, str]
) -> tuple[_Sum, _Sum, _Sum, _Sum, _Sum, _Sum]:
    """Claimed and promised by need, pledge and item; the others by allocation or recipient."""
    claimed: _Sum = Counter()
    promised: _Sum = Counter()
    assigned: _Sum = Counter()
    set_aside: _Sum = Counter()
    met: _Sum = Counter()
    received: _Sum = Counter()
    for (account, item, _), stand in stands.items():
        if not stand.quantity or stand.kind.name not in _MIRRORED:
            continue
        kind, keys, quantity = stand.kind, keys_of(account), stand.quantity
        if kind is CLAIMED:
            claimed[keys[0], keys[1], item] += quantity
        elif kind is PLEDGED:
            if len(keys) == 2:
                promised[keys[1], keys[0], item] += quantity
        elif kind is ASSIGNED:
            assigned[keys[1], item] += quantity
        elif kind is ALLOCATED:
            set_aside[keys[0], item] += quantity
        elif kind is IN_TRANSIT:
            set_aside[keys[1], item] += quantity
        elif kind is MET:
            met[recipients.get(keys[0], ""), item] += quantity
        else:
            received[keys[0], item] += quantity
    return claimed, promised, assigned, set_aside, met, received
