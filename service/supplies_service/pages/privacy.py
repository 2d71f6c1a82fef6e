"""Pages about personal data: who read it, which data is due for erasure, and donors' requests."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from litestar import Controller, Response, get, post
from litestar.params import FromPath, FromQuery, QueryParameter

from supplies.access import donor_requests, users
from supplies.access.access_context import AccessContext
from supplies.access.access_log import list_lines
from supplies.access.donor_requests import Answer
from supplies.domain.catalogue_records import Donor, Recipient
from supplies.domain.commands import ForgetDonor, ForgetRecipient
from supplies.domain.fields import Code, StrictStruct
from supplies.errors import InvalidField, Sentence, SuppliesError
from supplies.ledger.ledger import Ledger
from supplies.stations.retention import people_due, retention
from supplies.views.catalogue import get_record
from supplies.views.pagination import make_page, parse_cursor, rows_to_fetch
from supplies_service.pages.command_forms import CommandForm, Saved, render_form
from supplies_service.pages.forms import redirect
from supplies_service.pages.layout import render_page
from supplies_service.pages.page_roles import COORDINATORS, STAFF
from supplies_service.pages.period_filter import parse_day
from supplies_service.request_bodies import parse_number
from supplies_service.request_context import Context, RequestContext

ROWS = 50
"""Number of lines on a page of a list."""


class Erasure(StrictStruct, frozen=True, kw_only=True):
    """The form that confirms the erasure of personal data.

    Attributes:
        code: The code of the person, typed again.
    """

    code: Code


class AccessLogPages(Controller):
    """Route of the access log."""

    path = "/admin/access-log"
    include_in_schema = False

    @get(opt=COORDINATORS)
    async def lines(
        self,
        context: Context,
        who: FromQuery[str] = "",
        subject: FromQuery[str] = "",
        first: Annotated[str, QueryParameter(name="from")] = "",
        last: Annotated[str, QueryParameter(name="to")] = "",
        after: FromQuery[str | None] = None,
    ) -> Response[bytes]:
        """List accesses to personal data and refused requests, newest first.

        Args:
            who: Code or login of a user, or the code of a link.
            subject: Code of the record that was read.
            first, last: Days of the period. An empty day means no limit.
        """
        begin, end = parse_day(first, "/from"), parse_day(last, "/to")
        with context.reading() as books:
            access = context.access(books)
            known = users.list_users(access)
            codes = {user.login: user.code for user in known}
            zone = ZoneInfo(books.station.zone)
            found = list_lines(
                access,
                before=None if after is None else parse_cursor(after),
                limit=rows_to_fetch(ROWS),
                who=codes.get(who.strip(), who.strip()) or None,
                subject=subject.strip() or None,
                since=_midnight(begin, zone),
                until=_midnight(None if end in (None, date.max) else end + timedelta(days=1), zone),
            )
            return render_page(
                context.request,
                "access_log.html",
                page=make_page([(line.seq, line) for line in found], ROWS),
                users=known,
                filters={"who": who, "subject": subject, "from": first, "to": last},
            )


def _midnight(day: date | None, zone: ZoneInfo) -> datetime | None:
    return None if day is None else datetime.combine(day, time.min, zone)


class ForgettingPages(Controller):
    """Route of the list of people whose data is due to be erased."""

    path = "/admin/forgetting"
    include_in_schema = False

    @get(opt=COORDINATORS)
    async def due(self, context: Context) -> Response[bytes]:
        """List the people whose retention period has ended."""
        today = context.ledger.today()
        people = await context.read_in_thread(lambda books: people_due(books, today))
        with context.reading() as books:
            return render_page(
                context.request, "forgetting.html", people=people, retention=retention(books)
            )


def erasure_pages(kind: type[Donor | Recipient]) -> type[Controller]:
    """Return the controller of the page that erases the personal data of a donor or recipient."""

    class ErasurePages(Controller):
        path = f"/{kind.table}/{{code:str}}/forget"
        include_in_schema = False
        opt = COORDINATORS

        @get()
        async def form(self, context: Context, code: FromPath[str]) -> Response[bytes]:
            """Show what is erased, and the form that confirms it."""
            return _erasure_page(context, kind, code, CommandForm(Erasure))

        @post()
        async def forget(self, context: Context, code: FromPath[str]) -> Response[bytes]:
            """Erase the personal data of the person."""
            form = await CommandForm.read(context.request, Erasure)
            if not form.is_save:
                return _erasure_page(context, kind, code, form)
            try:
                with context.reading() as books:
                    if form.command(books).code != code:
                        raise InvalidField.at(
                            "/code", Sentence("type the code {code} to confirm", code=code)
                        )
                command = (
                    ForgetDonor(donor=code) if kind is Donor else ForgetRecipient(recipient=code)
                )

                def job(ledger: Ledger, id: str) -> Saved:
                    recorded = ledger.record(command, by=context.by, id=id)
                    return Saved(f"/{kind.table}/{code}", recorded.seq)

                return redirect(await form.record(context, job))
            except SuppliesError as error:
                form.refuse(error)
                return _erasure_page(context, kind, code, form)

    ErasurePages.__name__ = ErasurePages.__qualname__ = f"{kind.__name__}ErasurePages"
    return ErasurePages


ERASURE_PAGES = [erasure_pages(Donor), erasure_pages(Recipient)]


def _erasure_page(
    context: RequestContext,
    kind: type[Donor | Recipient],
    code: str,
    form: CommandForm[Erasure],
) -> Response[bytes]:
    with context.reading() as books:
        record = get_record(books, kind, code)
        return render_form(context, "erasure.html", form, table=kind.table, record=record)


class DonorRequestPages(Controller):
    """Routes of the requests of a donor."""

    path = "/donors/{code:str}/requests"
    include_in_schema = False
    opt = STAFF

    @get()
    async def requests(
        self, context: Context, code: FromPath[str], after: FromQuery[str | None] = None
    ) -> Response[bytes]:
        """List the requests of a donor, oldest first, with a form to answer each open one."""
        return _requests_page(context, code, CommandForm(Answer), after=after)

    @post("/{request_id:str}/answer")
    async def answer(
        self, context: Context, code: FromPath[str], request_id: FromPath[str]
    ) -> Response[bytes]:
        """Answer a donor's request, and erase the text of the request."""
        form = await CommandForm.read(context.request, Answer)
        number = parse_number(request_id)
        try:
            with context.reading() as books:
                stated = form.command(books)

            def job(ledger: Ledger, _: str) -> Saved:
                access = AccessContext(ledger.books, ledger.clock())
                donor_requests.answer(access, code, number, stated, by=context.by)
                return Saved(f"/donors/{code}/requests")

            return redirect(await form.record(context, job))
        except SuppliesError as error:
            form.refuse(error)
            return _requests_page(context, code, form)


def _requests_page(
    context: RequestContext, code: str, form: CommandForm[Answer], *, after: str | None = None
) -> Response[bytes]:
    with context.reading() as books:
        record = get_record(books, Donor, code)
        found = donor_requests.list_requests(
            context.access(books), code, after=parse_cursor(after), limit=rows_to_fetch(ROWS)
        )
        return render_form(
            context,
            "donor_requests.html",
            form,
            record=record,
            page=make_page([(request.id, request) for request in found], ROWS),
        )
