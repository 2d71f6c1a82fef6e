"""`supplies catalogue …`: items, people, places, teams, communities and campaigns."""

from __future__ import annotations

from types import UnionType
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, get_args, get_origin

import click

from supplies.cli.arguments import books_options, json_option
from supplies.cli.click_extensions import Group
from supplies.errors import InvalidField

if TYPE_CHECKING:
    from supplies.domain.catalogue_records import CatalogueRecord
    from supplies.domain.commands import PersonKind
    from supplies.ledger.ledger import Ledger

_KINDS = ("item", "donor", "recipient", "location", "team", "community", "campaign")

_ALIASES = {"household": "recipient", "place": "location"}


def _named_kind(_context: click.Context, _parameter: click.Parameter, name: str) -> str:
    return _ALIASES.get(name, name)


# Not named `kind`: records have a field of this name, and errors name arguments by their field.
_kind_argument = click.argument(
    "noun", metavar="KIND", type=click.Choice((*_KINDS, *_ALIASES)), callback=_named_kind
)

_set_option = click.option(
    "--set",
    "fields",
    multiple=True,
    metavar="FIELD=VALUE",
    help="Set a field, as in --set phone=020-1234 or --set 'packs={\"box\": 50}'. A field that is "
    "not a text is written as JSON. A unit is a code, as in --set unit=box. May be repeated.",
)


@click.group(cls=Group)
def catalogue() -> None:
    """Register, change and find items, people and places.

    KIND is one of: item, donor, recipient, location, team, community, campaign. "household" is
    another name for "recipient", and "place" for "location".
    """


@catalogue.command()
@_kind_argument
@books_options
@click.option("--code", metavar="CODE", help="Code of the record. Default: the next free one.")
@click.option("--name", required=True, help="Name of the record.")
@_set_option
@json_option
def add(
    database: str,
    station: str | None,
    noun: str,
    code: str | None,
    name: str,
    fields: tuple[str, ...],
    as_json: bool,
) -> None:
    """Register a record, and print its code.

    Without --code, the record gets the next free code, such as D-012. The command also prints
    records with the same name, telephone number or address.
    """
    from supplies.cli.opening import open_ledger
    from supplies.cli.tables import print_json
    from supplies.domain.validation import convert
    from supplies.views.look_alikes import find_look_alikes

    record_kind = _record_kind(noun)
    values = {"name": name, **_parse_fields(record_kind, fields)}
    with open_ledger(database, station) as ledger:
        with ledger.transaction():
            values["code"] = code = code or ledger.next_code(record_kind)
            try:
                ledger.register(convert(record_kind, values))
            except InvalidField as error:
                raise ledger.with_all_faults(error, record_kind, values) from None
            _log(ledger, record_kind, code, "registered")
        with ledger.reading() as books:
            record = books.catalogue.get(record_kind, code)
            assert record is not None, "it was registered"
            warnings = find_look_alikes(books, record)
    if as_json:
        print_json(record)
    else:
        print(code)
    for warning in warnings:
        click.echo(f"{warning.warning}: {warning.detail}", err=True)


@catalogue.command("set")
@_kind_argument
@click.argument("code", metavar="CODE")
@books_options
@_set_option
@json_option
def set_fields(
    database: str,
    station: str | None,
    noun: str,
    code: str,
    fields: tuple[str, ...],
    as_json: bool,
) -> None:
    """Change fields of a record, as in --set retired=true. Other fields keep their values."""
    import msgspec

    from supplies.access.record_changes import changed_fields
    from supplies.cli.opening import open_ledger
    from supplies.cli.tables import print_json
    from supplies.domain.validation import convert
    from supplies.views.catalogue import get_record

    record_kind = _record_kind(noun)
    values = _parse_fields(record_kind, fields)
    if not values:
        raise InvalidField("nothing to change; name a field, as in --set name=TEXT")
    with open_ledger(database, station) as ledger:
        with ledger.transaction():
            before = get_record(ledger.books, record_kind, code)
            after = convert(record_kind, {**msgspec.to_builtins(before), **values})
            ledger.amend(after)
            if names := changed_fields(before, after):
                _log(ledger, record_kind, code, "changed", ", ".join(names))
        record = get_record(ledger.books, record_kind, code)
    if as_json:
        print_json(record)
    else:
        print(f"{code} is changed.")


def _log(
    ledger: Ledger,
    kind: type[CatalogueRecord],
    code: str,
    outcome: str,
    detail: str | None = None,
) -> None:
    """Add a line about a change of a record to the access log."""
    from supplies.access import access_log
    from supplies.access.access_context import AccessContext
    from supplies.access.bootstrap import COMMAND_LINE_AUTHOR

    access_log.add_line(
        AccessContext(ledger.books, ledger.clock()),
        method="",
        route=f"/{kind.table}",
        outcome=outcome,
        who=COMMAND_LINE_AUTHOR,
        subject=code,
        detail=detail,
    )


@catalogue.command("list")
@_kind_argument
@books_options
@click.option(
    "--find",
    "q",
    metavar="WORDS",
    help="List only records with these words in code, names, barcodes, address or telephone "
    "number. Chinese names are also found by the first letters of their pinyin.",
)
@click.option("--in-use", is_flag=True, help="Leave out retired records.")
@json_option
def list_kind(
    database: str, station: str | None, noun: str, q: str | None, in_use: bool, as_json: bool
) -> None:
    """Print the records of a kind, in the order of their codes."""
    from supplies.cli.opening import open_ledger
    from supplies.cli.tables import print_columns, print_json
    from supplies.views.catalogue import list_records

    retired = False if in_use else None
    with open_ledger(database, station) as ledger, ledger.reading() as books:
        page = list_records(books, _record_kind(noun), q, limit=None, retired=retired)
    if as_json:
        print_json(page)
        return
    print_columns(
        {
            "code": lambda record: record.code,
            "name": lambda record: getattr(record, "name", None),
            "retired": lambda record: "retired" if getattr(record, "retired", False) else None,
        },
        page.items,
    )


@catalogue.command()
@click.argument("barcode", metavar="BARCODE")
@books_options
@json_option
def scan(database: str, station: str | None, barcode: str, as_json: bool) -> None:
    """Print the item with a barcode, and the batch and expiry of a GS1 code."""
    from supplies.cli.opening import open_ledger
    from supplies.cli.tables import print_json, print_pairs
    from supplies.domain.expiry import shown_expiry
    from supplies.views.barcodes import find_barcode

    with open_ledger(database, station) as ledger, ledger.reading() as books:
        found = find_barcode(books, barcode)
    if as_json:
        print_json(found)
        return
    print_pairs(
        {
            "item": f"{found.item.code} ({found.item.name})",
            "pack": found.pack,
            "quantity": f"{found.quantity} {found.item.unit}",
            "batch": found.batch,
            "expires": shown_expiry(found) or None,
        }
    )


@catalogue.command("look-alikes")
@click.argument("kind", metavar="KIND", type=click.Choice(("donor", "recipient", "item")))
@books_options
@json_option
def look_alikes(database: str, station: str | None, kind: str, as_json: bool) -> None:
    """Print donors, recipients or items with the same name, telephone number or address."""
    from supplies.cli.opening import open_ledger
    from supplies.cli.tables import print_columns, print_json
    from supplies.views.look_alikes import list_look_alikes

    with open_ledger(database, station) as ledger, ledger.reading() as books:
        page = list_look_alikes(books, f"{kind}s", limit=None)
    if as_json:
        print_json(page)
        return
    print_columns(
        {
            "codes": lambda group: ", ".join(one.code for one in group.records),
            "same": lambda group: ", ".join(group.same),
            "name": lambda group: group.records[0].name,
        },
        page.items,
    )


@catalogue.command()
@click.argument("noun", metavar="KIND", type=click.Choice(("donor", "recipient")))
@click.argument("code", metavar="CODE")
@books_options
@click.option("--into", metavar="CODE", required=True, help="The code that stays, as in D-012.")
@click.option("--reason", required=True, help="Why both are one.")
def merge(
    database: str, station: str | None, noun: PersonKind, code: str, into: str, reason: str
) -> None:
    """Merge a code into another code of the same donor or recipient.

    KIND is donor or recipient. Lists, statements and reports then show both together, and CODE is
    retired. To separate the codes again, reverse the entry that this command prints.
    """
    from supplies.access.bootstrap import COMMAND_LINE_AUTHOR
    from supplies.cli.opening import open_ledger
    from supplies.domain.commands import MergeCodes
    from supplies.views.merges import find_merge_warnings

    command = MergeCodes(kind=noun, code=code, into=into, reason=reason)
    with open_ledger(database, station) as ledger:
        done = ledger.record(command, by=COMMAND_LINE_AUTHOR)
        with ledger.reading() as books:
            warnings = find_merge_warnings(books, noun, code, into)
    print(f"Entry {done.seq} merged {code} into {into}.")
    for warning in warnings:
        click.echo(f"{warning.warning}: {warning.detail}", err=True)


def _record_kind(kind: str) -> type[CatalogueRecord]:
    from supplies.domain.catalogue_records import CATALOGUE_RECORDS

    return next(each for each in CATALOGUE_RECORDS if each.__name__.lower() == kind)


def _parse_fields(kind: type[CatalogueRecord], fields: tuple[str, ...]) -> dict[str, Any]:
    """Parse options such as `phone=020-1234`. Return the values by field.

    An empty value becomes None.

    Raises:
        InvalidField: an option has another form, or the value of a field that is not a text is not
            JSON.
    """
    import msgspec

    fields_of_kind = msgspec.structs.fields(kind)
    not_texts = {
        field.name for field in fields_of_kind if not _contains(field.type, (str, Literal))
    }
    values: dict[str, Any] = {}
    for option in fields:
        name, separator, value = option.partition("=")
        if not separator or not name:
            raise InvalidField(f"invalid --set {option!r}: write it as FIELD=VALUE")
        try:
            values[name] = (
                msgspec.json.decode(value or "null") if name in not_texts else (value or None)
            )
        except msgspec.DecodeError:
            raise InvalidField(
                f"invalid --set {option!r}: {name} is not a text; write its value as JSON"
            ) from None
    if kind.__name__ == "Item" and (unit := values.get("unit")):
        _check_unit(unit)
    return values


def _check_unit(unit: str) -> None:
    """Check that a unit is given as a code, such as `bottle`, and not as a word, such as 瓶.

    Raises:
        InvalidField: the unit is not a code; the message names the codes for the word.
    """
    from supplies.domain.fields import is_valid_code
    from supplies.papers.units import SHIPPED_UNITS

    if is_valid_code(unit):
        return
    same = [code for code, words in SHIPPED_UNITS.items() if words.zh == unit]
    named = f"for {unit}, write {' or '.join(same)}" if same else "such as piece, box, bottle or kg"
    raise InvalidField(f"unit must be a code: {named}")


def _contains(kind: Any, wanted: tuple[Any, ...]) -> bool:
    """Return whether a type is one of the wanted types, or a union that contains one of them."""
    if get_origin(kind) is Annotated:
        return _contains(get_args(kind)[0], wanted)
    if get_origin(kind) in (Union, UnionType):
        return any(_contains(part, wanted) for part in get_args(kind))
    return kind in wanted or get_origin(kind) in wanted
