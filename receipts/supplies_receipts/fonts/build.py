"""Builds the two faces of the papers, and is not needed to print: the results lie beside it.

    npm pack @expo-google-fonts/noto-sans-sc      # and noto-sans-jp, noto-sans-hk
    # unpack each into a folder named after it: noto-sans-sc/, noto-sans-jp/, noto-sans-hk/
    python -m supplies_receipts.fonts.build FOLDER

`regular.ttf.xz` holds all of Noto Sans SC and what its Japanese and Hong Kong sisters add beyond
the basic plane: 𠮷, common in names of the south, is only in the Japanese one. `bold.ttf.xz` holds
the fixed wording alone, read from the sources of this package; run this again when wording is new.
What the regular face holds is also listed for the core, which issues no paper that says more.
The same packages and the same fontTools give the same bytes.
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

from supplies import printable
from supplies.printable import in_ranges

HERE = Path(__file__).parent
PRINTABLE = Path(printable.__file__).with_suffix(".txt")
BASIC_PLANE = 0xFFFF
SAMPLES = {"__main__.py", "samples.py"}
REGULAR_ONLY = {"small_print.py"}
ASCII = frozenset(range(0x20, 0x7F))

# Reading orders, kerning and vertical writing: reportlab uses none of them.
UNUSED = ["BASE", "GDEF", "GPOS", "GSUB", "VORG", "STAT", "vhea", "vmtx", "gasp", "DSIG"]


def main() -> None:
    """Build both faces from the unpacked packages in the folder named on the command line."""
    packages = Path(sys.argv[1])
    chinese = _open(packages, "sc", "400Regular")
    known = set(chinese.getBestCmap())
    parts = [_subset(chinese, known)]
    for region in ("jp", "hk"):
        sister = _open(packages, region, "400Regular")
        rare = {code for code in sister.getBestCmap() if code > BASIC_PLANE} - known
        parts.append(_subset(sister, rare))
        known |= rare
    regular = _merged(parts)
    _write("regular", regular)
    PRINTABLE.write_text(in_ranges(regular.getBestCmap()), encoding="ascii")
    _write("bold", _subset(_open(packages, "sc", "700Bold"), fixed_wording()))


def fixed_wording() -> Set[int]:
    """Every character of the papers' sources that may be set in bold: what they always say."""
    sources = (path for path in HERE.parent.glob("*.py") if path.name not in SAMPLES | REGULAR_ONLY)
    text = "".join(path.read_text(encoding="utf-8") for path in sources)
    return ASCII | {ord(character) for character in text if character.isprintable()}


def _open(packages: Path, region: str, weight: str) -> TTFont:
    (path,) = (packages / f"noto-sans-{region}").glob(f"**/{weight}/*.ttf")
    # The time of building must not get into the file.
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


def _write(name: str, font: TTFont) -> None:
    plain = BytesIO()
    font.save(plain)
    packed = lzma.compress(plain.getvalue(), preset=9 | lzma.PRESET_EXTREME)
    (HERE / f"{name}.ttf.xz").write_bytes(packed)
    sys.stdout.write(
        f"{name}.ttf.xz: {len(packed):,} bytes, {len(font.getBestCmap()):,} characters\n"
    )


if __name__ == "__main__":
    main()
