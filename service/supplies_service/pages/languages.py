"""The languages of the pages. Each page is in Chinese or in English.

The templates contain English texts, and `translations/zh.po` contains the Chinese ones. A cookie
keeps the language that a reader chose. Without the cookie, the `Accept-Language` header of the
browser decides. Without the header, the languages of the station's papers decide.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from gettext import GNUTranslations, NullTranslations
from importlib.resources import files
from io import BytesIO
from typing import Any, Literal, get_args

from litestar import Controller, Request, Response, post
from litestar.datastructures import Cookie
from supplies_receipts.drawing.bilingual import days_within

from supplies.errors import Sentence
from supplies.papers.common import Languages
from supplies_service.pages.forms import form_fields, redirect, safe_path
from supplies_service.security.authorization import allow_anyone

Language = Literal["zh", "en"]

LANGUAGES: tuple[Language, ...] = get_args(Language)

LANGUAGE_COOKIE = "language"

_A_YEAR = 365 * 24 * 3600

HTML_LANGUAGES: Mapping[Language, str] = {"zh": "zh-Hans", "en": "en"}
"""The value of the attribute `lang` of a page, by language."""


@cache
def translations(language: Language) -> NullTranslations:
    """Return the translations of the texts of all pages into a language."""
    if language == "en":
        return NullTranslations()
    # Imported here, because only the service needs it, once.
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    source = files("supplies_service.pages") / "translations" / f"{language}.po"
    compiled = BytesIO()
    with source.open("rb") as file:
        write_mo(compiled, read_po(file, locale=language))
    compiled.seek(0)
    return GNUTranslations(compiled)


def translate_sentence(sentence: str, language: Language) -> str:
    """Translate a `Sentence` into a language. Any other text is returned unchanged.

    Days and months in the sentence are formatted like other days on pages.
    """
    if not isinstance(sentence, Sentence):
        return sentence
    values = {
        name: format_days(value, language)
        if _ISO_DAY.fullmatch(value)
        else translate_sentence(value, language)
        for name, value in sentence.values.items()
    }
    template = translations(language).gettext(sentence.template)
    return _SPACED.sub(lambda found: _close_up(found, values), template).format(**values)


def _close_up(found: re.Match[str], values: Mapping[str, str]) -> str:
    """Leave out the spaces between Chinese words and a Chinese value, such as a name for a code."""
    before, name, after = found.groups(default="")
    value = values.get(name, "")
    is_close = _CHINESE.fullmatch(value[:1]), _CHINESE.fullmatch(value[-1:])
    return f"{'' if is_close[0] else before}{{{name}}}{'' if is_close[1] else after}"


_CHINESE = re.compile("[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef“”]")
_SPACED = re.compile(rf"(?:(?<={_CHINESE.pattern})( ))?\{{(\w+)\}}(?:( )(?={_CHINESE.pattern}))?")
"""Regular expression of a placeholder such as `{item}`, with a space between it and a Chinese word.

The space is left out if a Chinese value is put in.
"""


def format_days(text: str, language: Language) -> str:
    """Format the days and months that a text contains in ISO 8601 as papers do."""
    return days_within(text).zh if language == "zh" else text


_ISO_DAY = re.compile(r"\d{4}-\d\d(?:-\d\d)?", re.ASCII)


def language_of(request: Request[Any, Any, Any], papers: Languages = "zh+en") -> Language:
    """Return the language in which a page is shown.

    Args:
        request: The request, with the cookie and header that may choose a language.
        papers: Languages of the station's papers. They decide if the request chooses no language.
    """
    chosen = request.cookies.get(LANGUAGE_COOKIE, "")
    accepted = _accepted(request.headers.get("accept-language", ""))
    for name in (chosen, *accepted):
        for language in LANGUAGES:
            if name == language:
                return language
    return station_language(papers)


def station_language(papers: Languages) -> Language:
    """Return the language of a station, by the languages of its papers."""
    return "en" if papers == "en" else "zh"


def _accepted(header: str) -> list[str]:
    """Return the primary language subtags of an `Accept-Language` header, the preferred first."""
    weighted = []
    for place, part in enumerate(header[:500].split(",")):
        tag, _, weight = part.strip().partition(";q=")
        try:
            quality = float(weight or 1)
        except ValueError:
            continue
        if quality > 0:
            weighted.append((-quality, place, tag.partition("-")[0].lower()))
    return [tag for _, _, tag in sorted(weighted)]


class LanguagePages(Controller):
    """Route with which a reader chooses the language of the pages."""

    path = "/language"
    include_in_schema = False
    opt = allow_anyone()

    @post()
    async def choose(self, request: Request[Any, Any, Any]) -> Response[bytes]:
        """Remember the language in a cookie, and show the page again."""
        sent = await form_fields(request, ("language", "next"))
        path = safe_path(sent["next"])
        if sent["language"] not in LANGUAGES:
            return redirect(path)
        cookie = Cookie(
            key=LANGUAGE_COOKIE,
            value=sent["language"],
            path="/",
            max_age=_A_YEAR,
            httponly=True,
            samesite="lax",
            secure=request.url.scheme == "https",
        )
        return redirect(path, cookie)
