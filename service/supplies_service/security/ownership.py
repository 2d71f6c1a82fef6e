"""What is a caller's own: a donor's gifts, a team's open deliveries, a recorder's work of today.

Coordinators, recorders and auditors are not asked here, whose the things are. Each refusal leaves a
line in the access log.
"""

from __future__ import annotations

from datetime import UTC, datetime

from supplies.books.reader import Books
from supplies.ledger.ledger import zone_of
from supplies.views.deliveries import delivery as delivery_view
from supplies.views.donations import donation as donation_view
from supplies.views.entries import entries
from supplies.views.pledges import pledge as pledge_view
from supplies.views.receipts import receipt as receipt_view
from supplies_service.request_context import RequestContext

NOT_YOURS = "your link leads to what concerns your own gifts, and to nothing else"

NOT_YOUR_TEAMS = "this is no delivery of your team that is out now"


async def donor(context: RequestContext, code: str) -> None:
    """A donor asks about nobody else."""
    if context.caller.role == "donor":
        if context.caller.donor != code:
            await context.forbid(NOT_YOURS)
        await context.log_own_access()


async def donors_list(context: RequestContext, asked: str | None) -> str | None:
    """Whose pledges or receipts a list shows: a donor's own, whatever else was asked for."""
    if context.caller.role != "donor":
        return asked
    await donor(context, asked or str(context.caller.donor))
    return context.caller.donor


async def pledge(context: RequestContext, name: str) -> None:
    """A donor sees no other's promise."""
    if context.caller.role == "donor":
        with context.reading() as books:
            whose = pledge_view(books, name).donor
        await donor(context, whose)


async def receipt(context: RequestContext, number: str) -> None:
    """A donor sees no other's receipt."""
    if context.caller.role == "donor":
        with context.reading() as books:
            document = receipt_view(books, number).document
        await donor(context, "" if document is None else document.donor.code or "")


async def delivery(context: RequestContext, name: str) -> None:
    """A courier sees what the own team carries now, and nothing of it once it is closed."""
    if context.caller.role == "courier" and not context.is_repeat:
        with context.reading() as books:
            found = delivery_view(books, name)
        if found.team != context.caller.team or found.status != "out":
            await context.forbid(NOT_YOUR_TEAMS)
        await context.log_own_access()


async def deliveries_list(
    context: RequestContext, team: str | None, status: str | None
) -> tuple[str | None, str | None]:
    """Which deliveries a list shows: of which team, and in which state."""
    if context.caller.role != "courier":
        return team, status
    own = context.caller.team
    if team not in (None, own) or status not in (None, "out"):
        await context.forbid(NOT_YOUR_TEAMS)
    return own, "out"


async def donation_of_today(context: RequestContext, name: str) -> None:
    """A recorder mends what was recorded today; what is older is a coordinator's."""
    if context.caller.role == "recorder" and not context.is_repeat:
        with context.reading() as books:
            today = _recorded_today(books, name, context.ledger.clock())
        if not today:
            await context.forbid(
                f"donation {name} was recorded on another day; a coordinator corrects it now"
            )


def _recorded_today(books: Books, name: str, now: datetime) -> bool:
    donation_view(books, name)
    zone = zone_of(books.station)
    first = entries(books, document=name, limit=1).items[0]
    recorded = datetime.fromisoformat(first.recorded_at)
    return recorded.astimezone(zone).date() == now.astimezone(UTC).astimezone(zone).date()
