"""Write quantities in words, as receipts do.

A number in words cannot be changed by adding a digit.
"""

from __future__ import annotations

from functools import lru_cache


@lru_cache(maxsize=4096)
def chinese_numerals(quantity: int) -> str:
    """Return a number in Chinese financial numerals (大写): 伍拾 for 50."""
    import cn2an

    return str(cn2an.an2cn(quantity, "up"))


@lru_cache(maxsize=4096)
def english_words(quantity: int) -> str:
    """Return a number in English words: "fifty" for 50."""
    import num2words

    return str(num2words.num2words(quantity, lang="en"))
