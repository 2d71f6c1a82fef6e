"""Warnings about phones that may have unsent records."""

from __future__ import annotations

from supplies.access import phones
from supplies.access.access_context import AccessContext
from supplies.access.phones import Phone
from supplies.books.reader import Books
from supplies.domain.catalogue_records import CatalogueRecord, Location, Team
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
            detail=f"{phone.title}: not seen since the delivery was dispatched",
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
    """Return warnings if a changed record makes unsent hand-outs of phones become conflicts.

    If a team gets another counter, there is a warning for each phone of the team with unsent
    hand-outs. If a location becomes a quarantine or is retired, there is also a warning for each
    team whose counter it is. For all other changes, the list is empty.

    Args:
        before: The catalogue record before the change.
        after: The same record after the change.
    """
    if isinstance(before, Location) and isinstance(after, Location):
        if not (after.quarantine > before.quarantine or after.retired > before.retired):
            return []
        teams = _teams_with_counter(access.books, after.code)
        return [warned for team in teams for warned in _counter_closed(access, team)]
    if not isinstance(before, Team) or not isinstance(after, Team):
        return []
    if before.counter is None or before.counter == after.counter:
        return []
    return find_unsent_hand_outs(access, before.code)


def _teams_with_counter(books: Books, location: str) -> list[str]:
    rows = books.all(
        "SELECT code FROM teams WHERE station = :station AND counter = :location AND retired = 0 "
        "ORDER BY code",
        location=location,
    )
    return [str(code) for (code,) in rows]


def _counter_closed(access: AccessContext, team: str) -> list[Warned]:
    """Return warnings about a team whose counter is retired or turned into a quarantine location.

    The first warning is about the team. The others are about the team's phones with unsent
    hand-outs.
    """
    name, count = access.books.team(team).name, len(phones.list_active(access, team))
    detail = f"this is the counter of team {name}, which has {counted(count, 'phone')}"
    closed = Warned(warning="counter-closed", detail=detail, about=team)
    return [closed, *find_unsent_hand_outs(access, team)]


def _unsent(phone: Phone, count: int) -> Warned:
    detail = f"{phone.title}: {counted(count, 'record')} not sent yet"
    return Warned(warning="phone-unsent", detail=detail, about=phone.id)
