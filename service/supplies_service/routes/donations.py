"""Donations: recorded with their receipt, corrected and reversed."""

from __future__ import annotations

from functools import partial

from litestar import Controller, Response, get, post
from litestar.params import FromPath, FromQuery
from msgspec.structs import replace

from supplies.books.reader import Books
from supplies.domain.commands import Correct, RecordDonation, Reverse
from supplies.domain.entry_rows import Allocation
from supplies.errors import InvalidField
from supplies.ledger.recorded import Recorded
from supplies.signing.station_keys import StationKeys
from supplies.views.allocations import AllocationView
from supplies.views.allocations import allocation as allocation_view
from supplies.views.donations import DonationView
from supplies.views.donations import donation as donation_view
from supplies.views.donations import donations as donations_view
from supplies.views.duplicate_donations import likely_duplicates
from supplies.views.entries import EntryView, entries, entry
from supplies.views.pagination import Page, View, Warned
from supplies.views.receipts import ReceiptView
from supplies_service import request_bodies as bodies
from supplies_service.openapi.schema import gives, takes
from supplies_service.request_context import Context
from supplies_service.routes.parameters import DEFAULT_LIMIT, After, Limit
from supplies_service.routes.receipts import with_seal
from supplies_service.security import ownership as own


class DonationEntered(View, frozen=True, kw_only=True):
    """The entry, the donation as it stands, its receipt, and what was set aside of it.

    warnings: where it came without a key and looks like a gift that was recorded before.
    """

    entry: EntryView
    donation: DonationView
    receipt: ReceiptView | None
    allocations: list[AllocationView]
    warnings: list[Warned]


def shown(
    key: StationKeys, books: Books, done: Recorded, *, may_be_twice: bool = False
) -> tuple[str, DonationEntered]:
    """The donation that an entry is about, with the paper that is valid for it now."""
    found = donation_view(books, str(done.document))
    receipt = None if found.receipt is None else with_seal(key, books, found.receipt)
    set_aside = dict.fromkeys(row.allocation for row in books.stated(Allocation, arrival=found.id))
    return f"/api/donations/{found.id}", DonationEntered(
        entry=entry(books, done.seq),
        donation=found,
        receipt=receipt,
        allocations=[allocation_view(books, name) for name in set_aside],
        warnings=likely_duplicates(books, found.id) if may_be_twice else [],
    )


class DonationController(Controller):
    """What donors give."""

    path = "/api/donations"
    tags = ("donations",)

    @post(
        operation_id="recordDonation",
        opt=takes(RecordDonation, DonationEntered, roles="CR"),
    )
    async def record(self, context: Context) -> Response[bytes]:
        """Record goods given; they get a receipt, and go where their pledge claimed needs."""
        may_be_twice = context.idempotency_key() is None
        show = partial(shown, context.key, may_be_twice=may_be_twice)
        return await context.record(RecordDonation, show)

    @get(operation_id="listDonations", opt=gives(Page[DonationView], roles="CRA"))
    async def donations(
        self,
        context: Context,
        donor: FromQuery[str | None] = None,
        after: After = None,
        limit: Limit = DEFAULT_LIMIT,
    ) -> Response[bytes]:
        """Donations, oldest first."""
        return context.page(
            lambda books: donations_view(books, donor=donor, after=after, limit=limit)
        )

    @get("/{donation:str}", operation_id="getDonation", opt=gives(DonationView, roles="CRA"))
    async def donation(self, context: Context, donation: FromPath[str]) -> Response[bytes]:
        """A donation as it stands."""
        return context.show(lambda books: donation_view(books, donation))

    @post(
        "/{donation:str}/correct",
        operation_id="correctDonation",
        opt=takes(
            Correct, DonationEntered, "entry", command=RecordDonation, roles="CR", personal=True
        ),
    )
    async def correct(self, context: Context, donation: FromPath[str]) -> Response[bytes]:
        """State a donation as it should have been; the difference is booked, the receipt replaced.

        `command` is the donation's own body; its type need not be said.
        """
        await own.donation_of_today(context, donation)
        with context.reading() as books:
            seq = standing_entry(books, donation)
        body = await context.body()
        if isinstance(body.get("command"), dict):
            stated = body["command"].get("type", RecordDonation.__name__)
            if stated != RecordDonation.__name__:
                raise InvalidField.at("/command/type", "a donation is corrected to a donation")
            body = {**body, "command": {**body["command"], "type": stated}}
        command = bodies.command(Correct, body, {"entry": seq})

        def about(books: Books) -> Correct:
            return replace(command, entry=standing_entry(books, donation))

        return await context.carry_out(about, partial(shown, context.key))

    @post(
        "/{donation:str}/reverse",
        operation_id="reverseDonation",
        opt=takes(Reverse, DonationEntered, "entry", roles="CR", personal=True),
    )
    async def reverse(self, context: Context, donation: FromPath[str]) -> Response[bytes]:
        """Undo a donation that was none, as far as its goods have not moved on."""
        await own.donation_of_today(context, donation)
        with context.reading() as books:
            seq = standing_entry(books, donation)
        command = bodies.command(Reverse, await context.body(), {"entry": seq})

        def about(books: Books) -> Reverse:
            return replace(command, entry=standing_entry(books, donation))

        return await context.carry_out(about, partial(shown, context.key))


def standing_entry(books: Books, donation: str) -> int:
    """The entry that holds for a donation."""
    corrected_by = donation_view(books, donation).superseded_by
    return corrected_by or entries(books, document=donation, limit=1).items[0].seq
