"""Forms of the catalogue take what people write, and store codes."""

from __future__ import annotations

import pytest
from supplies_service.pages.item_words import pack_of, packs_of_barcode
from support.page_client import Browser, key_of, sign_in_as, value_of
from support.rest_client import RestClient
from support.service_fixture import Service

from supplies.papers.common import UnitWords
from supplies.papers.units import SHIPPED_UNITS

UNITS = {**SHIPPED_UNITS, "U-001": UnitWords(zh="中箱", en="中箱", en_many="中箱")}


@pytest.mark.parametrize(
    ("text", "taken", "code"),
    [
        ("盒", [], "box"),
        ("Boxes", [], "box"),
        ("盒 · box50", [], "box50"),
        ("crate", [], "crate"),
        ("盒", ["box"], "box100"),
        ("箱", ["carton"], "case"),
        ("中箱", [], "U-001"),
        ("提", [], "提"),
    ],
)
def test_a_word_for_a_pack_becomes_its_code(text: str, taken: list[str], code: str) -> None:
    assert pack_of(text, 100, UNITS, taken) == code


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("箱", ["carton"]),
        ("box", ["box"]),
        ("盒", ["box", "box100"]),
        ("盒 · box100", ["box100"]),
        ("提", ["提"]),
        ("袋", []),
    ],
)
def test_the_pack_of_a_barcode_is_one_of_the_packs_of_the_item(text: str, found: list[str]) -> None:
    assert packs_of_barcode(text, UNITS, ["box", "box100", "carton", "提"]) == found


@pytest.fixture
def recorder(rest: RestClient, service: Service) -> Browser:
    return sign_in_as(rest.client, service, "recorder")


def test_an_item_is_registered_with_words_in_place_of_codes(recorder: Browser) -> None:
    page = recorder.open("/items/new")
    fields = {
        "/name": "退热贴",
        "/unit": "piece",
        "/category": "医疗用品",
        "/packs/0/pack": "盒",
        "/packs/0/size": "6",
        "/packs/1/pack": "提",
        "/packs/1/size": "60",
        "/barcodes/0/code": "6901234567892",
        "/barcodes/0/pack": "提",
    }
    saved = recorder.send("/items/new", key=key_of(page), do="save", **fields)
    assert saved.status_code == 303, saved.text
    address = saved.headers["Location"]
    shown = recorder.open(address)
    for text in ("Medical", "box of 6 pieces", "提 of 60 pieces", "6901234567892 (提)"):
        assert text in shown
    form = recorder.open(f"{address}/change")
    shown_packs = {
        value_of(form, f"/packs/{at}/pack"): value_of(form, f"/packs/{at}/size") for at in (0, 1)
    }
    assert shown_packs == {"box": "6", "提 · U-001": "60"}
    kept = ("/name", "/category", "/barcodes/0/code", "/barcodes/0/pack")
    shown_fields = [value_of(form, each) for each in kept]
    assert shown_fields == ["退热贴", "Medical", "6901234567892", "提 · U-001"]


def test_the_barcode_of_a_single_unit_needs_no_pack(recorder: Browser) -> None:
    page = recorder.open("/items/new")
    fields = {"/name": "退热贴", "/unit": "piece", "/barcodes/0/code": "6901234567892"}
    saved = recorder.send("/items/new", key=key_of(page), do="save", **fields)
    assert saved.status_code == 303, saved.text
    address = saved.headers["Location"]
    assert "6901234567892" in recorder.open(address)
    form = recorder.open(f"{address}/change")
    changed = {name: value_of(form, name) for name in ("/name", "/barcodes/0/code", "seen")}
    changed |= {"/unit": "piece", "/barcodes/1/code": "4006381333931", "/barcodes/1/pack": ""}
    saved = recorder.send(f"{address}/change", key=key_of(form), do="save", **changed)
    assert saved.status_code == 303, saved.text
    assert "4006381333931" in recorder.open(address)


def test_a_barcode_on_an_unknown_pack_is_refused_at_its_field(recorder: Browser) -> None:
    page = recorder.open("/items/new")
    fields = {"/name": "退热贴", "/barcodes/0/code": "6901234567892", "/barcodes/0/pack": "盒"}
    refused = recorder.send("/items/new", key=key_of(page), do="save", **fields)
    assert refused.status_code == 422
    assert "盒 is not one of the packs above" in refused.text


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("0-6", "0–6 years: 2"),
        ("0 ~ 6", "0–6 years: 2"),
        ("0\N{EN DASH}6岁", "0–6 years: 2"),
        ("0至6周岁", "0–6 years: 2"),
        ("60岁以上", "60 years and over: 2"),
        ("60 岁及以上", "60 years and over: 2"),
        ("60\N{FULLWIDTH PLUS SIGN}", "60 years and over: 2"),
        ("60 and over", "60 years and over: 2"),
        ("60-", "60 years and over: 2"),
        ("6岁以下", "0–6 years: 2"),
        ("未满18岁", "0–17 years: 2"),
        ("under 6", "0–5 years: 2"),
        ("70岁", "70 years: 2"),
        ("adults", "adults: 2"),
    ],
)
def test_an_age_band_is_typed_as_people_write_it(recorder: Browser, typed: str, shown: str) -> None:
    page = recorder.open("/recipients/new")
    fields = {"/name": "周家", "/age_bands/0/ages": typed, "/age_bands/0/persons": "2"}
    saved = recorder.send("/recipients/new", key=key_of(page), do="save", **fields)
    assert saved.status_code == 303, saved.text
    address = saved.headers["Location"]
    assert shown in recorder.open(address)
    again = recorder.open(f"{address}/change")
    kept = {"/age_bands/0/ages": value_of(again, "/age_bands/0/ages")}
    fields |= kept | {"key": key_of(again), "seen": value_of(again, "seen")}
    assert recorder.send(f"{address}/change", do="save", **fields).status_code == 303
    assert shown in recorder.open(address)


def test_a_text_that_is_no_age_band_is_refused_with_an_example(recorder: Browser) -> None:
    page = recorder.open("/recipients/new")
    fields = {"/name": "周家", "/age_bands/0/ages": "老人", "/age_bands/0/persons": "2"}
    refused = recorder.send("/recipients/new", key=key_of(page), do="save", **fields)
    assert refused.status_code == 422
    assert "must be a band of ages, such as 0-6, 60+ or under 6" in refused.text
