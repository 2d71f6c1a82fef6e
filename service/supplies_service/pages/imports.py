"""The page that imports a spreadsheet: choose a file, try it without recording, then record it.

The file is sent back with each step in a hidden field, so that no step keeps it on the server.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any, NamedTuple

from litestar import Controller, Request, Response, get, post

from supplies.errors import InvalidField, Sentence, SuppliesError, template
from supplies.imports.columns import KINDS, NO_COLUMN, Column
from supplies.imports.import_results import ImportOptions, Listed
from supplies.imports.matching import NOT_REGISTERED
from supplies_service.import_process import ImportAnswer, ImportJob, run_import
from supplies_service.pages.forms import is_form, parse_form
from supplies_service.pages.layout import render_page
from supplies_service.pages.page_roles import COORDINATORS
from supplies_service.problems import Malformed, TooLarge
from supplies_service.request_bodies import read_body
from supplies_service.request_context import Context, RequestContext

MAX_FILE = 600_000
"""Largest size of a file in bytes. As a hidden field it fits into the body of a request."""

_ON_PAGE = {
    NOT_REGISTERED: template("{name} is not registered; register it, or tick the box below"),
    NO_COLUMN: template(
        "the file has no column for {wanted}; choose one below, or give one value for all rows"
    ),
}
"""Sentences that name options of the command line, each with the sentence for the page."""

_OPTIONS = ("create_items", "create_people", "open_missing")
_DISPOSITION = re.compile(rb'name="([^"]*)"(?:.*?filename="([^"]*)")?', re.DOTALL)
_HAN = re.compile(r"[\u4e00-\u9fff]")


class ColumnChoice(NamedTuple):
    """A column that rows of the chosen kind may have.

    Attributes:
        found: The heading from which it is read; "" if the program recognized none.
        chosen: The heading that the user chose; "" if the user chose none.
        headings: The headings to choose from.
        value: One value for all rows.
    """

    name: str
    words: str
    required: bool
    found: str
    chosen: str
    headings: list[str]
    value: str


class ImportPages(Controller):
    """Routes of the page that imports a spreadsheet."""

    path = "/admin/import"
    include_in_schema = False
    opt = COORDINATORS  # Litestar reads it so

    @get()
    async def choose(self, context: Context) -> Response[bytes]:
        """Show the form for choosing a file."""
        return _show(context, {})

    @post()
    async def step(self, context: Context) -> Response[bytes]:
        """Try the file, record it, or return the rows that cannot be recorded as CSV.

        The file is recorded only if the user chooses so; the first step only tries it.
        """
        fields = await _read_fields(context.request)
        try:
            job = _job(context, fields)
        except SuppliesError as error:
            return _show(context, fields, refused=error.detail, status=422)
        answer = await run_import(job)
        if fields.get("do") == "listed":
            headers = {"Content-Disposition": 'attachment; filename="listed.csv"'}
            return Response(answer.listed, media_type="text/csv", headers=headers)
        return _show(context, fields, job=job, answer=answer, status=422 if answer.error else 200)


def _job(context: RequestContext, fields: dict[str, str]) -> ImportJob:
    kind = fields.get("kind", "")
    if kind not in KINDS:
        raise InvalidField(Sentence("choose what the rows of the file are"))
    try:
        content = base64.urlsafe_b64decode(fields.get("content", ""))
    except binascii.Error:
        raise Malformed(
            Sentence("the form cannot be read; open the page and send it again")
        ) from None
    if not content:
        raise InvalidField(Sentence("choose a file"))
    if len(content) > MAX_FILE:
        raise InvalidField(
            Sentence(
                "the file has {size} bytes, and the page takes {limit}; divide it, or use "
                "`supplies import` on the server",
                size=len(content),
                limit=MAX_FILE,
            )
        )
    known = {column.name for column in KINDS[kind].columns}
    chosen = {
        prefix: {
            name: text.strip()
            for name in known
            if (text := fields.get(f"{prefix}:{name}", "")).strip()
        }
        for prefix in ("column", "value")
    }
    return ImportJob(
        database=context.ledger.store.url,
        station=context.station.code,
        kind=kind,
        name=fields.get("name", "file"),
        content=content,
        by=context.by,
        options=ImportOptions(
            columns=chosen["column"],
            values=chosen["value"],
            sheet=fields.get("sheet") or None,
            dry_run=fields.get("do") != "save",
            **{name: fields.get(name) == "true" for name in _OPTIONS},
        ),
    )


def _show(
    context: RequestContext,
    fields: dict[str, str],
    *,
    job: ImportJob | None = None,
    answer: ImportAnswer | None = None,
    refused: str = "",
    status: int = 200,
) -> Response[bytes]:
    with context.reading():
        return render_page(
            context.request,
            "import.html",
            status=status,
            kinds=list(KINDS),
            fields=fields,
            job=job,
            answer=answer,
            error="" if answer is None else _sentence(answer.error, answer),
            reason=lambda listed: _sentence(listed.why, listed),
            refused=refused,
            options=_OPTIONS,
            columns=[] if job is None or answer is None else _columns(job, answer),
        )


def _sentence(text: str, parts: Listed | ImportAnswer) -> str:
    """Return a text as a sentence that the page can translate, if its parts are known.

    Options of the command line are replaced by the words of the page.
    """
    if not parts.template:
        return text
    return Sentence(_ON_PAGE.get(parts.template, parts.template), **parts.values)


def _headings(answer: ImportAnswer) -> list[str]:
    """Return the headings of the file, to choose from.

    If none were recognized, these are the texts of the row with the most cells.
    """
    found = [name for sheet in getattr(answer.result, "sheets", []) for name in sheet.headings]
    if not found:
        rows = [row for sheet in answer.first for row in sheet.rows]
        found = max(rows, key=lambda row: sum(map(bool, row)), default=[])
    return list(dict.fromkeys(name for name in found if name.strip()))


def _columns(job: ImportJob, answer: ImportAnswer) -> list[ColumnChoice]:
    read: dict[str, str] = {}
    for sheet in getattr(answer.result, "sheets", []):
        read |= sheet.columns
    headings = _headings(answer)
    columns = []
    for column in KINDS[job.kind].columns:
        found = read.get(column.name, "")
        chosen = job.options.columns.get(column.name, "")
        others = [heading for heading in headings if heading not in (found, chosen)]
        columns.append(
            ColumnChoice(
                column.name,
                _chinese(column),
                column.required,
                found,
                chosen,
                [chosen, *others] if chosen else others,
                job.options.values.get(column.name, ""),
            )
        )
    return columns


def _chinese(column: Column) -> str:
    """Return the first Chinese heading by which a column is recognized."""
    return next((word for word in column.words if _HAN.search(word)), column.name)


async def _read_fields(request: Request[Any, Any, Any]) -> dict[str, str]:
    """Return the fields of the form. An uploaded file becomes the fields `name` and `content`.

    Raises:
        TooLarge, TooSlow, Malformed: the form cannot be read.
    """
    body = await read_body(request)
    if is_form(request):
        try:
            return dict(parse_form(body.decode()))
        except ValueError:
            raise Malformed(
                Sentence("the form cannot be read; open the page and send it again")
            ) from None
    return parse_upload(request.headers.get("content-type", ""), body)


def parse_upload(content_type: str, body: bytes) -> dict[str, str]:
    """Return the fields of a `multipart/form-data` body, with a file as base64.

    Raises:
        Malformed: the body has another format.
        TooLarge: the file is larger than `MAX_FILE`.
    """
    boundary = re.search(r'boundary="?([\w\'()+,./:=?-]{1,70})"?', content_type, re.ASCII)
    if boundary is None:
        raise Malformed(Sentence("the form cannot be read; open the page and send it again"))
    fields: dict[str, str] = {}
    for part in (b"\r\n" + body).split(b"\r\n--" + boundary[1].encode())[1:-1]:
        head, separator, content = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        found = _DISPOSITION.search(head)
        if found is None or not separator:
            raise Malformed(Sentence("the form cannot be read; open the page and send it again"))
        if found[2] is None:
            fields[found[1].decode(errors="replace")] = content.decode(errors="replace")
            continue
        if len(content) > MAX_FILE:
            raise TooLarge(f"a file may have {MAX_FILE} bytes, this one has {len(content)}")
        fields["name"] = found[2].decode(errors="replace")
        fields["content"] = base64.urlsafe_b64encode(content).decode()
    return fields
