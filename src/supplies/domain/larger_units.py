"""Show quantities in the larger unit of an item, such as 2.5 kg for 2,500 g."""

from __future__ import annotations

from typing import Protocol


class LargeUnit(Protocol):
    """The attributes of a larger unit, which `LargerUnit` and similar classes have."""

    @property
    def unit(self) -> str:
        """The code of the larger unit, such as `kg`."""

    @property
    def size(self) -> int:
        """The number of base units in one larger unit: a power of ten."""


def in_larger_unit(quantity: int, larger: LargeUnit) -> str | None:
    """Return a quantity of base units as a decimal number of larger units.

    Return None for quantities below one larger unit, which are easier to read in base units.

    >>> from supplies import LargerUnit
    >>> in_larger_unit(1_002_500, LargerUnit(unit="kg", size=1000))
    '1,002.5'
    """
    whole, rest = divmod(quantity, larger.size)
    if whole < 1:
        return None
    decimals = f"{rest:0{len(str(larger.size)) - 1}d}".rstrip("0")
    return f"{whole:,}.{decimals}" if decimals else f"{whole:,}"
