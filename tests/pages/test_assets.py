"""Style sheets and scripts: their addresses, and the vendored files."""

from __future__ import annotations

import hashlib
import re
from importlib.resources import files

import pytest
from litestar.testing import TestClient
from supplies_service.pages.assets import asset_address
from support.rest_client import problem

PAGES = files("supplies_service.pages")
VENDORED = [folder.name for folder in (PAGES / "vendor").iterdir()]


def test_an_asset_is_kept_for_good_under_an_address_with_its_hash(
    anonymous_client: TestClient,
) -> None:
    address = asset_address("desk.css")
    answer = anonymous_client.get(address)
    assert answer.headers["cache-control"].endswith("immutable")
    assert hashlib.sha256(answer.content).hexdigest()[:16] == address.split(".")[1]
    for name in ("desk.css", "desk.0123456789abcdef.css", "..%2Ftemplates%2Fbase.html"):
        problem(anonymous_client.get(f"/assets/{name}"), 404, "not-found")


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [("gzip, deflate", "gzip"), ("br, gzip;q=0.8", "gzip"), ("gzip;q=0", None), ("br", None)],
)
def test_files_are_compressed_for_browsers_that_accept_it(
    anonymous_client: TestClient, accepted: str, encoding: str | None
) -> None:
    addresses = ("/run", "/run/sw.js", asset_address("desk.css"), asset_address("run_page.js"))
    for address in addresses:
        answer = anonymous_client.get(address, headers={"Accept-Encoding": accepted})
        assert answer.headers.get("content-encoding") == encoding
        assert answer.headers["vary"] == "Accept-Encoding"
        plain = anonymous_client.get(address, headers={"Accept-Encoding": "identity"})
        assert answer.content == plain.content


def test_the_page_of_a_team_names_all_its_scripts_so_that_they_load_at_once(
    anonymous_client: TestClient,
) -> None:
    page = anonymous_client.get("/run").text
    preloaded = set(re.findall(r'<link rel="modulepreload" href="([^"]+)"', page))
    imported = {
        address
        for script in preloaded
        for address in re.findall(r'from "([^"]+)"', anonymous_client.get(script).text)
    }
    assert preloaded == imported | {asset_address("run_page.js")}


def test_a_page_loads_only_assets_that_exist(anonymous_client: TestClient) -> None:
    page = anonymous_client.get("/sign-in").text
    links = re.findall(r'<(?:link|script|img)[^>]*(?:src|href)="([^"]+)"', page)
    assert len(links) == 4
    for link in links:
        assert link.startswith("/assets/")
        assert anonymous_client.get(link).status_code == 200


def test_scripts_import_each_other_at_their_addresses(anonymous_client: TestClient) -> None:
    folders = (PAGES / "assets", PAGES / "assets" / "run")
    scripts = [file.name for folder in folders for file in folder.iterdir()]
    for name in [name for name in scripts if name.endswith(".js")]:
        script = anonymous_client.get(asset_address(name)).text
        for imported in re.findall(r'from "([^"]+)"', script):
            assert anonymous_client.get(imported).status_code == 200


@pytest.mark.parametrize("package", VENDORED)
def test_vendored_files_are_as_fetched_and_have_their_licence(package: str) -> None:
    folder = PAGES / "vendor" / package
    sums = dict(
        reversed(line.split("  ")) for line in (folder / "SHA512SUMS").read_text().splitlines()
    )
    present = {file.name: file.read_bytes() for file in folder.iterdir()}
    del present["SHA512SUMS"]
    assert "LICENSE" in present
    assert {name: hashlib.sha512(content).hexdigest() for name, content in present.items()} == sums
