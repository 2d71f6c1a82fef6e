"""QR codes on pages."""

from __future__ import annotations

import segno
from markupsafe import Markup


def qr_code(text: str) -> Markup:
    """Return a QR code as an SVG element."""
    drawn: str = segno.make_qr(text, error="m").svg_inline(scale=4, border=4, light="#fff")
    return Markup(drawn)  # noqa: S704  # segno draws shapes; the text is not in it
