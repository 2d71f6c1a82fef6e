"""Reports about what donors promised and gave."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from supplies.exports import report_sources as sources
from supplies.exports.report_kinds.kind import Period, ReportKind, ReportOption, Words

if TYPE_CHECKING:
    from supplies.books.reader import Books

_CAMPAIGN = ReportOption(
    "campaign", Words("项目", "Campaign"), "Code of the campaign or grant.", "campaigns"
)

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


def _pledges(books: Books, period: Period) -> Any:
    from supplies.views.donor_reports import report_pledges_by_donor

    return report_pledges_by_donor(books, *period)


def _made_pledges(books: Books, period: Period, *, limit: int | None = None) -> Any:
    from supplies.views.document_reports import report_pledges

    return report_pledges(books, period.first, period.last, limit=limit)


def _values(books: Books, period: Period) -> Any:
    from supplies.views.donor_reports import report_donor_values

    return report_donor_values(books, period.first, period.last)


def _campaigns(books: Books, period: Period, *, campaign: str | None = None) -> Any:
    from supplies.views.campaign_report import report_campaigns

    return report_campaigns(books, period.first, period.last, campaign=campaign)


DONOR_REPORTS = (
    ReportKind(
        "pledges-by-donor",
        Words("各捐赠人的认捐", "Pledges by donor"),
        "Report which pledges of a period are open, late or fulfilled, by donor.",
        "supplies.views.donor_reports:DonorPledgesReport",
        _pledges,
        {
            "items": (
                "donor",
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
        open_noun="pledge",
    ),
    ReportKind(
        "pledges",
        Words("认捐明细", "Pledges"),
        "Report the pledges of a period, and how much of each has arrived.",
        "supplies.views.document_reports:PledgesReport",
        _made_pledges,
        {
            "items": (
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
        {"items": dict.fromkeys(("donor", "promised", "arrived", "outstanding"), sources.PLEDGE)},
        has_names=True,
        has_limit=True,
        open_noun="pledge",
    ),
    ReportKind(
        "donor-values",
        Words("捐赠价值", "Values by donor and year"),
        "Report the values that donors gave, by donor, year and currency.",
        "supplies.views.donor_reports:DonorValuesReport",
        _values,
        {"items": ("donor", "year", "currency", "value", "donations", "not_valued")},
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
)
