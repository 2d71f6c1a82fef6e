"""Build delivery slips and run sheets, with only the personal data that a team needs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date
from itertools import groupby
from typing import NamedTuple

import msgspec

from supplies.books.merged_codes import code_that_stays
from supplies.books.reader import Books
from supplies.domain.catalogue_records import Recipient
from supplies.domain.entry_rows import LatestDay, Lot
from supplies.domain.redaction import mask_name, mask_phone
from supplies.errors import NotFound, Sentence
from supplies.papers.common import StatedPacks
from supplies.papers.run_sheet import LoadLine, RunSheet, RunStop
from supplies.papers.slip import DeliverySlip, SlipLine
from supplies.stations.paper_settings import letterhead
from supplies.stations.public_address import is_local_address
from supplies.views.allocations import read_stated_packs
from supplies.views.collections import day_of_collection, read_last_collections
from supplies.views.deliveries import DOCUMENT_TYPE
from supplies.views.delivery_lines import LoadedLine, read_loaded_lines
from supplies.views.pagination import OrEarlier, PackedLineView
from supplies.views.shared_queries import find_document, read_lots, shown_unit


class _LoadedDelivery(NamedTuple):
    """A delivery with its loaded lines in the order of the stops, and their lots.

    Attributes:
        packed: The lines whose quantities were given in packs, by allocation.
    """

    team: str
    day: date
    or_earlier: OrEarlier
    loaded: list[LoadedLine]
    lots: dict[str, Lot]
    packed: dict[str, list[PackedLineView]]

    def stops(self) -> list[list[LoadedLine]]:
        """Return the loaded lines grouped by stop, in the order of the stops."""
        return [list(lines) for _, lines in groupby(self.loaded, key=lambda line: line.stop)]


def build_delivery_slips(books: Books, delivery: str) -> list[DeliverySlip]:
    """Build a slip for each stop, in order. Stops that were taken off the delivery have none.

    Names of people and telephone numbers are masked. Addresses are complete. If the code of a
    recipient was merged, the slip shows the code that stays in use.

    Raises:
        NotFound: the delivery does not exist.
        Forgotten: a recipient's data was erased after the dispatch, so no slip can be printed.
    """
    found = _load_delivery(books, delivery)
    stops, printed_by = found.stops(), letterhead(books)
    slips = []
    for lines in stops:
        first = lines[0]
        if first.removed_in:
            continue
        recipient = books.recipient(first.recipient)
        slips.append(
            DeliverySlip(
                delivery=delivery,
                allocation=first.allocation,
                stop=first.stop,
                stops=len(stops),
                station=printed_by,
                team=found.team,
                day=found.day,
                recipient=first.recipient,
                name=masked_name(recipient),
                phone=_phone(recipient),
                address=recipient.address,
                access=recipient.access,
                lines=_lines(books, found, lines),
                or_earlier=found.or_earlier,
                run_url=_run_url(books, delivery, first.allocation),
            )
        )
    return slips


def _run_url(books: Books, delivery: str, allocation: str) -> str | msgspec.UnsetType:
    """Return the URL that opens a stop on a phone, without any secret.

    Return UNSET if other devices cannot open the station's host.
    """
    host = books.station.host
    if is_local_address(host):
        return msgspec.UNSET
    return f"{host.rstrip('/')}/run/{delivery}/{allocation}"


def build_run_sheet(books: Books, delivery: str) -> RunSheet:
    """Build the run sheet of a delivery: the quantity of each lot to load, and the stops in order.

    For a stop that was taken off the delivery, the sheet shows only where its goods are now.

    Raises:
        NotFound: the delivery does not exist.
        Forgotten: a recipient's data was erased after the dispatch.
    """
    found = _load_delivery(books, delivery)
    collected = read_last_collections(books, {line.allocation for line in found.loaded})
    stops = []
    for lines in found.stops():
        day = day_of_collection(books, lines[0], collected)
        if lines[0].removed_in:
            stops.append(_removed_stop(lines[0], day))
            continue
        recipient = books.recipient(lines[0].recipient)
        stops.append(
            RunStop(
                stop=lines[0].stop,
                recipient=recipient.code,
                name=masked_name(recipient),
                phone=_phone(recipient),
                address=recipient.address,
                lines=_lines(books, found, lines),
                collected_on=day or msgspec.UNSET,
            )
        )
    return RunSheet(
        delivery=delivery,
        station=letterhead(books),
        team=found.team,
        day=found.day,
        load=_lines_to_load(books, found),
        stops=stops,
        or_earlier=found.or_earlier,
    )


def _load_delivery(books: Books, delivery: str) -> _LoadedDelivery:
    found = find_document(books, DOCUMENT_TYPE, delivery)
    if found is None:
        raise NotFound(
            Sentence("unknown delivery {delivery}; see the list of deliveries", delivery=delivery)
        )
    loaded = [
        line._replace(recipient=code_that_stays(books, "recipient", line.recipient))
        for line in read_loaded_lines(books, "delivery", [delivery])
    ]
    return _LoadedDelivery(
        team=books.team(found.stated.team).name,
        day=books.body(found.first).happened_on,
        or_earlier=bool(books.rows_of_entry(LatestDay, found.first)) or msgspec.UNSET,
        loaded=loaded,
        lots=read_lots(books, [line.lot for line in loaded]),
        packed=read_stated_packs(books, sorted({line.allocation for line in loaded})),
    )


def _removed_stop(line: LoadedLine, collected_on: date | None) -> RunStop:
    return RunStop(
        stop=line.stop,
        recipient=line.recipient,
        name="",
        phone=None,
        address=None,
        lines=[],
        moved_to=line.moved_to,
        collected_on=collected_on or msgspec.UNSET,
    )


def _lines_to_load(books: Books, found: _LoadedDelivery) -> list[LoadLine]:
    """Return the quantity of each lot to load, by location and item.

    For each item, lots that expire first come first.
    """
    described = found.lots
    sums: Counter[tuple[str, str, str]] = Counter()
    for line in found.loaded:
        if not line.removed_in:
            sums[line.location, line.item, line.lot] += line.loaded

    def by_expiry(key: tuple[str, str, str]) -> tuple[str, str, date, str]:
        location, item, lot = key
        return location, item, described[lot].expires_on or date.max, lot

    return [
        LoadLine(
            name=books.item(item).name,
            name_en=books.item(item).name_en,
            unit=books.item(item).unit,
            lot=lot,
            batch=described[lot].batch,
            expires_on=described[lot].expires_on,
            expires_month=described[lot].expires_month or msgspec.UNSET,
            location=books.location(location).name,
            quantity=sums[location, item, lot],
            shown_unit=shown_unit(books.item(item)),
        )
        for location, item, lot in sorted(sums, key=by_expiry)
    ]


def masked_name(recipient: Recipient) -> str:
    """Return a recipient's name as teams may see it. Only names of institutions are not masked."""
    name = recipient.name or ""
    return name if recipient.kind == "institution" else mask_name(name)


def _phone(recipient: Recipient) -> str | None:
    return None if recipient.phone is None else mask_phone(recipient.phone)


def _lines(books: Books, found: _LoadedDelivery, loaded: list[LoadedLine]) -> list[SlipLine]:
    return [
        _line(books, found, line, packs_of_line(found.packed[line.allocation], line, loaded))
        for line in loaded
    ]


def packs_of_line(
    packed: Sequence[PackedLineView], line: LoadedLine, loaded: Sequence[LoadedLine]
) -> list[StatedPacks]:
    """Return the packs in which the goods of a loaded line were set aside; [] if this is unclear.

    If one lot of the item was loaded, all packs of the item are returned, provided that they
    contain the loaded quantity in total. If several lots of the item were loaded, the kind of pack
    is returned that contains exactly the quantity of this line, such as 2 boxes of 50 for 100
    pieces. With no such kind, or more than one, the result is [].

    Args:
        packed: The packs in which the goods of the allocation were set aside.
        loaded: All lines that were loaded for the stop.
    """
    stated = [
        StatedPacks(quantity=each.quantity, pack=each.pack, size=each.size)
        for each in packed
        if each.item == line.item
    ]
    if sum(each.item == line.item for each in loaded) > 1:
        equal = [each for each in stated if each.quantity * each.size == line.loaded]
        return equal[:1] if len(set(equal)) == 1 else []
    return stated if sum(each.quantity * each.size for each in stated) == line.loaded else []


def _line(
    books: Books, found: _LoadedDelivery, line: LoadedLine, stated: list[StatedPacks]
) -> SlipLine:
    shown = slip_line(books, line.item, found.lots[line.lot], line.loaded)
    return msgspec.structs.replace(
        shown,
        stated=stated[0] if stated else msgspec.UNSET,
        further_stated=stated[1:] or msgspec.UNSET,
    )


def slip_line(books: Books, code: str, lot: Lot, quantity: int) -> SlipLine:
    """Return goods of one lot as slips print them, in base units or in a larger unit."""
    item = books.item(code)
    return SlipLine(
        name=item.name,
        name_en=item.name_en,
        unit=item.unit,
        quantity=quantity,
        batch=lot.batch,
        expires_on=lot.expires_on,
        expires_month=lot.expires_month or msgspec.UNSET,
        shown_unit=shown_unit(item),
    )
