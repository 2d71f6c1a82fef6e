"""Forms that register a person together with what is recorded, as a browser without scripts."""

from __future__ import annotations

import re

import pytest
from litestar.testing import TestClient
from support.page_client import Browser, administer, key_of, sign_in_as, value_of
from support.rest_client import RestClient
from support.service_fixture import Service

NEED = {"/lines/0/item": "mask", "/lines/0/quantity": "4"}
HAND_OUT = {"/location": "store", "/lines/0/item": "mask", "/lines/0/quantity": "1"}
PLEDGE = {"/lines/0/item": "mask", "/lines/0/quantity": "20"}


@pytest.fixture
def coordinator(anonymous_client: TestClient, service: Service) -> Browser:
    """A coordinator's browser."""
    return sign_in_as(anonymous_client, service, "coordinator")


@pytest.mark.parametrize(
    ("address", "pointer", "part", "typed"),
    [
        ("/needs/new", "/recipient", "/new_recipient", NEED),
        ("/stock/new/hand-out", "/recipient", "/new_recipient", HAND_OUT),
        ("/pledges/new", "/donor", "/new_donor", PLEDGE),
    ],
)
def test_a_new_person_is_registered_with_the_form_or_not_at_all(
    coordinator: Browser, address: str, pointer: str, part: str, typed: dict[str, str]
) -> None:
    people = "recipients" if pointer == "/recipient" else "donors"
    key = key_of(coordinator.open(address))
    unknown = coordinator.send(address, **typed, **{pointer: "何家"}, key=key, do="save")
    assert f'value="new:{pointer}"' in unknown.text
    asked = coordinator.send(address, **typed, **{pointer: "何家"}, key=key, do=f"new:{pointer}")
    assert value_of(asked.text, f"{part}/name") == "何家"
    required = rf'name="{pointer}"[^>]* aria-required'
    assert re.search(required, unknown.text)
    assert not re.search(required, asked.text)
    new = typed | {f"{part}/name": "何家", f"{part}/phone": "13800000003"}
    wrong = coordinator.send(address, **new | {"/lines/0/quantity": "few"}, key=key, do="save")
    assert wrong.status_code == 422
    assert "何家" not in coordinator.open(f"/find/{people}?q=何家")
    if address.endswith("hand-out"):
        coordinator.send(
            "/stock/new/opening",
            **{"/location": "store", "/lines/0/item": "mask", "/lines/0/quantity": "9"},
            key=key_of(coordinator.open("/stock/new/opening")),
            do="save",
        )
    done = coordinator.send(address, **new, key=key_of(wrong.text), do="save")
    assert done.status_code == 303, done.text
    assert "何家" in coordinator.open(done.headers["location"])
    found = re.search(r"何家 · ([A-Z]-\d+)", coordinator.open(f"/find/{people}?q=13800000003"))
    assert found
    logged = administer(coordinator, lambda access: access.all("SELECT * FROM access_log"))
    assert any("registered" in map(str, line) and found[1] in map(str, line) for line in logged)


def test_a_new_team_is_registered_when_it_is_sent_out_or_takes_over(
    rest: RestClient, service: Service
) -> None:
    rest.give(20)
    stop = rest.allocation(4)
    browser = sign_in_as(rest.client, service, "recorder")
    key = key_of(browser.open("/deliveries/new"))
    typed = {"/allocations/0": stop, "/team": "夜班车队"}
    unknown = browser.send("/deliveries/new", **typed, key=key, do="save")
    assert 'value="new:/team"' in unknown.text
    asked = browser.send("/deliveries/new", **typed, key=key, do="new:/team")
    assert value_of(asked.text, "/new_team/name") == "夜班车队"
    new = {"/allocations/0": stop, "/new_team/name": "夜班车队"}
    done = browser.send("/deliveries/new", **new, key=key, do="save")
    assert done.status_code == 303, done.text
    address = done.headers["location"]
    assert "夜班车队" in browser.open(address)
    moved = {"/allocations/0": stop, "/new_team/name": "备用车队"}
    sure = {"confirmed": f"closes-delivery:{address.rpartition('/')[2]}"}
    for path, fields in (("reassign", {"/new_team/name": "早班车队"}), ("move-stops", moved)):
        typed = fields | sure | {"key": path.ljust(20, "x"), "do": "save"}
        answer = browser.send(f"{address}/{path}", **typed)
        assert answer.status_code == 303, answer.text
        assert fields["/new_team/name"] in browser.open(answer.headers["location"])


def test_save_and_next_names_the_new_household(coordinator: Browser) -> None:
    key = key_of(coordinator.open("/needs/new"))
    new = NEED | {"/new_recipient/name": "何家", "/new_recipient/persons": "3"}
    done = coordinator.send("/needs/new", **new, key=key, do="save-next")
    assert "Needs of 何家" in coordinator.open(done.headers["location"])


def test_a_household_that_looks_like_another_is_confirmed_first(coordinator: Browser) -> None:
    for tried, status in ((1, 303), (2, 422)):
        new = NEED | {
            "/new_recipient/name": f"何家{tried}",
            "/new_recipient/phone": "13800000003",
        }
        key = key_of(coordinator.open("/needs/new"))
        answer = coordinator.send("/needs/new", **new, key=key, do="save")
        assert answer.status_code == status, answer.text
    assert 'name="confirmed" value="look-alike:' in answer.text
