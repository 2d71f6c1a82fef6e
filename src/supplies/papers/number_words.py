"""Quantities in words, as a receipt writes them so that no digit can be added."""

from __future__ import annotations

from functools import lru_cache


@lru_cache(maxsize=4096)
def chinese(quantity: int) -> str:
    """50 as 伍拾: the financial numerals (大写) that Chinese papers ask for."""
    import cn2an

    return str(cn2an.an2cn(quantity, "up"))


@lru_cache(maxsize=4096)
def english(quantity: int) -> str:
    """50 as "fifty"."""
    import num2words

    return str(num2words.num2words(quantity, lang="en"))
