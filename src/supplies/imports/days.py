"""Read dates from cells, in the various formats that people use."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from supplies.domain.normalization import normalize_text
from supplies.errors import InvalidField, Sentence, template
from supplies.imports.sheets import Cell, Lost, shown

NO_YEAR = template("the day has no year; name it, as in --year 2020")
NO_MONTH = template("{text} has no month; name it, as in --month 2020-02")
TWO_ORDERS = template(
    "{text} may begin with the day or with the month; say which with --day-first or --month-first"
)

_FIRST_SERIAL = date(1899, 12, 30)
_SERIALS = range(20_000, 80_000)
"""Numbers that are read as dates, because spreadsheets store dates as numbers.

The range corresponds to the years 1954 to 2119.
"""

_MONTH_NAMES = "janfebmaraprmayjunjulaugsepoctnovdec"
_MONTHS = {_MONTH_NAMES[3 * at : 3 * at + 3]: at + 1 for at in range(12)}

_BY = re.compile(r"(?:截至到|截止到|截至|截止|by|until|up to)\s*", re.IGNORECASE)
_ISO = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*[日号]?")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_MONTH_AND_DAY = re.compile(r"(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*[日号]?")
_DAY = re.compile(r"(\d{1,2})\s*[日号]")
_DAY_MONTH_YEAR = re.compile(r"(\d{1,2})\s*[-/. ]\s*(\d{1,2})\s*[-/. ]\s*(\d{4})")
_NAMED = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?[-/. ]([a-z]{3})[a-z]*\.?[,-/]?[- ]?(\d{4})?")
_NAMED_FIRST = re.compile(r"([a-z]{3})[a-z]*\.?[-/ ](\d{1,2})(?:st|nd|rd|th)?(?:,?[- ](\d{4}))?")
_NAMED_SHORT = re.compile(r"(\d{1,2})[-/. ]([a-z]{3})[a-z]*[-/. ,']+(\d{2})")
_YEAR_AND_MONTH = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*月?")
_MONTH_AND_YEAR = re.compile(r"(\d{1,2})\s*[-/.]\s*(\d{4})")
_NAMED_MONTH = re.compile(r"([a-z]{3})[a-z]*[-/., ]*(\d{4})")
_SHORT_YEAR = re.compile(r"'?(\d{2})\s*年\s*(\d{1,2})\s*月\s*(\d{1,2})\s*[日号]?")
_CHINESE_NUMBER = re.compile(r"[〇零○一二两三四五六七八九十廿卅]+(?=\s*[年月日号])")
_WEEKDAY = re.compile(
    r"\s*[(（]?\s*(?:(?:星期|礼拜|周)[一二三四五六日天]|"
    r"(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\b)\.?\s*[)）]?,?\s*"
)
_TIME = re.compile(
    r"[\sT]*(?:上午|下午|早上|中午|晚上|晚|am|pm)?\s*"
    r"\d{1,2}\s*(?:[:：]\s*\d{2}(?:[:：]\s*\d{2}(?:\.\d+)?)?|[时点](?:\s*\d{1,2}\s*分?|半)?)\s*"
    r"(?:am|pm|[ap]\.m\.|上午|下午)?$|\s*(?:上午|下午|早上|中午|晚上|晚)$"
)
_MOMENT = re.compile(
    r"(\d{4}-\d{2}-\d{2})[T ](\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?)\s*"
    r"(UTC|Z|[+-]\d{2}:?\d{2})?",
    re.IGNORECASE,
)


_FULL_WIDTH = str.maketrans("．／－：", "./-:")


@dataclass(frozen=True, slots=True)
class DayHints:
    """What the user says about the dates in a file.

    Attributes:
        year, month: The year and the month of dates that are written without them; None if unknown.
        day_first: Whether 05/02/2020 is 5 February. If None, such dates are refused.
        zone: The station's time zone, for times that are written with an offset from UTC.
    """

    zone: ZoneInfo
    year: int | None = None
    month: int | None = None
    day_first: bool | None = None


@dataclass(frozen=True, slots=True)
class ReadDay:
    """A date from a cell.

    Attributes:
        or_earlier: Whether the cell says that the event may have been earlier, as 截至28日 does.
    """

    day: date
    or_earlier: bool = False


def read_day(cell: Cell, hints: DayHints) -> ReadDay:
    """Return the date in a cell.

    Raises:
        InvalidField: the cell contains no date, or one that can be read in two ways.

    >>> read_day("截至2月28日", DayHints(ZoneInfo("Asia/Shanghai"), year=2020))
    ReadDay(day=datetime.date(2020, 2, 28), or_earlier=True)
    """
    if isinstance(cell, datetime):
        return ReadDay(cell.date())
    if isinstance(cell, date):
        return ReadDay(cell)
    if isinstance(cell, Lost):
        raise InvalidField(
            Sentence("the cell has a formula without a result; write the day itself")
        )
    text = normalize_text(shown(cell)).lower().translate(_FULL_WIDTH)
    serial = _serial(cell, text)
    if serial is not None:
        return ReadDay(serial)
    if isinstance(cell, int | Decimal):
        raise InvalidField(
            Sentence("{text} is a number and not a day; write it as 2020-02-28", text=shown(cell))
        )
    by = _BY.match(text)
    rest = text[by.end() :] if by else text
    try:
        return ReadDay(_day(rest, hints), or_earlier=by is not None)
    except ValueError as error:
        raise InvalidField(
            Sentence("{text} is not a day of the calendar", text=repr(shown(cell)))
        ) from error


def read_month(cell: Cell) -> str | None:
    """Return the month in a cell that names a month without a day, as in "2022-06".

    Return None for any other cell, and for the number 2022.1, which may have been 2022.10.

    >>> [read_month(text) for text in ("2022年6月", "06/2022", "Jun 2022", "2022-06-01")]
    ['2022-06', '2022-06', '2022-06', None]
    """
    text = normalize_text(shown(cell)).lower().translate(_FULL_WIDTH)
    if isinstance(cell, Decimal) and text.endswith(".1"):
        return None
    if found := _YEAR_AND_MONTH.fullmatch(text):
        return f"{found[1]}-{int(found[2]):02}"
    if found := _MONTH_AND_YEAR.fullmatch(text):
        return f"{found[2]}-{int(found[1]):02}"
    if (found := _NAMED_MONTH.fullmatch(text)) and found[1] in _MONTHS:
        return f"{found[2]}-{_MONTHS[found[1]]:02}"
    return None


def _serial(cell: Cell, text: str) -> date | None:
    """Return the date that a spreadsheet program stores as a number.

    Return None if the cell is not a number, or if the number is outside `_SERIALS`.
    """
    number = cell if isinstance(cell, int | Decimal) else None
    if number is None and re.fullmatch(r"\d{5}(\.\d+)?", text):
        number = Decimal(text)
    if number is None or not Decimal(number).is_finite() or int(number) not in _SERIALS:
        return None
    return _FIRST_SERIAL + timedelta(days=int(number))


def _day(text: str, hints: DayHints) -> date:
    """Return the date in a text.

    Raises:
        InvalidField: the text contains no date, or one that can be read in two ways.
        ValueError: the calendar has no such day.
    """
    if found := _MOMENT.fullmatch(text):
        moment = datetime.fromisoformat(f"{found[1]}T{_padded(found[2])}{_offset(found[3])}")
        return (moment.astimezone(hints.zone) if moment.tzinfo else moment).date()
    written, text = text, _without_time(text)
    if found := _ISO.fullmatch(text) or _COMPACT.fullmatch(text):
        return date(int(found[1]), int(found[2]), int(found[3]))
    if found := _DAY_MONTH_YEAR.fullmatch(text):
        return _in_either_order(int(found[1]), int(found[2]), int(found[3]), hints)
    if found := _SHORT_YEAR.fullmatch(text):
        return date(_century(found[1]), int(found[2]), int(found[3]))
    if (found := _NAMED_SHORT.fullmatch(text)) and found[2] in _MONTHS:
        return date(_century(found[3]), _MONTHS[found[2]], int(found[1]))
    if (found := _NAMED.fullmatch(text)) and found[2] in _MONTHS:
        return date(_year(found[3], hints), _MONTHS[found[2]], int(found[1]))
    if (found := _NAMED_FIRST.fullmatch(text)) and found[1] in _MONTHS:
        return date(_year(found[3], hints), _MONTHS[found[1]], int(found[2]))
    if found := _MONTH_AND_DAY.fullmatch(text):
        return date(_year(None, hints), int(found[1]), int(found[2]))
    if found := _DAY.fullmatch(text):
        if hints.month is None:
            raise InvalidField(Sentence(NO_MONTH, text=repr(written)))
        return date(_year(None, hints), hints.month, int(found[1]))
    raise InvalidField(Sentence("{text} is not a day; write it as 2020-02-28", text=repr(written)))


def _without_time(text: str) -> str:
    """Remove weekday and time from the text of a date, and replace Chinese numbers by digits.

    >>> _without_time("二〇二〇年二月五日 星期三 上午8:30")
    '2020年2月5日'
    """
    text = _CHINESE_NUMBER.sub(lambda found: _number(found[0]), text)
    return _TIME.sub("", _WEEKDAY.sub(" ", text).strip()).strip(" ,.")


def _number(text: str) -> str:
    """Convert a Chinese number up to 99, or a year in Chinese digits, to Arabic digits."""
    text = text.replace("廿", "二十").replace("卅", "三十").replace("两", "二")
    digits = {sign: str(at) for at, sign in enumerate("〇一二三四五六七八九")} | dict.fromkeys(
        "零○", "0"
    )
    if "十" not in text:
        return "".join(digits[sign] for sign in text)
    tens, _, ones = text.partition("十")
    return f"{digits.get(tens, '1')}{digits.get(ones, '0')}"


def _century(typed: str) -> int:
    """Return the year for two digits: 70 to 99 are 1970 to 1999, 00 to 69 are 2000 to 2069."""
    return int(typed) + (1900 if int(typed) >= 70 else 2000)


def _year(typed: str | None, hints: DayHints) -> int:
    if typed:
        return int(typed)
    if hints.year is None:
        raise InvalidField(Sentence(NO_YEAR))
    return hints.year


def _in_either_order(first: int, second: int, year: int, hints: DayHints) -> date:
    """Return the date for a text such as 05/02/2020.

    Raises:
        InvalidField: both orders give a date, and the hints do not say which is right.
        ValueError: the calendar has no such day.
    """
    if first > 12 or first == second:
        return date(year, second, first)
    if second > 12:
        return date(year, first, second)
    if hints.day_first is None:
        text = f"{first:02}/{second:02}/{year}"
        raise InvalidField(Sentence(TWO_ORDERS, text=text))
    return date(year, second, first) if hints.day_first else date(year, first, second)


def _padded(time: str) -> str:
    """Complete the digits of a time, so that it has the form of ISO 8601.

    The hour gets two digits. If there is a fraction of a second, it gets six digits.
    """
    hour, _, rest = time.partition(":")
    whole, _, fraction = rest.replace(",", ".").partition(".")
    return f"{int(hour):02}:{whole}" + (f".{fraction[:6]:0<6}" if fraction else "")


def _offset(text: str | None) -> str:
    if text is None:
        return ""
    return "+00:00" if text.upper() in ("UTC", "Z") else text
