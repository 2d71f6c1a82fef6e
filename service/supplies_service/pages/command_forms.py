"""Forms of commands: each field of a form is named by its JSON pointer in the command.

`<input name="/lines/0/quantity">` is the field `quantity` of the first line. The typed texts are
converted to the JSON of the command, which is checked like a request to the API. Errors have JSON
pointers too, so each is shown at its field. After an error, the form keeps all typed texts.

For a correction, the form is filled in from a recorded command (`fields_of`).
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from typing import Any, Generic, NamedTuple, TypeVar, get_args, get_origin, get_type_hints

import msgspec
from litestar import Request, Response

from supplies.books.reader import Books
from supplies.domain.catalogue_records import (
    CatalogueRecord,
    Donor,
    Item,
    Location,
    Recipient,
    Team,
)
from supplies.domain.fields import is_valid_code
from supplies.domain.money import Money
from supplies.domain.normalization import normalize_text
from supplies.domain.validation import alternatives, convert
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
from supplies.views.catalogue import list_records
from supplies.views.pagination import View, Warned
from supplies_service.idempotency import Outcome, canonical, command_id, run_idempotent
from supplies_service.observability.request_log import log_error
from supplies_service.pages.forms import read_form, redirect
from supplies_service.pages.layout import render_page
from supplies_service.pages.names import SEPARATOR
from supplies_service.problems import Malformed, shown_detail, status_of
from supplies_service.request_context import RequestContext

C = TypeVar("C", bound=msgspec.Struct)
P = TypeVar("P", bound=msgspec.Struct)

REFERENCES: Mapping[str, type[CatalogueRecord]] = {
    "donor": Donor,
    "item": Item,
    "location": Location,
    "quarantine": Location,
    "from": Location,
    "to": Location,
    "recipient": Recipient,
    "for": Recipient,
    "team": Team,
}
"""Kind of record for each field that contains a code. Users type a code or a name."""

MAX_CHOICES = 12
"""Largest number of records that are offered if a typed name fits several."""

MAX_LINE = 10_000
"""Largest index of a line in a form. Removed lines leave gaps in the indexes."""

_DAY = re.compile(r"(\d{4})\D?(\d{1,2})(?:\D?(\d{1,2}))?\D?", re.ASCII)
_NUMBER = re.compile(r"-?\d{1,18}", re.ASCII)
_GROUPED = re.compile(r"\d{1,3}(,\d{3})+", re.ASCII)


FILL_IN_RIGHT = Sentence("some fields are not filled in right")


class Choice(NamedTuple):
    """Code and name of a record that fits an ambiguous text, for the user to choose from."""

    code: str
    name: str


class Unconfirmed(SuppliesError):
    """The command causes warnings that the user has not confirmed. Nothing is recorded."""

    def __init__(self, warnings: Sequence[Warned]) -> None:
        super().__init__("confirm the warnings first")
        self.warnings = tuple(warnings)


class Saved(NamedTuple):
    """What a form recorded.

    Attributes:
        location: Address of the page to show next.
        entry: Number of the recorded entry. None means that there is no entry.
    """

    location: str
    entry: int | None = None


class FormRecorded(View, frozen=True, kw_only=True):
    """The stored response to a form, which is used again if the form is repeated.

    Attributes:
        location: Address of the page that shows what the form recorded.
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
        confirmed: Keys of the warnings that the user confirmed, as from `warning_key`.
        errors: Messages about fields, by JSON pointer.
        choices: For each ambiguous field, by JSON pointer, the records to choose from.
        parts: Further structs that the form fills in, by the JSON pointer of their fields.
        failed: The error because of which nothing was recorded; None if there is none.
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
        self.parts: dict[str, type[msgspec.Struct]] = {}
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
            raise Malformed("the form has no key; open the page and send it again")
        form = cls(kind, fields, key=key, do=do, extra=extra, confirmed=confirmed)
        form._change_lines()
        return form

    @property
    def is_save(self) -> bool:
        """Whether the pressed button records the form."""
        return self.do.partition("-")[0] == "save"

    # --- what the templates read -------------------------------------------------------------

    def value(self, pointer: str) -> str:
        """Return the text that was typed into a field."""
        return self.fields.get(pointer, "")

    def lines(self, pointer: str, least: int = 1) -> list[int]:
        """Return the indexes of the lines of a list, and add new ones up to `least` lines."""
        start = f"{pointer}/"
        found = {
            int(rest)
            for name in self.fields
            if name.startswith(start) and (rest := name[len(start) :].partition("/")[0]).isdecimal()
        }
        while len(found) < least:
            found.add(max(found, default=-1) + 1)
        return sorted(found)

    def has_text(self, pointer: str) -> bool:
        """Return whether a text was typed into a field or one of its subfields."""
        return any(
            text.strip()
            for name, text in self.fields.items()
            if name == pointer or name.startswith(f"{pointer}/")
        )

    def sentences(self, pointer: str) -> list[str]:
        """Return the error messages about a field."""
        return self.errors.get(pointer, [])

    def name(self, pointer: str, label: str) -> str:
        """Store the label of a field for the list of errors. Return "", which templates print."""
        self.labels[pointer] = label
        return ""

    @property
    def detail(self) -> str:
        """The part of the error message that the reader may see."""
        return "" if self.failed is None else shown_detail(self.failed)

    @property
    def recorded_at(self) -> str:
        """Address of what this form recorded before with other texts.

        It is "" unless the form was refused because its key was used before.
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

        Names of records are replaced by their codes, also in `fields`.

        Args:
            books: The books, to find records by name.

        Raises:
            InvalidField: fields are wrong. The pointers of the faults are field names of the form.
        """
        faults = self.find_records(books)
        try:
            made = command_of(self.kind, self._fields_of_command())
        except InvalidField as error:
            faults = [*faults, *error.faults]
        if not faults:
            return made
        # An unknown name is an invalid code too. Report one fault for each field.
        first = {fault.pointer: fault for fault in reversed(faults)}
        raise InvalidField(FILL_IN_RIGHT, list(reversed(first.values())))

    def part(self, kind: type[P], pointer: str, **given: str) -> P | None:
        """Return another struct that the form fills in, or None if its name is not filled in.

        Args:
            kind: The struct.
            pointer: JSON pointer to its fields.
            given: Values of fields that are not in the form.

        Raises:
            InvalidField: fields are wrong. The pointers of the faults are field names of the form.
        """
        start = f"{pointer}/"
        fields = {
            name.removeprefix(pointer): text
            for name, text in self.fields.items()
            if name.startswith(start)
        }
        if not fields.get("/name", "").strip():
            return None
        try:
            return command_of(kind, fields | {f"/{name}": text for name, text in given.items()})
        except InvalidField as error:
            faults = [replace(fault, pointer=pointer + fault.pointer) for fault in error.faults]
            raise InvalidField(FILL_IN_RIGHT, faults) from None

    def _fields_of_command(self) -> dict[str, str]:
        starts = tuple(f"{pointer}/" for pointer in self.parts)
        return {
            name: text
            for name, text in self.fields.items()
            if not starts or not name.startswith(starts)
        }

    def refuse(self, error: SuppliesError) -> None:
        """Keep an error, to show it at its fields or at the top of the form."""
        if isinstance(error, Unconfirmed):
            self.warnings = error.warnings
            return
        self.failed = error
        for fault in error.faults:
            pointer = self._as_typed(fault.pointer)
            self.errors.setdefault(pointer, []).append(fault.rule or fault.detail)

    def _as_typed(self, pointer: str) -> str:
        """Return the pointer of the form field in which a field of the command is typed.

        An expiry month is typed in the field of the expiry day.
        """
        start, _, name = pointer.rpartition("/")
        if name == "expires_month" and pointer not in self.fields:
            return f"{start}/expires_on"
        return pointer

    def find_records(self, books: Books) -> list[Fault]:
        """Replace typed names of records by their codes. Return the faults of unknown names."""
        faults = []
        for pointer, text in self._fields_of_command().items():
            kind = REFERENCES.get(pointer.rpartition("/")[2])
            if kind is None or not text.strip() or not _is_code(self.kind, pointer, self.fields):
                continue
            found = find_record(books, kind, text)
            if isinstance(found, str):
                self.fields[pointer] = found
                continue
            self.choices[pointer] = found
            faults.append(Fault(pointer, _not_found(text, found)))
        return faults

    def _change_lines(self) -> None:
        """Apply buttons that only change the form: choose a record, add or remove a line."""
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
        """Record the form once, and return the address of the page to show next.

        If the same form is sent again, nothing is recorded, and the same address is returned.

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
        """Check that the user confirmed all warnings. Call this in the job, which is then undone.

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
        address: Returns the address to redirect to. If the recorded fact contradicts the books, the
            page of its entry is shown instead.
        warnings: Returns the warnings that the user must confirm. None means that there are none.
    """
    if not form.is_save:
        return show()
    try:
        with context.reading() as books:
            command = form.command(books)

        def job(ledger: Ledger, id: str) -> Saved:
            recorded = ledger.record(command, by=context.by, id=id)
            if warnings is not None:
                form.confirm(warnings(ledger.books, recorded))
            is_conflict = recorded.conflict is not None
            return Saved(
                f"/entries/{recorded.seq}" if is_conflict else address(recorded), recorded.seq
            )

        return redirect(await form.record(context, job))
    except SuppliesError as error:
        form.refuse(error)
        return show()


def warning_key(warned: Warned) -> str:
    """Return the key with which a form confirms a warning."""
    # The id of a lot contains the number of an entry, which differs when the form is sent again.
    lot = re.fullmatch(r"l_.+_(\d+)", warned.about)
    return f"{warned.warning}:{lot[1] if lot else warned.about}"


def command_of(kind: type[C], fields: Mapping[str, str]) -> C:
    """Return the command with the values of form fields.

    Raises:
        InvalidField: fields are wrong. The pointers of the faults are field names of the form.
    """
    names: dict[str, str] = {}
    plain = _plain(kind, _tree(fields), "", "", names)
    try:
        return convert(kind, plain or {})
    except InvalidField as error:
        faults = [_with_form_pointer(fault, names) for fault in error.faults]
        raise InvalidField(error.detail, faults) from None


def fields_of(command: msgspec.Struct, start: str = "") -> dict[str, str]:
    """Return the form fields for a command.

    Args:
        command: The command.
        start: JSON pointer to the command in the form, such as `/command` in the form of a
            correction.
    """
    fields: dict[str, str] = {}
    _add_fields(type(command), msgspec.to_builtins(command), start, fields)
    return fields


def _add_fields(kind: Any, value: Any, pointer: str, fields: dict[str, str]) -> None:
    part = _struct_of(kind, value)
    if part is not None and isinstance(value, dict):
        hints = _hints(part)
        shown = _amount_as_typed(value) if issubclass(part, Money) else value
        month, day = _month_field(part)
        if month and value.get(month):
            shown = {**shown, day: value[month]}
            del shown[month]
        for name, each in shown.items():
            _add_fields(hints.get(name, str), each, f"{pointer}/{name}", fields)
    elif isinstance(value, list):
        inner = _list_item(kind)
        for at, each in enumerate(value):
            _add_fields(inner, each, f"{pointer}/{at}", fields)
    elif value is not None:
        fields[pointer] = str(value).lower() if isinstance(value, bool) else str(value)


def render_form(
    context: RequestContext, template: str, form: CommandForm[Any], **values: object
) -> Response[bytes]:
    """Return a page with a form, its typed texts and its errors.

    Raises:
        SuppliesError: the form failed with an error that must not be shown to the reader.
    """
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


# --- records by name -----------------------------------------------------------------------------


def find_record(books: Books, kind: type[CatalogueRecord], text: str) -> str | list[Choice]:
    """Return the code of the record that a text names, or the choices if the text is ambiguous.

    Args:
        books: The books.
        kind: The kind of record.
        text: A code, a name, a part of a name, or a label as from `Names.label`.
    """
    wanted = normalize_text(text)
    for code in (wanted.rpartition(SEPARATOR)[2], wanted):
        if is_valid_code(code) and books.catalogue.get(kind, code) is not None:
            return code
    found = list_records(books, kind, wanted[:200], limit=MAX_CHOICES).items
    named = [one for one in found if wanted in (_name(one), getattr(one, "name_en", None))]
    if len(named) == 1 or len(found) == 1:
        return (named or found)[0].code
    return [Choice(one.code, _name(one)) for one in found]


def code_filter(
    books: Books, kind: type[CatalogueRecord], text: str | None, pointer: str
) -> str | None:
    """Return the code of the record by which a list is filtered, or None for an empty text.

    Args:
        books: The books.
        kind: The kind of record.
        text: A text as for `find_record`.
        pointer: JSON pointer to the filter, for the error.

    Raises:
        InvalidField: no record fits the text, or several do.
    """
    if text is None or not text.strip():
        return None
    found = find_record(books, kind, text)
    if isinstance(found, str):
        return found
    raise InvalidField.at(pointer, _not_found(text, found))


def _not_found(text: str, found: Sequence[Choice]) -> Sentence:
    if found:
        return Sentence("{text} is the name of several; choose one", text=text)
    return Sentence("{text} is not registered; choose from the list", text=text)


def _name(record: CatalogueRecord) -> str:
    return str(getattr(record, "name", None) or record.code)


# --- the types of a command ----------------------------------------------------------------------


def _hints(struct: type[msgspec.Struct]) -> dict[str, Any]:
    """Return the types of a struct's fields, by their names in JSON."""
    hints = get_type_hints(struct, include_extras=True)
    return {field.encode_name: hints[field.name] for field in msgspec.structs.fields(struct)}


def _struct_of(kind: Any, value: Any) -> type[msgspec.Struct] | None:
    """Return the struct in a type annotation, or None if there is none.

    If the annotation has several structs, the tag in the value decides.
    """
    structs = [
        part
        for part in alternatives(kind)
        if isinstance(part, type) and issubclass(part, msgspec.Struct)
    ]
    if len(structs) > 1 and isinstance(value, dict):
        tagged = [one for one in structs if one.__struct_config__.tag == value.get("type")]
        return tagged[0] if tagged else None
    return structs[0] if structs else None


def _list_item(kind: Any) -> Any:
    """Return the type of the items of a list type, or None for other types."""
    lists = [part for part in alternatives(kind) if get_origin(part) is list]
    return get_args(lists[0])[0] if lists else None


def _month_field(struct: type[msgspec.Struct]) -> tuple[str, str]:
    """Return the names of the field for an expiry month and of the field for an expiry day.

    Both are "" if the struct has no expiry.
    """
    names = _hints(struct)
    if "expires_month" in names and "expires_on" in names:
        return "expires_month", "expires_on"
    return "", ""


def _is_code(kind: Any, pointer: str, fields: Mapping[str, str]) -> bool:
    """Return whether the field at a pointer is a code. Some fields of these names are literals."""
    at, seen = kind, ""
    for name in pointer.split("/")[1:]:
        struct = _struct_of(at, {"type": fields.get(f"{seen}/type")})
        at = _hints(struct).get(name) if struct is not None else _list_item(at)
        seen = f"{seen}/{name}"
        if at is None:
            return False
    return str in alternatives(at)


# --- typed text to JSON --------------------------------------------------------------------------


def _tree(fields: Mapping[str, str]) -> dict[str, Any]:
    """Return the fields as nested dicts. Empty fields are left out."""
    tree: dict[str, Any] = {}
    for pointer, text in fields.items():
        if not text.strip():
            continue
        *parents, name = pointer.split("/")[1:]
        at: Any = tree
        for parent in parents:
            at = at.setdefault(parent, {})
            if not isinstance(at, dict):
                raise Malformed("the form cannot be read; open the page and send it again")
        if isinstance(at.get(name), dict):
            raise Malformed("the form cannot be read; open the page and send it again")
        at[name] = text
    return tree


def _plain(kind: Any, value: Any, there: str, here: str, names: dict[str, str]) -> Any:
    """Return typed text as JSON for a type. Empty parts are None.

    Args:
        there: JSON pointer to the value in the JSON.
        here: JSON pointer to the value in the form.
        names: Receives the pointers in the form, by the pointers in the JSON.
    """
    names[there] = here
    inner = _list_item(kind)
    if isinstance(value, dict) and inner is not None:
        lines = list[Any]()
        for name in sorted(value, key=lambda text: (not text.isdecimal(), len(text), text)):
            line = _plain(inner, value[name], f"{there}/{len(lines)}", f"{here}/{name}", names)
            if line is not None:
                lines.append(line)
        return lines or None
    if isinstance(value, dict):
        struct = _struct_of(kind, value)
        hints = {} if struct is None else _hints(struct)
        made = {
            name: _plain(hints.get(name, str), each, f"{there}/{name}", f"{here}/{name}", names)
            for name, each in value.items()
        }
        made = {name: each for name, each in made.items() if each is not None}
        if struct is not None and issubclass(struct, Money):
            made = _amount_in_minor_units(made)
        return made or None
    return _typed(kind, value)


def _typed(kind: Any, text: str) -> Any:
    """Return a typed text as a number, a boolean or a day, if its field has such a type."""
    parts = alternatives(kind)
    plain = normalize_text(text)
    if int in parts:
        digits = plain.replace(",", "") if _GROUPED.fullmatch(plain) else plain
        return int(digits) if _NUMBER.fullmatch(digits) else text
    if bool in parts:
        return {"true": True, "on": True, "false": False}.get(plain, text)
    if any(getattr(part, "__name__", "") == "date" for part in parts):
        return _typed_day(plain)
    return text


def _typed_day(text: str) -> str:
    """Return a typed day or month in ISO form. 2027.5.31, 20270531 and 2027年5月31日 are days."""
    found = _DAY.fullmatch(text)
    if found is None:
        return text
    return "-".join(f"{int(part):02}" for part in found.groups() if part)


def _amount_in_minor_units(money: dict[str, Any]) -> dict[str, Any]:
    """Return money with its typed decimal amount in minor units. No amount means no money."""
    typed = money.get("minor")
    if typed is None:
        return {} if money.keys() <= {"currency"} else money
    try:
        amount = Decimal(normalize_text(str(typed)).replace(",", ""))
        minor = amount.scaleb(_digits(str(money.get("currency", ""))))
    except InvalidOperation:
        return money
    return {**money, "minor": int(minor)} if minor == minor.to_integral_value() else money


def _amount_as_typed(money: dict[str, Any]) -> dict[str, Any]:
    amount = Decimal(money["minor"]).scaleb(-_digits(money["currency"]))
    return {**money, "minor": f"{amount:f}"}


def _digits(currency: str) -> int:
    """Return the number of decimal places of a currency."""
    from babel.numbers import get_currency_precision

    return get_currency_precision(currency)


def _with_form_pointer(fault: Fault, names: Mapping[str, str]) -> Fault:
    """Return a fault with the pointer of its field in the form."""
    there, rest = fault.pointer, ""
    while there not in names:
        there, _, name = there.rpartition("/")
        rest = f"/{name}{rest}"
    return replace(fault, pointer=names[there] + rest)
