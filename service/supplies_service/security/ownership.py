"""Ownership: whose data a donor, courier or recorder may use on a route that is open to the role.

A donor may see the donor's own donations. A courier may use the open deliveries of the courier's
team, and report outcomes for each delivery that the team ever had. A recorder may correct donations
that were recorded today. The checks do nothing for other roles. They log each refusal, and each
read of personal data by a donor or courier.
"""

from __future__ import annotations

from datetime import UTC, datetime

from supplies.access.phone_reports import may_report
from supplies.books.merged_codes import codes_of_person
from supplies.books.queries import query_ids
from supplies.books.reader import Books
from supplies.domain.accounts import DONOR
from supplies.domain.catalogue_records import Recipient
from supplies.errors import Sentence
from supplies.ledger.clock import zone_of
from supplies.views.deliveries import get_delivery
from supplies.views.donations import get_donation
from supplies.views.entries import list_entries
from supplies.views.pledges import get_pledge
from supplies.views.receipts import get_receipt
from supplies_service.request_context import RequestContext

NOT_YOUR_DONATION = Sentence("your link shows only your own donations, pledges and receipts")

NOT_YOUR_DELIVERY = Sentence("you may use only deliveries of your own team, while they are out")


NOT_YOUR_REPORT = Sentence("you may report outcomes only for deliveries that your team has or had")


NOT_YOUR_HOUSEHOLD = Sentence(
    "you may hand out goods only to groups, and to households of your team's runs"
)


async def check_donor(context: RequestContext, code: str) -> None:
    """Refuse a donor who requests data of another donor.

    Codes that were merged count as one donor.

    Raises:
        Forbidden: the caller is another donor.
    """
    if context.caller.role == "donor":
        with context.reading() as books:
            own = codes_of_person(books, "donor", str(context.caller.donor))
        if code not in own:
            await context.forbid(NOT_YOUR_DONATION)
        await context.log_own_access()


async def restrict_to_own_donor(context: RequestContext, donor: str | None) -> str | None:
    """Return the donor whose pledges or receipts may be listed; None for all donors.

    If the caller is a donor, the result is always the caller's own code.

    Args:
        donor: The donor that the request asks for; None for all donors.

    Raises:
        Forbidden: the caller is another donor.
    """
    if context.caller.role != "donor":
        return donor
    await check_donor(context, donor or str(context.caller.donor))
    return context.caller.donor


async def check_pledge(context: RequestContext, pledge: str) -> None:
    """Refuse a donor who requests another donor's pledge.

    Raises:
        Forbidden: the pledge is another donor's.
        NotFound: the pledge is unknown.
    """
    if context.caller.role == "donor":
        with context.reading() as books:
            owner = get_pledge(books, pledge).donor
        await check_donor(context, owner)


async def check_receipt(context: RequestContext, number: str) -> None:
    """Refuse a donor who requests another donor's receipt.

    Raises:
        Forbidden: the receipt is another donor's, or the donor is anonymous.
        NotFound: the receipt is unknown.
    """
    if context.caller.role == "donor":
        with context.reading() as books:
            about = books.body(get_receipt(books, number).entry.seq).about
        await check_donor(context, str(about).removeprefix(DONOR.prefix))


async def check_delivery(context: RequestContext, delivery: str) -> None:
    """Refuse a courier who requests a delivery of another team, or a closed delivery.

    A repeat of an earlier request is allowed, so that it gets the same response.

    Raises:
        Forbidden: the delivery is another team's, or is closed.
        NotFound: the delivery is unknown.
    """
    if context.caller.role == "courier" and not context.is_repeat:
        with context.reading() as books:
            found = get_delivery(books, delivery)
        if found.team != context.caller.team or found.status != "out":
            await context.forbid(NOT_YOUR_DELIVERY)
        await context.log_own_access()


async def check_report(context: RequestContext, delivery: str) -> None:
    """Check that a courier's team has or once had the delivery to which an outcome belongs.

    An outcome is a fact, so it may be reported late: after the delivery was closed or given to
    another team. So the response must show only the stop that was reported.

    Raises:
        Forbidden: the courier's team never had the delivery.
        NotFound: the delivery is unknown.
    """
    if context.caller.role != "courier" or context.is_repeat:
        return
    with context.reading() as books:
        get_delivery(books, delivery)
        had = may_report(books, context.caller.team, delivery)
    if not had:
        await context.forbid(NOT_YOUR_REPORT)
    await context.log_own_access()


async def check_recipient(context: RequestContext, recipient: str) -> None:
    """Check that a courier may hand out goods to a recipient at the counter.

    A recipient is allowed if it is or was a group, or if the team has or had a delivery for it. The
    error does not say whether a household exists. A repeat of an earlier request is allowed, so
    that it gets the same response.

    Raises:
        Forbidden: the recipient was never a group, and the team never had a delivery for it.
    """
    if context.caller.role == "courier" and not context.is_repeat:
        team = str(context.caller.team)
        with context.reading() as books:
            is_known = _is_group_or_visited(books, recipient, team)
        if not is_known:
            await context.forbid(NOT_YOUR_HOUSEHOLD)


def _is_group_or_visited(books: Books, recipient: str, team: str) -> bool:
    found = books.catalogue.get(Recipient, recipient)
    if found is not None and found.kind == "group":
        return True
    codes = codes_of_person(books, "recipient", recipient)
    return bool(
        query_ids(
            books,
            codes,
            "SELECT s.delivery FROM wanted w CROSS JOIN stops s CROSS JOIN deliveries d "
            "WHERE s.station = :station AND s.recipient = w.id AND d.station = s.station "
            "AND d.delivery = s.delivery AND d.team = :team LIMIT 1",
            team=team,
        )
        # It was a group when goods were handed out to it.
        or query_ids(
            books,
            codes,
            "SELECT h.hand_out FROM wanted w CROSS JOIN hand_outs h WHERE h.station = :station "
            "AND h.recipient = w.id AND h.headcount IS NOT NULL LIMIT 1",
        )
    )


async def restrict_to_own_deliveries(
    context: RequestContext, team: str | None, status: str | None
) -> tuple[str | None, str | None]:
    """Return the team and the status of the deliveries that may be listed.

    For a courier, these are always the courier's own team and "out".

    Raises:
        Forbidden: a courier asks for another team or status.
    """
    if context.caller.role != "courier":
        return team, status
    own = context.caller.team
    if team not in (None, own) or status not in (None, "out"):
        await context.forbid(NOT_YOUR_DELIVERY)
    return own, "out"


async def check_recorded_today(context: RequestContext, donation: str) -> None:
    """Refuse a recorder who changes a donation that was recorded on an earlier day.

    A repeat of an earlier request is allowed, so that it gets the same response.

    Raises:
        Forbidden: the donation was recorded on another day, in the station's time zone.
        NotFound: the donation is unknown.
    """
    if context.caller.role == "recorder" and not context.is_repeat:
        with context.reading() as books:
            today = _was_recorded_today(books, donation, context.ledger.clock())
        if not today:
            await context.forbid(
                Sentence(
                    "donation {donation} was not recorded today; ask a coordinator to correct it",
                    donation=donation,
                )
            )


def _was_recorded_today(books: Books, donation: str, now: datetime) -> bool:
    get_donation(books, donation)  # This raises NotFound.
    zone = zone_of(books.station)
    first = list_entries(books, document=donation, limit=1).items[0]
    recorded = datetime.fromisoformat(first.recorded_at)
    return recorded.astimezone(zone).date() == now.astimezone(UTC).astimezone(zone).date()
