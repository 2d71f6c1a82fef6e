"""Build the font files of the papers. They are in the repository, so papers need no build.

    npm pack @expo-google-fonts/noto-sans-sc      # and each other package that `PACKAGES` names
    # unpack each into a folder named after it: noto-sans-sc/, noto-sans-jp/, …
    python -m supplies_receipts.drawing.fonts.build FOLDER

`regular.ttf.xz` contains all of Noto Sans SC. It also contains the characters beyond U+FFFF that
the Japanese and Hong Kong fonts of the family add, such as 𠮷, which is common in southern names.
Each further font contains one other script, with its tables for shaping. `faces.json` describes
each file: its name, version, package, copyright, SHA-256 and characters. The same packages and the
same version of fontTools give the same bytes.
"""

from __future__ import annotations

import hashlib
import json
import lzma
import sys
from collections.abc import Callable, Iterable, Set
from io import BytesIO
from pathlib import Path

from fontTools import unicodedata
from fontTools.merge import Merger
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

HERE = Path(__file__).parent
MANIFEST = HERE / "faces.json"
BASIC_PLANE = 0xFFFF

# Tables for kerning and vertical writing, which reportlab does not use.
UNUSED = ["BASE", "GDEF", "GPOS", "GSUB", "VORG", "STAT", "vhea", "vmtx", "gasp", "DSIG"]

# Tables that shaping does not use.
UNUSED_IN_FACES = ["BASE", "VORG", "STAT", "MATH", "vhea", "vmtx", "gasp", "DSIG"]

_EUROPEAN = ("Latn", "Grek", "Cyrl")


def _all(_: int) -> bool:
    return True


def _not_european(code: int) -> bool:
    return unicodedata.script(chr(code)) not in _EUROPEAN


def _hangul(code: int) -> bool:
    return bool(unicodedata.script(chr(code)) == "Hang")


PACKAGES: dict[str, tuple[str, Callable[[int], bool]]] = {
    "latin": ("noto-sans", _all),
    "hangul": ("noto-sans-kr", _hangul),
    "thai": ("noto-sans-thai", _not_european),
    "arabic": ("noto-sans-arabic", _not_european),
    "hebrew": ("noto-sans-hebrew", _not_european),
    "devanagari": ("noto-sans-devanagari", _not_european),
    "bengali": ("noto-sans-bengali", _not_european),
    "tamil": ("noto-sans-tamil", _not_european),
    "tibetan": ("noto-serif-tibetan", _not_european),
    "myanmar": ("noto-sans-myanmar", _not_european),
    "khmer": ("noto-sans-khmer", _not_european),
    "emoji": ("noto-emoji", _all),
    "symbols": ("noto-sans-symbols-2", _not_european),
}
"""The npm packages of all fonts except the regular one, each with the characters to keep.

The program tries the fonts in this order.
"""


def main() -> None:
    """Build all fonts from the unpacked packages in the folder named on the command line."""
    packages = Path(sys.argv[1])
    faces = [_build_regular(packages)]
    for name, (package, wanted) in PACKAGES.items():
        font = _open(packages / package)
        kept = {code for code in font.getBestCmap() if wanted(code)}
        faces.append(_write(name, _subset(font, kept, shaped=True), packages, [package]))
    MANIFEST.write_text(json.dumps(faces, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _build_regular(packages: Path) -> dict[str, str]:
    chinese = _open(packages / "noto-sans-sc")
    known = set(chinese.getBestCmap())
    parts = [_subset(chinese, known)]
    sisters = [f"noto-sans-{region}" for region in ("jp", "hk")]
    for name in sisters:
        sister = _open(packages / name)
        rare = {code for code in sister.getBestCmap() if code > BASIC_PLANE} - known
        parts.append(_subset(sister, rare))
        known |= rare
    return _write("regular", _merged(parts), packages, ["noto-sans-sc", *sisters])


def _open(package: Path) -> TTFont:
    (path,) = package.glob("**/400Regular/*.ttf")
    # The build time is left out of the file.
    return TTFont(path, recalcTimestamp=False)


def _subset(font: TTFont, characters: Set[int], *, shaped: bool = False) -> TTFont:
    options = Options(
        layout_features=Options().layout_features if shaped else [],
        hinting=False,
        glyph_names=False,
        notdef_outline=True,
        drop_tables=[*Options().drop_tables, *(UNUSED_IN_FACES if shaped else UNUSED)],
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


def _write(name: str, font: TTFont, folder: Path, packages: list[str]) -> dict[str, str]:
    """Write a font file, and return the description of the file for `faces.json`."""
    plain = BytesIO()
    font.save(plain)
    packed = lzma.compress(plain.getvalue(), preset=9 | lzma.PRESET_EXTREME)
    (HERE / f"{name}.ttf.xz").write_bytes(packed)
    characters = font.getBestCmap()
    sys.stdout.write(f"{name}: {len(packed):,} bytes, {len(characters):,} characters\n")
    name_of = font["name"].getDebugName
    versions = [json.loads((folder / each / "package.json").read_text()) for each in packages]
    return {
        "face": name,
        "font": name_of(4),
        "version": name_of(5),
        "packages": ", ".join(f"{one['name']} {one['version']}" for one in versions),
        "copyright": name_of(0),
        "license": "SIL Open Font License 1.1, OFL.txt",
        "sha256": hashlib.sha256(packed).hexdigest(),
        "characters": format_ranges(characters),
    }


def format_ranges(characters: Iterable[int]) -> str:
    """Format code points as ranges in hexadecimal, such as "20-7E 2030"."""
    ranges: list[list[int]] = []
    for code in sorted(characters):
        if ranges and ranges[-1][1] == code - 1:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    return " ".join(f"{a:X}" if a == b else f"{a:X}-{b:X}" for a, b in ranges)


if __name__ == "__main__":
    main()
