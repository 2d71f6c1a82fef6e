"""URLs of the entries behind the figures of reports.

The URLs are relative to the service, such as `/entries/12`, and lead to a list or a record. A URL
template contains names in braces, which `source_address` replaces by values. The names are columns
of the row, fields of the report, or the days `first`, `last` and `today` of the period.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    from supplies.books.reader import Books

Values = Mapping[str, Any]
"""The values of one row of a report that a URL template may use, by name.

These are the columns of the row, the other fields of the report, and the days of its period.
"""

Source = str | Callable[[Values], str | None]
"""A URL template for the entries behind a row, or a function that returns the template.

The argument of the function is the values of the row. The function returns None if there are no
entries to show.
"""

AS_OF = "as_of"
"""Name of the value with the past day that the report is about.

The value is None if the report shows the books as they are now.
"""

ENTRY = "/entries/{entry}"
ITEM = "/stock/items/{item}"
ITEM_OF_ORGANISATION = "/organisation/items/{item}?unit={unit}"
MOVEMENTS = "/stock/movements?account={account}&item={item}&lot={lot}"
ON_HAND = "/reports/figures/on_hand?item={item}&from={first}&to={last}"
STEP = "/reports/figures/step?step={step}&item={item}&from={first}&to={last}"
LOSS = "/reports/figures/step?step=lost:{reason}&item={item}&from={first}&to={last}"
PLEDGE = "/pledges/{id}"
NEED = "/needs/{id}"
DELIVERY = "/deliveries/{id}"
TEAM = "/deliveries?team={team}&status=all"
RECALL = "/stock/recall?item={item}&batch={batch}"
CAMPAIGN = "/campaigns/{campaign}"
PLEDGES_OF_CAMPAIGN = "/pledges?campaign={campaign}&status=all"
RECEIVED = "/stock/movements?account=received:{recipient}&item={item}"

_PAGES = {
    "a": "/allocations",
    "d": "/donations",
    "g": "/stock/out/loans",
    "i": "/stock/out/issues",
    "n": "/needs",
    "p": "/pledges",
    "v": "/deliveries",
    "x": "/shipments",
}
"""The URLs of the pages about documents, by the prefix of the documents' ids."""

_ALERTS = {
    "below_minimum": ITEM,
    "need_past_its_day": "/needs/{code}",
    "pledge_overdue": "/pledges/{code}",
    "allocation_waiting": "/allocations/{code}",
    "delivery_out": "/deliveries/{code}",
    "shipment_to_receive": "/shipments/{code}",
    "shipment_unacknowledged": "/shipments/{code}",
    "unexplained": "/stock/movements?account=unexplained:{code}&item={item}",
    "beside_pledge": "/entries?document={code}",
}


def stock_movements(values: Values) -> str:
    """Return the template of a URL that lists the movements of a lot at a location.

    If the report is about a past day, the URL lists movements up to this day.
    """
    if values[AS_OF] is not None:
        return (
            "/reports/tables/movements?account=stock:{location}&item={item}&lot={lot}&as_of={as_of}"
        )
    return "/stock/movements?account=stock:{location}&item={item}&lot={lot}"


def goods_that_left(values: Values) -> str:
    """Return the URL template of the report that shows how the stock of an item changed.

    The period is the last `rate_days` days, over which the daily use of the item was measured.
    """
    first = values["today"] - timedelta(days=values["rate_days"] - 1)
    return f"/reports/tables/derivation?item={{item}}&from={first}&to={{today}}"


def pledges_of_donor(status: str) -> str:
    """Return the template of a URL that lists the pledges of a donor that have a status.

    The status "all" stands for every status.
    """
    return f"/pledges?donor={{donor}}&status={status}"


def donations_of_donor(values: Values) -> str:
    """Return the template of a URL that lists the donations of a donor.

    If the donor is anonymous, the URL lists the donations of all donors.
    """
    return "/donations" if values["donor"] is None else "/donations?donor={donor}"


def needs_of_group(status: str) -> str:
    """Return the template of a URL that lists the needs with a status behind one row of a report.

    The row is about the needs for one item in one community with one urgency.
    """
    return f"/needs?item={{item}}&community={{community}}&urgency={{urgency}}&status={status}"


def goods_of_alert(values: Values) -> str | None:
    """Return the URL template for the goods or the record that an alert is about."""
    if values["what"] not in ("expired", "expires_soon"):
        return _ALERTS.get(values["what"])
    if values["location"] is not None:
        return stock_movements({**values, "lot": values["code"]}).replace("{lot}", "{code}")
    if values["borrower"] is not None:
        return "/stock/movements?account=lent:{borrower}&item={item}&lot={code}"
    return "/entries?document={document}"


def subject_of_alert(values: Values) -> str | None:
    """Return the URL template of the page about the subject of an alert, if all readers may see it.

    Only coordinators may open the pages about people to forget and about the station.
    """
    match values["what"]:
        case "conflict_open":
            return "/entries/{code}"
        case "code_wrong":
            return "/deliveries/{document}"
    return goods_of_alert(values)


def document_of_row(values: Values) -> str | None:
    """Return the URL of the page about the document of a row, or None if it has no page."""
    return document_page(str(values["document"]))


def document_page(document: str) -> str | None:
    """Return the URL of the page about a document, or None if it has no page."""
    page = _PAGES.get(document.partition("_")[0])
    return f"{page}/{document}" if page else None


def values_of_report(books: Books, content: object, period: tuple[date, date, date]) -> Values:
    """Return the values that are the same for all rows of a report.

    Args:
        books: The books from which the report was built.
        content: The struct of the report.
        period: The first and the last day of the period, and the day whose states are reported.
    """
    from supplies.books.past import PastBooks

    fields = {name: getattr(content, name) for name in getattr(content, "__struct_fields__", ())}
    first, last, today = period
    as_of = today if isinstance(books, PastBooks) else None
    return {**fields, "first": first, "last": last, "today": today, AS_OF: as_of}


def source_address(source: Source, values: Values) -> str | None:
    """Return the URL of the entries behind a figure, or None if the figure has no URL."""
    template = source if isinstance(source, str) else source(values)
    if template is None:
        return None
    return template.format_map(_Quoted(values))


class _Quoted(dict[str, Any]):
    """The values that a URL template may use. Each is quoted for a URL when the template reads it.

    Quoting all values would be slow, because they include the lists of the report.
    """

    def __getitem__(self, name: str) -> str:
        value = super().__getitem__(name)
        return "" if value is None else quote(str(value), safe="")
