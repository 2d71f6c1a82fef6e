"""Photos: metadata is removed, and what is not a photo is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.photos import PLACE, exif, jpeg, webp

from supplies.domain.photo_orientation import orientation_exif, read_orientation
from supplies.domain.photos import MAX_PHOTO_KB, photo_type, strip_metadata
from supplies.errors import InvalidField


@pytest.mark.parametrize("photo", [jpeg(), webp()], ids=["jpeg", "webp"])
def test_metadata_is_removed_and_the_picture_is_kept(photo: bytes) -> None:
    stripped = strip_metadata(photo, "/photo")
    assert PLACE in photo
    assert PLACE not in stripped
    assert not any(name in stripped for name in (b"Exif", b"EXIF", b"XMP ", b"adobe"))
    assert photo_type(stripped) == photo_type(photo)
    assert strip_metadata(stripped, "/photo") == stripped


def test_the_compressed_data_of_a_jpeg_stays_as_it_is() -> None:
    assert b"\x12\xff\x00\x34\xff\xd0\x56\xff\xd9" in strip_metadata(jpeg(), "/photo")


@pytest.mark.parametrize("order", ["little", "big"])
@pytest.mark.parametrize("make", [jpeg, webp])
@pytest.mark.parametrize("orientation", [2, 6, 8])
def test_the_orientation_stays_so_that_the_photo_is_upright(
    make: Callable[..., bytes], orientation: int, order: Literal["little", "big"]
) -> None:
    stripped = strip_metadata(make(metadata=exif(orientation, order)), "/photo")
    assert PLACE not in stripped
    kept = stripped[stripped.index(b"MM\0*") :]
    assert read_orientation(kept) == orientation
    assert orientation_exif(orientation) in stripped
    assert strip_metadata(stripped, "/photo") == stripped


@pytest.mark.parametrize("metadata", [exif(1), exif(9), exif(0), exif(6)[:20], exif(6)[:8]])
@pytest.mark.parametrize("make", [jpeg, webp])
def test_metadata_without_a_useful_orientation_is_removed(
    make: Callable[..., bytes], metadata: bytes
) -> None:
    assert b"MM\0*" not in strip_metadata(make(metadata=metadata), "/photo")


@given(st.binary(max_size=60))
def test_any_metadata_has_an_orientation(metadata: bytes) -> None:
    assert 1 <= read_orientation(b"MM\0*" + metadata) <= 8


@pytest.mark.parametrize(
    ("photo", "words"),
    [
        (b"", "neither a JPEG nor a WebP photo"),
        (b"GIF89a", "neither a JPEG nor a WebP photo"),
        (jpeg()[:-30], "damaged or incomplete"),
        (webp()[:40], "damaged or incomplete"),
        (jpeg(width=60_000, height=60_000), "damaged or incomplete"),
        (webp(flags=0x02), "damaged or incomplete"),
        (jpeg() + bytes(MAX_PHOTO_KB * 1024), "at most 300 KB are accepted"),
    ],
)
def test_what_is_not_a_usable_photo_is_refused_in_a_sentence(photo: bytes, words: str) -> None:
    with pytest.raises(InvalidField, match=words) as refused:
        strip_metadata(photo, "/photo")
    assert refused.value.faults[0].pointer == "/photo"


@given(st.sampled_from([jpeg(), webp(), jpeg(metadata=exif(6)), webp(metadata=exif(6))]), st.data())
def test_changed_bytes_are_refused_or_stripped(photo: bytes, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(photo) - 1))
    changed = photo[:at] + data.draw(st.binary(max_size=3)) + photo[at + 1 :]
    try:
        stripped = strip_metadata(changed, "/photo")
    except InvalidField:
        return
    assert strip_metadata(stripped, "/photo") == stripped
