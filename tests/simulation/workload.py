"""The workload: the roles of users at the stations, and how often each role gives each command."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from support.command_generators import CatalogueCodes, CommandGenerator, SeededRandom

from supplies.domain import commands as c
from supplies.domain.catalogue_records import (
    Campaign,
    Donor,
    Item,
    Location,
    Recipient,
    Station,
    Team,
)
from supplies.ledger.ledger import Ledger

STATIONS = {
    "lx": Station(code="lx", name="龙穴街社工服务站", zone="Asia/Shanghai", series="LX"),
    "hp": Station(code="hp", name="黄浦站", zone="Asia/Shanghai", series="HP"),
}

USERS = ("chen", "li", "wang", "zhao", "desk-1", "phone-7")

CODES = CatalogueCodes(
    items=("mask", "mask", "mask", "soap"),
    donors=tuple(f"D-{n}" for n in range(1, 9)),
    recipients=(*(f"R-{n}" for n in range(1, 25)), "G-1", "G-2", "I-1", "I-2"),
    groups=("G-1", "G-2"),
    teams=tuple(f"T-{n}" for n in range(1, 5)),
    open=("store", "store", "annex"),
    quarantine="ward",
    forgettable=("D-7", "D-8", "R-21", "R-22", "R-23", "R-24"),
)


def register_all(ledger: Ledger) -> None:
    """Register a station with its items, people and places."""
    ledger.register(
        STATIONS[ledger.station_code],
        Item(code="mask", name="口罩", name_en="mask", packs={"ten": 10}),
        Item(code="soap", name="洗手液", unit="bottle", packs={"six": 6}),
        *(Donor(code=code, name=f"donor {code}") for code in CODES.donors),
        *(
            Recipient(code=code, name=f"household {code}")
            for code in CODES.recipients
            if code.startswith("R-")
        ),
        *(Recipient(code=code, name=f"group {code}", kind="group") for code in CODES.groups),
        *(
            Recipient(code=code, name=f"hospital {code}", kind="institution")
            for code in CODES.recipients
            if code.startswith("I-")
        ),
        *(Location(code=code, name=code) for code in sorted(set(CODES.open))),
        Location(code=CODES.quarantine, name="Quarantine", quarantine=True),
        Campaign(code=CODES.campaign, name="appeal"),
        *(
            Team(code=code, name=code, counter=counter)
            for code, counter in zip(CODES.teams, ("store", "annex", "ward", None), strict=True)
        ),
    )


WeightedCommand = tuple[int, bool, Callable[[], c.Command]]
"""A weight, whether the command is possible now, and the function that makes it."""


def draw_command(generator: CommandGenerator, random: SeededRandom) -> c.Command:
    """Draw a role, and a command that this role gives."""
    role = random.choose(ROLES)
    likely = [make for weight, sensible, make in role(generator) if sensible for _ in range(weight)]
    return _or_earlier(random.choose(likely or [generator.record_donation])(), random)


def _or_earlier(command: c.Command, random: SeededRandom) -> c.Command:
    """Set `or_earlier` in one of ten commands."""
    if random.number(0, 9):
        return command
    if isinstance(command, c.Correct):
        command = msgspec.structs.replace(
            command, command=msgspec.structs.replace(command.command, or_earlier=True)
        )
    return msgspec.structs.replace(command, or_earlier=True)


def telephone(generator: CommandGenerator) -> list[WeightedCommand]:
    model = generator.model
    return [
        (4, True, generator.note_need),
        (3, True, generator.make_pledge),
        (1, bool(model.needs()), generator.end_need),
        (1, bool(model.pledges()), generator.drop_pledge),
        (3, bool(model.pledges()) and bool(model.needs()), generator.claim_needs),
    ]


def receiving(generator: CommandGenerator) -> list[WeightedCommand]:
    return [
        (6, True, generator.record_donation),
        (1, True, generator.open_stock),
        (1, True, generator.record_arrival),
    ]


def delivery_teams(generator: CommandGenerator) -> list[WeightedCommand]:
    model = generator.model
    allocation, away = (
        bool(model.nonzero_balances("allocated:")),
        bool(model.nonzero_balances("in_transit:")),
    )
    return [
        (4, bool(model.nonzero_balances("stock:")), generator.allocate),
        (1, bool(model.allocations()), generator.release),
        (4, allocation, generator.dispatch),
        (1, allocation, generator.collect_allocation),
        (5, away, generator.report_outcome),
        (1, bool(model.stops()), generator.report_outcome),
        (1, bool(model.open_deliveries()), generator.reassign),
        (2, bool(model.stops()), generator.add_photo),
        (1, bool(model.stops()), generator.confirm_hand_over),
        (1, away and bool(model.open_deliveries()), generator.undo_dispatch),
        (1, away and bool(model.open_deliveries()), generator.move_stops),
        (1, bool(model.open_deliveries()), generator.close_delivery),
        (6, bool(model.open_conflicts()), generator.resolve_conflict),
        (1, bool(model.resolved_conflicts()), generator.resolve_conflict),
        (2, bool(model.nonzero_balances("stock:")), generator.report_hand_out),
    ]


def storekeeping(generator: CommandGenerator) -> list[WeightedCommand]:
    model = generator.model
    stock = bool(model.nonzero_balances("stock:"))
    return [
        (2, stock, generator.move),
        (1, stock, generator.quarantine_batch),
        (2, stock, generator.issue_goods),
        (1, stock, generator.lend_goods),
        (1, stock, generator.write_off),
        (2, stock, generator.return_goods),
        (3, stock, generator.convert),
        (3, stock, generator.hand_out),
        (4, stock, generator.open_count_sheet),
        (6, bool(model.open_sheets()), generator.count_stock),
        (2, bool(model.nonzero_balances("used:")), generator.return_issue),
        (3, bool(model.nonzero_balances("lent:")), generator.return_loan),
        (2, bool(model.nonzero_balances("lost:")), generator.find_again),
        (2, bool(model.nonzero_balances("received:")), generator.take_back),
        (8, bool(model.nonzero_balances("unexplained:")), generator.settle),
        (4, bool(model.nonzero_balances("unexplained:")), generator.describe_lot),
    ]


def office_work(generator: CommandGenerator) -> list[WeightedCommand]:
    return [
        (2, bool(generator.model.donations()), generator.issue_receipt),
        (3, bool(generator.model.receipts()), generator.deal_with_receipt),
        (4, True, generator.close_or_reopen),
        (1, True, generator.record_activity),
        (2, True, generator.forget),
        (2, True, generator.merge),
        (1, bool(generator.merged()), generator.divide),
    ]


def corrections(generator: CommandGenerator) -> list[WeightedCommand]:
    entries = generator.correctable()

    def correct() -> c.Command:
        return generator.correct(generator.pick(entries))

    def correct_recent() -> c.Command:
        return generator.correct(generator.choose(*entries[-3:]))

    def reverse() -> c.Command:
        return generator.reverse(generator.pick(entries))

    def correct_words() -> c.Command:
        return generator.correct_words(generator.pick(generator.rewordable()))

    def correct_superseded() -> c.Command:
        return generator.reverse(generator.pick(generator.model.superseded))

    return [
        (4, bool(entries), correct),
        (4, bool(entries), correct_recent),
        (3, bool(generator.rewordable()), correct_words),
        (3, bool(entries), reverse),
        (1, bool(generator.model.superseded), correct_superseded),
    ]


def shipments(generator: CommandGenerator) -> list[WeightedCommand]:
    return [
        (3, bool(generator.model.nonzero_balances("stock:")), generator.send_shipment),
        (4, bool(generator.awaited()), generator.receive_shipment),
        (4, bool(generator.arrived()), generator.acknowledge_shipment),
    ]


ROLES = (
    *(2 * [telephone]),
    *(3 * [receiving]),
    *(6 * [delivery_teams]),
    *(3 * [storekeeping]),
    *(2 * [office_work]),
    *(3 * [corrections]),
    *(2 * [shipments]),
)
"""The roles. A role is repeated to make it more frequent."""
