"""The words for age bands in forms.

The catalogue stores codes: `0-6` is from 0 to 6 years, `60-` is 60 years and older, and `70` is one
age. Forms accept the words of both languages.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from typing import Annotated

from msgspec import Meta

AgeBandText = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=64,
        pattern=r"^(?:\d+-\d*|[A-Za-z0-9][A-Za-z0-9._-]*)$(?!\n)",
        description="a band of ages in years, such as 0-6 or 60-",
    ),
]
"""The code of an age band. Its pattern also shows in error messages which form is right."""

_DASH = "[-\u2010-\u2015\u2212~至到]"
_YEARS = "(?:周?岁|(?: ?years?)?(?: old)?)"
_BANDS: Sequence[tuple[re.Pattern[str], Callable[[int], str]]] = [
    (re.compile(pattern, re.ASCII | re.IGNORECASE), code)
    for pattern, code in (
        (rf"(\d{{1,3}}) ?{_YEARS}", "{}".format),
        (
            rf"(\d{{1,3}}) ?{_YEARS} ?(?:\+|{_DASH}|及?以上|(?:and|or) (?:over|older|above))",
            "{}-".format,
        ),
        (rf"(?:>=|\u2265) ?(\d{{1,3}}) ?{_YEARS}", "{}-".format),
        (rf"(\d{{1,3}}) ?{_YEARS} ?及?以[下内]", "0-{}".format),
        (rf"(?:<=|\u2264|up to ) ?(\d{{1,3}}) ?{_YEARS}", "0-{}".format),
        (rf"(?:<|[不未]满|under ) ?(\d{{1,3}}) ?{_YEARS}", lambda age: f"0-{max(age - 1, 0)}"),
    )
]
"""Regular expressions for bands with one age, and the code that each stands for.

As in Chinese law, 以上 and 以下 include the age itself.
"""

_FROM_TO = re.compile(
    rf"(\d{{1,3}}) ?{_YEARS} ?{_DASH} ?(\d{{1,3}}) ?{_YEARS}", re.ASCII | re.IGNORECASE
)


def age_band_of(text: str) -> str:
    """Return the code of the age band in a typed text, or the text itself if it has none."""
    wanted = unicodedata.normalize("NFKC", text).strip()
    found = _FROM_TO.fullmatch(wanted)
    if found:
        return f"{int(found[1])}-{int(found[2])}"
    for pattern, code in _BANDS:
        found = pattern.fullmatch(wanted)
        if found:
            return code(int(found[1]))
    return text


def text_of_age_band(code: str) -> str:
    """Return an age band as a form shows it, such as 60+ for `60-`."""
    return re.sub(r"^(\d+)-$", r"\1+", code)
