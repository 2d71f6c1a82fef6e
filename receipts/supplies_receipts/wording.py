"""What the papers say in two languages: pairs of words, units, days and numbers."""

from __future__ import annotations

from datetime import date, datetime
from typing import NamedTuple


class Words(NamedTuple):
    """The same thing said in Chinese and in English: the Chinese leads, the English follows."""

    zh: str
    en: str

    @property
    def label(self) -> str:
        """Both in one line, for the small labels over a value."""
        return f"{self.zh} {self.en}"


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


def day(value: date) -> str:
    """2020年2月5日"""
    return f"{value.year}年{value.month}月{value.day}日"


def days(first: date, last: date) -> str:
    """One day, or a span of days with what they share said once."""
    if first == last:
        return day(first)
    if first.year != last.year:
        return f"{day(first)}至{day(last)}"
    if first.month != last.month:
        return f"{day(first)}至{last.month}月{last.day}日"
    return f"{day(first)}至{last.day}日"


def days_en(first: date, last: date) -> str:
    """The same in figures, which every reader of English takes the same way."""
    return first.isoformat() if first == last else f"{first.isoformat()} to {last.isoformat()}"


def moment(value: datetime) -> str:
    """To the minute, with the offset from UTC if it has one."""
    return value.isoformat(sep=" ", timespec="minutes")


def number(value: int) -> str:
    """2,400; a figure below zero with a minus sign, not a hyphen."""
    return f"{value:,}".replace("-", "−")


def many(count: int, noun: str) -> str:
    """1 visit, 60 visits."""
    return f"{number(count)} {noun}" if count == 1 else f"{number(count)} {noun}s"


def page(at: int, of: int) -> str:
    """The count at the foot of a page."""
    return f"第 {at} 页，共 {of} 页  Page {at} of {of}"
