"""Random shipments in both directions between two stations lose or create no goods."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.engines import RUNNING
from support.ledger_fixture import Clock, StationLedger, register_all
from support.shipping import citation, open_hp

from supplies.domain import commands as c
from supplies.domain.catalogue_records import Location
from supplies.errors import AlreadyDone, NotEnough
from supplies.ledger.ledger import Ledger
from supplies.views.shipments import (
    ShipmentView,
    get_shipment,
)

STEP = st.one_of(
    st.tuples(st.just("send"), st.sampled_from(["lx", "hp"]), st.integers(1, 12)),
    st.tuples(st.just("receive"), st.integers(0, 5), st.integers(0, 12)),
    st.tuples(st.just("acknowledge"), st.integers(0, 5), st.just(0)),
    st.tuples(st.just("again"), st.integers(0, 5), st.just(0)),
)


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=st.lists(STEP, max_size=14), together=st.booleans())
def test_random_shipments_between_two_stations_lose_no_goods(
    engine: str,
    tmp_path_factory: pytest.TempPathFactory,
    steps: list[tuple[str, str | int, int]],
    together: bool,
) -> None:
    clock = Clock()
    folders = [tmp_path_factory.mktemp("station") for _ in range(2)]
    with (
        RUNNING.books(engine, folders[0]) as here,
        RUNNING.books(engine, folders[1]) as there,
        Ledger.open(here, station="lx", clock=clock) as lx,
        open_hp(here if together else there, clock) as hp,
    ):
        register_all(lx)
        hp.register(Location(code="store", name="Store"))
        stations = {"lx": StationLedger(lx, clock), "hp": StationLedger(hp, clock)}
        for one in stations.values():
            one.stock(20)
        Traffic(stations, steps).run()


class Traffic:
    """Two stations that send goods to each other, and the checks after every step."""

    def __init__(
        self, stations: dict[str, StationLedger], steps: list[tuple[str, str | int, int]]
    ) -> None:
        self.stations, self.steps = stations, steps
        self.sent: list[tuple[str, str, str]] = []
        self.missing: dict[str, int] = {}

    def run(self) -> None:
        for what, which, quantity in self.steps:
            if what == "send":
                self.send(str(which), quantity)
            elif self.sent:
                getattr(self, what)(*self.sent[int(which) % len(self.sent)], quantity)
            self.check()
        for one in self.stations.values():
            assert one.ledger.verify()

    def send(self, sender: str, quantity: int) -> None:
        to = "hp" if sender == "lx" else "lx"
        lines = [c.LotLine(item="mask", quantity=quantity)]
        command = c.SendShipment(station=to, location="store", lines=lines)
        try:
            self.sent.append((sender, to, str(self.stations[sender](command).document)))
        except NotEnough:
            assert self.stations[sender].total("stock:store") < quantity

    def receive(self, sender: str, to: str, name: str, short: int) -> None:
        view = get_shipment(self.stations[sender].books, name)
        lines = [
            c.ArrivedLine(line=line.line, arrived=max(0, line.quantity - short))
            for line in view.lines
        ]
        command = c.ReceiveShipment(
            shipment=name, location="store", lines=lines, sent=citation(self.stations[sender], name)
        )
        try:
            self.stations[to](command)
        except AlreadyDone:
            assert name in self.missing
        else:
            missing = sum(min(short, line.quantity) for line in view.lines)
            assert self.missing.setdefault(name, missing) == missing

    def again(self, sender: str, to: str, name: str, _: int) -> None:
        if name in self.missing:
            with pytest.raises(AlreadyDone):
                self.stations[to](c.ReceiveShipment(shipment=name, location="store", note="again"))

    def acknowledge(self, sender: str, to: str, name: str, _: int) -> None:
        if name in self.missing:
            entry = citation(self.stations[to], name)
            self.stations[sender](c.AcknowledgeShipment(shipment=name, received=entry))

    def check(self) -> None:
        """All goods are on a shelf, on the way or missing, and are counted once."""
        shelves = sum(one.total("stock:store") for one in self.stations.values())
        on_the_way = 0
        for sender, _, name in self.sent:
            view: ShipmentView = get_shipment(self.stations[sender].books, name)
            if name not in self.missing:
                assert view.status == "on_the_way"
                on_the_way += self.stations[sender].total(f"sent:{name}")
        assert shelves + on_the_way + sum(self.missing.values()) == 40
        lost = sum(one.total("lost:on_the_way") for one in self.stations.values())
        done = {
            name
            for sender, _, name in self.sent
            if get_shipment(self.stations[sender].books, name).status == "acknowledged"
        }
        assert lost == sum(self.missing[name] for name in done)
