"""Donor statements: what became of the goods that a donor gave."""

from __future__ import annotations

from datetime import date

from litestar import Controller, get
from litestar.params import FromPath
from supplies_receipts import draw_donor_statement

from supplies.books.past import books_as_of
from supplies.papers.donor_statement import DonorStatement
from supplies.views.donor_statement import build_donor_statement, build_donor_statement_paper
from supplies_service.request_context import Context, RequestContext
from supplies_service.responses import DownloadResponse, PDFResponse
from supplies_service.routes.parameters import AsOf, First, Last
from supplies_service.routes.reports import TABLE_FILES, TableForm, download_tables
from supplies_service.security import ownership
from supplies_service.security.authorization import allow_roles


class StatementController(Controller):
    """Donor statements, which show donors what became of their goods."""

    path = "/api/donors/{donor:str}/statement"
    tags = ("donors",)

    @get(
        operation_id="stateDonor",
        opt=allow_roles("coordinator", "recorder", "donor", personal=True),
    )
    async def statement(
        self, context: Context, donor: FromPath[str], first: First, last: Last, as_of: AsOf = None
    ) -> DonorStatement:
        """Report what became of the goods that a donor gave in a period."""
        await ownership.check_donor(context, donor)
        return await context.show_in_thread(
            lambda books: build_donor_statement(books_as_of(books, as_of), donor, first, last)
        )

    @get(
        "/pdf",
        operation_id="printDonorStatement",
        opt=allow_roles("coordinator", "recorder", "donor", personal=True),
    )
    async def pdf(
        self, context: Context, donor: FromPath[str], first: First, last: Last, as_of: AsOf = None
    ) -> PDFResponse:
        """Print the donor statement as PDF."""
        await ownership.check_donor(context, donor)
        return await donor_statement_pdf(context, donor, first, last, as_of)

    @get(
        "/{form:str}",
        operation_id="downloadDonorStatement",
        opt=allow_roles("coordinator", "recorder", "donor", personal=True) | TABLE_FILES,
    )
    async def tables(
        self,
        context: Context,
        donor: FromPath[str],
        form: FromPath[TableForm],
        first: First,
        last: Last,
        as_of: AsOf = None,
    ) -> DownloadResponse:
        """Download the tables of the donor statement as CSV, or as a workbook."""
        await ownership.check_donor(context, donor)
        return await download_donor_statement(context, donor, form, first, last, as_of)


async def donor_statement_pdf(
    context: RequestContext, donor: str, first: date, last: date, as_of: date | None = None
) -> PDFResponse:
    """Return a donor's statement for a period as PDF."""
    now = context.ledger.clock()
    paper = await context.read_in_thread(
        lambda books: build_donor_statement_paper(
            books_as_of(books, as_of), donor, first, last, printed_at=now
        )
    )
    return await context.draw(
        lambda: draw_donor_statement(paper), f"statement-{donor}-{first}-{last}"
    )


async def download_donor_statement(
    context: RequestContext,
    donor: str,
    form: TableForm,
    first: date,
    last: date,
    as_of: date | None = None,
) -> DownloadResponse:
    """Return the tables of a donor's statement for a period as a file."""
    return await download_tables(
        context,
        f"statement-{donor}",
        form,
        lambda books: build_donor_statement(books_as_of(books, as_of), donor, first, last),
    )
