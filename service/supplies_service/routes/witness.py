"""Checkpoints: signed records of each station's last entry, which anybody may read and keep."""

from __future__ import annotations

from litestar import Controller, MediaType, Response, get

from supplies.books.reader import Books
from supplies.signing.checkpoints import write_checkpoints
from supplies.verification.checkpoints import sign_checkpoints
from supplies.verification.kept_checkpoints import list_latest
from supplies_service.request_context import Context, RequestContext
from supplies_service.security.authorization import allow_anyone


class WitnessController(Controller):
    """Signed checkpoints of the books."""

    path = "/api/witness"
    tags = ("service",)

    @get(operation_id="getCheckpoints", opt=allow_anyone())
    async def checkpoints(self, context: Context) -> Response[str]:
        """Get a signed checkpoint of each station's last entry, one line of text for each.

        Keep the checkpoints outside the books: `supplies verify --witness` compares the books with
        them later. When a station receives or acknowledges a shipment, it cites an entry of the
        other station. Further lines are about the entry of each other station that was cited last.
        The last lines are the latest stored checkpoints of partner stations.
        """
        text = await context.read_in_thread(lambda books: _checkpoints(context, books))
        return Response(text, media_type=MediaType.TEXT)


def _checkpoints(context: RequestContext, books: Books) -> str:
    """Return the checkpoints as text.

    A new checkpoint of a station is signed only if entries were added after the latest one.
    """
    cached, text = context.stations.checkpoints, []
    entries = books.all(
        "SELECT station, seq, hash FROM heads WHERE :only IN ('', station) ORDER BY station",
        only=context.stations.only or "",
    )
    for station, seq, entry_hash in entries:
        if station not in cached or cached[station][0] != seq:
            signed = sign_checkpoints(
                books.store,
                context.station_keys,
                station,
                seq,
                entry_hash.hex(),
                at=context.ledger.clock(),
            )
            cached[station] = seq, write_checkpoints(signed)
        text.append(cached[station][1])
    text.append(write_checkpoints(list_latest(books.store)))
    return "".join(text)
