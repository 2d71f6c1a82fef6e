"""Write quantities in words.

Receipts print quantities in words too, so that nobody can change a number by adding a digit.
"""

from __future__ import annotations

from functools import lru_cache


@lru_cache(maxsize=4096)
def chinese_numerals(quantity: int) -> str:
    """Return Chinese financial numerals (大写): 伍拾 for 50."""
    import cn2an

    return str(cn2an.an2cn(quantity, "up"))


@lru_cache(maxsize=4096)
def english_words(quantity: int) -> str:
    """Return the English words for a number: "fifty" for 50."""
    import num2words

    return str(num2words.num2words(quantity, lang="en"))
