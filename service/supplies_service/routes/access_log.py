"""The access log: reads of personal data, and refused requests."""

from __future__ import annotations

from litestar import Controller, Response, get
from litestar.params import FromQuery

from supplies.access.access_log import AccessLogLine, list_lines
from supplies.books.reader import Books
from supplies.views.pagination import Page, make_page, parse_cursor, rows_to_fetch
from supplies_service.request_context import Context
from supplies_service.routes.parameters import DEFAULT_LIMIT, After, Limit
from supplies_service.security.authorization import allow_roles


class AccessLogController(Controller):
    """Routes of the access log, which shows who read personal data."""

    path = "/api/access-log"
    tags = ("access-log",)

    @get(operation_id="readAccessLog", opt=allow_roles("coordinator"))
    async def lines(
        self,
        context: Context,
        who: FromQuery[str | None] = None,
        subject: FromQuery[str | None] = None,
        after: After = None,
        limit: Limit = DEFAULT_LIMIT,
    ) -> Response[Page[AccessLogLine]]:
        """List reads of personal data and refused requests, newest first."""

        def read(books: Books) -> Page[AccessLogLine]:
            found = list_lines(
                context.access(books),
                before=None if after is None else parse_cursor(after),
                limit=rows_to_fetch(limit),
                who=who,
                subject=subject,
            )
            return make_page([(line.seq, line) for line in found], limit)

        return context.page(read)
