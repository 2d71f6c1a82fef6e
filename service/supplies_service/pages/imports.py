"""The page that imports a spreadsheet: choose a file, try it without recording, then record it.

The file is sent back with each step in a hidden field, so that no step keeps it on the server.
"""

from __future__ import annotations

import base64
import binascii
import re
from functools import partial
from typing import Any, NamedTuple

from litestar import Controller, Request, Response, get, post

from supplies.errors import InvalidField, Sentence, SuppliesError, template
from supplies.imports.columns import KINDS, NO_COLUMN, Column, recognize_header
from supplies.imports.days import NO_MONTH, NO_YEAR, TWO_ORDERS
from supplies.imports.import_results import ImportOptions
from supplies.imports.listed_rows import listed_as_csv
from supplies.imports.matching import NOT_REGISTERED
from supplies.imports.saved_choices import with_saved_choices
from supplies.imports.sheets import Row
from supplies.stations.paper_settings import paper_settings
from supplies.stations.saved_columns import saved_columns
from supplies_service.import_process import ImportAnswer, ImportJob, run_import
from supplies_service.pages.forms import is_form, parse_form
from supplies_service.pages.languages import language_of, translate_sentence
from supplies_service.pages.layout import render_page
from supplies_service.pages.page_roles import COORDINATORS
from supplies_service.problems import Malformed, TooLarge
from supplies_service.request_bodies import read_body
from supplies_service.request_context import Context, RequestContext

MAX_FILE = 600_000
"""Largest size of a file in bytes. A request's body has space for such a file in a hidden field."""

_ON_PAGE = {
    NOT_REGISTERED: template("{name} is not registered; register it, or tick the box below"),
    NO_YEAR: template("the day has no year; name it below"),
    NO_MONTH: template("{text} has no month; name it below"),
    TWO_ORDERS: template("{text} may begin with the day or with the month; choose below"),
    NO_COLUMN: template(
        "the file has no column for {wanted}; choose one below, or give one value for all rows"
    ),
}
"""The messages of this page that replace messages of the command line, by the replaced message.

The command line names its options. The page names fields of its form.
"""

_OPTIONS = ("create_items", "create_people", "open_missing")
_DAY_FIRST = {"day": True, "month": False}
_DISPOSITION = re.compile(rb'name="([^"]*)"(?:.*?filename="([^"]*)")?', re.DOTALL)
_HAN = re.compile(r"[\u4e00-\u9fff]")


class ColumnChoice(NamedTuple):
    """A column that a kind of row may have, and the heading or value that the user chose for it.

    Attributes:
        found: The heading that the program recognized as this column; "" if none.
        chosen: The heading that the user chose; "" if the user chose none.
        headings: The headings of the file, to choose from.
        value: A value that the user typed for all rows, in place of a column; "" if none.
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
    opt = COORDINATORS

    @get()
    async def choose(self, context: Context) -> Response[bytes]:
        """Show the form for choosing a file."""
        return _show(context, {})

    @post()
    async def step(self, context: Context) -> Response[bytes]:
        """Try the file, record it, or return as CSV the rows that cannot be recorded.

        The file is recorded only if the user chooses so; the first step only tries it.
        """
        fields = await _read_fields(context.request)
        try:
            job = _job(context, fields)
        except SuppliesError as error:
            return _show(context, fields, refused=error.detail, status=422)
        answer = await run_import(job)
        if fields.get("do") == "listed" and answer.result is not None:
            headers = {"Content-Disposition": 'attachment; filename="listed.csv"'}
            content = b"".join(listed_as_csv(answer.result, partial(_in_language, context)))
            return Response(content, media_type="text/csv", headers=headers)
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
    return ImportJob(
        database=context.ledger.store.url,
        station=context.station.code,
        kind=kind,
        name=fields.get("name", "file"),
        content=content,
        by=context.by,
        options=_options(context, kind, fields),
        save_as=fields.get("save_as", "").strip(),
    )


def _options(context: RequestContext, kind: str, fields: dict[str, str]) -> ImportOptions:
    """Return the options of the import that the user chose in the form.

    If the form names choices that were saved before, they complete the user's choices.

    Raises:
        InvalidField: the year or month is invalid, or no choices are saved under the name.
    """

    def chosen(prefix: str) -> dict[str, str]:
        names = [column.name for column in KINDS[kind].columns]
        texts = {name: fields.get(f"{prefix}:{name}", "").strip() for name in names}
        return {name: text for name, text in texts.items() if text}

    options = ImportOptions(
        columns=chosen("column"),
        values=chosen("value"),
        sheet=fields.get("sheet") or None,
        dry_run=fields.get("do") != "save",
        year=_number(fields, "year", 1900, 2200),
        month=_number(fields, "month", 1, 12),
        day_first=_DAY_FIRST.get(fields.get("first", "")),
        **{name: fields.get(name) == "true" for name in _OPTIONS},
    )
    saved = fields.get("saved", "")
    return with_saved_choices(context.ledger, saved, kind, options) if saved else options


def _number(fields: dict[str, str], name: str, least: int, most: int) -> int | None:
    text = fields.get(name, "").strip()
    if not text:
        return None
    if not text.isdecimal() or len(text) > 4 or not least <= int(text) <= most:
        raise InvalidField(
            Sentence("'{text}' must be {least} to {most}", text=text, least=least, most=most)
        )
    return int(text)


def _show(
    context: RequestContext,
    fields: dict[str, str],
    *,
    job: ImportJob | None = None,
    answer: ImportAnswer | None = None,
    refused: str = "",
    status: int = 200,
) -> Response[bytes]:
    with context.reading() as books:
        return render_page(
            context.request,
            "import.html",
            status=status,
            kinds=list(KINDS),
            fields=fields,
            job=job,
            answer=answer,
            error="" if answer is None else _for_page(answer.sentence),
            for_page=_for_page,
            refused=refused,
            options=_OPTIONS,
            saved=list(saved_columns(books)),
            columns=[] if job is None or answer is None else _columns(job, answer),
        )


def _for_page(sentence: str) -> str:
    """Return a message that names fields of the page instead of options of the command line."""
    if not isinstance(sentence, Sentence):
        return sentence
    values = {name: _for_page(value) for name, value in sentence.values.items()}
    return Sentence(_ON_PAGE.get(sentence.template, sentence.template), **values)


def _in_language(context: RequestContext, sentence: str) -> str:
    with context.reading() as books:
        language = language_of(context.request, paper_settings(books).languages)
    return translate_sentence(_for_page(sentence), language)


def _headings(answer: ImportAnswer) -> list[str]:
    """Return the headings of the file, for the user to choose from.

    If no headings were recognized, return the texts of the row with the most cells filled in.

    Args:
        answer: The result of trying the import.
    """
    found = [name for sheet in getattr(answer.result, "sheets", []) for name in sheet.headings]
    if not found:
        rows = [row for sheet in answer.first for row in sheet.rows]
        found = max(rows, key=lambda row: sum(map(bool, row)), default=[])
    return list(dict.fromkeys(name for name in found if name.strip()))


def _columns(job: ImportJob, answer: ImportAnswer) -> list[ColumnChoice]:
    read: dict[str, str] = {}
    if answer.result is None:
        read = _recognized(job, answer)
    else:
        for sheet in answer.result.sheets:
            read |= sheet.columns
    headings = _headings(answer)
    columns = []
    for column in KINDS[job.kind].columns:
        if column.exported and column.name not in read:
            continue
        found = read.get(column.name, "")
        chosen = job.options.columns.get(column.name, "")
        others = [heading for heading in headings if heading not in (found, chosen)]
        columns.append(
            ColumnChoice(
                column.name,
                _chinese_heading(column),
                column.required,
                found,
                chosen,
                [chosen, *others] if chosen else others,
                job.options.values.get(column.name, ""),
            )
        )
    return columns


def _recognized(job: ImportJob, answer: ImportAnswer) -> dict[str, str]:
    """Return the heading of each column that is recognized in a file that was refused."""
    found: dict[str, str] = {}
    for sheet in answer.first:
        rows = [Row(at, [text or None for text in row]) for at, row in enumerate(sheet.rows, 1)]
        header = recognize_header(KINDS[job.kind], rows, job.options.columns)
        if header is not None:
            found |= {name: header.names[at] for name, at in header.columns.items()}
    return found


def _chinese_heading(column: Column) -> str:
    """Return the first Chinese heading of a column, or the name of the column if there is none."""
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
    """Return the fields of a `multipart/form-data` body.

    A file becomes two fields: `name`, its file name, and `content`, its bytes as base64.

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
            raise TooLarge(
                Sentence(
                    "a file may have {most} bytes, this one has {count}",
                    most=MAX_FILE,
                    count=len(content),
                )
            )
        fields["name"] = found[2].decode(errors="replace")
        fields["content"] = base64.urlsafe_b64encode(content).decode()
    return fields
