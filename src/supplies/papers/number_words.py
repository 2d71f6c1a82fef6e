"""Write quantities in words, as receipts do.

A number in words cannot be changed by adding a digit.
"""

from __future__ import annotations

from functools import lru_cache

_CHINESE_DIGITS = "零壹贰叁肆伍陆柒捌玖"

_CHINESE_UNITS = ((10**8, "亿"), (10**4, "万"), (1000, "仟"), (100, "佰"), (10, "拾"))

_ENGLISH_WORDS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen "
    "twenty thirty forty fifty sixty seventy eighty ninety"
)

_ENGLISH = _ENGLISH_WORDS.split()

_ENGLISH_UNITS = (
    (10**12, "trillion"),
    (10**9, "billion"),
    (10**6, "million"),
    (1000, "thousand"),
    (100, "hundred"),
)


@lru_cache(maxsize=4096)
def chinese_numerals(quantity: int) -> str:
    """Return a number in Chinese financial numerals (大写): 伍拾 for 50."""
    for unit, name in _CHINESE_UNITS:
        if quantity >= unit:
            count, rest = divmod(quantity, unit)
            words = chinese_numerals(count) + name
            # 零 stands for digits that are left out, unless the next digit counts thousands.
            if 0 < rest < unit // 10 and len(str(rest)) % 4:
                words += "零"
            return words + chinese_numerals(rest) if rest else words
    return _CHINESE_DIGITS[quantity]


@lru_cache(maxsize=4096)
def english_words(quantity: int) -> str:
    """Return a number in English words: "fifty" for 50."""
    for unit, name in _ENGLISH_UNITS:
        if quantity >= unit:
            count, rest = divmod(quantity, unit)
            words = f"{english_words(count)} {name}"
            if rest:
                words += (" and " if rest < 100 else ", ") + english_words(rest)
            return words
    if quantity < 20:
        return _ENGLISH[quantity]
    tens, ones = divmod(quantity, 10)
    return _ENGLISH[tens + 18] + (f"-{_ENGLISH[ones]}" if ones else "")
