"""Build the font of the papers. Not needed for printing: the result is kept beside this script.

    npm pack @expo-google-fonts/noto-sans-sc      # and noto-sans-jp, noto-sans-hk
    # unpack each into a folder named after it: noto-sans-sc/, noto-sans-jp/, noto-sans-hk/
    python -m supplies_receipts.drawing.fonts.build FOLDER

`regular.ttf.xz` contains all of Noto Sans SC, and the characters beyond U+FFFF that its Japanese
and Hong Kong siblings add: 𠮷, common in southern names, is only in the Japanese one. The script
also writes the list of covered characters (`supplies/papers/glyph_coverage.txt`), by which the core
refuses a receipt that could not be printed. The same packages and the same version of fontTools
give the same bytes.
"""

from __future__ import annotations

import lzma
import sys
from collections.abc import Set
from io import BytesIO
from pathlib import Path

from fontTools.merge import Merger
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

from supplies.papers import glyph_coverage as printable
from supplies.papers.glyph_coverage import format_ranges

HERE = Path(__file__).parent
PRINTABLE = Path(printable.__file__).with_suffix(".txt")
BASIC_PLANE = 0xFFFF

# Tables for kerning and vertical writing, which reportlab does not use.
UNUSED = ["BASE", "GDEF", "GPOS", "GSUB", "VORG", "STAT", "vhea", "vmtx", "gasp", "DSIG"]


def main() -> None:
    """Build the font from the unpacked packages in the folder named on the command line."""
    packages = Path(sys.argv[1])
    chinese = _open(packages, "sc")
    known = set(chinese.getBestCmap())
    parts = [_subset(chinese, known)]
    for region in ("jp", "hk"):
        sister = _open(packages, region)
        rare = {code for code in sister.getBestCmap() if code > BASIC_PLANE} - known
        parts.append(_subset(sister, rare))
        known |= rare
    regular = _merged(parts)
    _write(regular)
    PRINTABLE.write_text(format_ranges(regular.getBestCmap()), encoding="ascii")


def _open(packages: Path, region: str) -> TTFont:
    (path,) = (packages / f"noto-sans-{region}").glob("**/400Regular/*.ttf")
    # Keep the build time out of the file.
    return TTFont(path, recalcTimestamp=False)


def _subset(font: TTFont, characters: Set[int]) -> TTFont:
    options = Options(
        layout_features=[],
        hinting=False,
        glyph_names=False,
        notdef_outline=True,
        drop_tables=[*Options().drop_tables, *UNUSED],
        name_IDs=[0, 1, 2, 3, 4, 5, 6, 13, 14],
    )
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=characters)
    subsetter.subset(font)
    return font


def _merged(parts: list[TTFont]) -> TTFont:
    files = [BytesIO() for _ in parts]
    for part, file in zip(parts, files, strict=True):
        part.save(file)
        file.seek(0)
    created, modified = parts[0]["head"].created, parts[0]["head"].modified
    merged = Merger().merge(files)
    merged.recalcTimestamp = False
    merged["head"].created, merged["head"].modified = created, modified
    return merged


def _write(font: TTFont) -> None:
    plain = BytesIO()
    font.save(plain)
    packed = lzma.compress(plain.getvalue(), preset=9 | lzma.PRESET_EXTREME)
    (HERE / "regular.ttf.xz").write_bytes(packed)
    sys.stdout.write(f"{len(packed):,} bytes, {len(font.getBestCmap()):,} characters\n")


if __name__ == "__main__":
    main()
