"""What the papers say in two languages: pairs of words, units, days and numbers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import NamedTuple

from supplies.papers.common import Languages
from supplies.papers.receipt import Amount

_languages: ContextVar[Languages] = ContextVar("languages", default="zh+en")


@contextmanager
def written_in(languages: Languages) -> Iterator[None]:
    """What is worded inside is worded in these languages."""
    before = _languages.set(languages)
    try:
        yield
    finally:
        _languages.reset(before)


class Words(NamedTuple):
    """The same thing said in Chinese and in English: the Chinese leads, the English follows."""

    zh: str
    en: str

    @property
    def label(self) -> str:
        """Both in one line, for the small labels over a value."""
        return f"{self.leads} {self.under}".strip()

    @property
    def leads(self) -> str:
        """What stands first and large, in the paper's languages."""
        return self.en if _languages.get() == "en" else self.zh

    @property
    def under(self) -> str:
        """What stands beneath it in small type; empty in a paper of one language.

        What is the same in both, as a unit without a Chinese name, is said once.
        """
        return self.en if _languages.get() == "zh+en" and self.en != self.zh else ""


def language() -> str:
    """What the paper is written in first, as files name languages."""
    return "en" if _languages.get() == "en" else "zh-CN"


def named(zh: str, en: str | None) -> Words:
    """A name from the books: what has no English one goes by its own in an English paper too."""
    return Words(zh, en or (zh if _languages.get() == "en" else ""))


def money(amount: Amount) -> str:
    """An amount with its currency, as the paper's first language writes it."""
    # Loaded with the first value that is printed: few papers have one.
    from babel.numbers import format_currency

    minor = Decimal(amount.minor).scaleb(-_digits(amount.currency))
    locale = "en" if _languages.get() == "en" else "zh_CN"
    return format_currency(minor, amount.currency, locale=locale)


@cache
def _digits(currency: str) -> int:
    from babel.numbers import get_currency_precision

    return get_currency_precision(currency)


_UNITS = {
    "piece": "件",
    "set": "套",
    "kit": "套",
    "pair": "双",
    "bottle": "瓶",
    "can": "罐",
    "tube": "支",
    "drum": "桶",
    "bag": "袋",
    "pack": "包",
    "box": "盒",
    "carton": "箱",
    "roll": "卷",
    "sheet": "张",
    "copy": "份",
    "portion": "份",
    "m": "米",
    "mL": "毫升",
    "L": "升",
    "g": "克",
    "kg": "千克",
}
"""Base units by their code. What is missing here is printed as its code."""


def unit(code: str) -> Words:
    """A unit as the papers name it."""
    return Words(_UNITS.get(code, code), code)


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
"""Common kinds of work by their code. What is missing here is printed as its code."""


def activity(kind: str) -> Words:
    """A kind of work as the papers name it."""
    known = _ACTIVITIES.get(kind)
    return Words(kind, kind) if known is None else Words(known, kind.replace("_", " "))


def day(value: date) -> Words:
    """2020年2月5日; English in figures, which every reader takes the same way."""
    return Words(f"{value.year}年{value.month}月{value.day}日", value.isoformat())


def days(first: date, last: date) -> Words:
    """One day, or a span of days; in Chinese what they share is said once."""
    if first == last:
        return day(first)
    if first.year != last.year:
        until = day(last).zh
    elif first.month != last.month:
        until = f"{last.month}月{last.day}日"
    else:
        until = f"{last.day}日"
    return Words(f"{day(first).zh}至{until}", f"{first.isoformat()} to {last.isoformat()}")


def month(said: str) -> Words:
    """2020年2月, of 2020-02."""
    year, number_ = said.split("-")
    return Words(f"{int(year)}年{int(number_)}月", said)


def expiry(on: date | None) -> str:
    """Until when goods may be used; empty where nobody knows."""
    return "" if on is None else f"{_UNTIL.leads} {on.isoformat()}"


_UNTIL = Words("有效期至", "Expires")


def moment(value: datetime) -> str:
    """To the minute, with the offset from UTC if it has one."""
    return value.isoformat(sep=" ", timespec="minutes")


def number(value: int) -> str:
    """2,400; a figure below zero with a minus sign, not a hyphen."""
    return f"{value:,}".replace("-", "−")


def counted(value: int, of: Words) -> Words:
    """A figure with its unit, or what else it counts."""
    return Words(f"{number(value)} {of.zh}", f"{number(value)} {of.en}")


def many(count: int, noun: str) -> str:
    """1 visit, 60 visits."""
    return f"{number(count)} {noun}" if count == 1 else f"{number(count)} {noun}s"


def listed(names: Iterable[str]) -> str:
    """One after another, parted as the paper's first language does."""
    return Words("、", ", ").leads.join(names)


def page(at: int, of: int) -> str:
    """The count at the foot of a page."""
    said = Words(f"第 {at} 页，共 {of} 页", f"Page {at} of {of}")
    return f"{said.leads}  {said.under}".strip()
