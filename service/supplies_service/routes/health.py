"""The health of the service: whether the service works, and what its operator should do."""

from __future__ import annotations

import asyncio
import shutil
from datetime import datetime, timedelta

from litestar import Controller, Response, get

from supplies.books.reader import Books
from supplies.errors import Busy, Sentence, StoreError
from supplies.ledger.ledger import Ledger
from supplies.storage.engines import database_file
from supplies.verification.log import (
    LastVerification,
    find_unverified_station,
    probe_writing,
    read_last_verification,
)
from supplies.views.alerts import count_alerts
from supplies.views.pagination import View
from supplies_service.observability.metrics import MEDIA_TYPE
from supplies_service.request_context import Context, RequestContext
from supplies_service.security.authorization import allow_anyone, allow_roles
from supplies_service.write_batches import SendableJob

PROBE_INTERVAL_SECONDS = 10.0
"""A health request makes a test write if nothing was written for this number of seconds."""

PROBE_TIMEOUT_SECONDS = 5.0
"""Maximum number of seconds that a test write may take."""

MIN_FREE_BYTES = 512 * 2**20
"""The operator is asked to act if the disk of the database has fewer free bytes than this."""

MAX_DAYS_UNVERIFIED = 31
"""The operator is asked to act if the books were last verified more than this many days ago."""


MAX_CLOCK_BEHIND, MAX_CLOCK_AHEAD = timedelta(days=1), timedelta(days=366)
"""How far the clock may be behind or ahead of the time of the last entry.

If the difference is larger, the field `attention` of the health response has a message.
"""


class Health(View, frozen=True, kw_only=True):
    """The state of a working service.

    If the database cannot be read or written, the response has status 503 and an error as its body.

    Attributes:
        station: The default station, for requests that name none.
        seq: The number of the station's last entry.
        verified: The last successful verification; None if there was none.
        free_bytes: Free bytes on the disk of the database; None for a database on a server.
        attention: What the operator should do, as English sentences.
    """

    status: str
    station: str
    seq: int
    verified: LastVerification | None
    free_bytes: int | None
    attention: list[str]


class HealthController(Controller):
    """Routes for monitoring: health and metrics."""

    path = "/api"
    tags = ("service",)

    @get("/health", operation_id="getHealth", opt=allow_anyone())
    async def health(self, context: Context) -> Health:
        """Check that the database can be read and written."""
        await check_writable(context)
        return context.show(lambda books: build_health(context, books))

    @get(
        "/metrics",
        operation_id="getMetrics",
        opt=allow_roles("coordinator", "recorder", "auditor") | {"loopback": True},
    )
    async def metrics(self, context: Context) -> Response[str]:
        """Get metrics in the text format of Prometheus.

        `supplies_alerts` counts the alerts of the station whose books the request reads.
        """
        metrics = context.stations.metrics
        try:
            today = context.ledger.today()
            counts = await context.read_in_thread(lambda books: count_alerts(books, today))
            metrics.set_alerts(context.station.code, counts)
        except StoreError:  # The other metrics are needed most while the database is away.
            metrics.forget_alerts()
        return Response(metrics.render().decode(), media_type=MEDIA_TYPE)


async def check_writable(context: RequestContext) -> None:
    """Check that the database can be written. If there was no recent write, make a test write.

    Anybody may send health requests at any rate, so concurrent requests share one test write.

    Raises:
        Busy: the database cannot be written.
    """
    service = context.station
    if service.idle_seconds() < PROBE_INTERVAL_SECONDS:
        return
    if service.write_probe is None or service.write_probe.done():
        service.write_probe = asyncio.create_task(service.write(_Probe()))
        # The exception is read, because asyncio would report it if no request waits for it.
        service.write_probe.add_done_callback(lambda done: done.cancelled() or done.exception())
    probe = service.write_probe
    await asyncio.wait([probe], timeout=PROBE_TIMEOUT_SECONDS)
    if not probe.done() or isinstance(probe.exception(), StoreError):
        raise Busy("the books cannot be written just now")
    probe.result()


class _Probe(SendableJob):
    """A job that only tests whether the books can be written."""

    def __call__(self, ledger: Ledger) -> None:
        """Write what does not stay."""
        probe_writing(ledger.store, ledger.station_code, ledger.clock())


def build_health(context: RequestContext, books: Books) -> Health:
    """Return the state of the service, and what its operator should do."""
    return Health(
        status="ok",
        station=books.station.code,
        seq=books.last_entry().seq,
        verified=read_last_verification(books),
        free_bytes=free_bytes(context.ledger.store.url),
        attention=[str(each) for each in find_attention(context, books)],
    )


def find_attention(context: RequestContext, books: Books) -> list[Sentence]:
    """Return what the operator should do, as English sentences. Pages show them translated."""
    free = free_bytes(context.ledger.store.url)
    attention: list[Sentence] = []
    if free is not None and free < MIN_FREE_BYTES:
        attention.append(
            Sentence(
                "only {free} MiB are free on the disk of the books; free some space there",
                free=free // 2**20,
            )
        )
    if context.stations.lost_writer():
        attention.append(
            Sentence(
                "the process that writes has ended, and the service writes more slowly without it; "
                "restart the service"
            )
        )
    attention += _clock_attention(books, context.ledger.clock())
    attention += find_checkpoint_failures(context)
    month_ago = context.ledger.clock() - timedelta(days=MAX_DAYS_UNVERIFIED)
    unsound = find_unverified_station(books, month_ago, only=context.stations.only)
    if unsound is not None:
        station, last = unsound
        if last is None:
            attention.append(
                Sentence(
                    "the books of {station} were never verified; run `supplies verify`",
                    station=station,
                )
            )
        else:
            attention.append(
                Sentence(
                    "the books of {station} were last on {day} verified; run `supplies verify`",
                    station=station,
                    day=last.date(),
                )
            )
    return attention


def find_checkpoint_failures(context: RequestContext) -> list[Sentence]:
    """Return a message if checkpoints are failing, for the operator and the coordinators."""
    daily = context.request.app.state.daily_checkpoints
    if daily is None or not daily.failed:
        return []
    return [
        Sentence(
            "the daily checkpoints were not all written or stored ({failed}); "
            "the log of the service names the reason",
            failed=daily.failed,
        )
    ]


def _clock_attention(books: Books, now: datetime) -> list[Sentence]:
    """Return a message if the server's clock is too far from the time of the last entry."""
    at = books.value(
        "SELECT recorded_at FROM entries WHERE station = :station AND seq = :seq",
        seq=books.last_entry().seq,
    )
    if at is None:
        return []
    last = datetime.fromisoformat(at)
    if -MAX_CLOCK_BEHIND <= now - last <= MAX_CLOCK_AHEAD:
        return []
    return [
        Sentence(
            "the clock of the server shows {now}, but the last entry was recorded on {last}; "
            "check the clock before anything is recorded",
            now=now.date(),
            last=last.date(),
        )
    ]


def free_bytes(url: str) -> int | None:
    """Return the free bytes on the disk of the database, or None if it is not a local file."""
    file = database_file(url)
    return None if file is None else shutil.disk_usage(file.parent).free
