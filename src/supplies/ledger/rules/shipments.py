"""Shipments between stations: one station sends, the other receives, the sender acknowledges.

Each step is an entry in the books of one station. No transaction includes both books. The goods
stay in the sender's account `sent` until the sender acknowledges what arrived. The entries that
receive and acknowledge a shipment contain the hash of the other station's entry. So the two
stations may use one database or two.
"""

from __future__ import annotations

from collections import Counter

from supplies.books.account_range import account_range
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
from supplies.errors import AlreadyDone, InvalidField, Sentence, template
from supplies.ledger.drafts import Draft
from supplies.ledger.journal import Journal
from supplies.ledger.rules.allocations import check_open_location
from supplies.ledger.rules.deliveries import LOST_ON_THE_WAY
from supplies.ledger.rules.line_transfers import move_lines
from supplies.ledger.rules.shipment_citations import (
    RECEIVED_BY,
    SENT_BY,
    Cited,
    cited_entry,
    cited_shipment,
    single_row,
)

_LOT_ORIGINS = [kind for kind in CHART.values() if is_origin(kind) or kind is CONVERTED]
"""The kinds of account from which goods of new lots come."""


# --- sending -------------------------------------------------------------------------------------


def send_shipment(command: SendShipment, journal: Journal) -> None:
    """Send goods to another station: stock → sent.

    The entry contains a description of each lot, with which the other station can record the lots.

    Raises:
        InvalidField: the destination is this station, the location is a quarantine, or the goods
            come from more lots than one shipment can have.
        NotEnough: less than requested is unallocated.
    """
    check_open_location(journal, command.location)
    if command.station == journal.books.station_code:
        raise InvalidField.at(
            "/to", Sentence("the goods are at this station already; move them to another location")
        )
    draft = journal.entry(SENT_BY, prefix=f"x_{journal.books.station_code}")
    shipment = str(draft.document)
    draft.add_rows(
        Shipment(shipment=shipment, destination=command.station, location=command.location)
    )
    move_lines(
        journal,
        draft,
        command.lines,
        STOCK(command.location),
        SENT(shipment),
        expired="if_allowed",
    )
    sent_by_lot: Counter[tuple[str, str]] = Counter()
    for move in draft.moves:
        sent_by_lot[move.transfer.item, move.transfer.lot] += move.transfer.quantity
    if len(sent_by_lot) > MAX_LINES:
        raise InvalidField.at(
            "/lines",
            Sentence(
                "these goods come from {count} lots; send them in parts of at most {max_lines} "
                "lots",
                count=len(sent_by_lot),
                max_lines=MAX_LINES,
            ),
        )
    for line, ((item, lot), quantity) in enumerate(sent_by_lot.items(), 1):
        draft.add_rows(_shipment_line(journal, shipment, line, item, lot, quantity))


def _shipment_line(
    journal: Journal, shipment: str, line: int, item: str, lot: str, quantity: int
) -> ShipmentLine:
    described = journal.lot(lot, item)
    value = _value_of_part(journal, described, quantity)
    return ShipmentLine(
        shipment=shipment,
        line=line,
        item=item,
        unit=journal.books.item(item).unit,
        lot=lot,
        quantity=quantity,
        batch=described.batch,
        expires_on=described.expires_on,
        expires_month=described.expires_month,
        value_minor=value,
        currency=None if value is None else described.currency,
    )


def _value_of_part(journal: Journal, lot: Lot, quantity: int) -> int | None:
    """Return the value of the next part of a lot to be sent, in minor units of the currency.

    The running total of the parts is rounded down, not each part. So the parts never add up to more
    than the value of the lot. For example, a lot of 3 worth 1000 is sent in parts of 1 with the
    values 333, 333 and 334.

    Return None if the lot has no value, or if a stock count found the lot and its origin is still
    unexplained.
    """
    if lot.value_minor is None:
        return None
    lot_size = -sum(
        journal.books.value(
            "SELECT coalesce(sum(quantity), 0) FROM balances WHERE station = :station "
            f"AND lot = :lot AND lot <> '' AND item = :item "
            f"AND {account_range('start', 'end')}",
            lot=lot.lot,
            item=lot.item,
            start=kind.prefix,
            end=f"{kind.name};",  # ";" follows ":" in ASCII
        )
        for kind in _LOT_ORIGINS
    )
    if lot_size <= 0:  # goods that a count found, whose origin is still unexplained
        return None
    sent_before = sum(line.quantity for line in journal.books.rows(ShipmentLine, lot=lot.lot))
    before, after = min(lot_size, sent_before), min(lot_size, sent_before + quantity)
    return int(lot.value_minor * after // lot_size - lot.value_minor * before // lot_size)


# --- receiving -----------------------------------------------------------------------------------


def receive_shipment(command: ReceiveShipment, journal: Journal) -> None:
    """Receive a shipment: from_station → stock.

    The goods become new lots, described as the sender described them.

    Raises:
        AlreadyDone: the shipment was received before.
        InvalidField: the sender's entry is missing, invalid or for another station; a line is
            missing, unknown or larger than what was sent; or the goods arrive before the day on
            which they were sent.
    """
    books = journal.books
    books.location(command.location, "/location")
    if books.latest_row(ShipmentReceived, shipment=command.shipment) is not None:
        raise AlreadyDone(
            Sentence("shipment {shipment} was received already", shipment=command.shipment)
        )
    cited = cited_entry(journal, command.shipment, command.sent, SENT_BY, "/sent")
    sent, lines = cited_shipment(cited, "/sent")
    if sent.destination != books.station_code:
        raise InvalidField.at(
            "/shipment",
            Sentence(
                "shipment {shipment} went to station {destination}, not to {station_code}",
                shipment=sent.shipment,
                destination=sent.destination,
                station_code=books.station_code,
            ),
        )
    if journal.happened_on < cited.body.happened_on:
        raise InvalidField.at(
            "/happened_on",
            Sentence(
                "{happened_on} is before the goods were sent ({happened_on_2})",
                happened_on=journal.happened_on,
                happened_on_2=cited.body.happened_on,
            ),
        )
    arrived = _arrived_by_line(command, lines)
    draft = journal.entry(RECEIVED_BY, document=sent.shipment)
    draft.add_rows(
        ShipmentReceived(
            shipment=sent.shipment,
            sender=cited.body.station,
            sent_seq=cited.body.seq,
            sent_hash=cited.hash,
            location=command.location,
        )
    )
    for line in lines:
        pointer, arrived_line = arrived[line.line]
        _receive_line(journal, draft, line, arrived_line, command.location, pointer)


def _receive_line(
    journal: Journal,
    draft: Draft,
    line: ShipmentLine,
    arrived: ArrivedLine,
    location: str,
    pointer: str,
) -> None:
    code = arrived.item or line.item
    item = journal.books.item(code, f"{pointer}/item")
    if item.unit != line.unit:
        raise InvalidField.at(
            f"{pointer}/item",
            Sentence(
                "{item} is counted in {unit} here, but in {unit_2} in the shipment; name an item "
                "that is counted in {unit_2}",
                item=item.name,
                unit=item.unit,
                unit_2=line.unit,
            ),
        )
    lot = None
    if arrived.arrived:
        lot = f"l_{journal.books.station_code}_{draft.seq}_{line.line}"
        value = line.value_minor
        draft.add_rows(
            Lot(
                lot=lot,
                item=code,
                origin=FROM_STATION(line.shipment),
                batch=line.batch,
                expires_on=line.expires_on,
                expires_month=line.expires_month,
                value_minor=None if value is None else value * arrived.arrived // line.quantity,
                currency=line.currency,
            )
        )
        source = FROM_STATION(line.shipment)
        journal.move(draft, source, STOCK(location), code, lot, arrived.arrived, pointer)
    draft.add_rows(
        ShipmentArrival(
            shipment=line.shipment,
            line=line.line,
            item=code,
            sent_lot=line.lot,
            lot=lot,
            sent=line.quantity,
            arrived=arrived.arrived,
        )
    )


def _arrived_by_line(
    command: ReceiveShipment, lines: list[ShipmentLine]
) -> dict[int, tuple[str, ArrivedLine]]:
    """Return how much of each shipped line arrived, with a JSON pointer to the command's line.

    If the command has no lines, everything arrived, and the pointers are "".

    Raises:
        InvalidField: a line is missing, unknown, named twice or larger than what was sent.
    """
    if command.lines is None:
        return {
            line.line: ("", ArrivedLine(line=line.line, arrived=line.quantity)) for line in lines
        }
    sent = {line.line: line.quantity for line in lines}
    found: dict[int, tuple[str, ArrivedLine]] = {}
    for index, line in enumerate(command.lines):
        pointer = f"/lines/{index}"
        if line.line in found:
            raise InvalidField.at(
                f"{pointer}/line",
                Sentence(
                    "line {line} of the shipment is named twice; name it once", line=line.line
                ),
            )
        if line.line not in sent:
            raise InvalidField.at(
                f"{pointer}/line",
                Sentence(
                    "the shipment has the lines 1 to {last}; line {line} is unknown",
                    last=len(sent),
                    line=line.line,
                ),
            )
        if line.arrived > sent[line.line]:
            raise InvalidField.at(
                f"{pointer}/arrived",
                Sentence(
                    "only {sent} were sent, so {arrived} cannot have arrived; record additional "
                    "goods as an arrival",
                    sent=sent[line.line],
                    arrived=line.arrived,
                ),
            )
        found[line.line] = pointer, line
    if missing := sorted(sent.keys() - found.keys()):
        raise InvalidField.at(
            "/lines",
            Sentence(
                "line {missing} is missing: give what arrived of it, or 0", missing=missing[0]
            ),
        )
    return found


# --- acknowledging -------------------------------------------------------------------------------


def acknowledge_shipment(command: AcknowledgeShipment, journal: Journal) -> None:
    """Acknowledge what arrived of a shipment: sent → delivered. The rest is lost: sent → lost.

    Raises:
        NotFound: this station did not send the shipment.
        AlreadyDone: the shipment was acknowledged before.
        InvalidField: the receiver's entry is missing or does not fit the shipment, or the command's
            day is before the goods arrived.
    """
    books = journal.books
    shipment = books.latest_row(Shipment, shipment=command.shipment)
    if shipment is None:
        raise unknown_code_error(
            Sentence(
                "this station sent no shipment {shipment}; see its shipments",
                shipment=command.shipment,
            ),
            "",
        )
    if books.latest_row(ShipmentAcknowledged, shipment=shipment.shipment) is not None:
        raise AlreadyDone(
            Sentence("shipment {shipment} was acknowledged already", shipment=shipment.shipment)
        )
    cited = cited_entry(journal, shipment.shipment, command.received, RECEIVED_BY, "/received")
    arrived = _acknowledged_quantities(journal, cited, shipment)
    if journal.happened_on < cited.body.happened_on:
        raise InvalidField.at(
            "/happened_on",
            Sentence(
                "{happened_on} is before the goods arrived ({happened_on_2})",
                happened_on=journal.happened_on,
                happened_on_2=cited.body.happened_on,
            ),
        )
    draft = journal.entry("shipment_acknowledged", document=shipment.shipment)
    draft.add_rows(
        ShipmentAcknowledged(
            shipment=shipment.shipment,
            received_seq=cited.body.seq,
            received_hash=cited.hash,
        )
    )
    sent = SENT(shipment.shipment)
    for line in books.rows(ShipmentLine, shipment=shipment.shipment):
        received = arrived[line.line]
        lost = line.quantity - received
        journal.move(draft, sent, DELIVERED(shipment.shipment), line.item, line.lot, received)
        journal.move(draft, sent, LOST(LOST_ON_THE_WAY), line.item, line.lot, lost)


def _acknowledged_quantities(journal: Journal, cited: Cited, shipment: Shipment) -> dict[int, int]:
    """Return how much of each line arrived according to the receiving station's entry."""
    received = single_row(cited.body, ShipmentReceived, template("received"), "/received")
    seq = journal.books.latest_seq(Shipment, shipment=shipment.shipment)
    own_hash = journal.books.value(
        "SELECT hash FROM entries WHERE station = :station AND seq = :seq", seq=seq
    ).hex()
    if (received.sender, received.sent_seq, received.sent_hash) != (
        journal.books.station_code,
        seq,
        own_hash,
    ):
        raise InvalidField.at(
            "/received",
            Sentence(
                "entry {seq} of station {station} cites another entry than the one that sent "
                "shipment {shipment}; ask that station for the right one",
                seq=cited.body.seq,
                station=cited.body.station,
                shipment=shipment.shipment,
            ),
        )
    if cited.body.station != shipment.destination:
        raise InvalidField.at(
            "/received",
            Sentence(
                "shipment {shipment} went to station {destination}, but this is an entry of "
                "{station}",
                shipment=shipment.shipment,
                destination=shipment.destination,
                station=cited.body.station,
            ),
        )
    reported = {row.line: row for row in cited.body.rows if isinstance(row, ShipmentArrival)}
    lines = journal.books.rows(ShipmentLine, shipment=shipment.shipment)
    for line in lines:
        row = reported.get(line.line)
        wrong = row is None or (row.sent_lot, row.sent) != (line.lot, line.quantity)
        if row is None or wrong or not 0 <= row.arrived <= line.quantity:
            raise InvalidField.at(
                "/received",
                Sentence(
                    "entry {seq} of station {station} does not match line {line} of shipment "
                    "{shipment}",
                    seq=cited.body.seq,
                    station=cited.body.station,
                    line=line.line,
                    shipment=shipment.shipment,
                ),
            )
    return {line.line: reported[line.line].arrived for line in lines}
