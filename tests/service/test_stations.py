"""Several stations in one service: staff see their own, the head of an organisation sees all."""

from __future__ import annotations

import io
import json
import re
import shutil
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import TestClient
from pypdf import PdfReader
from supplies_service.app import create_app
from support.engines import Engines
from support.ledger_fixture import TODAY, Clock, register_all
from support.page_client import Browser
from support.rest_client import ADDRESS, RestClient, issue_credentials, problem, signed_in

from supplies.access import credentials, passwords, users
from supplies.access.access_context import AccessContext
from supplies.cli import main
from supplies.domain.catalogue_records import Donor, Item, Location, Recipient, Station
from supplies.ledger.ledger import Ledger
from supplies.signing.station_keys import create_first_key
from supplies.stations.organisation import set_head
from supplies.storage.engines import database_file

PASSWORD = "four words nobody guesses"

OWN_PAGE = {"Sec-Fetch-Site": "same-origin"}
"""The header that a browser sends with a form of the service's own page."""
PERIOD = {"from": "2020-02-01", "to": "2020-02-29"}

ALONE = "zz"
"""A station in the same database that belongs to no organisation."""


class Stations:
    """The service with all stations, and the tokens of each role at each station."""

    def __init__(self, client: TestClient, tokens: dict[str, dict[str, str]]) -> None:
        self.client, self.tokens = client, tokens

    def at(self, station: str, role: str = "coordinator") -> RestClient:
        """Send further requests as a user of a station."""
        return RestClient(signed_in(self.client, self.tokens[station][role]))

    def forbidden(self, path: str, **query: Any) -> Any:
        return problem(self.client.get(path, params=query), 403, "forbidden")


CLOCK = Clock()
"""The clock of the services of this file."""


@pytest.fixture
def clock() -> Clock:
    CLOCK.day = TODAY
    return CLOCK


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the books. All tests use the same, because an application knows its path."""
    return tmp_path_factory.mktemp("stations") / "books"


@pytest.fixture
def books_url(engines: Engines, engine: str, folder: Path) -> Iterator[str]:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    with engines.books(engine, folder) as url:
        yield url


@pytest.fixture(scope="module")
def application() -> Callable[[str], Litestar]:
    """Returns the application of books. It is created once, because that takes a second."""
    return cache(partial(create_app, station=None, clock=CLOCK))


@pytest.fixture
def tokens(books_url: str, clock: Clock) -> dict[str, dict[str, str]]:
    """Station qu heads an organisation with lx and hp; zz belongs to none."""
    found = {}
    for code, series in (("qu", "QU"), ("lx", "JZ"), ("hp", "HP"), (ALONE, "ZZ")):
        with Ledger.open(books_url, station=code, clock=clock, new_station=True) as ledger:
            if code == "lx":
                register_all(ledger)
            else:
                ledger.register(Station(code=code, name=f"{code}站", series=series))
                ledger.register(
                    Item(code="mask", name="口罩"),
                    Location(code="store", name="Store"),
                    Donor(code="D-1", name="香港某商会"),
                    Recipient(code="R-1", name=f"{code}某"),
                )
            found[code] = issue_credentials(ledger)
            if code in ("lx", "hp"):
                with ledger.admin_transaction() as books:
                    set_head(books, "qu")
    return found


@pytest.fixture
def stations(
    books_url: str,
    clock: Clock,
    tokens: dict[str, dict[str, str]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    application: Callable[[str], Litestar],
) -> Iterator[Stations]:
    """The service with all stations, on each engine."""
    monkeypatch.setenv("SUPPLIES_KEYS", str(tmp_path / "stations.key"))
    create_first_key(books_url)
    app = application(books_url)
    with TestClient(app, base_url=ADDRESS, raise_server_exceptions=False) as client:
        yield Stations(client, tokens)


# --- each its own --------------------------------------------------------------------------------


def test_each_station_records_into_its_own_chain(stations: Stations) -> None:
    donations = {code: stations.at(code).give(10) for code in ("qu", "lx", "hp", ALONE)}
    assert {code: one["entry"]["station"] for code, one in donations.items()} == {
        code: code for code in donations
    }
    assert {one["entry"]["seq"] for one in donations.values()} == {1}
    numbers = [one["receipt"]["number"] for one in donations.values()]
    assert numbers == [f"{series}-2020-000001" for series in ("QU", "JZ", "HP", "ZZ")]
    for code in donations:
        rows = stations.at(code).get("/api/stock")["items"]
        assert [row["on_hand"] for row in rows] == [10]
        assert stations.at(code).get("/api/station")["code"] == code


def sign_in(stations: Stations, books_url: str, clock: Clock, code: str) -> Browser:
    """Sign in as a new coordinator of a station."""
    with (
        Ledger.open(books_url, station=code, clock=clock) as ledger,
        ledger.admin_transaction() as books,
    ):
        access = AccessContext(books, ledger.clock())
        new = users.NewUser(login="reader", role="coordinator")
        user = users.add(access, new, by="test").code
        _, cookie = credentials.issue(
            access, kind="session", role="coordinator", by=user, holder=user
        )
    stations.client.headers.pop("Authorization", None)
    stations.client.cookies.set("supplies_session", cookie)
    return Browser(stations.client)


def test_pages_name_items_that_only_another_station_has_registered(
    stations: Stations, books_url: str, clock: Clock
) -> None:
    stations.at("lx").give(10, item="soap")
    line = {"item": "soap", "quantity": 4}
    body = {"to": "hp", "location": "store", "lines": [line]}
    shipment = stations.at("lx").post("/api/shipments", body)["shipment"]["id"]
    head = sign_in(stations, books_url, clock, "qu")
    assert "hand sanitiser 4 bottles" in head.open("/organisation")
    assert "<h1>hand sanitiser</h1>" in head.open("/organisation/items/soap")
    report = head.open("/reports/tables/organisation-stock")
    assert "as of entry" not in report
    assert "hand sanitiser (bottle)" in report
    receiver = sign_in(stations, books_url, clock, "hp")
    assert "hand sanitiser 4 bottles" in receiver.open("/shipments")
    page = receiver.open(f"/shipments/{shipment}")
    assert "hand sanitiser" in page
    assert "4 bottles" in page


def test_the_pages_of_a_head_show_stock_and_needs_of_all_its_stations(
    stations: Stations, books_url: str, clock: Clock
) -> None:
    browser = partial(sign_in, stations, books_url, clock)
    for code, given, needed in (("lx", 10, 4), ("hp", 5, 30), (ALONE, 700, 900)):
        stations.at(code).give(given)
        stations.at(code).need(needed)
    head = browser("qu")
    assert _figures(head.open("/organisation")) == [
        ["2", "15 pieces", "15 pieces", "34 pieces", "–", "19 pieces"]
    ]
    assert _figures(head.open("/organisation/items/mask")) == [
        ["5 pieces", "5 pieces", "30 pieces", "–", "25 pieces"],
        ["10 pieces", "10 pieces", "4 pieces", "–", "–"],
    ]
    by_station = '<a href="/organisation/items/mask?unit=piece">15 pieces</a>'
    assert head.open("/organisation").count(by_station) == 2, "each figure explains itself"
    assert 'href="/organisation"' in head.open("/")
    assert 'href="/organisation"' in head.open("/reports")
    part = browser("hp")
    assert 'href="/organisation"' not in part.open("/") + part.open("/reports")


def test_a_station_under_a_head_is_told_who_backs_up_and_of_no_other_station(
    stations: Stations, books_url: str, clock: Clock
) -> None:
    stations.at(ALONE).give(1)
    pages = {
        code: sign_in(stations, books_url, clock, code).open("/admin/books")
        for code in ("hp", "qu")
    }
    for code, page in pages.items():
        assert f"{ALONE}站" not in page, code
    if database_file(books_url):
        assert "The head station backs up this database" in pages["hp"]
        assert "No backup was made yet." not in pages["hp"]
        assert "Back up now" in pages["qu"]


def _figures(page: str) -> list[list[str]]:
    """Return the cells with figures of each row of the first table of a page."""
    rows = re.findall(r"<tr><th scope=.row.>.*?</tr>", page.partition("</table>")[0], re.DOTALL)
    cells = [re.findall(r'<td[^>]*class="number"[^>]*>(.*?)</td>', row, re.DOTALL) for row in rows]
    return [[re.sub(r"<[^>]*>", "", cell) for cell in row] for row in cells]


def test_the_log_names_the_station_of_each_caller(stations: Stations, log: io.StringIO) -> None:
    for code in ("lx", "hp"):
        stations.at(code).get("/api/needs")
    stations.at("qu").get("/api/needs", station="lx")
    by = [json.loads(line)["by"] for line in log.getvalue().splitlines()]
    assert by == ["lx/u_1", "hp/u_1", "qu/u_1"]


def test_an_idempotency_key_used_at_two_stations_is_two_requests(stations: Stations) -> None:
    for code in ("lx", "hp"):
        rest = stations.at(code)
        first = rest.post("/api/donations", rest.donation(3), key="k")
        assert rest.post("/api/donations", rest.donation(3), key="k") == first
        assert first["entry"]["station"] == code


def test_goods_are_shipped_between_stations_of_one_service(stations: Stations) -> None:
    stations.at("lx").give(10)
    body = {"to": "hp", "location": "store", "lines": [{"item": "mask", "quantity": 4}]}
    sent = stations.at("lx").post("/api/shipments", body)
    assert sent["warnings"] == []
    path = f"/api/shipments/{sent['shipment']['id']}"
    entry = stations.at("lx").get(path)["entry"]
    stations.at("hp").post(f"{path}/receive", {"location": "store", "sent": entry})
    received = stations.at("hp").get(path)["entry"]
    done = stations.at("lx").post(f"{path}/acknowledge", {"received": received})
    assert done["shipment"]["status"] == "acknowledged"
    rows = stations.at("qu").get("/api/organisation/stock/mask")["items"]
    assert {row["station"]: row["on_hand"] for row in rows} == {"hp": 4, "lx": 6}


def test_receipts_of_every_station_are_verified(stations: Stations) -> None:
    for code in ("lx", ALONE):
        receipt = stations.at(code).give(2)["receipt"]
        answer = stations.client.get(
            f"/api/verify/{receipt['number']}", params={"c": receipt["check_code"]}
        )
        assert answer.json()["goods"] == [{"name": "口罩", "unit": "piece", "quantity": 2}]
    problem(stations.client.get("/api/verify/XX-2020-000001?c=00000000"), 404, "not-found")


# --- who sees what -------------------------------------------------------------------------------


def test_staff_cannot_read_the_books_of_another_station(stations: Stations) -> None:
    stations.at("lx").give(10)
    for role in ("coordinator", "recorder", "auditor"):
        for code in ("lx", "qu", "no-such-station", "bad code"):
            stations.at("hp", role)
            error = stations.forbidden("/api/stock", station=code)
            assert f"the books of station {code}" in error["detail"]
        assert stations.at("hp", role).get("/api/stock", station="hp")["items"] == []


def test_the_head_of_an_organisation_reads_all_its_stations_and_no_others(
    stations: Stations,
) -> None:
    stations.at("lx").give(10)
    head = stations.at("qu")
    assert head.get("/api/stock", station="lx")["items"][0]["on_hand"] == 10
    assert head.get("/api/station", station="hp")["code"] == "hp"
    number = head.get("/api/receipts", station="lx")["items"][0]["number"]
    assert stations.client.get(
        f"/api/receipts/{number}/pdf", params={"station": "lx"}
    ).content.startswith(b"%PDF")
    assert head.get("/api/stock")["items"] == []
    stations.forbidden("/api/stock", station=ALONE)
    for role in ("recorder", "auditor"):
        stations.at("qu", role)
        stations.forbidden("/api/stock", station="lx")


def test_the_station_parameter_may_be_given_only_once(stations: Stations) -> None:
    head = stations.at("qu")
    for both in ("station=lx&station=hp", "station=lx&station=lx", "limit=1&limit=2"):
        error = problem(head.client.get(f"/api/stock?{both}"), 422, "invalid-field")
        assert error["detail"] == f"{both.partition('=')[0]} is given twice; give it once"


def test_the_head_cannot_write_for_another_station(stations: Stations) -> None:
    head = stations.at("qu")
    answer = head.client.post("/api/donations?station=lx", json=head.donation())
    error = problem(answer, 422, "invalid-field")
    assert "unknown parameter station" in error["detail"]
    assert stations.at("lx").get("/api/entries")["items"] == []


def test_a_link_opens_only_the_books_of_its_own_station(stations: Stations) -> None:
    stations.at("lx", "donor")
    assert stations.client.get("/api/receipts").status_code == 200
    stations.forbidden("/api/receipts", station="hp")


def test_a_token_with_the_code_of_another_station_is_refused(stations: Stations) -> None:
    token = stations.tokens["hp"]["coordinator"].replace(".hp.", ".lx.")
    answer = signed_in(stations.client, token).get("/api/stock")
    problem(answer, 401, "unauthenticated")
    nameless = stations.tokens["hp"]["coordinator"].replace(".hp.", ".")
    problem(signed_in(stations.client, nameless).get("/api/stock"), 401, "unauthenticated")


def test_reading_personal_data_is_logged_at_the_station_that_was_read(stations: Stations) -> None:
    stations.at("qu").get("/api/recipients", station="lx")
    lines = stations.at("lx").get("/api/access-log")["items"]
    seen = [(line["who"], line["route"], line["outcome"]) for line in lines]
    assert ("qu/u_1", "/api/recipients", "looked") in seen
    lines = stations.at("qu").get("/api/access-log")["items"]
    assert "/api/recipients" not in [line["route"] for line in lines]


def test_a_refusal_is_logged_at_the_callers_own_station(stations: Stations) -> None:
    stations.at("hp", "recorder")
    stations.forbidden("/api/stock", station="lx")
    lines = stations.at("hp").get("/api/access-log")["items"]
    assert ("u_2", "refused") in [(line["who"], line["outcome"]) for line in lines]


# --- over all stations ---------------------------------------------------------------------------


def test_the_head_lists_its_stations(stations: Stations) -> None:
    lines = stations.at("qu").get("/api/organisation/stations")["items"]
    assert [(line["code"], line["head"]) for line in lines] == [
        ("hp", "qu"),
        ("lx", "qu"),
        ("qu", None),
    ]
    page = stations.at("qu").get("/api/organisation/stations", limit=2)
    assert (len(page["items"]), page["next"]) == (2, "lx")
    rest = stations.at("qu").get("/api/organisation/stations", after="lx")
    assert [line["code"] for line in rest["items"]] == ["qu"]
    own = stations.at(ALONE).get("/api/organisation/stations")["items"]
    assert [line["code"] for line in own] == [ALONE]


def test_stock_is_summed_over_all_stations(stations: Stations) -> None:
    stations.at("lx").give(10)
    stations.at("hp").give(5)
    stations.at(ALONE).give(100)
    stations.at("lx").allocation(4)
    assert stations.at("qu").get("/api/organisation/stock")["items"] == [
        {
            "item": "mask",
            "unit": "piece",
            "name": "口罩",
            "stations": 2,
            "on_hand": 15,
            "free": 11,
            "allocated": 4,
        }
    ]
    rows = stations.at("qu").get("/api/organisation/stock/mask")["items"]
    assert [(row["station"], row["free"], row["allocated"]) for row in rows] == [
        ("hp", 5, 0),
        ("lx", 6, 4),
    ]
    page = stations.at("qu").get("/api/organisation/stock/mask", limit=1)
    assert page["next"] == "hp"
    assert "after=hp" in stations.client.get("/api/organisation/stock/mask?limit=1").headers["link"]
    rest = stations.at("qu").get("/api/organisation/stock/mask", after="hp")
    assert [row["station"] for row in rest["items"]] == ["lx"]


def test_items_with_different_units_are_separate_rows(stations: Stations) -> None:
    stations.at("lx").give(6)
    stations.at("hp").post("/api/items", {"code": "soap", "name": "洗手液", "unit": "mL"})
    body = stations.at("hp").donation(500)
    body["lines"][0]["item"] = "soap"
    stations.at("hp").post("/api/donations", body)
    bottles = stations.at("lx").donation(3)
    bottles["lines"][0]["item"] = "soap"
    stations.at("lx").post("/api/donations", bottles)
    rows = stations.at("qu").get("/api/organisation/stock")["items"]
    assert [(row["item"], row["unit"], row["on_hand"]) for row in rows] == [
        ("mask", "piece", 6),
        ("soap", "bottle", 3),
        ("soap", "mL", 500),
    ]
    first = stations.at("qu").get("/api/organisation/stock", limit=2)
    rest = stations.at("qu").get("/api/organisation/stock", after=first["next"])
    assert [row["unit"] for row in rest["items"]] == ["mL"]


def test_needs_are_summed_over_all_stations(stations: Stations) -> None:
    stations.at("lx").need(10)
    stations.at("hp").need(7)
    stations.at("lx").give(4)
    stations.at("lx").allocation(4)
    rows = stations.at("qu").get("/api/organisation/needs")["items"]
    figures = ("stations", "needed", "claimed", "assigned", "met", "ended")
    assert [[row[name] for name in figures] for row in rows] == [[2, 13, 0, 4, 0, 0]]
    rows = stations.at("qu").get("/api/organisation/needs/mask")["items"]
    assert [(row["station"], row["needed"]) for row in rows] == [("hp", 7), ("lx", 6)]


def test_the_organisation_report_is_the_sum_of_the_station_reports(stations: Stations) -> None:
    stations.at("lx").give(10)
    stations.at("lx").need(12)
    stations.at("hp").give(5)
    stations.at("hp").post("/api/activities", {"kind": "visit", "count": 3, "who": "李某"})
    stations.at("lx").post("/api/activities", {"kind": "visit", "count": 4, "who": "陈某"})
    total = stations.at("qu").get("/api/organisation/report", **PERIOD)
    each = [stations.at(code).get("/api/reports/station", **PERIOD) for code in ("hp", "lx", "qu")]
    for figure in ("workers", "contacts", "visits", "households_surveyed", "notices_posted"):
        assert total[figure] == sum(report[figure] for report in each)
    assert total["visits"] == 7
    past = stations.at("qu").get("/api/organisation/report", **PERIOD, as_of="2020-02-09")
    assert (past["visits"], past["goods"]) == (0, [])
    goods = total["goods"][0]
    for column in ("received", "on_hand", "allocated", "handed_over"):
        assert goods[column] == sum(line[column] for report in each for line in report["goods"])
    assert [(line["station"], line["as_of_seq"]) for line in total["stations"]] == [
        (report["station"], report["as_of_seq"]) for report in each
    ]


def test_the_head_prints_the_organisation_report(stations: Stations) -> None:
    stations.at("lx").give(10)
    printed = stations.at("qu").client.get("/api/organisation/report/pdf", params=PERIOD)
    assert printed.headers["content-type"] == "application/pdf"
    name = "organisation-report-2020-02-01-2020-02-29.pdf"
    assert printed.headers["content-disposition"] == f'inline; filename="{name}"'
    page_text = "".join(page.extract_text() for page in PdfReader(BytesIO(printed.content)).pages)
    under = stations.at("qu").get("/api/organisation/stations")["items"]
    assert len(under) == 3
    assert all(line["name"] in page_text for line in under)


def test_a_shortage_counts_the_free_stock_of_all_stations(stations: Stations) -> None:
    stations.at("lx").need(12)
    stations.at("hp").give(12)
    assert stations.at("lx").get("/api/reports/station", **PERIOD)["short"] != []
    assert stations.at("qu").get("/api/organisation/report", **PERIOD)["short"] == []
    stations.at("lx").need(1)
    short = stations.at("qu").get("/api/organisation/report", **PERIOD)["short"]
    assert short == [{"item": "mask", "unit": "piece", "needed": 13, "free": 12}]


def test_the_first_request_to_a_station_does_not_wait_for_the_report_of_another(
    stations: Stations,
) -> None:
    coordinator_client = stations.client.app.state.stations
    begun, over = threading.Event(), threading.Event()

    def report() -> None:
        with coordinator_client.default.thread_ledger.reading():
            begun.set()
            over.wait()

    reading = threading.Thread(target=report)
    reading.start()
    begun.wait()
    try:
        assert coordinator_client.default.code == "qu"
        assert stations.at("lx").get("/api/needs")["items"] == []
    finally:
        over.set()
        reading.join()


# --- coming in -----------------------------------------------------------------------------------


def test_users_sign_in_to_the_station_they_name(
    stations: Stations, books_url: str, clock: Clock
) -> None:
    for code in ("lx", "hp"):
        with (
            Ledger.open(books_url, station=code, clock=clock) as ledger,
            ledger.admin_transaction() as books,
        ):
            users.set_password(
                AccessContext(books, clock()),
                "u_1",
                passwords.hash_password(PASSWORD + code, "coordinator"),
            )
    client = stations.client
    assert 'name="station"' in client.get("/sign-in").text
    assert 'value="hp"' in client.get("/sign-in", params={"station": "hp"}).text

    def sign_in(station: str, password: str) -> Any:
        fields = {"login": "coordinator", "station": station, "password": password}
        return client.post("/sign-in", data=fields, headers=OWN_PAGE, follow_redirects=False)

    assert sign_in("lx", PASSWORD + "hp").status_code == 401
    assert sign_in("nowhere", PASSWORD + "lx").status_code == 401
    assert sign_in("", PASSWORD + "lx").status_code == 401
    assert sign_in("hp", PASSWORD + "hp").status_code == 303
    assert "hp站" in client.get("/").text
    assert client.post("/sign-out", headers=OWN_PAGE).status_code == 200
    assert client.get("/", follow_redirects=False).status_code == 303


def test_an_invitation_signs_in_to_its_own_station(
    stations: Stations,
) -> None:
    made = stations.at("hp").post("/api/users", {"login": "new", "role": "recorder"})
    del stations.client.headers["Authorization"]
    fields = {"password": PASSWORD, "repeat": PASSWORD}
    answer = stations.client.post(
        made["invitation"], data=fields, headers=OWN_PAGE, follow_redirects=False
    )
    assert answer.status_code == 303
    assert "hp站" in stations.client.get("/").text


def test_a_station_added_while_the_service_runs_is_served(
    stations: Stations, books_url: str, clock: Clock
) -> None:
    with Ledger.open(books_url, station="new", clock=clock, new_station=True) as ledger:
        ledger.register(Station(code="new", name="新站", series="NW"))
        token = issue_credentials(ledger)["coordinator"]
        with ledger.admin_transaction() as books:
            set_head(books, "qu")
    assert signed_in(stations.client, token).get("/api/station").json()["name"] == "新站"
    lines = stations.at("qu").get("/api/organisation/stations")["items"]
    assert "new" in [line["code"] for line in lines]


def test_a_service_of_one_station_refuses_others(
    books_url: str,
    clock: Clock,
    tokens: dict[str, dict[str, str]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SUPPLIES_KEYS", str(tmp_path / "stations.key"))
    create_first_key(books_url)
    app = create_app(books_url, "lx", clock=clock)
    with TestClient(app, base_url=ADDRESS, raise_server_exceptions=False) as client:
        assert 'name="station"' not in client.get("/sign-in").text
        assert signed_in(client, tokens["lx"]["coordinator"]).get("/api/stock").status_code == 200
        for code in ("qu", "hp"):
            signed_in(client, tokens[code]["coordinator"])
            problem(client.get("/api/stock"), 401, "unauthenticated")
            problem(client.get("/api/stock", params={"station": "lx"}), 401, "unauthenticated")


def test_stations_write_in_parallel(stations: Stations) -> None:
    """Waiting requests of one station share its commits, and no commit contains two stations."""
    tokens = stations.tokens

    def give(number: int) -> tuple[str, int]:
        code = ("lx", "hp", "qu", ALONE)[number % 4]
        headers = {"Authorization": f"Bearer {tokens[code]['recorder']}"}
        body = stations_body(number + 1)
        answer = stations.client.post("/api/donations", json=body, headers=headers)
        assert answer.status_code == 201, answer.text
        assert answer.json()["entry"]["station"] == code
        return code, number + 1

    with ThreadPoolExecutor(8) as pool:
        donations = list(pool.map(give, range(40)))
    for code in tokens:
        rows = stations.at(code).get("/api/stock")["items"]
        assert sum(row["on_hand"] for row in rows) == sum(n for at, n in donations if at == code)


def stations_body(quantity: int) -> dict[str, Any]:
    line = {"item": "mask", "quantity": quantity}
    return {"donor": None, "location": "store", "handled_by": "陈某", "lines": [line]}


def test_health_names_a_station_that_was_never_verified(stations: Stations, books_url: str) -> None:
    def attention() -> list[str]:
        return list(stations.client.get("/api/health").json()["attention"])

    assert attention() == ["the books of hp were never verified; run `supplies verify`"]
    assert main(["verify", "--station", "hp", "--database", books_url]) == 0
    assert "books of lx" in attention()[0]
    assert main(["verify", "--database", books_url]) == 0
    assert attention() == []
