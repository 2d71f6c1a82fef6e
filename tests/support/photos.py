"""Small photos with metadata, made of the parts that a JPEG or WebP file has."""

from __future__ import annotations

from functools import partial
from typing import Literal

PLACE = b"GPS 23.1N 113.3E"


def _segment(marker: int, content: bytes) -> bytes:
    return bytes((0xFF, marker)) + (len(content) + 2).to_bytes(2) + content


def _chunk(name: bytes, content: bytes) -> bytes:
    return name + len(content).to_bytes(4, "little") + content + b"\0" * (len(content) % 2)


def exif(orientation: int, order: Literal["little", "big"] = "big") -> bytes:
    """Return metadata with an orientation, and with a place before and after it."""
    number = partial(int.to_bytes, byteorder=order)
    text = number(0x010F, 2) + number(2, 2) + number(len(PLACE), 4) + number(38, 4)
    turned = number(0x0112, 2) + number(3, 2) + number(1, 4) + number(orientation, 2) + b"\0\0"
    head = b"II*\0" if order == "little" else b"MM\0*"
    return head + number(8, 4) + number(2, 2) + text + turned + number(0, 4) + PLACE


def jpeg(*, width: int = 8, height: int = 8, metadata: bytes = PLACE) -> bytes:
    frame = b"\x08" + height.to_bytes(2) + width.to_bytes(2) + b"\x01\x01\x11\x00"
    return b"".join(
        (
            b"\xff\xd8",
            _segment(0xE1, b"Exif\0\0" + metadata),
            _segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + PLACE),
            _segment(0xFE, PLACE),
            _segment(0xDB, bytes(65)),
            _segment(0xC0, frame),
            _segment(0xDA, b"\x01\x01\x00\x00\x3f\x00"),
            b"\x12\xff\x00\x34\xff\xd0\x56",
            b"\xff\xd9",
            PLACE,
        )
    )


def webp(
    *, flags: int = 0x0C, width: int = 8, height: int = 8, metadata: bytes = PLACE + b"x"
) -> bytes:
    frame = b"\x10\x00\x00\x9d\x01\x2a" + width.to_bytes(2, "little") + height.to_bytes(2, "little")
    size = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    body = b"WEBP" + b"".join(
        (
            _chunk(b"VP8X", bytes((flags, 0, 0, 0)) + size),
            _chunk(b"VP8 ", frame + b"picture"),
            _chunk(b"EXIF", metadata),
            _chunk(b"XMP ", PLACE),
        )
    )
    return b"RIFF" + len(body).to_bytes(4, "little") + body + PLACE
