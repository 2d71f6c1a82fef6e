"""The texts of papers in Chinese and English: fixed texts, units, dates and numbers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from types import MappingProxyType
from typing import NamedTuple

from msgspec import UNSET, UnsetType

from supplies.domain.expiry import Expiring, shown_expiry
from supplies.domain.larger_units import in_larger_unit
from supplies.papers.common import Languages, Letterhead, ShownUnit, StatedPacks, UnitWords
from supplies.papers.receipt import Amount, ReceiptLine
from supplies.papers.slip import SlipLine
from supplies.papers.units import SHIPPED_UNITS, UNITS_BEFORE_WORDS, words_of_pack

_languages: ContextVar[Languages] = ContextVar("languages", default="zh+en")
_units: ContextVar[Mapping[str, UnitWords]] = ContextVar("units", default=MappingProxyType({}))


@contextmanager
def as_issued_by(station: Letterhead) -> Iterator[None]:
    """Use the languages of a station, and its names of units, within the `with` block."""
    languages = _languages.set(station.languages)
    units = _units.set(station.units or {})
    try:
        yield
    finally:
        _languages.reset(languages)
        _units.reset(units)


class Words(NamedTuple):
    """A text in Chinese and in English. A paper prints both languages or one of them."""

    zh: str
    en: str

    @property
    def label(self) -> str:
        """The text in all languages of the paper, on one line, for a small label above a value."""
        return f"{self.primary} {self.secondary}".strip()

    @property
    def primary(self) -> str:
        """The text in the paper's first language: English on an English paper, else Chinese."""
        return self.en if _languages.get() == "en" else self.zh

    @property
    def secondary(self) -> str:
        """The text in the paper's second language, which is printed in small type below the first.

        Empty if the paper has only one language, or if both texts are the same.
        """
        return self.en if _languages.get() == "zh+en" and self.en != self.zh else ""


def language() -> str:
    """Return the first language of the paper as a BCP 47 tag."""
    return "en" if _languages.get() == "en" else "zh-CN"


def named(zh: str, en: str | None) -> Words:
    """Return a name from the books as a text in both languages.

    If there is no English name, an English paper prints the Chinese name.
    """
    return Words(zh, en or (zh if _languages.get() == "en" else ""))


def money(amount: Amount) -> str:
    """Format an amount with its currency, in the style of the paper's first language."""
    # Imported here, because few papers print a value.
    from babel.numbers import format_currency

    minor = Decimal(amount.minor).scaleb(-_digits(amount.currency))
    locale = "en" if _languages.get() == "en" else "zh_CN"
    return format_currency(minor, amount.currency, locale=locale)


@cache
def _digits(currency: str) -> int:
    from babel.numbers import get_currency_precision

    return get_currency_precision(currency)


def unit(code: str, quantity: int = 1) -> Words:
    """Return the name of a unit. The English name is in the plural if the quantity is not 1.

    A unit without a name is printed as its code.
    """
    words = _units.get().get(code) or SHIPPED_UNITS.get(code)
    return Words(code, code) if words is None else _of_quantity(words, quantity)


def unit_of_line(line: ReceiptLine) -> Words:
    """Return the name of the unit of a receipt's line, as it was when the receipt was issued."""
    if line.unit_words is UNSET:
        return Words(UNITS_BEFORE_WORDS.get(line.unit, line.unit), line.unit)
    return _of_quantity(line.unit_words, line.quantity)


class Quantity(NamedTuple):
    """A quantity as it is printed: the number, and the name of the unit."""

    figure: str
    unit: Words


def quantity_of_line(line: ReceiptLine) -> Quantity:
    """Return the quantity of a receipt's line. If the line has a larger unit, use that unit."""
    shown = line.shown_unit
    figure = in_larger_unit(line.quantity, shown) if shown else None
    if not shown or figure is None:
        return Quantity(number(line.quantity), unit_of_line(line))
    words = Words(shown.unit, shown.unit)
    if shown.words:
        words = _of_quantity(shown.words, 1 if figure == "1" else 2)
    return Quantity(figure, words)


def quantity(value: int, code: str, shown: ShownUnit | UnsetType = UNSET) -> Quantity:
    """Return a quantity as it is printed: in the larger unit if there is one, else in base units.

    Args:
        value: The quantity in base units.
        code: The code of the base unit.
        shown: The larger unit.
    """
    figure = in_larger_unit(value, shown) if shown else None
    if not shown or figure is None:
        return Quantity(number(value), unit(code, value))
    return Quantity(figure, unit(shown.unit, 1 if figure == "1" else 2))


def packs_of_line(line: ReceiptLine) -> Words:
    """Return the text for the packs of a receipt's line, such as 2 × carton of 50 = 100 pieces.

    Both texts are empty if the quantity was entered in base units.
    """
    if not line.stated:
        return Words("", "")
    code, words = line.stated.pack, line.pack_words
    pack = Words(code, code) if not words else Words(words.zh, words.en)
    return _packs([line.stated], [pack], unit_of_line(line))


def packs(line: SlipLine) -> Words:
    """Return the text for the packs of a slip's line, such as 2 × carton of 50 = 100 pieces.

    Both texts are empty if the quantity was entered in base units or in packs of one base unit.
    """
    if not line.stated:
        return Words("", "")
    stated = [line.stated, *(line.further_stated or [])]
    if all(each.size == 1 for each in stated):
        return Words("", "")
    names = [_pack(each.pack) for each in stated]
    return _packs(stated, names, unit(line.unit, line.quantity))


def packs_of_item(stated: Sequence[StatedPacks], unit_code: str) -> Words:
    """Return the text for the packs of one item, such as 2 × carton of 50 + 1 × box of 10.

    Both texts are empty if each pack contains one base unit.
    """
    if all(each.size == 1 for each in stated):
        return Words("", "")
    return _sum_of_packs(stated, [_pack(each.pack) for each in stated], unit(unit_code))


def _pack(code: str) -> Words:
    words = words_of_pack(code, {**SHIPPED_UNITS, **_units.get()})
    return Words(code, code) if words is None else Words(words.zh, words.en)


def _packs(stated: Sequence[StatedPacks], packs: Sequence[Words], unit: Words) -> Words:
    """Format a quantity in packs with its sum, such as 2 × carton of 50 = 100 pieces."""
    total = number(sum(each.quantity * each.size for each in stated))
    words = _sum_of_packs(stated, packs, unit)
    return Words(f"{words.zh} = {total} {unit.zh}", f"{words.en} = {total} {unit.en}")


def _sum_of_packs(stated: Sequence[StatedPacks], packs: Sequence[Words], unit: Words) -> Words:
    terms = [
        (number(each.quantity), pack, number(each.size))
        for each, pack in zip(stated, packs, strict=True)
    ]
    return Words(
        " + ".join(f"{count} {pack.zh} × {size} {unit.zh}" for count, pack, size in terms),
        " + ".join(f"{count} × {pack.en} of {size}" for count, pack, size in terms),
    )


def _of_quantity(words: UnitWords, quantity: int) -> Words:
    return Words(words.zh, words.en if quantity == 1 else words.en_many)


_ACTIVITIES = {
    "households_telephoned": "电话摸查家庭",
    "flats_checked": "排查住户",
    "joint_checks": "联合排查",
    "forms_collected": "收集登记表",
    "people_measured": "测量体温",
    "persons_screened": "筛查人员",
    "newcomers_registered": "登记新来人员",
    "residents_registered": "登记居民",
    "gate_duty": "门岗值守",
    "supply_run": "运送物资",
}
"""Chinese names of common activities, by code. Any other activity is printed as its code."""


def activity(kind: str) -> Words:
    """Return the name of an activity of the station's staff, such as supply run, by its code."""
    known = _ACTIVITIES.get(kind)
    return Words(kind, kind) if known is None else Words(known, kind.replace("_", " "))


def uncounted_hand_outs(number: int) -> Words | None:
    """Return words for hand-outs to groups without a headcount, or None if there are none."""
    if not number:
        return None
    noun = "hand-out" if number == 1 else "hand-outs"
    return Words(f"{number} 次集体发放未登记人数", f"{number} group {noun} without a headcount")


def days_within(text: str) -> Words:
    """Format the days and months that a text contains in ISO 8601, as `day` does."""
    return Words(_ISO_DAY.sub(_chinese_day, text), text)


_ISO_DAY = re.compile(r"\b(\d{4})-(\d\d)(?:-(\d\d))?\b(?!-)", re.ASCII)


def _chinese_day(found: re.Match[str]) -> str:
    parts = zip(map(int, filter(None, found.groups())), "年月日", strict=False)
    return "".join(f"{number}{unit}" for number, unit in parts)


def day(value: date) -> Words:
    """Format a date: 2020年2月5日 in Chinese, and 2020-02-05 (ISO 8601) in English."""
    return Words(f"{value.year}年{value.month}月{value.day}日", value.isoformat())


def days(first: date, last: date, *, or_earlier: bool = False) -> Words:
    """Format a period of days, or one day if both are the same.

    The Chinese text does not repeat the year or the month if both days share it.

    Args:
        or_earlier: Whether the dated event may have happened earlier. If so, the text begins with
            "by".
    """
    if or_earlier:
        known = days(first, last)
        return Words(f"截至{known.zh}", f"by {known.en}")
    if first == last:
        return day(first)
    if first.year != last.year:
        until = day(last).zh
    elif first.month != last.month:
        until = f"{last.month}月{last.day}日"
    else:
        until = f"{last.day}日"
    return Words(f"{day(first).zh}至{until}", f"{first.isoformat()} to {last.isoformat()}")


def short_day(value: date, *, or_earlier: bool = False) -> str:
    """Format a day like `day`, in the first language of the paper only.

    Args:
        or_earlier: Whether the dated event may have happened earlier. If so, the text is "by
            2020-02-05".
    """
    return days(value, value, or_earlier=or_earlier).primary


def month(text: str) -> Words:
    """Format a month, which is given as a text such as 2020-02."""
    year, number_ = text.split("-")
    return Words(f"{int(year)}年{int(number_)}月", text)


def expiry(goods: Expiring) -> str:
    """Format the expiry date of goods as precisely as it was entered, such as Expires 2021-06.

    Return "" if the date is unknown.
    """
    shown = shown_expiry(goods)
    return f"{_UNTIL.primary} {days_within(shown).primary}" if shown else ""


def iso_expiry(goods: Expiring) -> str:
    """Format the expiry date of goods as `expiry` does, but in ISO 8601 in every language."""
    shown = shown_expiry(goods)
    return f"{_UNTIL.primary} {shown}" if shown else ""


_UNTIL = Words("有效期至", "Expires")


def timestamp(value: datetime) -> str:
    """Format a time to the minute, in the first language of the paper only.

    Args:
        value: The time in the station's time zone.
    """
    return f"{short_day(value.date())} {value:%H:%M}"


def number(value: int) -> str:
    """Format a whole number with commas, such as 2,400. A minus sign is printed as U+2212."""
    return f"{value:,}".replace("-", "−")


def counted(value: int, code: str, shown: ShownUnit | UnsetType = UNSET) -> Words:
    """Return a quantity with its unit as one text. The parameters are those of `quantity`."""
    figure, of = quantity(value, code, shown)
    return Words(f"{figure} {of.zh}", f"{figure} {of.en}")


def many(count: int, noun: str) -> str:
    """Return a number with an English noun, such as 60 visits or 1 visit."""
    return f"{number(count)} {noun}" if count == 1 else f"{number(count)} {noun}s"


def listed(names: Iterable[str]) -> str:
    """Join names with a comma; on a Chinese paper, with the Chinese comma 、."""
    return Words("、", ", ").primary.join(names)


def page(number: int, total: int) -> str:
    """Format the page number at the foot of a page, such as "Page 3 of 12"."""
    words = Words(f"第 {number} 页，共 {total} 页", f"Page {number} of {total}")
    return f"{words.primary}  {words.secondary}".strip()
