"""Render the pictures of the README from the demo: a receipt, a statement and a donor's page.

    .venv/bin/python docs/pictures/render.py

It books the demo into a temporary folder, serves it, opens the donor's page in headless Chromium
and writes the PNG files beside this script. It needs Chromium and poppler's `pdftoppm`.
"""

from __future__ import annotations

import json
import lzma
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import suppress
from pathlib import Path

from PIL import Image

FOLDER = Path(__file__).parent
DONOR = "D-01"
RECEIPT = "JZ-2020-000001"
CHROMIUM_OPTIONS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--virtual-time-budget=5000",
    "--force-device-scale-factor=1.5",
    "--window-size=640,427",
)
FONT = FOLDER.parents[1] / "receipts/supplies_receipts/drawing/fonts/regular.ttf.xz"
"""The font of the papers, so that Chinese is drawn where the system has no Chinese font."""
FONT_CONFIGURATION = """<?xml version="1.0"?>
<fontconfig>
  <dir>{folder}</dir>
  <cachedir>{folder}</cachedir>
</fontconfig>
"""
START_SECONDS = 60
MAX_BYTES = 150_000
"""Limit of one picture: larger ones make the README slow to open."""


def main() -> None:
    """Render every picture.

    Raises:
        SystemExit: a program is missing, the service did not start, or a picture is too large.
    """
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    pdftoppm = shutil.which("pdftoppm")
    if chromium is None or pdftoppm is None:
        sys.exit("Chromium and pdftoppm are needed: install chromium and poppler-utils")
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        database = folder / "demo.db"
        supplies("demo", "--database", str(database))
        papers = folder / "demo-papers"
        render_pdf(pdftoppm, papers / f"{RECEIPT}.pdf", FOLDER / "receipt.png")
        render_pdf(pdftoppm, papers / f"statement-{DONOR}.pdf", FOLDER / "statement.png", 900)
        render_donor_page(chromium, database, FOLDER / "donor-page.png")
    for picture in sorted(FOLDER.glob("*.png")):
        shrink(picture)
        size = picture.stat().st_size
        print(f"{picture.name}: {size} bytes")
        if size > MAX_BYTES:
            sys.exit(f"{picture.name} has {size} bytes; the limit is {MAX_BYTES}")


def supplies(*arguments: str) -> str:
    """Run the command line of this environment and return what it prints."""
    program = Path(sys.executable).with_name("supplies")
    return subprocess.run([program, *arguments], check=True, text=True, capture_output=True).stdout


def render_pdf(pdftoppm: str, pdf: Path, picture: Path, height: int | None = None) -> None:
    """Render the first page of a PDF, 1000 pixels wide.

    height: pixels kept from the top; None keeps the whole page.
    """
    size = ("-scale-to-x", "1000", "-scale-to-y", "-1")
    target = str(picture.with_suffix(""))
    subprocess.run([pdftoppm, "-png", "-singlefile", *size, str(pdf), target], check=True)
    if height is not None:
        with Image.open(picture) as image:
            image.crop((0, 0, image.width, height)).save(picture)


def render_donor_page(chromium: str, database: Path, picture: Path) -> None:
    """Serve the demo and take a screenshot of the page behind a donor's link."""
    supplies("user", "add", "pictures", "--role", "coordinator", "--database", str(database))
    printed = supplies("user", "token", "pictures", "--label", "x", "--database", str(database))
    token = next(word for word in printed.split() if word.startswith("supplies."))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    program = str(Path(sys.executable).with_name("supplies"))
    command = [program, "serve", "--database", str(database), "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as service:
        try:
            address = f"http://127.0.0.1:{port}"
            wait_until_served(f"{address}/api/health")
            link = make_link(f"{address}/api/donors/{DONOR}/link", token)
            profile = f"--user-data-dir={database.parent / 'profile'}"
            subprocess.run(
                [chromium, *CHROMIUM_OPTIONS, profile, f"--screenshot={picture}", address + link],
                env={**os.environ, "FONTCONFIG_FILE": str(write_fonts(database.parent / "fonts"))},
                check=True,
                capture_output=True,
                timeout=120,
            )
        finally:
            service.terminate()


def write_fonts(folder: Path) -> Path:
    """Unpack the font of the papers and return a fontconfig file that offers only this font."""
    folder.mkdir()
    (folder / "regular.ttf").write_bytes(lzma.decompress(FONT.read_bytes()))
    configuration = folder / "fonts.conf"
    configuration.write_text(FONT_CONFIGURATION.format(folder=folder), encoding="utf-8")
    return configuration


def wait_until_served(address: str) -> None:
    """Return once the service answers."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        with suppress(OSError), urllib.request.urlopen(address):
            return
        time.sleep(0.2)
    sys.exit(f"the service did not answer at {address} within {START_SECONDS} seconds")


def make_link(address: str, token: str) -> str:
    """Make a donor's link over REST and return its path."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    request = urllib.request.Request(address, data=b"{}", headers=headers)
    with urllib.request.urlopen(request) as response:
        return str(json.load(response)["address"])


def shrink(picture: Path) -> None:
    """Reduce a picture to 32 colours, which text and lines do not lose."""
    with Image.open(picture) as image:
        reduced = image.convert("RGB").quantize(32, dither=Image.Dither.NONE)
    reduced.save(picture, optimize=True)


if __name__ == "__main__":
    main()
