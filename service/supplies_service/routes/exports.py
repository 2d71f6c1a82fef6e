"""Exports of the books in the file formats of other programs."""

from __future__ import annotations

from typing import IO, Annotated, Literal

from litestar import Controller, get
from litestar.params import FromPath, QueryParameter

from supplies.errors import Fault, InvalidField, Sentence
from supplies.exports.formats import FORMATS, ExportRequest
from supplies_service.request_context import Context, RequestContext
from supplies_service.responses import Download, DownloadResponse, written_download
from supplies_service.routes.parameters import AsOf, FirstOrNone, LastOrNone, with_parameters
from supplies_service.security.audit import log_access
from supplies_service.security.authorization import allow_roles

Kind = Literal["hledger", "beancount", "jsonl", "csv", "xlsx", "package", "3w", "datasette"]

Lists = Annotated[
    str | None,
    QueryParameter(description="the lists to write, with commas between them; default: all"),
]
HxlRow = Annotated[
    bool,
    QueryParameter(description="add a row with tags of the Humanitarian Exchange Language"),
]
Language = Annotated[
    Literal["zh", "en"] | None,
    QueryParameter(description="language of the tables; default: that of the station's papers"),
]
Personal = Annotated[
    bool,
    QueryParameter(
        description="write names of people and free texts too; for coordinators only, and logged"
    ),
]

_PARAMETERS = {"first": "from", "last": "to"}
"""For the fields of `ExportRequest` that have another name in queries, the query parameter."""


class ExportController(Controller):
    """The route that exports the books."""

    path = "/api/exports"
    tags = ("exports",)

    @get(
        "/{kind:str}",
        operation_id="exportBooks",
        opt=allow_roles("coordinator", "auditor")
        | {"media_types": tuple(dict.fromkeys(one.media_type for one in FORMATS.values()))},
    )
    async def export(
        self,
        context: Context,
        kind: FromPath[Kind],
        first: FirstOrNone = None,
        last: LastOrNone = None,
        as_of: AsOf = None,
        lists: Lists = None,
        hxl: HxlRow = False,
        language: Language = None,
        personal: Personal = False,
    ) -> DownloadResponse:
        """Export the books in the format of another program.

        Without `personal`, the file contains codes of donors and recipients, but no other data
        about them. The file is written to disk before it is sent, so that memory does not limit its
        size.
        """
        names = [one for one in (lists or "").split(",") if one]
        request = ExportRequest(personal, as_of, first, last, tuple(names), hxl, language)
        return await export_books(context, kind, request)


async def export_books(
    context: RequestContext, kind: str, request: ExportRequest
) -> DownloadResponse:
    """Write an export to a temporary file, and return the response that sends the file.

    An export with personal data adds a line to the access log.

    Raises:
        Forbidden: the caller may not export personal data.
        InvalidField: the format does not use a field of the request, or a list is unknown.
        RateLimited: the caller is already waiting for several long reads.
    """
    form = FORMATS[kind]
    _check_fields(kind, request)
    if request.personal:
        if context.caller.role != "coordinator":
            await context.forbid(Sentence("only coordinators can export personal data"))
        await log_access(context.request, context.caller)

    code, day = context.station.code, context.ledger.today()
    what = request.lists[0] if len(request.lists) == 1 else kind
    name = f"{code.lower()}-{what}-{day.isoformat()}.{form.suffix}"

    def write() -> Download:
        def write_to(file: IO[bytes]) -> None:
            with context.stations.open_ledger(code) as ledger, ledger.reading() as books:
                form.write(books, request, file)

        return written_download(form.media_type, name, write_to)

    return DownloadResponse(await context.run_export(write))


def _check_fields(kind: str, request: ExportRequest) -> None:
    """Check that the format uses each field of the request that differs from its default.

    Raises:
        InvalidField: the format does not use a field.
    """
    takes, default = FORMATS[kind].takes, ExportRequest()
    unused = [
        name
        for name, value in request._asdict().items()
        if name not in takes and value != getattr(default, name)
    ]
    faults = [
        Fault(f"/{name}", Sentence("an export as {kind} has no {name}", kind=kind, name=name))
        for name in (_PARAMETERS.get(one, one) for one in unused)
    ]
    if faults:
        known = (_PARAMETERS.get(one, one) for one in takes)
        raise InvalidField(with_parameters(faults[0].detail, known), faults)
