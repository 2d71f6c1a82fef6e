"""Warnings about phones that may have records which they have not sent."""

from __future__ import annotations

from supplies.access import phones
from supplies.access.access_context import AccessContext
from supplies.access.phones import Phone
from supplies.domain.catalogue_records import CatalogueRecord, Team
from supplies.domain.plurals import counted
from supplies.views.pagination import Warned


def find_silent_phones(access: AccessContext, delivery: str) -> list[Warned]:
    """Return a warning for each phone that may have unsent records about a delivery.

    Such a phone reported unsent records, or was not seen since the delivery was dispatched.
    """
    return [
        _unsent(phone, phone.unsent)
        if phone.unsent
        else Warned(
            warning="phone-silent",
            detail=f"{phone.label}: not seen since the delivery was dispatched",
            about=phone.id,
        )
        for phone in phones.silent_phones(access, delivery)
    ]


def find_unsent_hand_outs(access: AccessContext, team: str | None = None) -> list[Warned]:
    """Return a warning for each phone whose unsent records may be hand-outs at a counter.

    Use it before days are closed or a team's counter changes. Hand-outs on a closed day are booked
    on the first open day. Hand-outs at a location that is not the team's counter become conflicts.
    So the phones should send their records first.

    Args:
        team: The team whose counter changes; None for all teams with a counter.
    """
    found = phones.unsent_at_counters(access, team)
    return [_unsent(phone, phone.unsent or 0) for phone in found]


def find_counter_warnings(
    access: AccessContext, before: CatalogueRecord, after: CatalogueRecord
) -> list[Warned]:
    """Return a warning for each phone whose unsent hand-outs a new counter would make conflicts.

    The list is empty if the changed record is not a team, or if the team's counter stays the same.
    """
    if not isinstance(before, Team) or not isinstance(after, Team):
        return []
    if before.counter is None or before.counter == after.counter:
        return []
    return find_unsent_hand_outs(access, before.code)


def _unsent(phone: Phone, count: int) -> Warned:
    detail = f"{phone.label}: {counted(count, 'record')} not sent yet"
    return Warned(warning="phone-unsent", detail=detail, about=phone.id)
