"""The phones of delivery teams: join a team, list and revoke phones."""

from __future__ import annotations

from typing import Annotated

from litestar import Controller, Response, delete, get, post
from litestar.params import FromPath, FromQuery
from msgspec import Meta

from supplies.access import access_log, phones
from supplies.access.access_context import AccessContext
from supplies.access.phones import Invitation, Phone
from supplies.books.reader import Books
from supplies.domain.fields import Label
from supplies.errors import Sentence
from supplies.views.pagination import (
    Page,
    View,
    check_codes,
    invalid_cursor,
    make_page,
    rows_to_fetch,
)
from supplies_service.phone_joining import join_team
from supplies_service.problems import Unauthenticated
from supplies_service.request_bodies import Body
from supplies_service.request_context import Context, RequestContext
from supplies_service.rescue import ReadRecord, Rescued, RescuedRecord, take_over
from supplies_service.responses import CreatedResponse, encode
from supplies_service.routes.parameters import DEFAULT_LIMIT, After, Limit
from supplies_service.security.audit import access_line, log_anonymous_refusal
from supplies_service.security.authorization import allow_anyone, allow_roles


class NewPhone(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of a request with which a phone joins a team.

    Attributes:
        secret: The secret of a team's link, or the code that is printed on a run sheet.
        label: The name of the phone in the list of phones.
        version: The version of the program on the phone.
        present_secret: The secret that the phone got when it joined before. If it belongs to the
            same team and was not revoked, the phone keeps its id and its secret.
    """

    secret: Label
    label: Label
    version: Label | None = None
    present_secret: Label | None = None


class RescueText(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of a request to take over the unsent records of phones.

    Attributes:
        text: The text that the phone shows, or the lines of its QR codes, in any order.
    """

    text: Annotated[str, Meta(min_length=1, max_length=900_000)]


class PhoneJoined(View, frozen=True, kw_only=True):
    """A phone that joined a team, with its own secret, which is shown only once."""

    phone: Phone
    secret: str


async def find_invitation(
    context: RequestContext, secret: str
) -> tuple[RequestContext, Invitation | None]:
    """Find the team that a link or a run sheet's code invites a phone to join.

    Return the request context for the station of the link or code, and the invitation. If the link
    or code is not valid, the invitation is None, and a refused request is logged.

    Args:
        secret: The secret of the link, or the code on the run sheet.

    Raises:
        RateLimited: too many requests from one network address were refused.
    """
    service = context.stations.find(phones.station_of(secret))
    if service is not None:
        context = context.for_station(service)
        with context.reading() as books:
            found = phones.find_invitation(context.access(books), secret)
        if found is not None:
            return context, found
    await log_anonymous_refusal(context.request)
    return context, None


async def rescue_records(
    context: RequestContext, text: str
) -> list[tuple[ReadRecord, RescuedRecord]]:
    """Record the unsent records that phones show as text. Return each record with its result.

    The access log gets one line that names all these phones.

    Raises:
        InvalidField: the text is not complete.
    """
    done = await take_over(context, text)
    names = sorted({f"phone.{record.phone}" for _, record in done})
    line = access_line(context.request, context.caller, "changed", detail=" ".join(names))
    await context.station.admin_write(lambda access: access_log.add_line(access, **line))
    return done


def phones_page(
    access: AccessContext, after: str | None, limit: int, *, team: str | None = None
) -> Page[Phone]:
    """Return a page of the list of phones, newest first.

    Raises:
        InvalidField: the team is unknown; `after` is not the id of a phone; or `limit` is out of
            bounds.
    """
    check_codes(access.books, team=team)
    if after is not None and not phones.exists(access, after):
        raise invalid_cursor(after)
    found = phones.list_phones(access, team=team, after=after, limit=rows_to_fetch(limit))
    return make_page([(phone.id, phone) for phone in found], limit)


def revoke_phone(context: RequestContext, access: AccessContext, phone_id: str) -> Phone:
    """End the access of a phone. Add a line to the access log.

    Raises:
        NotFound: no phone of the station has this id.
    """
    phone = phones.revoke(access, phone_id)
    line = access_line(context.request, context.caller, "revoked", detail=f"phone.{phone.id}")
    access_log.add_line(access, **line)
    return phone


class PhoneController(Controller):
    """The phones of delivery teams."""

    path = "/api/phones"
    tags = ("phones",)

    @post(operation_id="joinTeam", opt=allow_anyone())
    async def join(self, context: Context, payload: Body[NewPhone]) -> CreatedResponse[PhoneJoined]:
        """Join a team with the secret of its link, or with the code on its run sheet.

        The response contains a secret for this phone. Send it as `Authorization: Bearer …`.
        """
        context, invitation = await find_invitation(context, payload.secret)
        if invitation is None:
            raise Unauthenticated(
                Sentence(
                    "this link or code is not valid: it has expired or was revoked, or the "
                    "delivery of the run sheet is closed; ask the station for another"
                )
            )
        phone, secret = await join_team(
            context,
            invitation,
            label=payload.label,
            version=payload.version,
            present_secret=payload.present_secret or "",
        )
        content = encode(PhoneJoined(phone=phone, secret=secret))
        return CreatedResponse(content, location=f"/api/phones/{phone.id}")

    @post("/rescue", operation_id="rescueRecords", opt=allow_roles("coordinator", "recorder"))
    async def rescue(self, context: Context, payload: Body[RescueText]) -> CreatedResponse[Rescued]:
        """Record the unsent records of a phone from the text or the QR codes that it shows.

        Each record counts as sent by the phone. It is recorded only once, even if the phone sends
        it later. The phone may have been revoked.
        """
        done = await rescue_records(context, payload.text)
        rescued = Rescued(records=[result for _, result in done])
        return CreatedResponse(encode(rescued.in_english()), location=None)

    @get(operation_id="listPhones", opt=allow_roles("coordinator", "recorder"))
    async def phones(
        self,
        context: Context,
        team: FromQuery[str | None] = None,
        after: After = None,
        limit: Limit = DEFAULT_LIMIT,
    ) -> Response[Page[Phone]]:
        """List all phones, newest first, with their numbers of unsent records."""

        def view(books: Books) -> Page[Phone]:
            return phones_page(context.access(books), after, limit, team=team)

        return context.page(view)

    @get("/{phone:str}", operation_id="getPhone", opt=allow_roles("coordinator", "recorder"))
    async def phone(self, context: Context, phone: FromPath[str]) -> Phone:
        """Get a phone."""
        return context.show(lambda books: phones.get(context.access(books), phone))

    @delete(
        "/{phone:str}",
        operation_id="revokePhone",
        status_code=200,
        opt=allow_roles("coordinator", "recorder"),
    )
    async def revoke(self, context: Context, phone: FromPath[str]) -> Phone:
        """Revoke a phone at once, for example one that was lost. It can then neither read nor send.

        Records that it has not sent can still be recorded from the text that the phone shows.
        """
        return await context.station.admin_write(
            lambda access: revoke_phone(context, access, phone)
        )
