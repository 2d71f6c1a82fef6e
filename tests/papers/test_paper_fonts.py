"""The font, line breaking, and text extracted from papers."""

from __future__ import annotations

import hashlib
import json
import lzma
from io import BytesIO

import pytest
from fontTools.ttLib import TTFont
from supplies_receipts.drawing import fonts
from supplies_receipts.drawing.canvas import (
    Sheet,
    Style,
    fit_in_box,
    fit_style,
    one_line,
    paragraph,
)
from supplies_receipts.drawing.fonts import build
from supplies_receipts.drawing.line_breaking import break_lines, truncated
from support import pdf_reading as reading

RARE = "喆堃䶮㑇𠮷镕昇玥𬱟𨭎"


def drawn(text: str, *, bold: bool = False) -> bytes:
    sheet = Sheet(title="t", author="a")
    with sheet.page(100, 30):
        sheet.text(10, 10, text, Style(12, bold=bold))
    return sheet.finish()


def gbk() -> str:
    """Return every character of the older Chinese standard GBK."""
    lows = [low for low in range(0x40, 0xFF) if low != 0x7F]
    pairs = (bytes((high, low)) for high in range(0x81, 0xFF) for low in lows)
    return "".join(pair.decode("gbk", errors="ignore") for pair in pairs)


def test_every_character_of_gbk_except_one_can_be_printed() -> None:
    # Noto Sans SC lacks ≒, a mathematical sign that does not occur in names.
    characters = gbk().replace("≒", "")
    assert len(characters) > 20_000
    assert fonts.covers(characters)


def test_cjk_extension_a_can_be_printed_except_its_latest_additions() -> None:
    assert fonts.covers("".join(map(chr, range(0x3400, 0x4DB6))))


def test_the_manifest_names_each_font_file_with_its_hash_and_characters() -> None:
    """If this fails after a font was replaced, run supplies_receipts.drawing.fonts.build again."""
    manifest = json.loads(build.MANIFEST.read_text("utf-8"))
    assert [face["face"] for face in manifest] == ["regular", *build.PACKAGES]
    assert {path.name for path in build.HERE.glob("*.xz")} == {
        f"{face['face']}.ttf.xz" for face in manifest
    }
    readme = (build.HERE / "README.md").read_text("utf-8")
    licence = (build.HERE / "OFL.txt").read_text("utf-8")
    for face in manifest:
        packed = (build.HERE / f"{face['face']}.ttf.xz").read_bytes()
        assert hashlib.sha256(packed).hexdigest() == face["sha256"]
        font = TTFont(BytesIO(lzma.decompress(packed)))
        assert build.format_ranges(font.getBestCmap()) == face["characters"]
        assert font["name"].getDebugName(5) == face["version"]
        assert f"`{face['face']}.ttf.xz`" in readme
        assert face["copyright"].rstrip(".") in licence


@pytest.mark.parametrize("bold", [False, True])
@reading.needs_poppler
def test_rare_characters_are_drawn_and_extracted_unchanged(bold: bool) -> None:
    pdf = drawn(RARE, bold=bold)
    assert reading.text(pdf) == RARE
    assert reading.poppler_text(pdf) == RARE
    reading.assert_only_embedded_fonts(pdf)


def test_characters_of_several_subset_fonts_are_extracted_unchanged() -> None:
    many = "".join(map(chr, range(0x4E00, 0x4E00 + 700))) + RARE
    assert reading.text(drawn(many)) == many


@reading.needs_poppler
def test_bold_text_uses_the_same_font_with_thicker_strokes() -> None:
    plain, bold = drawn("凭证 123"), drawn("凭证 123", bold=True)
    assert len(bold) - len(plain) < 100
    assert _ink(bold) > _ink(plain) * 1.3


def _ink(pdf: bytes) -> float:
    """Return how much of the first page is dark."""
    shades = reading.rendered(pdf, dpi=300).convert("L").histogram()
    return sum((255 - shade) * count for shade, count in enumerate(shades))


# --- lines ---------------------------------------------------------------------------------------


def in_cells(text: str) -> float:
    """Return a width that is easy to count: two for a Chinese character, one for a Latin one."""
    return sum(2 if ord(character) > 0x2E7F else 1 for character in text)


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("", 10, [""]),
        ("口罩", 10, ["口罩"]),
        ("口罩与手套都要", 8, ["口罩与手", "套都要"]),
        ("口罩手套，都要", 8, ["口罩手", "套，都要"]),  # no line begins with a comma
        ("口罩手（手套）", 8, ["口罩手", "（手套）"]),  # nor ends with an opening bracket
        ("knock slowly please", 12, ["knock slowly", "please"]),
        ("口罩 KN95 五十", 8, ["口罩", "KN95 五", "十"]),
        ("abcdefghij", 4, ["abcd", "efgh", "ij"]),  # a word wider than the line is cut
        ("一\t二", 10, ["一 二"]),
        ("一\n二", 10, ["一", "二"]),
        ("一\n\n二", 10, ["一", "", "二"]),
    ],
)
def test_lines_break_where_readers_expect(text: str, width: float, lines: list[str]) -> None:
    assert break_lines(text, width, in_cells) == lines


@pytest.mark.parametrize(
    "text", ["一二三四五", "abc def ghi jkl", "口罩，，，，，，手套", "（（（（（（"]
)
def test_lines_fit_their_width_and_lose_no_text(text: str) -> None:
    lines = break_lines(text, 4, in_cells)
    assert all(in_cells(line) <= 4 for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


def test_truncated_text_ends_with_an_ellipsis() -> None:
    assert truncated("口罩手套", 8, in_cells) == "口罩手套"
    assert truncated("口罩手套", 7, in_cells) == "口罩手…"


def test_text_is_shrunk_only_if_it_does_not_fit() -> None:
    style = Style(10)
    assert fit_style("71", style, 20) == style
    smaller = fit_style("1,000,000,000,000", style, 12)
    assert smaller.width("1,000,000,000,000") <= 12
    assert one_line("口罩" * 100, style, 20).lines[0].endswith("…")
    assert "".join(fit_in_box("口罩" * 100, style, 30, 10).lines) == "口罩" * 100
    assert paragraph("口罩", style, 1).lines == ("口", "罩")
