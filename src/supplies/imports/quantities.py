"""Read quantities from cells: the number, the unit, and the contents of a pack."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from math import prod

from supplies.domain.normalization import normalize_text
from supplies.errors import InvalidField, Sentence
from supplies.imports.sheets import Cell, Lost, shown

_PIECES = ("pc", "pcs", "ea", "each")
"""English words for one thing, which stand for each of the Chinese units 件, 只 and 个."""

_WORDS: Mapping[str, tuple[str, ...]] = {
    "piece": (*_PIECES, "片装"),
    "zhi": (*_PIECES, "隻"),
    "ge": (*_PIECES, "個"),
    "fu": ("付",),
    "case": ("件装",),
    "bucket": ("pail", "pails"),
    "can": ("听", "tin", "tins"),
    "jug": ("壶", "jug", "jugs"),
    "box": ("小盒", "大盒"),
    "carton": ("小箱", "大箱", "ctn"),
    "bundle": ("提", "扎"),
    "kg": ("公斤", "kilogram", "kilograms", "kgs"),
    "g": ("gram", "grams"),
    "L": ("公升", "liter", "liters", "litre", "litres"),
    "mL": ("ml", "毫升", "milliliter", "milliliters"),
    "m": ("meter", "meters", "metre", "metres"),
}
"""Further words for units, which supplement the station's own words and the standard ones."""

_NUMBER = r"[-+]?\d[\d,' ]*(?:\.\d+)?"
_QUANTITY = re.compile(rf"({_NUMBER})\s*(.*)", re.DOTALL)
_GROUPED = re.compile(r"[-+]?\d{1,3}(?:[,' ]\d{3})+(?:\.\d+)?")
_PLAIN = re.compile(r"[-+]?\d+(?:\.\d+)?")
_CHINESE = re.compile("([负〇零一二两三四五六七八九十百千万亿壹贰叁肆伍陆柒捌玖拾佰仟]+)(.*)")
_EITHER = re.compile(
    "(?<![一二两三四五六七八九〇零])[一二两三四五六七八九]{2}(?![一二两三四五六七八九〇零])"
)
"""Regular expression of two digits that name neighbouring numbers, such as 七八 for 7 or 8.

Three or more digits in a row are one number, such as 一二〇 for 120.
"""

_LARGE = re.compile(rf"({_NUMBER})\s*([十百千]?[万亿]|[十百千](?![克米瓦升帕]))(.*)", re.DOTALL)
_TIMES: Mapping[str, int] = {"十": 10, "百": 100, "千": 1000, "万": 10**4, "亿": 10**8}
_RANGE = re.compile(rf"{_NUMBER}\s*[^\d\s]{{0,3}}\s*(?:[~～–—至到]|-|\.\.)\s*\d.*")
_CONTENT = re.compile(
    r"(\d[\d,]*(?:\.\d+)?)\s*([^\d\s/*×x,，;；()（）]+)\s*[/每]\s*([^\d\s/*×x,，;；()（）]+)"
)
_ABOUT = re.compile(
    r"^(?:约|大约|近|余|多|about|approx\.?|ca\.?|~|>|<|≥|≤)\s*|(?:余|多|左右|\+)$", re.I
)


_MOST_DIGITS = 18


class NotPositive(InvalidField):
    """Raised if a quantity is zero or negative."""


@dataclass(frozen=True, slots=True)
class ReadQuantity:
    """A quantity from a cell.

    Attributes:
        unit: The unit as written; "" if there is none.
        contents: What packs contain, as written. For 50只/箱, it is the `Content` (50, "只", "箱").
    """

    number: Decimal
    unit: str
    contents: tuple[Content, ...] = ()


@dataclass(frozen=True, slots=True)
class Content:
    """What a pack contains: one `outer` unit contains `number` of the unit `inner`."""

    number: int
    inner: str
    outer: str


class Units:
    """Finds units by the Chinese and English words for them.

    Args:
        words: The words for each unit, by the code of the unit.
    """

    def __init__(self, words: Mapping[str, Iterable[str]]) -> None:
        self._codes: dict[str, list[str]] = {}
        self._found: dict[str, list[str]] = {}
        self._words = {code: tuple(texts) for code, texts in words.items()}
        for code, texts in self._words.items():
            for text in (code, *texts, *_WORDS.get(code, ())):
                known = self._codes.setdefault(_folded(text), [])
                if code not in known:
                    known.append(code)
        for code, texts in _WORDS.items():
            for text in (code, *texts):
                self._codes.setdefault(_folded(text), [code])

    def codes(self, word: str) -> list[str]:
        """Return the codes of all units with this word, best match first."""
        found = self._found.get(word)
        if found is None:
            found = self._found[word] = self._codes.get(_folded(word), [])
        return found

    def word(self, code: str, like: str) -> str:
        """Return a word for a unit in the same writing as another word: Chinese, or Latin letters.

        Return the code if the unit has no such word.

        >>> Units({"bottle": ["瓶", "bottle"]}).word("bottle", like="箱")
        '瓶'
        """
        known = self._words.get(code, ())
        return next((one for one in known if one.isascii() == like.isascii()), code)

    def same(self, word: str, other: str) -> bool:
        """Return whether two words mean the same unit."""
        codes = self.codes(other)
        return any(code in codes for code in self.codes(word)) or _folded(word) == _folded(other)


def _folded(word: str) -> str:
    return normalize_text(word).lower().rstrip(".")


def read_quantity(cell: Cell) -> ReadQuantity:
    """Return the quantity in a cell.

    Raises:
        InvalidField: the cell contains no quantity, or only an approximate one.
        NotPositive: the quantity is zero or negative.

    >>> read_quantity("1,200只")
    ReadQuantity(number=Decimal('1200'), unit='只', contents=())
    """
    if isinstance(cell, Lost):
        raise InvalidField(
            Sentence("the cell has a formula without a result; write the number itself")
        )
    if cell is None:
        raise InvalidField(Sentence("the quantity is missing"))
    if isinstance(cell, int | Decimal):
        return _positive(Decimal(cell), "", shown(cell))
    text = normalize_text(shown(cell)).replace("，", ",").replace("．", ".")
    if _RANGE.fullmatch(text):
        raise InvalidField(
            Sentence("{text} is a range; write the number that was counted", text=repr(text))
        )
    chinese = _CHINESE.match(text)
    if _ABOUT.search(text) or (chinese and _EITHER.search(chinese[1])):
        raise InvalidField(
            Sentence("{text} is not exact; write the number that was counted", text=repr(text))
        )
    contents = read_contents(text)
    plain = _CONTENT.sub("", text).strip(" ()（）×xX*") if contents else text
    number, unit = _split(plain)
    if number is None:
        raise InvalidField(
            Sentence(
                "{text} is not a quantity; write a number, as in 198 or 198箱", text=repr(text)
            )
        )
    if not unit and contents:
        unit = contents[0].outer
    return _positive(number, unit, text, contents)


def _split(text: str) -> tuple[Decimal | None, str]:
    """Split a text into number and unit. The number is None if the text has none."""
    if found := _LARGE.fullmatch(text):
        number, unit = _written(found[1]), found[3].strip()
        if number is None or unit[:1].isdecimal():
            return None, ""
        return number * prod(_TIMES[sign] for sign in found[2]), unit
    if found := _QUANTITY.fullmatch(text):
        number, unit = _written(found[1]), found[2].strip()
        return (None, "") if unit[:1] in (".", ",", "-") else (number, unit)
    if found := _CHINESE.fullmatch(text):
        return _chinese(found[1]), found[2].strip()
    return None, ""


def _written(text: str) -> Decimal | None:
    """Return a number in digits, with or without marks between thousands, or None if it is none."""
    digits = text.strip(" ,'")
    if _GROUPED.fullmatch(digits):
        digits = re.sub("[,' ]", "", digits)
    return Decimal(digits) if _PLAIN.fullmatch(digits) else None


def _chinese(text: str) -> Decimal | None:
    import cn2an

    try:
        return Decimal(str(cn2an.cn2an(text, "smart")))
    except (ValueError, InvalidOperation):
        return None


def _positive(
    number: Decimal, unit: str, text: str, contents: tuple[Content, ...] = ()
) -> ReadQuantity:
    if not number.is_finite() or number.adjusted() > _MOST_DIGITS:
        raise InvalidField(Sentence("{text} is not a quantity; write a number", text=repr(text)))
    if number <= 0:
        raise NotPositive(
            Sentence("{text} is not a quantity of goods; it must be 1 or more", text=text)
        )
    return ReadQuantity(number, unit, contents)


@lru_cache(maxsize=4096)
def read_contents(text: str) -> tuple[Content, ...]:
    """Return the contents of packs in a text such as 1瓶/盒*100盒/箱.

    A content is left out if its number is not a whole number of at least 1.

    >>> [(one.number, one.inner, one.outer) for one in read_contents("50ml 1瓶/盒*100盒/箱")]
    [(1, '瓶', '盒'), (100, '盒', '箱')]
    """
    found = []
    for number, inner, outer in _CONTENT.findall(normalize_text(text)):
        digits = number.replace(",", "")
        if digits.isdecimal() and int(digits) >= 1:
            found.append(Content(int(digits), inner, outer))
    return tuple(found)


def content_of(word: str, base: str, contents: Iterable[Content], units: Units) -> int | None:
    """Return how many of the unit `base` one pack contains, or None if this is unknown.

    >>> units = Units({"bottle": ["瓶"], "box": ["盒"], "carton": ["箱"]})
    >>> content_of("箱", "瓶", read_contents("1瓶/盒*100盒/箱"), units)
    100
    """
    known = list(contents)
    total, at = 1, word
    for _ in range(len(known) + 1):
        if units.same(at, base):
            return total
        inside = next((one for one in known if units.same(one.outer, at)), None)
        if inside is None:
            return None
        total, at = total * inside.number, inside.inner
        known.remove(inside)
    return None
