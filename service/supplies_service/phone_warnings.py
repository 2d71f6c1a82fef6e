"""Warnings that phones may have records about a delivery which they have not sent."""

from __future__ import annotations

from supplies.access import phones
from supplies.access.access_context import AccessContext
from supplies.domain.plurals import counted
from supplies.views.pagination import Warned


def find_silent_phones(access: AccessContext, delivery: str) -> list[Warned]:
    """Return a warning for each phone that may have unsent records about a delivery."""
    return [
        Warned(
            warning="phone-unsent" if phone.unsent else "phone-silent",
            detail=f"{phone.label}: {counted(phone.unsent, 'record')} not sent yet"
            if phone.unsent
            else f"{phone.label}: not seen since the delivery was dispatched",
            about=phone.id,
        )
        for phone in phones.silent_phones(access, delivery)
    ]
