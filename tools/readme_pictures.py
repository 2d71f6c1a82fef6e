"""Make the pictures of the README from the demo: papers, pages for staff, and a donor's page.

    .venv/bin/python -m tools.readme_pictures

The tool records the demo in a temporary folder, serves it, opens its pages in headless Chromium,
and writes `docs/pictures`. It needs Chromium and poppler's `pdftoppm`.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Locator, Page

from supplies.access import credentials
from supplies.access.access_context import AccessContext
from supplies.ledger.ledger import Ledger
from tools.browser import find_chromium, start_browser
from tools.screenshots import served_demo, session_of_demo, signed_in, supplies_program

FOLDER = Path(__file__).parents[1] / "docs" / "pictures"
DONOR = "D-01"
RECEIPT = "JZ-2020-000001"
MAX_BYTES = 150_000
"""Maximum size of a picture in bytes. With larger pictures, the README would open slowly."""


def main() -> None:
    """Make all pictures.

    Raises:
        SystemExit: a program is missing, the service did not start, or a picture is too large.
    """
    chromium, pdftoppm = find_chromium(), shutil.which("pdftoppm")
    if chromium is None or pdftoppm is None:
        sys.exit("Chromium and pdftoppm are needed: install chromium and poppler-utils")
    with tempfile.TemporaryDirectory() as folder, start_browser(chromium) as browser:
        database = Path(folder) / "demo.db"
        subprocess.run([supplies_program(), "demo", "--database", str(database)], check=True)
        papers = Path(folder) / "demo-papers"
        _render_pdf(pdftoppm, papers / f"{RECEIPT}.pdf", FOLDER / "receipt.png")
        _render_pdf(pdftoppm, papers / f"statement-{DONOR}.pdf", FOLDER / "statement.png", 900)
        link, session = _donor_link(database), session_of_demo(database)
        with served_demo(database) as address:
            _render_pages(browser, address, link, session)
    for picture in sorted(FOLDER.glob("*.png")):
        _shrink(picture)
        size = picture.stat().st_size
        print(f"{picture.name}: {size} bytes")
        if size > MAX_BYTES:
            sys.exit(f"{picture.name} has {size} bytes; the limit is {MAX_BYTES}")


def _render_pdf(pdftoppm: str, pdf: Path, picture: Path, height: int | None = None) -> None:
    """Render the first page of a PDF as a picture that is 1000 pixels wide.

    Args:
        height: Height in pixels at which the picture is cut off. None keeps the whole page.
    """
    size = ("-scale-to-x", "1000", "-scale-to-y", "-1")
    target = str(picture.with_suffix(""))
    subprocess.run([pdftoppm, "-png", "-singlefile", *size, str(pdf), target], check=True)
    if height is not None:
        with Image.open(picture) as image:
            image.crop((0, 0, image.width, height)).save(picture)


def _donor_link(database: Path) -> str:
    """Create a donor's link, and return its path."""
    with Ledger.open(str(database), station="lx") as ledger, ledger.admin_transaction() as books:
        access = AccessContext(books, ledger.clock())
        _, secret = credentials.issue(access, kind="link", role="donor", by="pictures", donor=DONOR)
        return f"/my/{secret}"


def _render_pages(browser: Browser, address: str, link: str, session: str) -> None:
    with signed_in(browser, address, session, "en", 1000) as page:
        _take(page, address + "/", "today", 680)
        _take(page, address + "/reports", "reports", 900)
        page.goto(address + "/donations/new")
        _fill_in_donation(page)
        _save(page, "donation", 640)
        _take(page, address + link, "donor-page", 600)
    with signed_in(browser, address, session, "zh", 360) as page:
        _take(page, address + "/", "phone", 700)


def _fill_in_donation(page: Page) -> None:
    for pointer, text in (("/donor", DONOR), ("/lines/0/item", "mask")):
        field = _field(page, pointer)
        field.press_sequentially(text)
        page.locator(f"#{field.get_attribute('id')}-found [role=option]").first.wait_for()
        field.press("Enter")
    for pointer, text in (
        ("/handled_by", "陈晓（虚构）"),
        ("/lines/0/quantity", "50"),
        ("/lines/0/batch", "B7"),
        ("/lines/0/expires_on", "2031-06"),
    ):
        _field(page, pointer).fill(text)


def _field(page: Page, pointer: str) -> Locator:
    """Return a field of the form, by its JSON pointer."""
    return page.locator(f'form.command [name="{pointer}"]')


def _take(page: Page, address: str, name: str, height: int) -> None:
    page.goto(address)
    _save(page, name, height)


def _save(page: Page, name: str, height: int) -> None:
    """Save the top of a page as a picture.

    Args:
        height: Height of the picture in pixels.
    """
    size = page.viewport_size
    assert size is not None, "the window has a size"
    page.set_viewport_size({"width": size["width"], "height": height})
    page.screenshot(path=FOLDER / f"{name}.png")


def _shrink(picture: Path) -> None:
    """Make the file of a picture smaller with 32 colours. Text and lines stay readable."""
    with Image.open(picture) as image:
        # With the default method a red number turns grey.
        method = Image.Quantize.MAXCOVERAGE
        reduced = image.convert("RGB").quantize(32, method, dither=Image.Dither.NONE)
    reduced.save(picture, optimize=True)


if __name__ == "__main__":
    main()
