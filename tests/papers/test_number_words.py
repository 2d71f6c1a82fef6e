"""Quantities in words: financial numerals in Chinese, and words in English."""

from __future__ import annotations

from itertools import product
from random import Random

import cn2an
import num2words
import pytest

from supplies.domain.fields import MAX_QUANTITY
from supplies.papers.number_words import chinese_numerals, english_words

_WITH_ZEROS = [int("".join(digits)) for digits in product("015", repeat=7)]
"""Numbers of up to seven digits, with zeros in all places."""

_LARGE = [
    min(MAX_QUANTITY, unit * count + rest)
    for unit in (10**4, 10**6, 10**7, 10**8, 10**9, 10**11, 10**12)
    for count in (1, 10)
    for rest in (0, 1, 99, 100, 1000, 10_000, 1_000_000)
]

_random = Random(1)
_RANDOM = [_random.randrange(10**digits) for digits in range(1, 13) for _ in range(50)]


@pytest.mark.parametrize("quantities", [range(1200), _WITH_ZEROS, _LARGE, _RANDOM])
def test_quantities_have_the_words_of_the_libraries(quantities: list[int]) -> None:
    for quantity in quantities:
        assert chinese_numerals(quantity) == cn2an.an2cn(quantity, "up")
        assert english_words(quantity) == num2words.num2words(quantity, lang="en")
