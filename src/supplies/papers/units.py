"""Units of goods, and the words for them on papers."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from importlib.resources import files

from supplies.papers.common import UnitWords


def _shipped() -> Mapping[str, UnitWords]:
    table = tomllib.loads((files(__package__) / "units.toml").read_text("utf-8"))
    return {code: UnitWords(zh=zh, en=en, en_many=many) for code, (zh, en, many) in table.items()}


SHIPPED_UNITS = _shipped()
"""Words for common units, by code. A station can replace some of them and add others."""


def words_of_pack(pack: str, units: Mapping[str, UnitWords]) -> UnitWords | None:
    """Return the words for a kind of pack; None if there are none.

    If a pack has no words of its own, return the words of the unit whose code is the letters at the
    beginning of the pack's code: `box` for the pack `box50`.

    Args:
        pack: The code of the pack.
        units: The words for units, by code.
    """
    return units.get(pack) or units.get(re.split("[^A-Za-z]", pack)[0])


UNITS_BEFORE_WORDS: Mapping[str, str] = {
    "piece": "件",
    "set": "套",
    "kit": "套",
    "pair": "双",
    "bottle": "瓶",
    "can": "罐",
    "tube": "支",
    "drum": "桶",
    "bag": "袋",
    "pack": "包",
    "box": "盒",
    "carton": "箱",
    "roll": "卷",
    "sheet": "张",
    "copy": "份",
    "portion": "份",
    "m": "米",
    "mL": "毫升",
    "L": "升",
    "g": "克",
    "kg": "千克",
}
"""Chinese words for units on receipts that were issued before receipts stored such words.

A unit that is not listed here is printed as its code.
"""
