"""Forms of commands: each field of a form is named by its JSON pointer in the command.

`<input name="/lines/0/quantity">` is the field `quantity` of the first line. The typed texts are
converted to the JSON of the command, which is checked like a request to the API. Errors have JSON
pointers too, so each is shown at its field. After an error, the form keeps all typed texts.

For a correction, the form is filled in from a recorded command, with `typed_values.fields_of`.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

import msgspec
from litestar import Request, Response

from supplies.books.reader import Books
from supplies.errors import (
    Fault,
    IdempotencyConflict,
    InvalidField,
    Sentence,
    StoreError,
    SuppliesError,
)
from supplies.ledger.ledger import Ledger
from supplies.ledger.recorded import Recorded
from supplies.storage.idempotency import IdempotencyKey, StoredResponse
from supplies.views.goods_with_teams import find_goods_with_teams
from supplies.views.pagination import View, Warned
from supplies_service.idempotency import Outcome, canonical, command_id, run_idempotent
from supplies_service.observability.request_log import log_error
from supplies_service.pages.forms import read_form, redirect
from supplies_service.pages.layout import render_page
from supplies_service.pages.named_records import (
    OTHER_CODES,
    PARTY_FIELDS,
    REFERENCES,
    Choice,
    find_purpose,
    find_record,
    is_party,
    not_found,
)
from supplies_service.pages.new_records import (
    FILL_IN_RIGHT,
    PROVISIONAL_CODE,
    NewRecord,
    read_new_record,
    register_record,
)
from supplies_service.pages.typed_values import command_of, is_code_field
from supplies_service.problems import Malformed, shown_detail, status_of
from supplies_service.request_context import RequestContext

C = TypeVar("C", bound=msgspec.Struct)

_INDEX = re.compile(r"\d{1,9}", re.ASCII)
"""Regular expression of a line's index in a form. Indexes have gaps after lines were removed."""


class Unconfirmed(SuppliesError):
    """The command causes warnings that the user has not confirmed. Nothing is recorded."""

    def __init__(self, warnings: Sequence[Warned]) -> None:
        super().__init__("confirm the warnings first")
        self.warnings = tuple(warnings)


class Saved(NamedTuple):
    """The result of recording a form.

    Attributes:
        location: URL of the page to show next.
        entry: Number of the recorded entry; None if the form recorded no entry.
    """

    location: str
    entry: int | None = None


class FormRecorded(View, frozen=True, kw_only=True):
    """The stored response to a form. It is returned if the same form is sent a second time.

    Attributes:
        location: URL of the page to show after the form was recorded.
    """

    location: str


class CommandForm(Generic[C]):
    """A form of a command: the typed texts and the errors to show.

    Attributes:
        kind: The struct that the form fills in, usually a command.
        fields: The typed texts, by JSON pointer. Names of records are replaced by their codes once
            the records are found.
        extra: Other fields of the form, by name.
        key: The idempotency key of the form. Forms with the same key are recorded once.
        do: The value of the pressed button, such as "save" or "add:/lines".
        confirmed: Keys of the warnings that the user confirmed; see `warning_key`.
        errors: Messages about fields, by JSON pointer.
        choices: For each ambiguous field, by JSON pointer, the records to choose from.
        parts: The structs of new records that the form may register, by JSON pointer to the fields
            of the new record.
        new: JSON pointers to the fields of new records, as in `parts`. The key is the JSON pointer
            to the field of the command that refers to the record, such as `/donor`.
        failed: The error that kept the form from being recorded; None if there is none.
        warnings: The warnings that the user must confirm.
        labels: Labels of the fields on the page, by JSON pointer.
        id_prefix: Beginning of the HTML ids of the fields, if the page has several forms.
    """

    def __init__(
        self,
        kind: type[C],
        fields: Mapping[str, str] | None = None,
        *,
        key: str | None = None,
        do: str = "",
        extra: Mapping[str, str] | None = None,
        confirmed: Iterable[str] = (),
    ) -> None:
        self.kind, self.fields, self.extra = kind, dict(fields or {}), dict(extra or {})
        self.key, self.do = key or secrets.token_urlsafe(16), do
        self.confirmed = frozenset(confirmed)
        self.errors: dict[str, list[str]] = {}
        self.choices: dict[str, list[Choice]] = {}
        self.parts: dict[str, type[NewRecord]] = {}
        self.new: dict[str, str] = {}
        self.failed: SuppliesError | None = None
        self.warnings: tuple[Warned, ...] = ()
        self.labels: dict[str, str] = {}
        self.id_prefix = ""

    @classmethod
    async def read(cls, request: Request[Any, Any, Any], kind: type[C]) -> CommandForm[C]:
        """Return the form that a browser sent.

        Raises:
            WrongMediaType, TooLarge, TooSlow, Malformed: the form cannot be read.
        """
        sent = await read_form(request)
        fields = {name: value for name, value in sent if name.startswith("/")}
        extra = {name: value for name, value in sent if not name.startswith("/")}
        confirmed = [value for name, value in sent if name == "confirmed"]
        key, do = extra.pop("key", ""), extra.pop("do", "")
        if not re.fullmatch(r"[\w-]{16,64}", key, re.ASCII):
            raise Malformed(Sentence("the form has no key; open the page and send it again"))
        form = cls(kind, fields, key=key, do=do, extra=extra, confirmed=confirmed)
        form._change_lines()
        return form

    @property
    def is_save(self) -> bool:
        """Whether the user pressed the button that records the form."""
        return self.do.partition("-")[0] == "save"

    # --- what the templates read -------------------------------------------------------------

    def value(self, pointer: str) -> str:
        """Return the text that was typed into a field."""
        return self.fields.get(pointer, "")

    def lines(self, pointer: str, least: int = 1) -> list[int]:
        """Return the indexes of the lines in a list of the form.

        If there are fewer than `least`, add indexes of empty lines.
        """
        start = f"{pointer}/"
        found = {
            int(rest)
            for name in self.fields
            if name.startswith(start)
            and _INDEX.fullmatch(rest := name[len(start) :].partition("/")[0])
        }
        while len(found) < least:
            found.add(max(found, default=-1) + 1)
        return sorted(found)

    def has_text(self, pointer: str) -> bool:
        """Return whether a text was typed into a field or one of its subfields.

        A currency below the pointer does not count, because forms always fill it in.
        """
        below = f"{pointer}/"
        return any(
            text.strip()
            for name, text in self.fields.items()
            if name == pointer or (name.startswith(below) and not name.endswith("/currency"))
        )

    def sentences(self, pointer: str) -> list[str]:
        """Return the error messages about a field."""
        return self.errors.get(pointer, [])

    def name(self, pointer: str, label: str) -> str:
        """Store the label of a field, for the list of errors.

        Return "", so that templates print nothing.
        """
        self.labels[pointer] = label
        return ""

    @property
    def detail(self) -> str:
        """The part of the error message that the user may see."""
        return "" if self.failed is None else shown_detail(self.failed)

    @property
    def recorded_at(self) -> str:
        """URL of the page about the document that was recorded when this form was first sent.

        This is for a form that was sent again with changed texts. For other forms, it is "".
        """
        error = self.failed
        location = error.location if isinstance(error, IdempotencyConflict) else None
        return location or ""

    def warning_keys(self) -> list[str]:
        """Return the keys of the warnings, for the checkbox that confirms them."""
        return [warning_key(warned) for warned in self.warnings]

    def has_errors_below(self, pointer: str) -> bool:
        """Return whether a field or one of its subfields has an error."""
        return any(name == pointer or name.startswith(f"{pointer}/") for name in self.errors)

    # --- from fields to the command, and back --------------------------------------------------

    def command(self, books: Books) -> C:
        """Return the command with the typed values.

        Typed names of records are replaced by codes, in the command and in `fields`.

        Args:
            books: The books, to find records by name.

        Raises:
            InvalidField: fields are wrong. The pointers of the faults are field names of the form.
        """
        faults = self.find_records(books)
        given = dict.fromkeys(self._registered(), PROVISIONAL_CODE)
        try:
            made = command_of(self.kind, self._fields_of_command() | given)
            for part in self._registered().values():
                self._part(part)
        except InvalidField as error:
            faults = [*faults, *error.faults]
        if not faults:
            return made
        # An unknown name is an invalid code too. Report one fault for each field.
        first = {fault.pointer: fault for fault in reversed(faults)}
        raise InvalidField(FILL_IN_RIGHT, list(reversed(first.values())))

    def allow_new(self, pointer: str, kind: type[NewRecord], part: str) -> None:
        """Let a user register a new record in the form, where a field asks for its code.

        The record, such as a donor, is registered together with the command.

        Args:
            pointer: JSON pointer to the field with the code of the record.
            kind: The struct of the new record.
            part: JSON pointer to the fields of the new record.
        """
        self.parts[part], self.new[pointer] = kind, part
        if self.do == f"new:{pointer}":
            self.fields[f"{part}/name"] = self.fields.pop(pointer, "")

    def register_new(
        self, context: RequestContext, ledger: Ledger, command: C
    ) -> tuple[C, list[Warned]]:
        """Register the new records of the form. Call this in the job that records the form.

        Return the command with the codes of the new records, and a warning for each older record
        that looks like one of the new records.
        """
        warnings = list[Warned]()
        for pointer, part in self._registered().items():
            code, found = register_record(context, ledger, self._part(part))
            warnings += found
            command = msgspec.structs.replace(command, **{pointer.removeprefix("/"): code})
        return command, warnings

    def registers(self, pointer: str) -> bool:
        """Return whether the user typed a new record for a field instead of choosing one."""
        return pointer in self._registered()

    def _registered(self) -> dict[str, str]:
        """Return the entries of `new` for which the user typed the name of a new record."""
        return {at: part for at, part in self.new.items() if self.value(f"{part}/name").strip()}

    def _part(self, pointer: str) -> NewRecord:
        """Return the new record that was typed into the fields below a pointer.

        Raises:
            InvalidField: fields are wrong. The pointers of the faults are field names of the form.
        """
        return read_new_record(self.parts[pointer], self.fields, pointer)

    def _fields_of_command(self) -> dict[str, str]:
        starts = tuple(f"{pointer}/" for pointer in self.parts)
        return {
            name: text
            for name, text in self.fields.items()
            if not starts or not name.startswith(starts)
        }

    def refuse(self, error: SuppliesError) -> None:
        """Store an error, to show it at the fields that it is about, or at the top of the form.

        If the error is that a list of goods has no lines, it is shown at the item of the first
        line.
        """
        if isinstance(error, Unconfirmed):
            self.warnings = error.warnings
            return
        self.failed = error
        for fault in error.faults:
            pointer, sentence = self._as_typed(fault.pointer), fault.rule or fault.detail
            item = f"{pointer}/{self.lines(pointer)[0]}/item"
            if not self.has_text(pointer) and is_code_field(self.kind, item, self.fields):
                pointer, sentence = item, Sentence("fill in at least one line")
            self.errors.setdefault(pointer, []).append(sentence)

    def _as_typed(self, pointer: str) -> str:
        """Convert the pointer to a field of the command to the pointer to that field in the form.

        The two pointers differ only if an expiry month was typed into the field of the expiry day.
        """
        start, _, name = pointer.rpartition("/")
        if name == "expires_month" and pointer not in self.fields:
            return f"{start}/expires_on"
        return pointer

    def find_records(self, books: Books) -> list[Fault]:
        """Replace typed names of records by codes in `fields`.

        Return a fault for each name that matches no record or several records.
        """
        faults = []
        for pointer, text in self._fields_of_command().items():
            name = pointer.rpartition("/")[2]
            if not text.strip() or not is_code_field(self.kind, pointer, self.fields):
                continue
            if (self.kind, name) not in OTHER_CODES and name in REFERENCES:
                found = find_record(books, REFERENCES[name], text)
            elif name == "purpose":
                found = find_purpose(books, text)
            else:
                continue
            if name in PARTY_FIELDS and not isinstance(found, str) and is_party(books, text):
                continue
            if isinstance(found, str):
                self.fields[pointer] = found
                continue
            self.choices[pointer] = found
            sentence = not_found(text, found, may_register=pointer in self.new)
            faults.append(Fault(pointer, sentence))
        return faults

    def _change_lines(self) -> None:
        """Change the form if the user chose a record, added a line or removed a line."""
        what, _, about = self.do.partition(":")
        if what == "choose":
            pointer, _, code = about.partition("=")
            self.fields[pointer] = code
        elif what == "add":
            self.fields[f"{about}/{self.lines(about)[-1] + 1}/"] = ""
        elif what == "remove":
            self.fields = {
                name: value
                for name, value in self.fields.items()
                if not name.startswith(f"{about}/")
            }

    # --- recording -----------------------------------------------------------------------------

    async def record(self, context: RequestContext, job: Callable[[Ledger, str], Saved]) -> str:
        """Record the form once, and return the URL of the page to show next.

        If the same form is sent again, nothing is recorded, and the same URL is returned.

        Args:
            context: The request.
            job: Records the form within a transaction. Its arguments are the ledger and the id for
                the command.

        Raises:
            IdempotencyConflict: the form was recorded before with other texts.
            SuppliesError: the form is refused, or the database cannot be written.
        """
        sent = canonical([context.request.url.path, sorted(self.fields.items())])
        key = IdempotencyKey(context.by, self.key, sent)

        def operation(ledger: Ledger) -> Outcome[FormRecorded]:
            saved = job(ledger, command_id(key))
            content = FormRecorded(location=saved.location)
            return Outcome(saved.location, content, entry=saved.entry)

        def replay(_: Ledger, stored: StoredResponse) -> FormRecorded:
            return FormRecorded(location=str(stored.location))

        done = await context.write(run_idempotent(key, operation, replay))
        return str(done.location)

    def confirm(self, warnings: Sequence[Warned]) -> None:
        """Check that the user confirmed all warnings. Call this in the job that records the form.

        The error rolls back everything that the job recorded.

        Raises:
            Unconfirmed: a warning is not confirmed.
        """
        if any(warning_key(warned) not in self.confirmed for warned in warnings):
            raise Unconfirmed(warnings)


async def submit(
    context: RequestContext,
    form: CommandForm[Any],
    show: Callable[[], Response[bytes]],
    *,
    address: Callable[[Recorded], str],
    warnings: Callable[[Books, Recorded], Sequence[Warned]] | None = None,
) -> Response[bytes]:
    """Record the command of a form and redirect. If that is refused, show the form again.

    Args:
        context: The request.
        form: The form of one command.
        show: Returns the page with the form and its errors.
        address: Returns the URL to redirect to. If the command was recorded as a conflict, the page
            of its entry is shown instead.
        warnings: Returns the warnings that the user must confirm, besides those about goods that a
            team still carries. None if there are no other warnings.
    """
    if not form.is_save:
        return show()
    try:
        with context.reading() as books:
            command = form.command(books)

        def job(ledger: Ledger, id: str) -> Saved:
            stated, found = form.register_new(context, ledger, command)
            recorded = ledger.record(stated, by=context.by, id=id)
            if warnings is not None:
                found += warnings(ledger.books, recorded)
            found += find_goods_with_teams(ledger.books, recorded.seq, recorded.last)
            form.confirm(found)
            is_conflict = recorded.conflict is not None
            return Saved(
                f"/entries/{recorded.seq}" if is_conflict else address(recorded), recorded.seq
            )

        return redirect(await form.record(context, job))
    except SuppliesError as error:
        form.refuse(error)
        return show()


def warning_key(warned: Warned) -> str:
    """Return the key that a form sends to confirm a warning."""
    # The id of a lot contains the number of an entry, which differs when the form is sent again.
    lot = re.fullmatch(r"l_.+_(\d+)", warned.about)
    return f"{warned.warning}:{lot[1] if lot else warned.about}"


def _find_record(context: RequestContext, form: CommandForm[Any]) -> None:
    """If a button “Find” was pressed, find the record that was typed into the button's field."""
    what, _, pointer = form.do.partition(":")
    if what == "find":
        with context.reading() as books:
            found = [fault for fault in form.find_records(books) if fault.pointer == pointer]
        for fault in found:
            form.errors[pointer] = [fault.rule or fault.detail]


def render_form(
    context: RequestContext, template: str, form: CommandForm[Any], **values: object
) -> Response[bytes]:
    """Return a page with a form, its typed texts and its errors.

    Raises:
        SuppliesError: the form failed with an error that must not be shown to the reader.
    """
    _find_record(context, form)
    status = 200
    if form.failed is not None:
        found = status_of(form.failed)
        if found is None:
            raise form.failed
        status = found
        if isinstance(form.failed, StoreError):
            log_error("unavailable", context.request.scope, form.failed)
    elif form.warnings:
        status = 422
    return render_page(context.request, template, status=status, form=form, **values)
