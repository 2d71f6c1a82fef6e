"""Who is at the stations, and what they are likely to ask."""

from __future__ import annotations

from collections.abc import Callable

from support.command_generators import Asks, Cast, Dice

from supplies.domain import commands as c
from supplies.domain.catalogue_records import Donor, Item, Location, Recipient, Station, Team
from supplies.ledger.ledger import Ledger

STATIONS = {
    "lx": Station(code="lx", name="龙穴街社工服务站", zone="Asia/Shanghai", series="LX"),
    "hp": Station(code="hp", name="黄浦站", zone="Asia/Shanghai", series="HP"),
}

USERS = ("chen", "li", "wang", "zhao", "desk-1", "phone-7")

CAST = Cast(
    items=("mask", "mask", "mask", "soap"),
    donors=tuple(f"D-{n}" for n in range(1, 9)),
    recipients=(*(f"R-{n}" for n in range(1, 25)), "G-1", "G-2"),
    groups=("G-1", "G-2"),
    teams=tuple(f"T-{n}" for n in range(1, 5)),
    open=("store", "store", "annex"),
    quarantine="ward",
    forgettable=("D-7", "D-8", "R-21", "R-22", "R-23", "R-24"),
)


def register_all(ledger: Ledger) -> None:
    """A station with its things and people."""
    ledger.register(
        STATIONS[ledger.station_code],
        Item(code="mask", name="口罩", name_en="mask", packs={"ten": 10}),
        Item(code="soap", name="洗手液", unit="bottle", packs={"six": 6}),
        *(Donor(code=code, name=f"donor {code}") for code in CAST.donors),
        *(
            Recipient(code=code, name=f"household {code}")
            for code in CAST.recipients
            if code not in CAST.groups
        ),
        *(Recipient(code=code, name=f"group {code}", kind="group") for code in CAST.groups),
        *(Location(code=code, name=code) for code in sorted(set(CAST.open))),
        Location(code=CAST.quarantine, name="Quarantine", quarantine=True),
        *(Team(code=code, name=code) for code in CAST.teams),
    )


Wish = tuple[int, bool, Callable[[], c.Command]]
"""How likely it is, whether it makes sense now, and how it is drawn."""


def wish(asks: Asks, dice: Dice) -> c.Command:
    """What somebody asks now."""
    who = dice.of(EVERYBODY)
    likely = [make for weight, sensible, make in who(asks) if sensible for _ in range(weight)]
    return dice.of(likely or [asks.record_donation])()


def on_the_telephone(asks: Asks) -> list[Wish]:
    plain = asks.plain
    return [
        (4, True, asks.note_need),
        (3, True, asks.make_pledge),
        (1, bool(plain.needs()), asks.end_need),
        (1, bool(plain.pledges()), asks.drop_pledge),
    ]


def at_the_gate(asks: Asks) -> list[Wish]:
    return [
        (6, True, asks.record_donation),
        (1, True, asks.open_stock),
        (1, True, asks.record_arrival),
    ]


def on_the_way(asks: Asks) -> list[Wish]:
    plain = asks.plain
    aside, away = bool(plain.held("allocated:")), bool(plain.held("in_transit:"))
    return [
        (4, bool(plain.held("stock:")), asks.allocate),
        (1, bool(plain.allocations()), asks.release),
        (4, aside, asks.dispatch),
        (5, away, asks.report_outcome),
        (1, bool(plain.stops()), asks.report_outcome),
        (1, bool(plain.open_deliveries()), asks.reassign),
        (1, bool(plain.open_deliveries()), asks.close_delivery),
        (6, bool(plain.open_conflicts()), asks.resolve_conflict),
    ]


def in_the_store(asks: Asks) -> list[Wish]:
    plain = asks.plain
    stock = bool(plain.held("stock:"))
    return [
        (2, stock, asks.move),
        (2, stock, asks.issue_goods),
        (1, stock, asks.lend_goods),
        (1, stock, asks.write_off),
        (2, stock, asks.return_goods),
        (1, stock, asks.convert),
        (3, stock, asks.hand_out),
        (1, stock, asks.open_count_sheet),
        (2, bool(plain.open_sheets()), asks.count_stock),
        (2, bool(plain.held("used:")), asks.return_issue),
        (3, bool(plain.held("lent:")), asks.return_loan),
        (2, bool(plain.held("lost:")), asks.find_again),
        (1, bool(plain.held("received:")), asks.take_back),
        (8, bool(plain.held("unexplained:")), asks.settle),
    ]


def at_the_desk(asks: Asks) -> list[Wish]:
    return [
        (2, bool(asks.plain.donations()), asks.issue_receipt),
        (3, bool(asks.plain.receipts()), asks.deal_with_receipt),
        (4, True, asks.close_or_reopen),
        (1, True, asks.record_activity),
        (1, True, asks.forget),
    ]


def who_made_a_mistake(asks: Asks) -> list[Wish]:
    entries = asks.correctable()

    def restate() -> c.Command:
        return asks.correct(asks.pick(entries))

    def restate_soon() -> c.Command:
        return asks.correct(asks.of(*entries[-3:]))

    def undo() -> c.Command:
        return asks.reverse(asks.pick(entries))

    def mend_again() -> c.Command:
        return asks.reverse(asks.pick(asks.plain.superseded))

    return [
        (4, bool(entries), restate),
        (4, bool(entries), restate_soon),
        (3, bool(entries), undo),
        (1, bool(asks.plain.superseded), mend_again),
    ]


def between_stations(asks: Asks) -> list[Wish]:
    return [
        (3, bool(asks.plain.held("stock:")), asks.send_shipment),
        (4, bool(asks.awaited()), asks.receive_shipment),
        (4, bool(asks.arrived()), asks.acknowledge_shipment),
    ]


EVERYBODY = (
    *(2 * [on_the_telephone]),
    *(3 * [at_the_gate]),
    *(6 * [on_the_way]),
    *(3 * [in_the_store]),
    *(2 * [at_the_desk]),
    *(3 * [who_made_a_mistake]),
    *(2 * [between_stations]),
)
"""Who is there, and who acts more often."""
