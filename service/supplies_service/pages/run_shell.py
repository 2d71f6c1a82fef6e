"""The files of the phone page of a delivery team: its HTML, its service worker and its manifest.

They contain no data and are the same for everybody, so that a phone can keep them. The scripts of
`assets/run` fetch the team's deliveries from `/api/run` and keep them on the phone.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from babel.messages.extract import extract
from markupsafe import Markup

from supplies_service.pages.assets import MEDIA_TYPES, Asset, asset, asset_address
from supplies_service.pages.languages import translations
from supplies_service.templating import render

FIRST_SCRIPT = "run_page.js"

_STYLES_AND_IMAGES = ("simple.css", "desk.css", "run.css", "icon.svg", "icon-192.png")


def script_texts() -> set[str]:
    """Return the English texts of the scripts of `assets/run`: the arguments of `t("…")`."""
    found = set[str]()
    for script in (files("supplies_service.pages") / "assets" / "run").iterdir():
        if script.name.endswith(".js"):
            with script.open("rb") as file:
                found |= {str(each[1]) for each in extract("javascript", file, {"t": None})}
    return found


@cache
def shell() -> bytes:
    """Return the HTML of the page, without data."""
    chinese = translations("zh")
    texts = {text: chinese.gettext(text) for text in sorted(script_texts())}
    # In a script element, only "<" could end the text early.
    encoded = Markup(json.dumps(texts, ensure_ascii=False).replace("<", "\\u003c"))  # noqa: S704  # "<" is escaped
    digest = hashlib.sha256(encoded.encode())
    files_of_page = _assets_of_page()
    for file in files_of_page:
        digest.update(file.address.encode())
    scripts = [file.address for file in files_of_page if file.media_type == MEDIA_TYPES["js"]]
    version = digest.hexdigest()[:12]
    return render("en", "run.html", {"version": version, "texts": encoded, "scripts": scripts})


@cache
def service_worker() -> bytes:
    """Return the script that stores the page's files on the phone, with the list of these files."""
    kept: Mapping[str, bytes] = {
        "/run": shell(),
        **{file.address: file.content for file in _assets_of_page()},
    }
    listed = [[address, hashlib.sha256(content).hexdigest()] for address, content in kept.items()]
    version = hashlib.sha256(json.dumps(listed).encode()).hexdigest()[:12]
    head = f"const VERSION = {json.dumps(version)};\nconst FILES = {json.dumps(listed)};\n"
    return head.encode() + asset("sw.js").content


@cache
def manifest() -> bytes:
    """Return the web app manifest, with which a phone shows the page as an app."""
    return json.dumps(
        {
            "id": "/run",
            "name": "配送 Delivery run",
            "short_name": "配送 Run",
            "start_url": "/run",
            "scope": "/run",
            "display": "standalone",
            "background_color": "#ffffff",
            "theme_color": "#14606b",
            "icons": [
                {
                    "src": asset_address(f"icon-{size}.png"),
                    "sizes": f"{size}x{size}",
                    "type": "image/png",
                    "purpose": "any maskable",
                }
                for size in (192, 512)
            ],
        },
        ensure_ascii=False,
    ).encode()


def _assets_of_page() -> list[Asset]:
    """Return the page's files: its scripts with all that they import, styles and icons."""
    found: dict[str, Asset] = {}
    waiting = [asset(name) for name in (FIRST_SCRIPT, *_STYLES_AND_IMAGES)]
    while waiting:
        file = waiting.pop()
        if file.address not in found:
            found[file.address] = file
            waiting += [asset(f"{name.decode()}.js") for name in _IMPORTED.findall(file.content)]
    return sorted(found.values())


_IMPORTED = re.compile(rb'(?<=from "/assets/)[\w-]+(?=\.[0-9a-f]{16}\.js")')
