"""Reports about what recipients need, and what was delivered to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from supplies.exports import report_sources as sources
from supplies.exports.report_kinds.kind import Period, ReportKind, ReportOption, Words

if TYPE_CHECKING:
    from supplies.books.reader import Books

_TEAM = ReportOption("team", Words("配送队", "Team"), "Code of the team.", "teams")
_RECIPIENT = ReportOption(
    "recipient", Words("受助人", "Recipient"), "Code of the recipient.", "recipients", required=True
)

_NEED_FIGURES = ("asked", "needed", "claimed", "assigned", "met")


def _noted_needs(books: Books, period: Period, *, limit: int | None = None) -> Any:
    from supplies.views.document_reports import report_noted_needs

    return report_noted_needs(books, period.first, period.last, limit=limit)


def _waiting(books: Books, period: Period) -> Any:
    from supplies.views.need_reports import report_needs

    return report_needs(books, *period)


def _teams(books: Books, period: Period, *, team: str | None = None) -> Any:
    from supplies.views.team_report import report_teams

    return report_teams(books, period.first, period.last, team=team)


def _deliveries(
    books: Books, period: Period, *, team: str | None = None, limit: int | None = None
) -> Any:
    from supplies.views.document_reports import report_deliveries

    return report_deliveries(books, period.first, period.last, team=team, limit=limit)


def _household(books: Books, period: Period, *, recipient: str) -> Any:
    from supplies.views.household_history import get_household_history

    return get_household_history(books, recipient, period.first, period.last)


RECIPIENT_REPORTS = (
    ReportKind(
        "needs",
        Words("需求明细", "Needs"),
        "Report the needs that were noted in a period, and how far each is met.",
        "supplies.views.document_reports:NotedNeedsReport",
        _noted_needs,
        {
            "items": (
                "recipient",
                "happened_on",
                "needed_by",
                "urgency",
                "status",
                "item",
                *_NEED_FIGURES,
            )
        },
        {"items": dict.fromkeys(("recipient", *_NEED_FIGURES), sources.NEED)},
        has_limit=True,
        open_noun="need",
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
        open_noun="need",
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
        open_noun="delivery",
    ),
    ReportKind(
        "deliveries",
        Words("配送明细", "Deliveries"),
        "Report the deliveries of a period with their stops and outcomes.",
        "supplies.views.document_reports:DeliveriesReport",
        _deliveries,
        {
            "items": (
                "team",
                "happened_on",
                "status",
                "stop",
                "recipient",
                "outcome",
                "line_happened_on",
            )
        },
        {"items": dict.fromkeys(("team", "stop"), sources.DELIVERY)},
        (_TEAM,),
        has_limit=True,
        open_noun="delivery",
    ),
    ReportKind(
        "household",
        Words("住户记录", "History of a household"),
        "Report what a household asked for and received.",
        "supplies.views.household_history:HouseholdHistory",
        _household,
        {"items": ("entry", "happened_on", "kind", "document", "item", "asked", "received", "lot")},
        {
            "items": {
                **dict.fromkeys(("entry", "asked", "received"), sources.ENTRY),
                "document": sources.document_of_row,
            }
        },
        (_RECIPIENT,),
    ),
)
