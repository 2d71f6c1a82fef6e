"""Photos: check that a file is a JPEG or WebP photo, and remove its metadata.

Only the parts that a browser needs to show the picture are kept, with its orientation. Place, time,
device and preview in EXIF and XMP metadata are removed, and so is everything after the end of the
picture.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from supplies.domain.photo_orientation import EXIF, orientation_exif, read_orientation
from supplies.errors import InvalidField, Sentence

MAX_PHOTO_KB = 300
"""Maximum size of a photo with its metadata, in KB of 1,024 bytes."""

_MAX_PIXELS = 50_000_000
"""Maximum number of pixels of a photo. A larger one could use up a browser's memory."""

PhotoType = Literal["image/jpeg", "image/webp"]

_START_OF_SCAN, _END_OF_IMAGE, _APP1 = 0xDA, 0xD9, 0xE1
_FRAMES = (0xC0, 0xC1, 0xC2)
_SEGMENTS = (*_FRAMES, 0xC4, 0xDB, 0xDD, 0xEE)
"""Markers of the JPEG segments that are kept: frame, tables, restart interval, Adobe colours."""

_CHUNKS = (b"VP8 ", b"VP8L", b"VP8X", b"ALPH")
"""Names of the WebP chunks to keep: the picture, its header and its transparency."""

_ANIMATED, _HAS_EXIF, _ALPHA = 0x02, 0x08, 0x10


class _Damaged(Exception):
    """Raised for a file that ends too early, has too many pixels, or has inconsistent parts."""


def photo_type(photo: bytes) -> PhotoType | None:
    """Return the media type of a photo by its first bytes; None if it is neither JPEG nor WebP."""
    if photo[:3] == b"\xff\xd8\xff":
        return "image/jpeg"
    return "image/webp" if photo[:4] == b"RIFF" and photo[8:12] == b"WEBP" else None


def strip_metadata(photo: bytes, pointer: str) -> bytes:
    """Return a photo without its metadata, except its orientation.

    Args:
        pointer: JSON pointer to the photo, for error messages.

    Raises:
        InvalidField: the file is too large, is not a JPEG or WebP photo, or is damaged.
    """
    if len(photo) > MAX_PHOTO_KB * 1024:
        raise InvalidField.at(
            pointer,
            Sentence(
                "the photo has {size} KB, and at most {most} KB are accepted; make it smaller",
                size=-(-len(photo) // 1024),
                most=MAX_PHOTO_KB,
            ),
        )
    kind = photo_type(photo)
    if kind is None:
        raise InvalidField.at(
            pointer, Sentence("the file is neither a JPEG nor a WebP photo; take a photo")
        )
    try:
        return _strip_jpeg(photo) if kind == "image/jpeg" else _strip_webp(photo)
    except (_Damaged, IndexError):
        raise InvalidField.at(
            pointer, Sentence("the photo is damaged or incomplete; take it again")
        ) from None


def _check_size(width: int, height: int) -> None:
    if not 0 < width * height <= _MAX_PIXELS:
        raise _Damaged


# --- JPEG -----------------------------------------------------------------------------------------


def _strip_jpeg(photo: bytes) -> bytes:
    kept = [photo[:2]]
    at, framed, scanned, exif = 2, False, False, b""
    while True:
        if photo[at] != 0xFF:
            raise _Damaged
        while photo[at + 1] == 0xFF:  # A marker may be preceded by fill bytes.
            at += 1
        marker = photo[at + 1]
        if marker == _END_OF_IMAGE:
            break
        end = at + 2 + int.from_bytes(photo[at + 2 : at + 4])
        if end < at + 4 or end >= len(photo) or marker < 0xC0 or 0xD0 <= marker <= 0xD8:
            raise _Damaged
        if marker in _FRAMES:
            framed = True
            _check_size(
                int.from_bytes(photo[at + 7 : at + 9]), int.from_bytes(photo[at + 5 : at + 7])
            )
        if marker == _START_OF_SCAN:
            scanned = True
            end = _end_of_scan(photo, end)
        if marker == _APP1 and not exif and photo[at + 4 : at + 10] == EXIF:
            exif = orientation_exif(read_orientation(photo[at + 10 : end]))
        if marker in _SEGMENTS or marker == _START_OF_SCAN:
            kept.append(photo[at:end])
        at = end
    if not framed or not scanned:
        raise _Damaged
    if exif:
        size = 2 + len(EXIF) + len(exif)
        kept.insert(1, bytes((0xFF, _APP1)) + size.to_bytes(2) + EXIF + exif)
    return b"".join([*kept, bytes((0xFF, _END_OF_IMAGE))])


def _end_of_scan(photo: bytes, at: int) -> int:
    """Return the position of the JPEG marker after the compressed data that begins at `at`."""
    while True:
        at = photo.find(b"\xff", at)
        if at < 0:
            raise _Damaged
        following = photo[at + 1]
        if following == 0 or 0xD0 <= following <= 0xD7:  # A data byte 0xFF, or a restart.
            at += 2
        elif following == 0xFF:
            at += 1
        else:
            return at


# --- WebP -----------------------------------------------------------------------------------------


def _strip_webp(photo: bytes) -> bytes:
    kept, drawn, exif = [], False, b""
    chunks = list(_chunks(photo))
    if chunks and chunks[0][0] == b"VP8X":
        found = next((content for name, content in chunks if name == b"EXIF"), b"")
        exif = orientation_exif(read_orientation(found.removeprefix(EXIF)))
    for name, content in chunks:
        if name == b"VP8X":
            if len(content) != 10 or content[0] & _ANIMATED:
                raise _Damaged
            _check_size(
                1 + int.from_bytes(content[4:7], "little"),
                1 + int.from_bytes(content[7:10], "little"),
            )
            flags = content[0] & _ALPHA | (_HAS_EXIF if exif else 0)
            content = bytes((flags,)) + content[1:]
        elif name in (b"VP8 ", b"VP8L"):
            if drawn:
                raise _Damaged
            drawn = True
            _check_size(*(_size_of_vp8l(content) if name == b"VP8L" else _size_of_vp8(content)))
        if name in _CHUNKS:
            kept.append(_chunk(name, content))
    if not drawn:
        raise _Damaged
    if exif:
        kept.append(_chunk(b"EXIF", exif))
    body = b"WEBP" + b"".join(kept)
    return b"RIFF" + len(body).to_bytes(4, "little") + body


def _chunk(name: bytes, content: bytes) -> bytes:
    return name + len(content).to_bytes(4, "little") + content + b"\0" * (len(content) % 2)


def _chunks(photo: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield the name and content of each chunk of a WebP file."""
    end = 8 + int.from_bytes(photo[4:8], "little")
    if end > len(photo):
        raise _Damaged
    at = 12
    while at < end:
        size = int.from_bytes(photo[at + 4 : at + 8], "little")
        content = photo[at + 8 : at + 8 + size]
        if len(content) < size or at + 8 + size > end:
            raise _Damaged
        yield photo[at : at + 4], content
        at += 8 + size + size % 2


def _size_of_vp8(frame: bytes) -> tuple[int, int]:
    if frame[0] & 1 or frame[3:6] != b"\x9d\x01\x2a":  # The frame must be a key frame.
        raise _Damaged
    width, height = (int.from_bytes(frame[at : at + 2], "little") for at in (6, 8))
    return width & 0x3FFF, height & 0x3FFF


def _size_of_vp8l(frame: bytes) -> tuple[int, int]:
    if frame[0] != 0x2F or len(frame) < 5:
        raise _Damaged
    bits = int.from_bytes(frame[1:5], "little")
    return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
