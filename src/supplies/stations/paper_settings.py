"""Settings for the papers of a station. Each receipt keeps a copy of the settings.

Each file `jurisdictions/CODE.toml` describes a jurisdiction: the legal statement printed on
receipts, and whether receipts may print values. A station may replace the statement by its own.
"""

from __future__ import annotations

import base64
import binascii
import struct
import tomllib
import zlib
from collections.abc import Collection, Mapping
from functools import cache
from importlib.resources import files
from itertools import count
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from supplies.books.reader import Books
from supplies.domain.accounts import USED
from supplies.domain.catalogue_checks import check_catalogue_record
from supplies.domain.catalogue_records import Station
from supplies.domain.fields import Code, Label
from supplies.domain.normalization import NORMALIZED
from supplies.domain.validation import convert
from supplies.errors import InvalidField, NotFound, Sentence
from supplies.papers.common import BilingualText, Languages, Letterhead, UnitWords
from supplies.papers.units import SHIPPED_UNITS
from supplies.stations.retention import Retention, retention, set_retention
from supplies.stations.stored_settings import read_settings, store_settings

LOGO_BYTES = 8192
"""Maximum size of a logo file in bytes.

The limit is small because each receipt contains the logo twice.
"""

MAX_UNITS = 200
"""Maximum number of units of measure that a station may add."""

MAX_PURPOSES = 200
"""Maximum number of named purposes for which a station uses goods itself."""

LOGO_SIDE = 800
"""Maximum width and height of a logo in pixels."""

THANKS = BilingualText(zh="衷心感谢您的捐赠。", en="Thank you for your gift.")
"""The sentence with which receipts thank the donor, unless the station sets its own."""

_PNG = b"\x89PNG\r\n\x1a\n"

_Wording = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=400,
        pattern=r"^[^\x00-\x1f\x7f\ud800-\udfff]*$(?!\n)",
        extra=NORMALIZED,
    ),
]


class PurposeName(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The name of a purpose for which the station uses goods itself."""

    name: Label
    name_en: Label | None = None


class PaperSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The layout and the wording of a station's papers.

    Attributes:
        values: "never" prints no values. "evidenced" prints only values for which there is
            evidence, if the jurisdiction allows it.
        statement, statement_en: The station's own legal statement. If None, the papers use the
            statement of the jurisdiction.
        logo: A PNG in base64. If None, no logo is printed.
        thanks, thanks_en: The sentence with which receipts thank the donor. If None or unset, the
            usual sentence is printed.
        units: Names of units by code. They are added to the standard names, or replace them.
        purposes: Names of the purposes for which goods are issued, by code. If a purpose has no
            name, pages show its code.
    """

    languages: Languages = "zh+en"
    values: Literal["never", "evidenced"] = "never"
    jurisdiction: Code = "cn"
    statement: _Wording | None = None
    statement_en: _Wording | None = None
    logo: Annotated[str, Meta(max_length=LOGO_BYTES * 4 // 3 + 4)] | None = None
    units: Annotated[dict[Code, UnitWords], Meta(max_length=MAX_UNITS)] | msgspec.UnsetType = (
        msgspec.UNSET
    )
    thanks: _Wording | msgspec.UnsetType | None = msgspec.UNSET
    thanks_en: _Wording | msgspec.UnsetType | None = msgspec.UNSET
    purposes: (
        Annotated[dict[Code, PurposeName], Meta(max_length=MAX_PURPOSES)] | msgspec.UnsetType
    ) = msgspec.UNSET


class StationWithSettings(Station, frozen=True, kw_only=True):
    """A station with its paper settings and retention periods."""

    papers: PaperSettings = PaperSettings()
    retention: Retention = Retention()


def paper_settings(books: Books) -> PaperSettings:
    """Return the settings of the station. A station without settings has the defaults."""
    stored = read_settings(books)
    return msgspec.convert({name: stored[name] for name in stored.keys() & _NAMES}, PaperSettings)


_NAMES = frozenset(PaperSettings.__struct_fields__)


def station_with_settings(books: Books) -> StationWithSettings:
    """Return the station with its paper settings and retention periods."""
    station = msgspec.structs.asdict(books.station)
    return StationWithSettings(**station, papers=paper_settings(books), retention=retention(books))


def letterhead(books: Books) -> Letterhead:
    """Return the station's name and address for the top of a paper that is printed now.

    A receipt does not use them, because it keeps the name and address of the day of its issue.
    """
    return letterhead_with_settings(books.station, paper_settings(books))


def letterhead_with_settings(station: Station, settings: PaperSettings) -> Letterhead:
    """Return the station's name and address for the top of a paper, with the given settings.

    The settings need not be stored.
    """
    return Letterhead(
        code=station.code,
        name=station.name,
        name_en=station.name_en,
        credit_code=station.credit_code,
        address=station.address,
        phone=station.phone,
        host=station.host,
        logo=settings.logo,
        languages=settings.languages,
        units=settings.units,
    )


def unit_words(settings: PaperSettings) -> Mapping[str, UnitWords]:
    """Return the names of all units by code: the standard ones and the station's own."""
    return {**SHIPPED_UNITS, **(settings.units or {})}


class UnitView(UnitWords, frozen=True, kw_only=True):
    """A unit of measure and its names, for a list.

    Attributes:
        own: Whether the station set the names itself.
    """

    code: str
    own: bool


def list_units(books: Books) -> list[UnitView]:
    """Return all units of goods that this station has words for, ordered by code."""
    settings = paper_settings(books)
    return [
        UnitView(
            code=code,
            zh=words.zh,
            en=words.en,
            en_many=words.en_many,
            own=code in (settings.units or {}),
        )
        for code, words in sorted(unit_words(settings).items())
    ]


def add_unit(books: Books, words: UnitWords) -> str:
    """Store the words for a new unit of the station. Return the code of the unit.

    Call this within a transaction of the ledger.

    Raises:
        InvalidField: the words cannot be printed, or the station has `MAX_UNITS` units already.
    """
    known = paper_settings(books).units or {}
    code = next_unit_code(known)
    amend_station(books, {"papers": {"units": msgspec.to_builtins({**known, code: words})}})
    return code


def next_unit_code(taken: Collection[str]) -> str:
    """Return the next free code for a unit of the station, as in U-001."""
    return next(code for number in count(1) if (code := f"U-{number:03d}") not in taken)


def purpose_names(settings: PaperSettings) -> Mapping[str, PurposeName]:
    """Return the names of the purposes by code."""
    return settings.purposes or {}


def add_purpose(books: Books, new: PurposeName) -> str:
    """Store the name of a new purpose. Return the code of the purpose.

    Call this within a transaction of the ledger.

    Raises:
        InvalidField: the station has `MAX_PURPOSES` purposes already.
    """
    known = purpose_names(paper_settings(books))
    code = next_purpose_code(books, known)
    amend_station(books, {"papers": {"purposes": msgspec.to_builtins({**known, code: new})}})
    return code


def next_purpose_code(books: Books, taken: Collection[str]) -> str:
    """Return the next free code for a purpose, as in P-001."""
    return next(
        code
        for number in count(len(taken) + 1)
        if (code := f"P-{number:03d}") not in taken and not is_purpose(books, code)
    )


def is_purpose(books: Books, code: str) -> bool:
    """Return whether a code is a purpose: it has a name, or goods were issued for it."""
    if code in purpose_names(paper_settings(books)):
        return True
    used = "SELECT 1 FROM balances WHERE station = :station AND account = :account LIMIT 1"
    return books.value(used, account=USED(code)) is not None


def amend_station(books: Books, changes: Mapping[str, Any]) -> StationWithSettings:
    """Change the given settings of the station. If one is invalid, none is changed.

    Call this within `Ledger.admin_transaction()`.

    Args:
        changes: New values by the name of the setting, as in JSON.

    Raises:
        InvalidField: a setting is invalid or cannot be printed.
    """
    shown = check_amendment(books, changes)
    station = {name: getattr(shown, name) for name in Station.__struct_fields__}
    books.catalogue.amend(Station(**station))
    others = {name: one for name, one in read_settings(books).items() if name not in _NAMES}
    store_settings(books, {**others, **msgspec.to_builtins(shown.papers)})
    set_retention(books, shown.retention)
    return shown


def check_amendment(books: Books, changes: Mapping[str, Any]) -> StationWithSettings:
    """Check changes of the station's settings. Return the changed station without storing it.

    Args:
        changes: New values by the name of the setting, as in JSON.

    Raises:
        InvalidField: a setting is invalid or cannot be printed.
    """
    if "code" in changes:
        raise InvalidField.at("/code", Sentence("a code stays; register another and use that"))
    before = msgspec.to_builtins(station_with_settings(books))
    after = {**before, **changes}
    for inner in ("papers", "retention"):
        if isinstance(changes.get(inner), Mapping):
            after[inner] = {**before[inner], **changes[inner]}
    shown = check_catalogue_record(convert(StationWithSettings, after))
    _check(shown)
    return shown


def receipt_statement(settings: PaperSettings, *, valued: bool) -> BilingualText:
    """Return the legal statement for a receipt: the station's own, or the jurisdiction's.

    Args:
        valued: Whether the receipt prints values.
    """
    pack = jurisdiction(settings.jurisdiction)["valued" if valued else "statement"]
    return BilingualText(
        zh=settings.statement or pack["zh"], en=settings.statement_en or pack["en"]
    )


def receipt_thanks(settings: PaperSettings) -> BilingualText:
    """Return the words with which a receipt thanks the donor: the station's own, or `THANKS`."""
    return BilingualText(zh=settings.thanks or THANKS.zh, en=settings.thanks_en or THANKS.en)


def prints_values(settings: PaperSettings) -> bool:
    """Return whether receipts of the station print values for which there is evidence."""
    return settings.values == "evidenced" and bool(jurisdiction(settings.jurisdiction)["values"])


@cache
def jurisdictions() -> tuple[str, ...]:
    """Return the codes of all jurisdictions."""
    folder = files(__package__) / "jurisdictions"
    return tuple(sorted(f.name[:-5] for f in folder.iterdir() if f.name.endswith(".toml")))


@cache
def jurisdiction(code: str) -> dict[str, Any]:
    """Return the rules and the wording of a jurisdiction.

    Raises:
        NotFound: the jurisdiction does not exist.
    """
    if code not in jurisdictions():
        raise NotFound(
            Sentence(
                "unknown jurisdiction {code}; choose one of {known}",
                code=code,
                known=", ".join(jurisdictions()),
            )
        )
    return tomllib.loads((files(__package__) / "jurisdictions" / f"{code}.toml").read_text("utf-8"))


# --- checks ----------------------------------------------------------------------------------


def _check(shown: StationWithSettings) -> None:
    if shown.papers.jurisdiction not in jurisdictions():
        raise InvalidField.at(
            "/papers/jurisdiction",
            Sentence(
                "unknown jurisdiction {code}; choose one of {known}",
                code=shown.papers.jurisdiction,
                known=", ".join(jurisdictions()),
            ),
        )
    if (shown.papers.statement is None) != (shown.papers.statement_en is None):
        raise InvalidField.at(
            "/papers/statement",
            Sentence(
                "word the statement in both languages, statement and statement_en, or in neither"
            ),
        )
    if bool(shown.papers.thanks) != bool(shown.papers.thanks_en):
        raise InvalidField.at(
            "/papers/thanks",
            Sentence("word the thanks in both languages, thanks and thanks_en, or in neither"),
        )
    if shown.papers.logo is not None:
        _check_logo(shown.papers.logo)


def _check_logo(logo: str) -> None:
    pointer, wanted = "/papers/logo", f"a PNG of at most {LOGO_BYTES} bytes"
    try:
        content = base64.b64decode(logo, validate=True)
    except binascii.Error as error:
        raise InvalidField.at(
            pointer, Sentence("the logo must be base64 of {wanted}", wanted=wanted)
        ) from error
    if len(content) > LOGO_BYTES:
        raise InvalidField.at(
            pointer,
            Sentence("the logo has {count} bytes; use {wanted}", count=len(content), wanted=wanted),
        )
    if not _is_complete_png(content):
        raise InvalidField.at(
            pointer, Sentence("the logo is not a complete PNG; use {wanted}", wanted=wanted)
        )
    width, height = struct.unpack(">II", content[16:24])
    if not (0 < width <= LOGO_SIDE and 0 < height <= LOGO_SIDE):
        raise InvalidField.at(
            pointer,
            Sentence(
                "the logo is {width} by {height} pixels; neither side may be over {logo_side}",
                width=width,
                height=height,
                logo_side=LOGO_SIDE,
            ),
        )


def _is_complete_png(content: bytes) -> bool:
    at, kinds = len(_PNG), []
    while content.startswith(_PNG) and at + 12 <= len(content):
        (length,) = struct.unpack(">I", content[at : at + 4])
        kind, part = content[at + 4 : at + 8], content[at + 4 : at + 8 + length]
        if content[at + 8 + length : at + 12 + length] != struct.pack(">I", zlib.crc32(part)):
            return False
        kinds.append(kind)
        at += 12 + length
    return at == len(content) and kinds[:1] == [b"IHDR"] and kinds[-1:] == [b"IEND"]
