"""Draw PDFs: the canvas, blocks of text and tables, fonts, bilingual wording."""

import importlib
import sys


def _import_reportlab_without_shaping() -> None:
    """Import reportlab without uharfbuzz.

    Importing uharfbuzz takes 10 ms, so `faces` does so only if a paper needs it. reportlab must not
    use uharfbuzz itself: it numbers glyphs in the order in which a process first draws them, so the
    same paper would not always have the same bytes.
    """
    modules: dict[str, object] = sys.modules  # type: ignore[assignment]  # None makes the import fail
    if modules.setdefault("uharfbuzz", None) is None:
        importlib.import_module("reportlab.pdfbase.ttfonts")
        del modules["uharfbuzz"]


_import_reportlab_without_shaping()
