"""Pages that list the entries, households or activities behind a number of the station report."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import NamedTuple
from urllib.parse import urlencode

from litestar import Controller, Response, get
from litestar.params import FromPath, FromQuery
from supplies_receipts.drawing.bilingual import activity as activity_words

from supplies.books.past import books_as_of
from supplies.books.reader import Books
from supplies.exports.report_words import value_words
from supplies.papers.station_report import CONTACTS, VISITS, WORKERS
from supplies.views.activities import list_activity_changes
from supplies.views.figure_sources import FIGURES, list_figure_sources, list_step_sources
from supplies.views.household_statistics import (
    list_fully_met_households,
    list_surveyed_households,
)
from supplies.views.pagination import check_choice
from supplies_service.pages.layout import render_page_of
from supplies_service.pages.page_roles import READERS
from supplies_service.pages.period_filter import parse_day, parse_period
from supplies_service.pages.reports import AsOfDay, FirstDay, LastDay, period_query
from supplies_service.request_context import Context, RequestContext

ROWS = 50
"""Maximum number of rows on a page."""

HOUSEHOLDS: Mapping[str, Callable[[Books, date, date], list[str]]] = {
    "surveyed": list_surveyed_households,
    "fully-met": lambda books, _, last: list_fully_met_households(books, last),
}
"""For each figure of the station report that counts households, the function that lists them."""

ACTIVITIES = {"workers": WORKERS, "contacts": CONTACTS, "visits": VISITS}
"""Figures of the station report that count activities, each with the kind that it counts.

For the figure `activity`, the URL of the page names the kind.
"""


class FigurePages(Controller):
    """Route of the page that lists the records behind a figure of the report."""

    path = "/reports/figures/{figure:str}"
    include_in_schema = False

    @get(opt=READERS)
    async def figure(
        self,
        context: Context,
        figure: FromPath[str],
        item: FromQuery[str] = "",
        activity: FromQuery[str] = "",
        step: FromQuery[str] = "",
        after: FromQuery[int] = 0,
        first: FirstDay = "",
        last: LastDay = "",
        as_of: AsOfDay = "",
    ) -> Response[bytes]:
        """Show the entries, households or activities behind a figure of the report of a period.

        Args:
            context: The request.
            figure: The name of the figure.
            item: Code of the item, for a figure about goods.
            activity: The kind of activity, for the figure `activity`.
            step: The name of a step, for the figure `step`. A report explains the stock at the end
                of the period by steps from the stock at the beginning, such as goods lost.
            after: Number of rows on the pages before this one.
            first, last: The period. If a day is empty, it is the day of the first or last entry.
            as_of: Entries after this day do not count; "" means that all entries count.
        """
        today, day = context.ledger.today(), parse_day(as_of, "/as_of")
        known = (*FIGURES, *HOUSEHOLDS, *ACTIVITIES, "activity", "step")

        def read(present: Books) -> Response[bytes]:
            check_choice("figure", figure, known)
            books = books_as_of(present, day)
            begin, end = parse_period(books, first, last, today=today)
            chosen = _Chosen(figure, item, activity, step, begin, end, day)
            return _show(context, books, chosen, max(0, after))

        return await context.read_in_thread(read)


class _Chosen(NamedTuple):
    """The figure that the page is about, and the options and days from the URL."""

    figure: str
    item: str
    activity: str
    step: str
    first: date
    last: date
    as_of: date | None


def _show(context: RequestContext, books: Books, chosen: _Chosen, after: int) -> Response[bytes]:
    figure, begin, end = chosen.figure, chosen.first, chosen.last
    goods = households = activities = None
    rows: Sequence[object]
    if figure in FIGURES:
        goods = list_figure_sources(books, figure, chosen.item, begin, end)
        rows = goods.items
    elif figure == "step":
        goods = list_step_sources(books, chosen.step, chosen.item, begin, end)
        rows = goods.items
    elif figure in HOUSEHOLDS:
        rows = households = HOUSEHOLDS[figure](books, begin, end)
    else:
        kind = ACTIVITIES.get(figure, chosen.activity)
        rows = activities = [
            each for each in list_activity_changes(books, begin, end) if each.kind == kind
        ]
    return render_page_of(
        books,
        context.request,
        "figure.html",
        figure=figure,
        first=begin,
        last=end,
        as_of=chosen.as_of,
        report=f"/reports{period_query(begin, end, chosen.as_of)}",
        goods=goods,
        households=households,
        activities=activities,
        rows=rows[after : after + ROWS],
        after=after,
        next=_next_address(chosen, after + ROWS) if len(rows) > after + ROWS else None,
        kind=ACTIVITIES.get(figure, chosen.activity),
        activity_words=activity_words,
        step=value_words("step", chosen.step),
    )


def _next_address(chosen: _Chosen, after: int) -> str:
    """Return the URL of the next page of rows behind the figure."""
    fields = {"item": chosen.item, "activity": chosen.activity, "step": chosen.step}
    given = {name: text for name, text in fields.items() if text}
    days = period_query(chosen.first, chosen.last, chosen.as_of)
    return f"/reports/figures/{chosen.figure}{days}&{urlencode({**given, 'after': after})}"
