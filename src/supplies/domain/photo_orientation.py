"""The orientation of a photo: how a browser must turn the picture to show it upright.

A phone stores the picture as its sensor saw it, and the orientation in the EXIF metadata: a
number from 1 to 8, where 1 means upright. The number reveals nothing about place, time or device.

Source: CIPA DC-008 (Exif 2.32), 4.5 and tag 274 `Orientation`.
"""

from __future__ import annotations

from typing import Literal

EXIF = b"Exif\0\0"
"""The bytes that precede EXIF metadata in a JPEG file, and in some WebP files."""

_UPRIGHT = 1
_ORDERS: dict[bytes, Literal["little", "big"]] = {b"II*\0": "little", b"MM\0*": "big"}
_TAG, _SHORT = 0x0112, 3
_MAX_ENTRIES = 200
"""Maximum number of EXIF fields that are read. Phones write about 20."""


def read_orientation(exif: bytes) -> int:
    """Return the orientation in EXIF metadata, or 1 if the metadata has no valid one.

    Args:
        exif: The metadata, beginning with its TIFF header, without the bytes `EXIF`.
    """
    order = _ORDERS.get(exif[:4])
    if order is None:
        return _UPRIGHT

    def number(at: int, size: int) -> int:
        return int.from_bytes(exif[at : at + size], order)

    first = number(4, 4)
    for index in range(min(number(first, 2), _MAX_ENTRIES)):
        at = first + 2 + 12 * index
        if number(at, 2) == _TAG and number(at + 2, 2) == _SHORT and number(at + 4, 4) == 1:
            return found if 1 <= (found := number(at + 8, 2)) <= 8 else _UPRIGHT
    return _UPRIGHT


def orientation_exif(orientation: int) -> bytes:
    """Return EXIF metadata that contains only the orientation; b"" if the photo is upright."""
    if orientation == _UPRIGHT:
        return b""
    field = b"".join(n.to_bytes(size) for n, size in ((_TAG, 2), (_SHORT, 2), (1, 4)))
    value = orientation.to_bytes(2) + b"\0\0"
    return b"MM\0*" + (8).to_bytes(4) + (1).to_bytes(2) + field + value + bytes(4)
