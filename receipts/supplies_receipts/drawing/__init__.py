"""Draw PDFs: the canvas, blocks of text and tables, fonts, and texts in Chinese and English."""

import importlib
import sys


def _import_reportlab_without_shaping() -> None:
    """Import reportlab in such a way that it does not find uharfbuzz.

    Importing uharfbuzz takes 10 ms, so `faces` imports it only if a paper needs it. reportlab
    itself must not use uharfbuzz: reportlab would number the glyphs in the order in which the
    process first draws them, so the same paper would not always have the same bytes.
    """
    modules: dict[str, object] = sys.modules  # type: ignore[assignment]  # None makes the import fail
    if modules.setdefault("uharfbuzz", None) is None:
        importlib.import_module("reportlab.pdfbase.ttfonts")
        del modules["uharfbuzz"]


_import_reportlab_without_shaping()
