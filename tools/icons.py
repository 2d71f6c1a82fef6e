"""Draw the icons for the home screens of phones from the icon of the web pages.

    .venv/bin/python -m tools.icons

The tool writes `service/supplies_service/pages/assets/run/icon-SIZE.png`. It needs Chromium.
"""

from __future__ import annotations

from pathlib import Path

from tools.browser import find_chromium, start_browser

ASSETS = Path(__file__).parents[1] / "service/supplies_service/pages/assets"
SIZES = (192, 512)

PAGE = """<!doctype html><style>body { margin: 0; background: #14606b; display: grid;
place-items: center; height: 100vh } svg { width: 78vw }</style>"""
"""The web page that Chromium draws to make an icon.

It has a margin, because Android cuts icons to a circle.
"""


def main() -> None:
    """Draw the icon in each size.

    Raises:
        SystemExit: Chromium is not installed.
    """
    program = find_chromium()
    if program is None:
        raise SystemExit("Chromium is not installed")
    drawing = (ASSETS / "icon.svg").read_text("utf-8")
    with start_browser(program) as browser:
        for size in SIZES:
            page = browser.new_page(viewport={"width": size, "height": size})
            page.set_content(PAGE + drawing)
            page.screenshot(path=ASSETS / "run" / f"icon-{size}.png")
            page.close()


if __name__ == "__main__":
    main()
