"""The reports by name. The command line, the REST API and the web pages use these descriptions.

A description says how the struct of a report is built, which options the report has, and which
columns people see. JSON, CSV and workbooks have all columns. The PDF and the web page have only the
columns for people.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from supplies.errors import InvalidField, Sentence
from supplies.exports import report_sources as sources
from supplies.exports.report_sources import Source

if TYPE_CHECKING:
    from datetime import date

    from supplies.books.reader import Books
    from supplies.exports.tables import Table

MAX_RATE_DAYS = 3650
"""Maximum number of days over which a rate, such as the daily use of an item, is measured."""


class Period(NamedTuple):
    """The days of a report.

    Attributes:
        first, last: The first and the last day of the period, both included.
        today: States and delays are shown as they were at the end of this day.
    """

    first: date
    last: date
    today: date


class Words(NamedTuple):
    """A text in Chinese and English."""

    zh: str
    en: str


class ReportOption(NamedTuple):
    """An option of a report: a code, another text, or a number of days.

    Attributes:
        name: The name of the option and of the query parameter.
        help: The description of the option in `--help`.
        record: If the option is a code, the table of the catalogue that contains it; otherwise
            None.
        days: If the option is a number of days, its default; otherwise None.
    """

    name: str
    label: Words
    help: str
    record: Literal["items", "recipients", "teams", "campaigns"] | None = None
    required: bool = False
    days: int | None = None


class ReportKind(NamedTuple):
    """A kind of report.

    Attributes:
        name: The name of the report on the command line and in addresses.
        summary: What the report shows, in one sentence.
        result: The module and the name of the struct that contains the report.
        build: Builds the struct from the books, the period, and a keyword argument for each option
            that was given. The function imports the view only when it is called, so that `--help`
            is fast.
        columns: For each table, the columns that people see, in order. The key is the field of the
            struct that has the list of the table.
        sources: For each table, the columns with figures, and where the entries behind them are
            listed.
        has_period: True if the report is about a period, False if it is about one day.
        has_names: Whether the report contains names of people if the reader may see personal data.
    """

    name: str
    title: Words
    summary: str
    result: str
    build: Callable[..., Any]
    columns: Mapping[str, tuple[str, ...]]
    sources: Mapping[str, Mapping[str, Source]]
    options: tuple[ReportOption, ...] = ()
    has_period: bool = True
    has_names: bool = False


_ITEM = ReportOption("item", Words("物资", "Item"), "Code of the item.", "items")
_DAYS = ReportOption(
    "days",
    Words("天数", "Days"),
    "Over how many days up to the day of the report the rate is measured.",
    days=28,
)
_TEAM = ReportOption("team", Words("配送队", "Team"), "Code of the team.", "teams")
_RECIPIENT = ReportOption(
    "recipient", Words("受助人", "Recipient"), "Code of the recipient.", "recipients", required=True
)
_CAMPAIGN = ReportOption(
    "campaign", Words("项目", "Campaign"), "Code of the campaign or grant.", "campaigns"
)
_ACCOUNT = ReportOption(
    "account", Words("账户", "Account"), "An account, as in stock:store-a.", required=True
)
_BATCH = ReportOption("batch", Words("批号", "Batch"), "Batch number, as in B7.", required=True)
_LOT = ReportOption("lot", Words("批次", "Lot"), "Id of the lot.")
_THIS_ITEM = _ITEM._replace(required=True)


def _stock(books: Books, period: Period) -> Any:
    from supplies.views.stock import get_stock

    return get_stock(books, limit=None)


def _cover(books: Books, period: Period, *, days: int = 28, item: str | None = None) -> Any:
    from supplies.views.stock_cover import report_stock_cover

    return report_stock_cover(books, period.today, rate_days=days, item=item)


def _derivation(books: Books, period: Period, *, item: str | None = None) -> Any:
    from supplies.views.stock_derivation import derive_stock

    return derive_stock(books, period.first, period.last, item=item)


def _movements(
    books: Books, period: Period, *, account: str, item: str, lot: str | None = None
) -> Any:
    from supplies.views.movements import report_movements

    return report_movements(books, account, item, period.first, period.last, lot=lot)


def _losses(books: Books, period: Period) -> Any:
    from supplies.views.stock_derivation import report_losses

    return report_losses(books, period.first, period.last)


def _pledges(books: Books, period: Period) -> Any:
    from supplies.views.donor_reports import report_pledges_by_donor

    return report_pledges_by_donor(books, *period)


def _made_pledges(books: Books, period: Period) -> Any:
    from supplies.views.document_reports import report_pledges

    return report_pledges(books, period.first, period.last)


def _noted_needs(books: Books, period: Period) -> Any:
    from supplies.views.document_reports import report_noted_needs

    return report_noted_needs(books, period.first, period.last)


def _deliveries(books: Books, period: Period, *, team: str | None = None) -> Any:
    from supplies.views.document_reports import report_deliveries

    return report_deliveries(books, period.first, period.last, team=team)


def _values(books: Books, period: Period) -> Any:
    from supplies.views.donor_reports import report_donor_values

    return report_donor_values(books, period.first, period.last)


def _campaigns(books: Books, period: Period, *, campaign: str | None = None) -> Any:
    from supplies.views.campaign_report import report_campaigns

    return report_campaigns(books, period.first, period.last, campaign=campaign)


def _waiting(books: Books, period: Period) -> Any:
    from supplies.views.need_reports import report_needs

    return report_needs(books, *period)


def _teams(books: Books, period: Period, *, team: str | None = None) -> Any:
    from supplies.views.team_report import report_teams

    return report_teams(books, period.first, period.last, team=team)


def _household(books: Books, period: Period, *, recipient: str) -> Any:
    from supplies.views.household_history import get_household_history

    return get_household_history(books, recipient, period.first, period.last)


def _recall(books: Books, period: Period, *, item: str, batch: str) -> Any:
    from supplies.domain.normalization import normalize_text
    from supplies.views.recall import build_recall

    return build_recall(books, item, normalize_text(batch))


def _alerts(books: Books, period: Period) -> Any:
    from supplies.views.alerts import report_alerts

    return report_alerts(books, period.today)


_CAMPAIGN_FIGURES = (
    "promised",
    "received",
    "repacked",
    "free",
    "allocated",
    "in_transit",
    "handed_over",
    "used",
    "lost",
    "other",
)

_NEED_FIGURES = ("asked", "needed", "claimed", "assigned", "met")

_KINDS = (
    ReportKind(
        "stock",
        Words("库存", "Stock"),
        "Report the stock of each item and lot at each location.",
        "supplies.views.stock:StockView",
        _stock,
        {
            "items": (
                "location",
                "item",
                "lot",
                "batch",
                "expires_on",
                "on_hand",
                "free",
                "allocated",
            )
        },
        {"items": dict.fromkeys(("on_hand", "free", "allocated"), sources.stock_movements)},
        has_period=False,
    ),
    ReportKind(
        "cover",
        Words("库存可用天数", "Stock and its cover"),
        "Report the stock with lots and expiry, and for how many days it lasts.",
        "supplies.views.stock_cover:StockCoverReport",
        _cover,
        {
            "items": (
                "item",
                "usable",
                "left",
                "cover_days",
                "location",
                "lot",
                "batch",
                "expires_on",
                "on_hand",
            )
        },
        {
            "items": {
                "usable": sources.ITEM,
                "left": sources.goods_that_left,
                "cover_days": sources.ITEM,
                "on_hand": sources.stock_movements,
            }
        },
        (_DAYS, _ITEM),
        has_period=False,
    ),
    ReportKind(
        "derivation",
        Words("库存推算", "Derivation of the stock"),
        "Report how the stock changed in a period: all that came in and went out, step by step.",
        "supplies.views.stock_derivation:DerivationReport",
        _derivation,
        {"items": ("item", "before", "on_hand", "step", "change", "balance")},
        {
            "items": {
                "before": sources.ON_HAND,
                "on_hand": sources.ON_HAND,
                "change": sources.STEP,
                "balance": sources.ON_HAND,
            }
        },
        (_ITEM,),
    ),
    ReportKind(
        "movements",
        Words("物资变动", "Movements of an account"),
        "Report the movements of an item in an account, with the balance after each.",
        "supplies.views.movements:MovementsReport",
        _movements,
        {
            "items": (
                "entry",
                "happened_on",
                "kind",
                "document",
                "lot",
                "other",
                "change",
                "balance",
            )
        },
        {"items": dict.fromkeys(("entry", "change", "balance"), sources.ENTRY)},
        (_ACCOUNT, _THIS_ITEM, _LOT),
    ),
    ReportKind(
        "losses",
        Words("物资损失", "Losses by cause"),
        "Report what was lost, by cause.",
        "supplies.views.stock_derivation:LossReport",
        _losses,
        {"items": ("reason", "item", "quantity")},
        {"items": {"quantity": sources.LOSS}},
    ),
    ReportKind(
        "pledges-by-donor",
        Words("各捐赠人的认捐", "Pledges by donor"),
        "Report which pledges of a period are open, late or fulfilled, by donor.",
        "supplies.views.donor_reports:DonorPledgesReport",
        _pledges,
        {
            "items": (
                "donor",
                "name",
                "pledges",
                "open",
                "late",
                "kept",
                "item",
                "promised",
                "arrived",
                "outstanding",
                "line_late",
            )
        },
        {
            "items": {
                "pledges": sources.pledges_of_donor("all"),
                "open": sources.pledges_of_donor("open"),
                "late": sources.pledges_of_donor("open"),
                "kept": sources.pledges_of_donor("kept"),
                "promised": sources.pledges_of_donor("all"),
                "arrived": sources.pledges_of_donor("all"),
                "outstanding": sources.pledges_of_donor("open"),
                "line_late": sources.pledges_of_donor("open"),
            }
        },
        has_names=True,
    ),
    ReportKind(
        "pledges",
        Words("认捐明细", "Pledges"),
        "Report the pledges of a period, and how much of each has arrived.",
        "supplies.views.document_reports:PledgesReport",
        _made_pledges,
        {
            "items": (
                "id",
                "donor",
                "happened_on",
                "due_on",
                "status",
                "item",
                "promised",
                "arrived",
                "outstanding",
            )
        },
        {"items": dict.fromkeys(("id", "promised", "arrived", "outstanding"), sources.PLEDGE)},
    ),
    ReportKind(
        "donor-values",
        Words("捐赠价值", "Values by donor and year"),
        "Report the values that donors gave, by donor, year and currency.",
        "supplies.views.donor_reports:DonorValuesReport",
        _values,
        {"items": ("donor", "name", "year", "currency", "value", "donations", "not_valued")},
        {"items": dict.fromkeys(("value", "donations", "not_valued"), sources.donations_of_donor)},
        has_names=True,
    ),
    ReportKind(
        "campaigns",
        Words("项目物资", "Goods by campaign"),
        "Report what was promised for and came from each campaign, and where these goods are.",
        "supplies.views.campaign_report:CampaignReport",
        _campaigns,
        {"items": ("campaign", "item", *_CAMPAIGN_FIGURES)},
        {
            "items": {
                **dict.fromkeys(_CAMPAIGN_FIGURES, sources.CAMPAIGN),
                "promised": sources.PLEDGES_OF_CAMPAIGN,
            }
        },
        (_CAMPAIGN,),
    ),
    ReportKind(
        "needs",
        Words("需求明细", "Needs"),
        "Report the needs that were noted in a period, and how far each is met.",
        "supplies.views.document_reports:NotedNeedsReport",
        _noted_needs,
        {
            "items": (
                "id",
                "recipient",
                "happened_on",
                "needed_by",
                "urgency",
                "status",
                "item",
                *_NEED_FIGURES,
            )
        },
        {"items": dict.fromkeys(("id", *_NEED_FIGURES), sources.NEED)},
    ),
    ReportKind(
        "waiting",
        Words("需求与等待时间", "Needs and how long they wait"),
        "Report needs by item, community and urgency, and for how long households wait.",
        "supplies.views.need_reports:NeedsReport",
        _waiting,
        {
            "items": (
                "item",
                "community",
                "urgency",
                "waiting",
                "missing",
                "longest_days",
                "mean_days",
                "met",
                "mean_days_to_meet",
            )
        },
        {
            "items": {
                "waiting": sources.needs_of_group("all"),
                "missing": sources.needs_of_group("all"),
                "longest_days": sources.needs_of_group("all"),
                "mean_days": sources.needs_of_group("all"),
                "met": sources.needs_of_group("met"),
                "mean_days_to_meet": sources.needs_of_group("met"),
            }
        },
    ),
    ReportKind(
        "teams",
        Words("各配送队的配送", "Deliveries by team"),
        "Report deliveries by team, with their stops and goods.",
        "supplies.views.team_report:TeamReport",
        _teams,
        {
            "items": (
                "team",
                "deliveries",
                "out",
                "stops",
                "not_reported",
                "item",
                "loaded",
                "received",
                "brought_back",
                "lost",
                "in_transit",
            )
        },
        {
            "items": dict.fromkeys(
                (
                    "deliveries",
                    "out",
                    "stops",
                    "not_reported",
                    "loaded",
                    "received",
                    "brought_back",
                    "lost",
                    "in_transit",
                ),
                sources.TEAM,
            )
        },
        (_TEAM,),
    ),
    ReportKind(
        "deliveries",
        Words("配送明细", "Deliveries"),
        "Report the deliveries of a period with their stops and outcomes.",
        "supplies.views.document_reports:DeliveriesReport",
        _deliveries,
        {
            "items": (
                "id",
                "team",
                "happened_on",
                "status",
                "stop",
                "recipient",
                "outcome",
                "line_happened_on",
            )
        },
        {"items": dict.fromkeys(("id", "stop"), sources.DELIVERY)},
        (_TEAM,),
    ),
    ReportKind(
        "household",
        Words("住户记录", "History of a household"),
        "Report what a household asked for and received.",
        "supplies.views.household_history:HouseholdHistory",
        _household,
        {"items": ("entry", "happened_on", "kind", "document", "item", "asked", "received", "lot")},
        {"items": dict.fromkeys(("entry", "asked", "received"), sources.ENTRY)},
        (_RECIPIENT,),
    ),
    ReportKind(
        "recall",
        Words("批次召回", "Recall of a batch"),
        "Report where the goods of a batch are, and who received them.",
        "supplies.views.recall:Recall",
        _recall,
        {
            "totals": (
                "item",
                "free",
                "quarantined",
                "allocated",
                "in_transit",
                "received",
                "other",
            ),
            "goods": ("item", "lot", "place", "location", "recipient", "quantity"),
            "reached": ("recipient", "name", "phone", "address", "item", "quantity"),
        },
        {
            "totals": dict.fromkeys(
                ("free", "quarantined", "allocated", "in_transit", "received", "other"),
                sources.RECALL,
            ),
            "goods": {"quantity": sources.MOVEMENTS},
            "reached": {"quantity": sources.RECEIVED},
        },
        (_THIS_ITEM, _BATCH),
        has_period=False,
        has_names=True,
    ),
    ReportKind(
        "alerts",
        Words("提醒", "Alerts"),
        "Report what needs attention, such as expiring goods and items below their minimum stock.",
        "supplies.views.alerts:AlertsReport",
        _alerts,
        {"items": ("what", "code", "item", "location", "quantity", "since", "due")},
        {"items": {"quantity": sources.goods_of_alert}},
        has_period=False,
    ),
)

REPORTS: Mapping[str, ReportKind] = {kind.name: kind for kind in _KINDS}
"""The kinds of report by name."""


def result_type(kind: ReportKind) -> Any:
    """Return the struct type of a report."""
    module, _, name = kind.result.partition(":")
    return getattr(import_module(module), name)


def report_period(
    books: Books, kind: ReportKind, first: date | None, last: date | None, today: date
) -> Period:
    """Return the days of a report.

    A day that is None is replaced by the day of the first or last entry, or by `today` if there are
    no entries.

    Args:
        today: States and delays are shown as they were at the end of this day.

    Raises:
        InvalidField: the report is about one day, but a first or last day is given.
    """
    if not kind.has_period:
        for name, day in (("from", first), ("to", last)):
            if day is not None:
                raise InvalidField.at(
                    f"/{name}",
                    Sentence(
                        "the report {kind} has no period; use as_of to choose its day",
                        kind=kind.name,
                    ),
                )
        return Period(today, today, today)
    if first is None or last is None:
        from supplies.views.periods import get_period_of_entries

        has_entries = books.head()[0] > 0
        earliest, latest = get_period_of_entries(books) if has_entries else (today, today)
        first, last = first or earliest, last or latest
    return Period(first, last, today)


class BuiltReport(NamedTuple):
    """A report, with the books and the days for which it was built.

    Attributes:
        books: The books from which the report was built, as they are now or as they were at the end
            of a past day.
    """

    kind: ReportKind
    content: Any
    period: Period
    books: Books


def build_report(
    books: Books,
    kind: ReportKind,
    today: date,
    *,
    first: date | None = None,
    last: date | None = None,
    as_of: date | None = None,
    **options: Any,
) -> BuiltReport:
    """Return a report, as the books are now or as they were at the end of a past day.

    Args:
        books: The books as they are now.
        kind: The kind of report.
        today: The date at the station.
        first, last: The period, both days included. None means the day of the first or last entry.
        as_of: Leave out entries booked after this day, and show states and delays of this day. None
            means now.
        options: The options of the report. An option that is None counts as not given.

    Raises:
        InvalidField: a day or an option is invalid, is missing, or does not belong to this report.
        NotFound: a code in an option is unknown.
        Forgotten: the personal data of the recipient that an option names was erased.
    """
    given = {name: value for name, value in options.items() if value not in (None, "")}
    names = [option.name for option in kind.options]
    for name in given:
        if name not in names:
            raise InvalidField.at(
                f"/{name}", Sentence("the report {kind} has no {name}", kind=kind.name, name=name)
            )
    for option in kind.options:
        if option.required and option.name not in given:
            raise InvalidField.at(
                f"/{option.name}",
                Sentence("the report {kind} needs {name}", kind=kind.name, name=option.name),
            )
    days = given.get(_DAYS.name)
    if days is not None and not 1 <= days <= MAX_RATE_DAYS:
        raise InvalidField.at(
            "/days",
            Sentence("days is {days}; it goes from 1 to {most}", days=days, most=MAX_RATE_DAYS),
        )
    if as_of is not None and as_of < today:
        from supplies.books.past import books_as_of

        books, today = books_as_of(books, as_of), as_of
    period = report_period(books, kind, first, last, today)
    return BuiltReport(kind, kind.build(books, period, **given), period, books)


def report_tables(name: str, content: Any) -> list[Table]:
    """Return a table with all columns for each list in a report.

    Args:
        name: The name of the report. If there is only one table, it gets this name.
        content: The struct of the report.
    """
    from supplies.exports.flat_tables import tables_of

    tables = [table for table in tables_of(content) if table.name != "report"]
    return [tables[0]._replace(name=name)] if len(tables) == 1 else tables
