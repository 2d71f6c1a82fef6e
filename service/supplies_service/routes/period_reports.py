"""Reports of a period: stock, donors, needs, teams and households."""

from __future__ import annotations

from typing import Annotated

from litestar import Controller, get
from litestar.params import FromQuery, QueryParameter

from supplies.views.donor_reports import (
    DonorPledgesReport,
    DonorValuesReport,
    report_donor_values,
    report_pledges_by_donor,
)
from supplies.views.household_history import HouseholdHistory, get_household_history
from supplies.views.need_reports import NeedsReport, report_needs
from supplies.views.stock_cover import (
    MAX_RATE_DAYS,
    RATE_DAYS,
    StockCoverReport,
    report_stock_cover,
)
from supplies.views.stock_derivation import (
    DerivationReport,
    LossReport,
    derive_stock,
    report_losses,
)
from supplies.views.team_report import TeamReport, report_teams
from supplies_service.request_context import Context
from supplies_service.routes.parameters import First, Last
from supplies_service.security.authorization import allow_roles

RateDays = Annotated[
    int,
    QueryParameter(
        ge=1,
        le=MAX_RATE_DAYS,
        description="over how many days up to today the rate is measured",
    ),
]

_STAFF = allow_roles("coordinator", "recorder", "auditor")
_NAMES = allow_roles("coordinator", "recorder", "auditor", personal=True)


class PeriodReportController(Controller):
    """Reports of a period, computed from the books of one station."""

    path = "/api/reports"
    tags = ("reports",)

    @get("/cover", operation_id="reportCover", opt=_STAFF)
    async def cover(
        self, context: Context, days: RateDays = RATE_DAYS, item: FromQuery[str | None] = None
    ) -> StockCoverReport:
        """Report the stock with lots and expiry, and for how many days it lasts."""
        today = context.ledger.today()
        return await context.show_in_thread(
            lambda books: report_stock_cover(books, today, rate_days=days, item=item)
        )

    @get("/derivation", operation_id="reportDerivation", opt=_STAFF)
    async def derivation(
        self, context: Context, first: First, last: Last, item: FromQuery[str | None] = None
    ) -> DerivationReport:
        """Report how the stock changed in a period: all that came in and went out, step by step."""
        return await context.show_in_thread(
            lambda books: derive_stock(books, first, last, item=item)
        )

    @get("/losses", operation_id="reportLosses", opt=_STAFF)
    async def losses(self, context: Context, first: First, last: Last) -> LossReport:
        """Report what was lost, by cause."""
        return await context.show_in_thread(lambda books: report_losses(books, first, last))

    @get("/pledges-by-donor", operation_id="reportPledgesByDonor", opt=_NAMES)
    async def pledges(self, context: Context, first: First, last: Last) -> DonorPledgesReport:
        """Report which pledges of a period are open, late or fulfilled, by donor."""
        today = context.ledger.today()
        return await context.show_in_thread(
            lambda books: report_pledges_by_donor(books, first, last, today)
        )

    @get("/donor-values", operation_id="reportDonorValues", opt=_NAMES)
    async def values(self, context: Context, first: First, last: Last) -> DonorValuesReport:
        """Report the values that donors gave, by donor, year and currency."""
        return await context.show_in_thread(lambda books: report_donor_values(books, first, last))

    @get("/waiting", operation_id="reportWaiting", opt=_STAFF)
    async def waiting(self, context: Context, first: First, last: Last) -> NeedsReport:
        """Report needs by item, community and urgency, and for how long households wait."""
        today = context.ledger.today()
        return await context.show_in_thread(lambda books: report_needs(books, first, last, today))

    @get("/teams", operation_id="reportTeams", opt=_STAFF)
    async def teams(
        self, context: Context, first: First, last: Last, team: FromQuery[str | None] = None
    ) -> TeamReport:
        """Report deliveries by team, with their stops and goods."""
        return await context.show_in_thread(
            lambda books: report_teams(books, first, last, team=team)
        )

    @get("/household", operation_id="reportHousehold", opt=_STAFF)
    async def household(
        self, context: Context, first: First, last: Last, recipient: FromQuery[str]
    ) -> HouseholdHistory:
        """Report what a household asked for and received."""
        return await context.show_in_thread(
            lambda books: get_household_history(books, recipient, first, last)
        )
