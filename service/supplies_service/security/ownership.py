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
from supplies_service.request_context import Desk

NOT_YOURS = "your link leads to what concerns your own gifts, and to nothing else"

NOT_YOUR_TEAMS = "this is no delivery of your team that is out now"


async def donor(desk: Desk, code: str) -> None:
    """A donor asks about nobody else."""
    if desk.caller.role == "donor":
        if desk.caller.donor != code:
            await desk.forbid(NOT_YOURS)
        await desk.note_look()


async def donors_list(desk: Desk, asked: str | None) -> str | None:
    """Whose pledges or receipts a list shows: a donor's own, whatever else was asked for."""
    if desk.caller.role != "donor":
        return asked
    await donor(desk, asked or str(desk.caller.donor))
    return desk.caller.donor


async def pledge(desk: Desk, name: str) -> None:
    """A donor sees no other's promise."""
    if desk.caller.role == "donor":
        with desk.reading() as books:
            whose = pledge_view(books, name).donor
        await donor(desk, whose)


async def receipt(desk: Desk, number: str) -> None:
    """A donor sees no other's receipt."""
    if desk.caller.role == "donor":
        with desk.reading() as books:
            document = receipt_view(books, number).document
        await donor(desk, "" if document is None else document.donor.code or "")


async def delivery(desk: Desk, name: str) -> None:
    """A courier sees what the own team carries now, and nothing of it once it is closed."""
    if desk.caller.role == "courier" and not await desk.is_repeat():
        with desk.reading() as books:
            found = delivery_view(books, name)
        if found.team != desk.caller.team or found.status != "out":
            await desk.forbid(NOT_YOUR_TEAMS)
        await desk.note_look()


async def deliveries_list(
    desk: Desk, team: str | None, status: str | None
) -> tuple[str | None, str | None]:
    """Which deliveries a list shows: of which team, and in which state."""
    if desk.caller.role != "courier":
        return team, status
    own = desk.caller.team
    if team not in (None, own) or status not in (None, "out"):
        await desk.forbid(NOT_YOUR_TEAMS)
    return own, "out"


async def donation_of_today(desk: Desk, name: str) -> None:
    """A recorder mends what was recorded today; what is older is a coordinator's."""
    if desk.caller.role == "recorder" and not await desk.is_repeat():
        with desk.reading() as books:
            today = _recorded_today(books, name, desk.ledger.clock())
        if not today:
            await desk.forbid(
                f"donation {name} was recorded on another day; a coordinator corrects it now"
            )


def _recorded_today(books: Books, name: str, now: datetime) -> bool:
    donation_view(books, name)
    zone = zone_of(books.station)
    first = entries(books, document=name, limit=1).items[0]
    recorded = datetime.fromisoformat(first.recorded_at)
    return recorded.astimezone(zone).date() == now.astimezone(UTC).astimezone(zone).date()
