"""Donations: record them and issue receipts, list, correct and reverse them."""

from __future__ import annotations

from datetime import date
from functools import partial

import msgspec
from litestar import Controller, Response, get, post
from litestar.params import FromPath, FromQuery

from supplies.books.reader import Books
from supplies.domain.commands import Correct, RecordDonation, Reverse
from supplies.domain.fields import Reason, StrictStruct
from supplies.ledger.recorded import Recorded
from supplies.signing.station_keys import StationKeys
from supplies.views.allocations import AllocationView, get_allocation
from supplies.views.donation_warnings import (
    find_beside_pledge,
    find_missing_labels,
)
from supplies.views.donations import DonationView, get_donation, list_donations
from supplies.views.entries import EntryView, get_entry, list_entries
from supplies.views.likely_duplicates import find_likely_duplicates
from supplies.views.pagination import Page, View, Warned
from supplies.views.receipts import ReceiptView
from supplies.views.stock_warnings import find_unexpired_write_offs, find_unexplained_surplus
from supplies_service.idempotency import Outcome
from supplies_service.recording_jobs import find_address_warnings
from supplies_service.request_bodies import Body
from supplies_service.request_context import Context
from supplies_service.responses import CreatedResponse
from supplies_service.routes.parameters import DEFAULT_LIMIT, After, Limit
from supplies_service.routes.receipts import get_signed_receipt
from supplies_service.security import ownership
from supplies_service.security.authorization import allow_roles


class DonationEntered(View, frozen=True, kw_only=True):
    """The response to a recorded donation: entry, donation, receipt, and the allocations it made.

    Attributes:
        warnings: Warnings that another donation or a stock count probably recorded the goods too;
            that goods exceed their pledge, lack a batch or expiry, or were written off as expired
            too early; or that the QR code of the station's first receipt works only on the
            station's own computer.
        recounted: Count sheets whose expected quantities changed, because the donation is dated
            before the count; left out if there are none.
    """

    entry: EntryView
    donation: DonationView
    receipt: ReceiptView | None
    allocations: list[AllocationView]
    warnings: list[Warned]
    recounted: list[str] | msgspec.UnsetType = msgspec.UNSET


class DonationReversal(StrictStruct, frozen=True, kw_only=True):
    """The body of a request to reverse a donation: the reason and the day.

    Attributes:
        happened_on: The day of the reversal. None means today, in the station's time zone.
    """

    reason: Reason
    happened_on: date | None = None


class DonationCorrection(DonationReversal, frozen=True, kw_only=True):
    """The body of a request to correct a donation: the corrected donation, and the reason."""

    command: RecordDonation


def show_donation(
    station_keys: StationKeys, books: Books, recorded: Recorded, *, warn_of_duplicates: bool = False
) -> Outcome[DonationEntered]:
    """Build the response to a recorded donation, with its valid receipt."""
    found = get_donation(books, str(recorded.document))
    receipt = (
        None if found.receipt is None else get_signed_receipt(station_keys, books, found.receipt)
    )
    warnings = [
        *find_unexplained_surplus(books, found.id),
        *find_unexpired_write_offs(books, found.id),
        *(find_beside_pledge(books, found.id) if any(line.pledge for line in found.lines) else ()),
        *find_missing_labels(books, found.id),
        *find_address_warnings(books, recorded),
    ]
    if warn_of_duplicates:
        warnings = find_likely_duplicates(books, found.id) + warnings
    return Outcome(
        f"/api/donations/{found.id}",
        DonationEntered(
            entry=get_entry(books, recorded.seq),
            donation=found,
            receipt=receipt,
            allocations=[get_allocation(books, name) for name in found.allocations],
            warnings=warnings,
            recounted=recorded.recounted or msgspec.UNSET,
        ),
    )


class DonationController(Controller):
    """Donations and their receipts."""

    path = "/api/donations"
    tags = ("donations",)

    @post(
        operation_id="recordDonation",
        opt=allow_roles("coordinator", "recorder"),
    )
    async def record(
        self, context: Context, payload: Body[RecordDonation]
    ) -> CreatedResponse[DonationEntered]:
        """Record donated goods and issue a receipt.

        Goods that fulfil a pledge are allocated to the needs that claimed the pledge.
        """
        show = partial(show_donation, context.station_keys, warn_of_duplicates=True)
        # The response names the donor.
        return await context.record(payload, show, named=payload.donor)

    @get(
        operation_id="listDonations",
        opt=allow_roles("coordinator", "recorder", "auditor", cacheable=True),
    )
    async def donations(
        self,
        context: Context,
        donor: FromQuery[str | None] = None,
        after: After = None,
        limit: Limit = DEFAULT_LIMIT,
    ) -> Response[Page[DonationView]]:
        """List donations, oldest first."""
        return context.page(
            lambda books: list_donations(books, donor=donor, after=after, limit=limit)
        )

    @get(
        "/{donation:str}",
        operation_id="getDonation",
        opt=allow_roles("coordinator", "recorder", "auditor", cacheable=True),
    )
    async def donation(self, context: Context, donation: FromPath[str]) -> DonationView:
        """Get a donation."""
        return context.show(lambda books: get_donation(books, donation))

    @post(
        "/{donation:str}/correct",
        operation_id="correctDonation",
        opt=allow_roles("coordinator", "recorder", personal=True),
    )
    async def correct(
        self, context: Context, donation: FromPath[str], payload: Body[DonationCorrection]
    ) -> CreatedResponse[DonationEntered]:
        """Correct a donation: send the whole donation as it should have been recorded.

        The difference is booked and the receipt is replaced. `command` has the same form as the
        request that records a donation. Recorders may correct only donations recorded today.
        """
        await ownership.check_recorded_today(context, donation)

        def correction(books: Books) -> Correct:
            return Correct(
                entry=current_entry(books, donation),
                command=payload.command,
                reason=payload.reason,
                happened_on=payload.happened_on,
            )

        return await context.record(correction, partial(show_donation, context.station_keys))

    @post(
        "/{donation:str}/reverse",
        operation_id="reverseDonation",
        opt=allow_roles("coordinator", "recorder", personal=True),
    )
    async def reverse(
        self, context: Context, donation: FromPath[str], payload: Body[DonationReversal]
    ) -> CreatedResponse[DonationEntered]:
        """Reverse a donation that was recorded by mistake.

        This is refused if its goods have been moved. Recorders may reverse only donations that were
        recorded today.
        """
        await ownership.check_recorded_today(context, donation)

        def reversal(books: Books) -> Reverse:
            return Reverse(
                entry=current_entry(books, donation),
                reason=payload.reason,
                happened_on=payload.happened_on,
            )

        return await context.record(reversal, partial(show_donation, context.station_keys))


def current_entry(books: Books, donation: str) -> int:
    """Return the number of the latest entry that records or corrects a donation.

    Raises:
        NotFound: the donation is unknown.
    """
    corrected_by = get_donation(books, donation).superseded_by
    return corrected_by or list_entries(books, document=donation, limit=1).items[0].seq
