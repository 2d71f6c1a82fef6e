"""Open deliveries for the phones of a team.

A phone gets all open deliveries of its team in one response. The phone reports how many of its
records are not sent yet.
"""

from __future__ import annotations

import hashlib
from functools import partial
from typing import Annotated

import msgspec
from litestar import Controller, Response, get, post
from msgspec import Meta

from supplies.access import phones
from supplies.books.reader import Books
from supplies.domain.entries import format_timestamp
from supplies.domain.fields import Label, Timestamp
from supplies.stations.paper_settings import paper_settings
from supplies.views.ended_runs import EndedRun, list_ended_runs
from supplies.views.pagination import View
from supplies.views.team_counters import (
    TeamCounter,
    WaitingHandOut,
    get_team_counter,
    list_waiting_hand_outs,
)
from supplies.views.team_runs import TeamRun, list_team_runs
from supplies_service.counter_hand_outs import (
    CounterHandOut,
    HandOutRecorded,
    report_of,
    show_hand_out,
)
from supplies_service.pages.languages import Language, language_of
from supplies_service.pages.names import Names
from supplies_service.request_bodies import Body
from supplies_service.request_context import Context, RequestContext
from supplies_service.responses import CreatedOrConflict, encode
from supplies_service.security import ownership
from supplies_service.security.audit import log_access
from supplies_service.security.authorization import allow_roles
from supplies_service.sent_at import clock_offset


class RunStation(View, frozen=True, kw_only=True):
    """The station of a phone, with the telephone number that the team can call."""

    code: str
    name: str
    telephone: str | None
    zone: str


class RunTeam(View, frozen=True, kw_only=True):
    """The team to which a phone belongs."""

    code: str
    name: str


class Runs(View, frozen=True, kw_only=True):
    """All that a phone needs to deliver without a network.

    Attributes:
        now: The time of the station's clock.
        language: The language of names and quantities.
        phone: The id of the phone; None if the request did not come from a phone.
        phone_number: The number of the phone in its team; None if the request did not come from a
            phone.
        runs: The open deliveries of the team.
        counter: The goods that the team may hand out without an allocation; None if it has no
            counter.
        waiting_hand_outs: Hand-outs of the team that were recorded as conflicts, and that no
            coordinator has resolved yet.
        closed: Deliveries of the team that ended, or went to another team, after this phone joined.
        ended: Deliveries of the team that were closed in the last day, with goods to bring back.
    """

    now: str
    zone: str
    language: Language
    station: RunStation
    team: RunTeam
    phone: str | None
    phone_number: int | None
    runs: list[TeamRun]
    counter: TeamCounter | None
    waiting_hand_outs: list[WaitingHandOut]
    closed: list[str]
    ended: list[EndedRun]


class PhoneStatus(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of a request in which a phone reports its state.

    Attributes:
        unsent: Number of records that are not sent yet.
        oldest_unsent_at: The time of the oldest unsent record, by the phone's clock.
        version: The version of the program on the phone.
    """

    unsent: Annotated[int, Meta(ge=0, le=1_000_000)]
    version: Label
    oldest_unsent_at: Timestamp | None = None


class StationTime(View, frozen=True, kw_only=True):
    """The response to a phone's report: the time of the station's clock."""

    now: str


def read_runs(context: RequestContext, books: Books) -> Runs:
    """Return the open deliveries of the caller's team, with all that a phone needs offline."""
    caller, access, settings = context.caller, context.access(books), paper_settings(books)
    language = language_of(context.request, settings.languages)
    names = Names(books, settings, language, personal=True, access=access)
    station, team = books.station, books.team(str(caller.team))
    is_phone = caller.kind == "phone"
    return Runs(
        now=access.now,
        zone=station.zone,
        language=language,
        station=RunStation(
            code=station.code, name=names.station(), telephone=station.phone, zone=station.zone
        ),
        team=RunTeam(code=team.code, name=team.name),
        phone=caller.credential if is_phone else None,
        phone_number=phones.get(access, caller.credential).number if is_phone else None,
        runs=list_team_runs(books, team.code, names),
        counter=get_team_counter(books, team.code, names, context.ledger.today()),
        waiting_hand_outs=list_waiting_hand_outs(books, team.code, names),
        closed=phones.ended_deliveries(access, caller.credential, team.code) if is_phone else [],
        ended=list_ended_runs(books, team.code, names, context.ledger.clock()),
    )


class RunController(Controller):
    """Routes for the phones of a delivery team."""

    path = "/api/run"
    tags = ("phones",)

    @get(operation_id="getRun", opt=allow_roles("courier", personal=True))
    async def run(self, context: Context) -> Response[Runs]:
        """Get all open deliveries of the team, with all that is needed without a network.

        The `ETag` of the response does not depend on `now`. With `If-None-Match`, the status is 304
        while nothing else has changed.
        """
        found = await context.read_in_thread(lambda books: read_runs(context, books))
        content = encode(msgspec.structs.replace(found, now=""))
        tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
        headers = {"ETag": tag, "Cache-Control": "no-store"}
        if context.request.headers.get("if-none-match") == tag:
            return Response(None, status_code=304, headers=headers)  # type: ignore[arg-type]  # no body
        for run in found.runs:
            await log_access(context.request, context.caller, subject=run.delivery)
        return Response(found, headers=headers)

    @post(
        "/hand-outs",
        operation_id="handOutAtCounter",
        opt={**allow_roles("courier"), "phones_share_keys": True},
    )
    async def hand_out(
        self, context: Context, payload: Body[CounterHandOut]
    ) -> CreatedOrConflict[HandOutRecorded]:
        """Record goods that the team handed out at its counter, without an allocation.

        A hand-out that contradicts the books is recorded as a conflict, with status 202. The header
        `Sent-At` can state the time of the sender's clock when the request is sent. `happened_at`
        is then corrected by the difference to the station's clock. All phones of the station share
        one set of idempotency keys on this route, because a phone may get another id before it
        repeats a request.
        """
        await ownership.check_recipient(context, payload.recipient)
        offset = clock_offset(context.request, context.ledger.clock())
        command = report_of(payload, str(context.caller.team), offset)
        return await context.record(command, partial(show_hand_out, offset))

    @post("/status", operation_id="reportPhone", opt=allow_roles("courier"))
    async def status(self, context: Context, payload: Body[PhoneStatus]) -> StationTime:
        """Report how many records a phone has not sent yet. The station's pages show this number.

        Send the time of the phone's clock in the header `Sent-At`.
        """
        now = context.ledger.clock()
        offset = clock_offset(context.request, now)
        caller = context.caller
        if caller.kind == "phone":
            with context.reading() as books:
                due = phones.status_is_due(context.access(books), caller.credential, payload.unsent)
            if due:
                await context.station.admin_write(
                    lambda access: phones.record_status(
                        access,
                        caller.credential,
                        unsent=payload.unsent,
                        oldest_unsent_at=payload.oldest_unsent_at,
                        version=payload.version,
                        clock_offset=offset,
                    )
                )
        return StationTime(now=format_timestamp(now))
