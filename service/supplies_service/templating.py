"""The Jinja templates of the pages. There is one Jinja environment for each language."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from functools import cache, partial
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape

from supplies.domain.catalogue_records import Station
from supplies.domain.failure_reasons import REASONS_OF_OUTCOME
from supplies.errors import Sentence
from supplies_service.pages.assets import asset_address
from supplies_service.pages.languages import (
    HTML_LANGUAGES,
    Language,
    format_days,
    translate_sentence,
    translations,
)


def render(language: Language, template: str, values: Mapping[str, object]) -> bytes:
    """Render a template of `pages/templates`. An undefined name in the template is an error."""
    page = environment(language).get_template(template).render(**values)
    return guide_line_breaks(page).encode()


def guide_line_breaks(page: str) -> str:
    """Keep lines from ending within a day or before the separator `·` in the texts of a page."""
    days_whole = _DAY_IN_TEXT.sub(r'<span class="whole">\g<0></span>', page)
    return _SEPARATOR.sub("\N{NO-BREAK SPACE}·", days_whole)


@cache
def environment(language: Language) -> Environment:
    """Return the Jinja environment for pages in one language."""
    made = Environment(
        loader=PackageLoader("supplies_service.pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    texts = translations(language)
    made.newstyle_gettext = True  # type: ignore[attr-defined]  # added by the extension
    made.install_gettext_callables(  # type: ignore[attr-defined]  # added by the extension
        texts.gettext, texts.ngettext, newstyle=True, pgettext=texts.pgettext
    )
    made.filters |= {
        "day": partial(format_day, language=language),
        "sentence": _sentence,
        "number": format_number,
        "in_parentheses": partial(in_parentheses, language=language),
        "label_cells": label_cells,
        "sum_by_item": sum_by_item,
        "days": partial(format_days, language=language),
        "station_day": partial(_station_day, language=language),
        "station_time": partial(_station_time, language=language),
    }
    made.globals |= {
        "asset": asset_address,
        "language": language,
        "comma": "、" if language == "zh" else ", ",
        "semicolon": "；" if language == "zh" else "; ",
        "colon": "：" if language == "zh" else ": ",
        "html_language": HTML_LANGUAGES[language],
        "reasons_of_outcome": REASONS_OF_OUTCOME,
    }
    return made


def format_number(value: int) -> str:
    """Format a number with separators, as in 2,400. The minus sign is U+2212."""
    return f"{value:,}".replace("-", "\N{MINUS SIGN}")


def format_day(value: date | str, language: Language) -> str:
    """Format a day or a month as on papers: 2020年2月5日 in Chinese, ISO 8601 in English.

    Args:
        value: A day, or a month in ISO 8601, such as the month in which goods expire.
    """
    return format_days(str(value), language)


def in_parentheses(text: object, language: Language) -> str:
    """Return a text in the parentheses of the language, with the space that stands before them."""
    return f"（{text}）" if language == "zh" else f" ({text})"


def format_sentence(sentence: str, language: Language) -> str:
    """Return an error message in the language of the page.

    A message without a translation is marked as English on Chinese pages.
    """
    if isinstance(sentence, Sentence):
        return translate_sentence(sentence, language)
    if language == "en":
        return sentence
    return Markup('<span lang="en">{}</span>').format(sentence)


@pass_context
def _sentence(context: Context, sentence: str) -> str:
    """Return an error message in the language of the page, with names instead of codes.

    Pages that are shown without open books, such as the sign-in page, show the codes.
    """
    names = context.get("names")
    if names is None:
        return format_sentence(sentence, context["language"])
    named: str = names.sentence(sentence)
    return named


def sum_by_item(lines: Iterable[Any], quantity: str = "quantity") -> list[dict[str, Any]]:
    """Return the sum of the quantities of each item, in the order of the first lines.

    Args:
        lines: Lines with an `item`, such as one for each lot.
        quantity: The attribute of a line with its quantity.
    """
    sums = Counter[str]()
    for line in lines:
        sums[line.item] += getattr(line, quantity)
    return [{"item": item, "quantity": total} for item, total in sums.items()]


def label_cells(rows: str, titles: Sequence[str]) -> Markup:
    """Add the title of its column to each cell of a table, as the attribute `data-label`.

    On a narrow screen, each row is shown as a list of cells with these titles. The header cell of a
    row is shown above the list and gets no title. Cells that are empty or contain only a dash get
    the attribute `data-blank`, and narrow screens do not show them. Cells that contain only a day
    or a time get the attribute `data-day`, and those with a short Latin text `data-short`; they are
    not wrapped. Cells that contain only a few short Latin words get the attribute `data-words`, and
    are wrapped only between words.
    """
    column = 0

    def label(tag: re.Match[str]) -> str:
        nonlocal column
        column = 0 if tag[0] == "<tr" else column + 1
        if tag[0] != "<td":
            return tag[0]
        title = titles[column - 1] if column <= len(titles) else ""
        return f'{tag[0]} data-label="{escape(title)}"'

    labelled = _BLANK.sub(r"\1 data-blank>", _TAGS.sub(label, rows))
    labelled = _DAY.sub(r"\1 data-day>", labelled)
    labelled = _SHORT.sub(r"\1 data-short>", labelled)
    labelled = _WORDS.sub(r"\1 data-words>", labelled)
    return Markup(labelled)  # noqa: S704  # `rows` is markup that was escaped


_TAGS = re.compile(r"<t[rdh]\b")
_DAY = re.compile(r"(<td[^>]*)>(?=\s*\d{4}(?:-\d\d-\d\d|年\d+月\d+日)[\d: ]*</td>)")
_IN_TEXT = r"(?=[^<>]*<(?!/(?:title|option|textarea|script|style|text)\b))"
"""What follows on text that is not in an attribute, nor in an element that holds only text."""
_DAY_IN_TEXT = re.compile(
    r"(?<![\d-])(?<! data-day>)\d{4}(?:-\d\d-\d\d|年\d{1,2}月(?:\d{1,2}日)?)(?: \d\d:\d\d)?"
    + _IN_TEXT
)
_SEPARATOR = re.compile(r" ·(?= )" + _IN_TEXT)
_SHORT = re.compile(
    r'(<td(?![^>]*(?: data-day|class="number"))[^>]*)>'
    r"(?=(?:<a [^>]*>)?(?=[^<]{3,12}<)[A-Za-z][\w.@]*[ -][\w .@-]+(?:</a>)?</td>)",
    re.ASCII,
)
_WORDS = re.compile(
    r'(<td(?![^>]*(?: data-day| data-short|class="number"))[^>]*)>'
    r"(?=(?:<a [^>]*>)?[\w.@-]{2,16}(?: [\w.@-]{1,16}){0,4}(?:</a>)?</td>)",
    re.ASCII,
)
_BLANK = re.compile(r"(<td[^>]*)>(?=\s*–?\s*</td>)")


def _station_day(timestamp: str, station: Station, language: Language) -> str:
    """Convert a stored UTC timestamp to the day in the station's time zone."""
    return format_day(_in_zone(timestamp, station).date(), language)


def _station_time(timestamp: str, station: Station, language: Language) -> str:
    """Convert a stored UTC timestamp to day, hour and minute in the station's time zone."""
    moment = _in_zone(timestamp, station)
    return f"{format_day(moment.date(), language)} {moment:%H:%M}"


def _in_zone(timestamp: str, station: Station) -> datetime:
    moment = datetime.fromisoformat(timestamp)
    try:
        return moment.astimezone(ZoneInfo(station.zone))
    except OverflowError:  # A phone reported a time at an end of the calendar.
        return moment
