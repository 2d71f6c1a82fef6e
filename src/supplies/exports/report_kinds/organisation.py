"""Reports about all stations of an organisation together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from supplies.exports import report_sources as sources
from supplies.exports.report_kinds.kind import Period, ReportKind, Words

if TYPE_CHECKING:
    from supplies.books.reader import Books

_STOCK_FIGURES = ("on_hand", "free", "allocated")
_NEED_FIGURES = ("needed", "claimed", "assigned", "met", "ended")


def _stock(books: Books, period: Period) -> Any:
    from supplies.views.organisation_report import report_organisation_stock

    return report_organisation_stock(books)


def _needs(books: Books, period: Period) -> Any:
    from supplies.views.organisation_report import report_organisation_needs

    return report_organisation_needs(books)


ORGANISATION_REPORTS = (
    ReportKind(
        "organisation-stock",
        Words("各站点库存", "Stock of all stations"),
        "Report the stock of each item at all stations of the organisation.",
        "supplies.views.organisation_report:OrganisationStock",
        _stock,
        {
            "items": ("item", "stations", *_STOCK_FIGURES),
            "at_stations": ("item", "station_name", *_STOCK_FIGURES),
        },
        dict.fromkeys(
            ("items", "at_stations"),
            dict.fromkeys(_STOCK_FIGURES, sources.ITEM_OF_ORGANISATION),
        ),
        has_period=False,
        of_organisation=True,
    ),
    ReportKind(
        "organisation-needs",
        Words("各站点需求", "Needs of all stations"),
        "Report the needs for each item at all stations of the organisation.",
        "supplies.views.organisation_report:OrganisationNeeds",
        _needs,
        {
            "items": ("item", "stations", *_NEED_FIGURES),
            "at_stations": ("item", "station_name", *_NEED_FIGURES),
        },
        dict.fromkeys(
            ("items", "at_stations"),
            dict.fromkeys(_NEED_FIGURES, sources.ITEM_OF_ORGANISATION),
        ),
        has_period=False,
        of_organisation=True,
    ),
)
