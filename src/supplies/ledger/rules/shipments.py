"""Goods between stations: two entries in two chains and an acknowledgement, never one transaction.

The goods are in `sent` until the other station says what arrived. Each station cites the other's
entry with its bytes and hash, so both may use one database or two.
"""

from __future__ import annotations

from collections import Counter

from supplies.books.reader import unknown_code_error
from supplies.domain.accounts import (
    CHART,
    CONVERTED,
    DELIVERED,
    FROM_STATION,
    LOST,
    SENT,
    STOCK,
    is_origin,
)
from supplies.domain.commands import AcknowledgeShipment, ArrivedLine, ReceiveShipment, SendShipment
from supplies.domain.entry_rows import (
    Lot,
    Shipment,
    ShipmentAcknowledged,
    ShipmentArrival,
    ShipmentLine,
    ShipmentReceived,
)
from supplies.domain.fields import MAX_LINES
from supplies.errors import AlreadyDone, InvalidField
from supplies.ledger.journal import Draft, Journal
from supplies.ledger.rules.allocations import check_open_location
from supplies.ledger.rules.shipment_citations import (
    RECEIVED_BY,
    SENT_BY,
    Cited,
    cited_entry,
    only,
    sent_in,
)
from supplies.ledger.rules.stock import flow

ON_THE_WAY = "on_the_way"
"""Why goods are lost that left here and did not arrive there."""

_BORN = [kind for kind in CHART.values() if is_origin(kind) or kind is CONVERTED]


# --- sending -------------------------------------------------------------------------------------


def send_shipment(command: SendShipment, journal: Journal) -> None:
    """Send goods: stock → sent, by lot; the entry describes each lot for the other station."""
    check_open_location(journal, command.location)
    if command.station == journal.books.station_code:
        raise InvalidField.at(
            "/to", "the goods are at this station already; move them to another location"
        )
    draft = journal.entry(SENT_BY, prefix=f"x_{journal.books.station_code}")
    shipment = str(draft.document)
    draft.state(Shipment(shipment=shipment, destination=command.station, location=command.location))
    flow(journal, draft, command.lines, STOCK(command.location), SENT(shipment), expired=False)
    carried: Counter[tuple[str, str]] = Counter()
    for move in draft.moves:
        carried[move.transfer.item, move.transfer.lot] += move.transfer.quantity
    if len(carried) > MAX_LINES:
        raise InvalidField.at(
            "/lines",
            f"this takes {len(carried)} lots, a shipment at most {MAX_LINES}; send it in parts",
        )
    for line, ((item, lot), quantity) in enumerate(carried.items(), 1):
        draft.state(_line(journal, shipment, line, item, lot, quantity))


def _line(
    journal: Journal, shipment: str, line: int, item: str, lot: str, quantity: int
) -> ShipmentLine:
    described = journal.lot(lot, item)
    value = _share(journal, described, quantity)
    return ShipmentLine(
        shipment=shipment,
        line=line,
        item=item,
        unit=journal.books.item(item).unit,
        lot=lot,
        quantity=quantity,
        batch=described.batch,
        expires_on=described.expires_on,
        value_minor=value,
        currency=None if value is None else described.currency,
    )


def _share(journal: Journal, lot: Lot, quantity: int) -> int | None:
    """The value of a part, by cumulative floors: all parts sum to at most the lot's value."""
    if lot.value_minor is None:
        return None
    whole = -sum(
        journal.books.value(
            "SELECT coalesce(sum(quantity), 0) FROM balances WHERE station = :station "
            "AND lot = :lot AND item = :item AND account >= :start AND account < :end",
            lot=lot.lot,
            item=lot.item,
            start=kind.prefix,
            end=f"{kind.name};",  # ";" follows ":" in ASCII
        )
        for kind in _BORN
    )
    if whole <= 0:  # what turned up unexplained: nobody knows what it is part of
        return None
    before = min(
        whole, sum(line.quantity for line in journal.books.rows(ShipmentLine, lot=lot.lot))
    )
    after = min(whole, before + quantity)
    return int(lot.value_minor * after // whole - lot.value_minor * before // whole)


# --- receiving -----------------------------------------------------------------------------------


def receive_shipment(command: ReceiveShipment, journal: Journal) -> None:
    """Receive goods: from_station → stock, in new lots described as the sender describes them."""
    books = journal.books
    books.location(command.location, "/location")
    if books.latest_row(ShipmentReceived, shipment=command.shipment) is not None:
        raise AlreadyDone(f"shipment {command.shipment} was received already")
    cited = cited_entry(journal, command.shipment, command.sent, SENT_BY, "/sent")
    sent, lines = sent_in(cited, "/sent")
    if sent.destination != books.station_code:
        raise InvalidField.at(
            "/shipment",
            f"shipment {sent.shipment} went to station {sent.destination}, "
            f"not to {books.station_code}",
        )
    if journal.happened_on < cited.body.happened_on:
        raise InvalidField.at(
            "/happened_on",
            f"{journal.happened_on} is before the goods were sent ({cited.body.happened_on})",
        )
    arrived = _arrived(command, lines)
    draft = journal.entry(RECEIVED_BY, document=sent.shipment)
    draft.state(
        ShipmentReceived(
            shipment=sent.shipment,
            sender=cited.body.station,
            sent_seq=cited.body.seq,
            sent_hash=cited.hash,
            location=command.location,
        )
    )
    for line in lines:
        pointer, came = arrived[line.line]
        _take_in(journal, draft, line, came, command.location, pointer)


def _take_in(
    journal: Journal,
    draft: Draft,
    line: ShipmentLine,
    came: ArrivedLine,
    location: str,
    pointer: str,
) -> None:
    code = came.item or line.item
    item = journal.books.item(code, f"{pointer}/item")
    if item.unit != line.unit:
        raise InvalidField.at(
            f"{pointer}/item",
            f"{item.name} is counted in {item.unit} here, the shipment in {line.unit}; "
            "name an item that is counted alike",
        )
    lot = None
    if came.arrived:
        lot = f"l_{journal.books.station_code}_{draft.seq}_{line.line}"
        value = line.value_minor
        draft.state(
            Lot(
                lot=lot,
                item=code,
                origin=FROM_STATION(line.shipment),
                batch=line.batch,
                expires_on=line.expires_on,
                value_minor=None if value is None else value * came.arrived // line.quantity,
                currency=line.currency,
            )
        )
        source = FROM_STATION(line.shipment)
        journal.move(draft, source, STOCK(location), code, lot, came.arrived, pointer)
    draft.state(
        ShipmentArrival(
            shipment=line.shipment,
            line=line.line,
            item=code,
            sent_lot=line.lot,
            lot=lot,
            sent=line.quantity,
            arrived=came.arrived,
        )
    )


def _arrived(
    command: ReceiveShipment, lines: list[ShipmentLine]
) -> dict[int, tuple[str, ArrivedLine]]:
    """What arrived of each line, with the field that says so; all of it if no field does."""
    if command.lines is None:
        return {
            line.line: ("", ArrivedLine(line=line.line, arrived=line.quantity)) for line in lines
        }
    sent = {line.line: line.quantity for line in lines}
    found: dict[int, tuple[str, ArrivedLine]] = {}
    for index, line in enumerate(command.lines):
        pointer = f"/lines/{index}"
        if line.line not in sent or line.line in found:
            raise InvalidField.at(
                f"{pointer}/line",
                f"the shipment has the lines 1 to {len(sent)}, each once; {line.line} is "
                + ("named twice" if line.line in found else "none of them"),
            )
        if line.arrived > sent[line.line]:
            raise InvalidField.at(
                f"{pointer}/arrived",
                f"{sent[line.line]} were sent, {line.arrived} cannot have arrived of them; "
                "record what came beside them as an arrival",
            )
        found[line.line] = pointer, line
    if missing := sorted(sent.keys() - found.keys()):
        raise InvalidField.at(
            "/lines", f"say what arrived of line {missing[0]} too; 0 where nothing did"
        )
    return found


# --- acknowledging -------------------------------------------------------------------------------


def acknowledge_shipment(command: AcknowledgeShipment, journal: Journal) -> None:
    """Acknowledge what arrived: sent → delivered; the rest → lost."""
    books = journal.books
    shipment = books.latest_row(Shipment, shipment=command.shipment)
    if shipment is None:
        raise unknown_code_error(
            f"this station sent no shipment {command.shipment}; see its shipments", ""
        )
    if books.latest_row(ShipmentAcknowledged, shipment=shipment.shipment) is not None:
        raise AlreadyDone(f"shipment {shipment.shipment} was acknowledged already")
    cited = cited_entry(journal, shipment.shipment, command.received, RECEIVED_BY, "/received")
    arrived = _received(journal, cited, shipment)
    if journal.happened_on < cited.body.happened_on:
        raise InvalidField.at(
            "/happened_on",
            f"{journal.happened_on} is before the goods arrived ({cited.body.happened_on})",
        )
    draft = journal.entry("shipment_acknowledged", document=shipment.shipment)
    draft.state(
        ShipmentAcknowledged(
            shipment=shipment.shipment,
            received_seq=cited.body.seq,
            received_hash=cited.hash,
        )
    )
    way = SENT(shipment.shipment)
    for line in books.rows(ShipmentLine, shipment=shipment.shipment):
        came = arrived[line.line]
        journal.move(draft, way, DELIVERED(shipment.shipment), line.item, line.lot, came)
        journal.move(draft, way, LOST(ON_THE_WAY), line.item, line.lot, line.quantity - came)


def _received(journal: Journal, cited: Cited, shipment: Shipment) -> dict[int, int]:
    """How much arrived of each line of this shipment, as the other station says."""
    received = only(cited.body, ShipmentReceived, "/received")
    seq = journal.books.latest_seq(Shipment, shipment=shipment.shipment)
    own = journal.books.value(
        "SELECT hash FROM entries WHERE station = :station AND seq = :seq", seq=seq
    ).hex()
    if (received.sender, received.sent_seq, received.sent_hash) != (
        journal.books.station_code,
        seq,
        own,
    ):
        raise InvalidField.at(
            "/received",
            f"entry {cited.body.seq} of station {cited.body.station} cites another entry than "
            f"the one that sent shipment {shipment.shipment}; ask that station what it received",
        )
    if cited.body.station != shipment.destination:
        raise InvalidField.at(
            "/received",
            f"shipment {shipment.shipment} went to station {shipment.destination}, "
            f"but this is an entry of {cited.body.station}",
        )
    said = {row.line: row for row in cited.body.rows if isinstance(row, ShipmentArrival)}
    lines = journal.books.rows(ShipmentLine, shipment=shipment.shipment)
    for line in lines:
        row = said.get(line.line)
        wrong = row is None or (row.sent_lot, row.sent) != (line.lot, line.quantity)
        if row is None or wrong or not 0 <= row.arrived <= line.quantity:
            raise InvalidField.at(
                "/received",
                f"entry {cited.body.seq} of station {cited.body.station} says nothing that can "
                f"be of line {line.line} of shipment {shipment.shipment}",
            )
    return {line.line: said[line.line].arrived for line in lines}
