"""The reports that `supplies.exports.reports` describes: as JSON, PDF, CSV and XLSX.

The handlers are made from these descriptions. Only the JSON of stock, recall and alerts comes from
handlers in `routes.reports`.
"""

from __future__ import annotations

from inspect import Parameter, Signature
from typing import Annotated, Any, Literal

from litestar import get
from litestar.handlers import HTTPRouteHandler
from litestar.params import PathParameter, QueryParameter
from supplies_receipts import draw_report

from supplies.books.reader import Books
from supplies.exports.formats import CSV_TYPE, XLSX_TYPE
from supplies.exports.report_kinds.kind import ReportKind, ReportOption
from supplies.exports.report_papers import build_report_paper
from supplies.exports.reports import (
    MAX_RATE_DAYS,
    REPORTS,
    build_report,
    report_tables,
    result_type,
)
from supplies.exports.tables import write_tables
from supplies.papers.report import ReportPaper
from supplies_service.request_context import Context, RequestContext
from supplies_service.responses import (
    PDF_TYPE,
    Download,
    DownloadResponse,
    PDFResponse,
    written_download,
)
from supplies_service.routes.catalogue import sees_names
from supplies_service.routes.parameters import AsOf, FirstOrNone, LastOrNone
from supplies_service.security.authorization import allow_roles

Form = Literal["pdf", "csv", "xlsx"]

_MEDIA_TYPES = {"csv": CSV_TYPE, "xlsx": XLSX_TYPE}

_WITH_OWN_JSON = ("stock", "recall", "alerts")


async def report_file(
    context: RequestContext, kind: ReportKind, form: Form, values: dict[str, Any]
) -> PDFResponse | DownloadResponse:
    """Return a report as PDF, CSV or XLSX. Names that the caller may not see are replaced by codes.

    Args:
        values: The period, `as_of` and the options of the report.
    """
    now, today = context.ledger.clock(), context.ledger.today()

    def read(books: Books) -> ReportPaper | Download:
        built = build_report(books, kind, today, **values)
        content = context.redacted(built.content)
        if form == "pdf":
            return build_report_paper(built, content, printed_at=now, personal=sees_names(context))
        return written_download(
            _MEDIA_TYPES[form],
            f"{kind.name}.{form}",
            lambda file: write_tables(report_tables(kind.name, content), form, file),
        )

    made = await context.read_in_thread(read)
    if isinstance(made, ReportPaper):
        return await context.draw(lambda: draw_report(made), kind.name)
    return DownloadResponse(made)


def _json_handler(kind: ReportKind) -> HTTPRouteHandler:
    async def report(context: RequestContext, **values: Any) -> Any:
        today = context.ledger.today()
        return await context.show_in_thread(
            lambda books: build_report(books, kind, today, **values).content
        )

    _describe(report, kind, result_type(kind))
    return get(
        f"/api/reports/{kind.name}",
        operation_id=f"report{_pascal(kind.name)}",
        opt=_roles(kind, personal=kind.has_names),
        tags=["reports"],
    )(report)


def _file_handler(kind: ReportKind) -> HTTPRouteHandler:
    async def report(context: RequestContext, form: Form, **values: Any) -> Any:
        return await report_file(context, kind, form, values)

    form = Parameter("form", _KEYWORD, annotation=Annotated[Form, PathParameter()])
    _describe(report, kind, DownloadResponse, form)
    return get(
        f"/api/reports/{kind.name}/{{form:str}}",
        operation_id=f"download{_pascal(kind.name)}",
        opt=_roles(kind, personal=kind.prints_names)
        | {"media_types": (PDF_TYPE, CSV_TYPE, XLSX_TYPE)},
        tags=["reports"],
    )(report)


_KEYWORD = Parameter.KEYWORD_ONLY


def _describe(handler: Any, kind: ReportKind, answer: Any, *more: Parameter) -> None:
    """Give a handler the signature and docstring from which Litestar reads its parameters."""
    parameters = [Parameter("context", _KEYWORD, annotation=Context), *more]
    if kind.has_period:
        parameters += [
            Parameter("first", _KEYWORD, annotation=FirstOrNone, default=None),
            Parameter("last", _KEYWORD, annotation=LastOrNone, default=None),
        ]
    parameters.append(Parameter("as_of", _KEYWORD, annotation=AsOf, default=None))
    parameters += map(_parameter, kind.options)
    handler.__signature__ = Signature(parameters, return_annotation=answer)
    handler.__annotations__ = {one.name: one.annotation for one in parameters} | {"return": answer}
    handler.__doc__ = kind.summary


def _parameter(option: ReportOption) -> Parameter:
    if option.days is not None:
        limits = QueryParameter(ge=1, le=MAX_RATE_DAYS, description=option.help)
        return Parameter(
            option.name, _KEYWORD, annotation=Annotated[int, limits], default=option.days
        )
    described = QueryParameter(description=option.help)
    if option.required:
        return Parameter(option.name, _KEYWORD, annotation=Annotated[str, described])
    return Parameter(
        option.name, _KEYWORD, annotation=Annotated[str | None, described], default=None
    )


def _roles(kind: ReportKind, *, personal: bool) -> dict[str, Any]:
    if kind.of_organisation:
        return allow_roles("coordinator", personal=personal)
    return allow_roles("coordinator", "recorder", "auditor", personal=personal)


def _pascal(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("-"))


REPORT_HANDLERS = [
    *(_json_handler(kind) for name, kind in REPORTS.items() if name not in _WITH_OWN_JSON),
    *(_file_handler(kind) for kind in REPORTS.values()),
]
"""The handlers of all routes for reports."""
