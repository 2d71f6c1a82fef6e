"""The struct `Alert`, and functions that make and sort alerts."""

from __future__ import annotations

from datetime import date
from typing import Literal

import msgspec

from supplies.views.pagination import View

AlertKind = Literal[
    "expired",
    "expires_soon",
    "below_minimum",
    "conflict_open",
    "delivery_out",
    "need_past_its_day",
    "pledge_overdue",
    "allocation_waiting",
    "code_wrong",
    "shipment_to_receive",
    "shipment_unacknowledged",
    "receipt_voided",
    "to_be_forgotten",
    "unexplained",
    "beside_pledge",
    "donor_request_open",
    "local_address",
]


class Alert(View, frozen=True, kw_only=True):
    """Something that the coordinators of the station should look at.

    Attributes:
        code: Code of the lot, document, place, person or station that the alert is about. For a
            conflict, the number of its entry.
        location: The location of the goods; None if the goods are not in stock, or if the alert is
            not about goods.
        item, quantity: The goods that the alert is about, in base units; None if the alert is not
            about goods. An unexplained quantity is positive if goods are missing, and negative if
            too many were found.
        since: The first day of the situation, such as the day after a due day. If less than the
            minimum stock is free, the day on which the stock last changed.
        due: The day by which something should have happened; None if there is none.
        document: For expiring goods in transit, the delivery or shipment. For a stop with a wrong
            code, the delivery. For a donor's request, its number. Otherwise absent.
        borrower: The borrower of expiring goods that are lent; otherwise absent.
        expires_month: The month of expiry, such as 2027-05, if only a month is known; otherwise
            absent.
        minimum: The minimum stock of an item, if less is free; absent for other alerts. Expired
            goods and goods in quarantine do not count as free.
    """

    what: AlertKind
    code: str
    location: str | None
    item: str | None
    quantity: int | None
    since: date
    due: date | None
    expires_month: str | msgspec.UnsetType = msgspec.UNSET
    minimum: int | msgspec.UnsetType = msgspec.UNSET
    document: str | msgspec.UnsetType = msgspec.UNSET
    borrower: str | msgspec.UnsetType = msgspec.UNSET


def make_alert(
    what: AlertKind,
    code: str,
    since: date,
    *,
    location: str | None = None,
    item: str | None = None,
    quantity: int | None = None,
    due: date | None = None,
    expires_month: str | msgspec.UnsetType = msgspec.UNSET,
    minimum: int | msgspec.UnsetType = msgspec.UNSET,
    document: str | msgspec.UnsetType = msgspec.UNSET,
    borrower: str | msgspec.UnsetType = msgspec.UNSET,
) -> Alert:
    """Return an alert. Only the arguments for fields that apply to the alert are needed."""
    return Alert(
        what=what,
        code=code,
        location=location,
        item=item,
        quantity=quantity,
        since=since,
        due=due,
        expires_month=expires_month,
        minimum=minimum,
        document=document,
        borrower=borrower,
    )


def oldest_first(found: list[Alert]) -> list[Alert]:
    """Return alerts sorted by the first day of the situation."""
    return sorted(found, key=lambda one: (one.since, len(one.code), one.code, one.item or ""))
