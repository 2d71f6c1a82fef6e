"""Quantities that the lines of a command give in packs, such as 3 boxes of 50 masks."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Literal

import msgspec

from supplies.domain.catalogue_records import Item
from supplies.domain.commands import GoodsLine, NoteNeed
from supplies.domain.entry_rows import PackedLine
from supplies.domain.fields import MAX_QUANTITY
from supplies.errors import InvalidField, Sentence

_Field = Literal["lines", "consumed", "produced", "spilled"]


class PackedLines:
    """Converts quantities of lines from packs to base units, and remembers the packs.

    Args:
        former: If the command is a correction, the packs in the lines of the original command.
    """

    def __init__(self, former: Iterable[PackedLine]) -> None:
        self._lines: dict[str, PackedLine] = {}
        self._former: dict[tuple[str, str], dict[tuple[str, int], int]] = {}
        for packed in former:
            sizes = self._former.setdefault((packed.item, packed.pack), {})
            sizes.setdefault((packed.field, packed.line), packed.size)

    def base_units(self, line: GoodsLine | NoteNeed, item: Item, pointer: str) -> int:
        """Return the quantity of a line, converted to base units of its item.

        Raises:
            InvalidField: the pack is unknown, or the quantity is more than `MAX_QUANTITY`.
        """
        if line.pack is None:
            if line.pack_size is not None:
                raise InvalidField.at(
                    f"{pointer}/pack",
                    Sentence("a pack_size is given without its pack; name the pack, such as case"),
                )
            return line.quantity
        stated = self._lines.get(pointer)
        if stated is None:
            stated = self._lines[pointer] = self._pack(line, line.pack, item, pointer)
        return stated.quantity * stated.size

    def line(self, pointer: str) -> PackedLine | None:
        """Return the packs of a line, or None if the line counts base units.

        Call this method only after `base_units` has read the line.
        """
        return self._lines.get(pointer)

    def place(self, pointer: str, lines: Sequence[int]) -> None:
        """Give the packs of a command's line the number of the row that contains the line's goods.

        If the goods are split over several rows, the packs are dropped, because no row has the
        quantity of the whole line.

        Args:
            pointer: JSON pointer to the line.
            lines: Numbers of the rows that contain the goods of the line.
        """
        packed = self._lines.pop(pointer, None)
        if packed is not None and len(lines) == 1:
            self._lines[pointer] = msgspec.structs.replace(packed, line=lines[0])

    def rows(self) -> Collection[PackedLine]:
        """Return a row for each line that counts packs."""
        return self._lines.values()

    def _pack(self, line: GoodsLine | NoteNeed, pack: str, item: Item, pointer: str) -> PackedLine:
        """Return the packs of a line, with the size of one pack in base units.

        If the line gives no size, a correction uses the size of the original command. Otherwise,
        the size that is registered for the item is used.

        Raises:
            InvalidField: the pack is unknown, or the quantity is more than `MAX_QUANTITY`.
        """
        field, number = _place(pointer)
        size = line.pack_size or self._former_size(field, number, line.item, pack)
        size = size or item.packs.get(pack)
        if size is None:
            known = ", ".join(sorted(item.packs)) or "none"
            raise InvalidField.at(
                f"{pointer}/pack",
                Sentence(
                    "{item} has no pack {pack} (its packs: {known}); "
                    "name one of them, give its pack_size, or count in {unit}",
                    item=item.name,
                    pack=pack,
                    known=known,
                    unit=item.unit,
                ),
            )
        if line.quantity * size > MAX_QUANTITY:
            raise InvalidField.at(
                f"{pointer}/quantity",
                Sentence(
                    "{quantity} × {pack} is more than {most} {unit}; record it in several entries",
                    quantity=line.quantity,
                    pack=pack,
                    most=MAX_QUANTITY,
                    unit=item.unit,
                ),
            )
        return PackedLine(
            field=field,
            line=number,
            item=line.item,
            pack=pack,
            quantity=line.quantity,
            size=size,
        )

    def _former_size(self, field: str, number: int, item: str, pack: str) -> int | None:
        """Return the size of this pack in the original command, or None if it did not use the pack.

        If several lines used the pack, the size in line `number` is preferred.
        """
        sizes = self._former.get((item, pack), {})
        return sizes.get((field, number), next(iter(sizes.values()), None))


def _place(pointer: str) -> tuple[_Field, int]:
    """Return the name of the list that contains a line, and the number of the line from 1.

    Args:
        pointer: JSON pointer to the line. A command without lines, such as `NoteNeed`, has the
            pointer "" and counts as line 1 of `lines`.
    """
    if not pointer:
        return "lines", 1
    _, field, index = pointer.split("/")
    return field, int(index) + 1  # type: ignore[return-value]  # rules point to lists of lines
