"""The rules for text: what is composed, removed, kept, and treated as blank."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from msgspec import inspect
from supplies_service.app import create_app
from supplies_service.request_bodies import body_type

from supplies.access.donor_requests import NewRequest
from supplies.access.users import NewUser
from supplies.domain import commands as c
from supplies.domain.catalogue_records import CATALOGUE_RECORDS, Donor, Station
from supplies.domain.normalization import normalize_text
from supplies.domain.validation import check_fields, convert
from supplies.errors import InvalidField
from supplies.stations.paper_settings import StationWithSettings

BLANK = [
    "",
    " ",
    "\u3000",
    "\u200b",
    "\ufeff \u2060",
    "\u00a0",
    "\u3164",
    "\u2800",
    "\u0301",
    "\ufe0f",
]


@pytest.mark.parametrize(
    ("text", "normalized"),
    [
        ("陈某", "陈某"),
        (" \u3000陈某\t\n", "陈某"),
        ("Łukasz", "Łukasz"),
        ("Nguye\u0302\u0303n", "Nguyễn"),
        ("\u1112\u1161\u11ab", "한"),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("\u202eevil\u202c", "evil"),
        ("\u2068+86 138\u2069", "+86 138"),
        ("１３８００ＡＢ", "13800AB"),
        ("ｶﾞｰｾﾞ", "ガーゼ"),
        ("广州（天河），甲！", "广州（天河），甲！"),
        ("a\u00a0b\u3000c", "a b c"),
        ("one\r\ntwo\rthree\u2028four", "one\ntwo\nthree\nfour"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("क्\u200dष", "क्\u200dष"),
        ("👩\u200d🚒", "👩\u200d🚒"),
        ("che\u200dn", "chen"),
        ("㐂𠮷\U000e0100", "㐂𠮷\U000e0100"),
        ("\ue000", "\ue000"),
    ],
)
def test_text_is_normalized(text: str, normalized: str) -> None:
    assert normalize_text(text) == normalized
    assert normalize_text(normalized) == normalized


@pytest.mark.parametrize("text", BLANK)
def test_text_without_a_visible_character_is_blank(text: str) -> None:
    assert normalize_text(text) == ""


def test_text_of_many_combining_marks_is_normalized_in_time() -> None:
    marks = "a" + "\u0301\u0316" * 2**19
    with pytest.raises(InvalidField, match="/note must have at most 2000 characters"):
        check_fields(c.NoteNeed(recipient="R-1", item="mask", quantity=1, note=marks))


@pytest.mark.parametrize("text", BLANK)
def test_a_blank_required_field_is_refused_by_name(text: str) -> None:
    gift = {"location": "store", "handled_by": text, "lines": [{"item": "mask", "quantity": 1}]}
    value = {"minor": 1, "currency": "CNY", "evidence": text}
    valued = {**gift, "handled_by": "陈某", "lines": [{"item": "m", "quantity": 1, "value": value}]}
    void = {"number": "JZ-2020-000001", "reason": text}
    fix = {"entry": 1, "reason": "typo", "command": {"type": "RecordDonation", **gift}}
    for kind, fields, at in (
        (c.RecordDonation, gift, "/handled_by"),
        (c.RecordDonation, valued, "/lines/0/value/evidence"),
        (c.VoidReceipt, void, "/reason"),
        (c.Correct, fix, "/command/handled_by"),
        (Station, {"code": "lx", "name": text}, "/name"),
    ):
        with pytest.raises(InvalidField) as refused:
            convert(kind, fields)
        assert str(refused.value) == f"{at} is blank; write at least one visible character in it"
        assert [fault.pointer for fault in refused.value.faults] == [at]


@pytest.mark.parametrize("text", BLANK)
def test_a_blank_optional_field_is_absent(text: str) -> None:
    need = c.NoteNeed(recipient="R-1", item="mask", quantity=1, note=text)
    assert check_fields(need) == msgspec.structs.replace(need, note=None)
    donor = Donor(code="D-1", name="李某", phone=text, note=text)
    assert check_fields(donor) == Donor(code="D-1", name="李某")
    assert convert(NewRequest, {"kind": "hide", "wish": text}) == NewRequest(kind="hide")


def test_values_of_another_type_than_text_are_refused() -> None:
    for fields in ({"note": 5}, {"note": ["a"]}, {"lines": {"0": 1}}):
        with pytest.raises(InvalidField):
            convert(c.MakePledge, {"donor": "D-1", "lines": [], **fields})
    with pytest.raises(InvalidField):
        convert(c.MakePledge, [])


def every_input() -> list[type[msgspec.Struct]]:
    """Yield every struct that callers send: commands, records, settings, REST bodies."""
    commands = [kind for kind in vars(c).values() if isinstance(kind, type)]
    routes = create_app("books.db", "lx").routes
    handlers = [handler for route in routes for handler in getattr(route, "route_handlers", [])]
    bodies = [body.struct for handler in handlers if (body := body_type(handler)) is not None]
    return [
        *(kind for kind in commands if issubclass(kind, c.Command)),
        *CATALOGUE_RECORDS,
        *(StationWithSettings, NewUser, NewRequest),
        *bodies,
    ]


def strings(kind: inspect.Type, path: str, normalized: bool = False) -> Iterator[tuple[str, Any]]:
    """Yield the string types within a type that are not marked as normalized, with their paths."""
    if isinstance(kind, inspect.Metadata):
        yield from strings(kind.type, path, bool((kind.extra or {}).get("normalized")))
    elif isinstance(kind, inspect.StrType) and not normalized:
        yield path, kind
    elif isinstance(kind, inspect.ListType):
        yield from strings(kind.item_type, path)
    elif isinstance(kind, inspect.DictType):
        yield from strings(kind.key_type, path)
    elif isinstance(kind, inspect.UnionType):
        for part in kind.types:
            yield from strings(part, path)
    elif isinstance(kind, inspect.StructType):
        for field in kind.fields:
            yield from strings(field.type, f"{path}.{field.name}")


def test_every_text_field_is_normalized_or_refuses_a_blank() -> None:
    inputs = every_input()
    assert {c.RecordDonation, Donor, StationWithSettings, NewUser}.issubset(inputs)
    unmarked = [
        (path, text)
        for kind in inputs
        for path, text in strings(inspect.type_info(kind), kind.__name__)
    ]
    accepting = {
        path
        for path, text in unmarked
        for blank in BLANK
        if text.pattern is None or re.search(text.pattern, blank)
    }
    # These fields are checked by their own rules: as a time zone, as an image, as records.
    own_rules = (".zone", ".logo", "RescueText.text")
    accepting = {path for path in accepting if not path.endswith(own_rules)}
    assert accepting == set()
