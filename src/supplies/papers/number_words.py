"""Quantities in words. Receipts print them so that no digit can be added."""

from __future__ import annotations

from functools import lru_cache


@lru_cache(maxsize=4096)
def chinese_numerals(quantity: int) -> str:
    """Return financial numerals (大写): 50 as 伍拾."""
    import cn2an

    return str(cn2an.an2cn(quantity, "up"))


@lru_cache(maxsize=4096)
def english_words(quantity: int) -> str:
    """Return an English number: 50 as "fifty"."""
    import num2words

    return str(num2words.num2words(quantity, lang="en"))
