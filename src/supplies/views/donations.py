"""Read donations, with all corrections."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date

import msgspec

from supplies.books.merged_codes import codes_of_person
from supplies.books.queries import query_ids
from supplies.books.reader import Books
from supplies.domain.accounts import ANONYMOUS, PLEDGED, keys_of, kind_of
from supplies.domain.entry_rows import (
    Allocation,
    Arrival,
    ArrivalCampaign,
    ArrivalLine,
    Lot,
    ReceiptDonation,
)
from supplies.errors import NotFound, Sentence
from supplies.views.document_lists import Days, all_numbers, list_documents, numbers_by_column
from supplies.views.pagination import DEFAULT_LIMIT, OrEarlier, PackedView, Page, View, check_codes
from supplies.views.remarks import DocumentEntries, RemarkView
from supplies.views.shared_queries import (
    DocumentState,
    DocumentType,
    find_document,
    read_latest,
    read_lots,
    read_packs,
)

DOCUMENT_TYPE = DocumentType(Arrival, "arrival", kind="donation_received", prefix="d")

TEXTS = ("handled_by", "checked_by", "wish", "agreement", "fiscal_ticket", "note")
"""The fields of `DonationView` that contain free text of the command."""


class ValueView(View, frozen=True, kw_only=True):
    """The value of goods, in minor units of `currency` such as cents.

    Attributes:
        evidence: Free text that says how the value is known; None if it was erased.
    """

    minor: int
    currency: str
    evidence: str | None


class DonationLineView(View, frozen=True, kw_only=True):
    """Donated goods of one lot, in base units.

    Attributes:
        on_pledge: The part that fulfilled pledges.
        beside_pledge: The rest of `quantity`, which no pledge promised.
        pledge: Id of the pledge that the command named for the line. Even if it is None, the line
            may have fulfilled pledges; see `DonationView.pledges`.
        recipient ("for" in JSON): The recipient named by the donor.
        value: None if the goods have no recorded value.
        stated: The quantity in packs, as given; absent if it was given in base units.
        expires_month: The month of expiry, such as 2027-05, if only a month is known; otherwise
            absent.
    """

    line: int
    item: str
    quantity: int
    on_pledge: int
    beside_pledge: int
    lot: str
    batch: str | None
    expires_on: date | None
    pledge: str | None
    recipient: str | None = msgspec.field(name="for")
    value: ValueView | None
    expires_month: str | msgspec.UnsetType = msgspec.UNSET
    stated: PackedView | msgspec.UnsetType = msgspec.UNSET


class FulfilledPledgeView(View, frozen=True, kw_only=True):
    """A pledge that a donation fulfilled, with the item and the quantity in base units."""

    pledge: str
    item: str
    quantity: int


class DonationView(View, frozen=True, kw_only=True):
    """A donation, with all corrections.

    Free text, such as `handled_by` or `wish`, is None if there is none, or if it was erased.

    Attributes:
        donor: None for an anonymous gift.
        lines: Empty if the donation was reversed.
        receipt: Number of the valid receipt. If none is valid, number of the last one issued.
        superseded_by: Number of the latest entry that corrected the donation; None without
            corrections.
        allocations: Ids of the allocations that the donation made for claims and named recipients,
            oldest first.
        pledges: All pledges that the donation fulfilled, whether a line names them or not, oldest
            first.
        campaign: Code of the campaign from which the goods come; absent if there is none.
    """

    id: str
    donor: str | None
    location: str
    happened_on: date
    receipt: str | None
    superseded_by: int | None
    lines: list[DonationLineView]
    handled_by: str | None
    checked_by: str | None
    wish: str | None
    agreement: str | None
    fiscal_ticket: str | None
    note: str | None
    remarks: list[RemarkView]
    allocations: list[str]
    pledges: list[FulfilledPledgeView]
    or_earlier: OrEarlier = msgspec.UNSET
    campaign: str | msgspec.UnsetType = msgspec.UNSET


def get_donation(books: Books, name: str) -> DonationView:
    """Return the donation with this id.

    Raises:
        NotFound: the donation does not exist.
    """
    found = find_document(books, DOCUMENT_TYPE, name)
    if found is None:
        raise NotFound(Sentence("unknown donation {name}; see the list of donations", name=name))
    return _views(books, [found])[0]


def list_donations(
    books: Books,
    *,
    donor: str | None = None,
    days: Days | None = None,
    after: str | None = None,
    limit: int | None = DEFAULT_LIMIT,
    newest_first: bool = False,
) -> Page[DonationView]:
    """List donations in the order in which they were recorded.

    Args:
        donor: Filter. None lists all; "anonymous" lists donations without a known donor. The
            donations under all merged codes of the donor are listed.
        newest_first: Whether to list the newest donations first instead.
        days: The first and the last day of the donations to list. If None, all are listed.

    Raises:
        InvalidField: `donor`, `after` or `limit` is invalid.
    """
    check_codes(books, donor=None if donor == ANONYMOUS else donor)
    source, codes = all_numbers(DOCUMENT_TYPE), None
    if donor is not None:
        codes = codes_of_person(books, "donor", donor)
        source = numbers_by_column(DOCUMENT_TYPE, "party", codes, within=" AND x.origin = 'donor'")
    return list_documents(
        books,
        DOCUMENT_TYPE,
        _views,
        source,
        days=days,
        after=after,
        limit=limit,
        newest_first=newest_first,
        state_filter=lambda one: codes is None or one.party in codes,
    )


def find_last_donation(
    books: Books, *, donor: str | None = None, recorded_by: str | None = None
) -> DonationView | None:
    """Return the last donation of a donor, or the last one that a user recorded.

    For a user, only the last 40 entries about donations are searched.
    """
    if recorded_by is None:
        found = list_donations(books, donor=donor, limit=1, newest_first=True).items
        return found[0] if found else None
    rows = books.all(
        "SELECT e.document, e.recorded_by FROM entries e WHERE e.station = :station "
        "AND e.kind = :kind ORDER BY e.seq DESC LIMIT 40",
        kind=DOCUMENT_TYPE.kind,
    )
    names = [name for name, by in rows if by == recorded_by]
    return get_donation(books, names[0]) if names else None


def _views(books: Books, found: Sequence[DocumentState[Arrival]]) -> list[DonationView]:
    ids = [one.stated.arrival for one in found]
    lines = read_latest(books, ArrivalLine, "arrival", ids, decided_by=Arrival)
    campaigns = read_latest(books, ArrivalCampaign, "arrival", ids, decided_by=Arrival)
    described = read_lots(books, [line.lot for each in lines.values() for line in each])
    papers = _receipts(books, ids)
    allocations = _allocations(books, ids)
    pledges = _pledges(
        books, [name for name, each in lines.items() if any(line.on_pledge for line in each)]
    )
    packs = read_packs(books, [one.seq for one in found])
    entries = DocumentEntries(books, ids)
    return [
        DonationView(
            id=one.stated.arrival,
            donor=None if one.stated.party == ANONYMOUS else one.stated.party,
            location=one.stated.location,
            happened_on=one.happened_on,
            or_earlier=entries.or_earlier(one.seq),
            receipt=papers.get(one.stated.arrival),
            superseded_by=None if one.seq == one.first else one.seq,
            lines=[
                _line(line, described[line.lot], packs.get((one.seq, line.line)), one.seq, entries)
                for line in lines.get(one.stated.arrival, [])
            ],
            **{name: entries.text(one.seq, name) for name in TEXTS},
            remarks=entries.remarks(one.stated.arrival),
            allocations=allocations.get(one.stated.arrival, []),
            pledges=pledges.get(one.stated.arrival, []),
            campaign=next(
                (row.campaign for row in campaigns.get(one.stated.arrival, ())), msgspec.UNSET
            ),
        )
        for one in found
    ]


def _line(
    line: ArrivalLine, lot: Lot, packed: PackedView | None, seq: int, entries: DocumentEntries
) -> DonationLineView:
    value = None
    if lot.value_minor is not None and lot.currency is not None:
        evidence = entries.text(seq, f"lines/{line.line - 1}/value/evidence")
        value = ValueView(minor=lot.value_minor, currency=lot.currency, evidence=evidence)
    return DonationLineView(
        line=line.line,
        item=line.item,
        quantity=line.quantity,
        on_pledge=line.on_pledge,
        beside_pledge=line.quantity - line.on_pledge,
        lot=line.lot,
        batch=lot.batch,
        expires_on=lot.expires_on,
        expires_month=lot.expires_month or msgspec.UNSET,
        pledge=line.pledge,
        recipient=line.recipient,
        value=value,
        stated=packed or msgspec.UNSET,
    )


def _receipts(books: Books, ids: Sequence[str]) -> dict[str, str]:
    """Return the valid receipt of each donation or, if none is valid, the last one issued."""
    written = books.written
    rows = query_ids(
        books,
        [id for id in ids if not written.began(id)],
        "SELECT w.id, d.number FROM wanted w CROSS JOIN receipt_donations d "
        "CROSS JOIN receipts r "
        "LEFT JOIN receipt_voids v ON v.station = d.station AND v.number = d.number "
        "WHERE d.station = :station AND d.donation = w.id "
        "AND r.station = d.station AND r.number = d.number "
        "ORDER BY CASE WHEN v.seq IS NULL THEN 1 ELSE 0 END, r.seq",
    )
    begun = [id for id in ids if written.began(id)]
    issued = [row for id in begun for _, row in written.rows(ReceiptDonation, "donation", id)]
    return {row[0]: row[1] for row in rows} | {row.donation: row.number for row in issued}


def _allocations(books: Books, ids: Sequence[str]) -> dict[str, list[str]]:
    """Return the allocations that each donation made on arrival, oldest first."""
    written = books.written
    made = {
        id: sorted(
            (row.allocation for _, row in written.rows(Allocation, "arrival", id)),
            key=lambda allocation: (len(allocation), allocation),
        )
        for id in ids
        if written.began(id)
    }
    rows = query_ids(
        books,
        [id for id in ids if id not in made],
        "SELECT w.id, a.allocation FROM wanted w CROSS JOIN allocations a "
        "WHERE a.station = :station AND a.arrival = w.id "
        "ORDER BY a.seq, length(a.allocation), a.allocation",
    )
    for donation, allocation in rows:
        made.setdefault(donation, []).append(allocation)
    return made


def _pledges(books: Books, ids: Sequence[str]) -> dict[str, list[FulfilledPledgeView]]:
    """Return the pledges that each donation fulfilled, oldest first."""
    rows = query_ids(
        books,
        ids,
        "SELECT w.id, t.source, t.target, t.item, t.quantity FROM wanted w CROSS JOIN entries e "
        "CROSS JOIN transfers t WHERE e.station = :station AND e.document = w.id "
        "AND e.kind = :kind AND t.station = e.station AND t.seq = e.seq AND t.lot = ''",
        kind=DOCUMENT_TYPE.kind,
    )
    fulfilled: dict[str, Counter[tuple[int, str, str]]] = {}
    for donation, source, target, item, quantity in rows:
        for account, part in ((source, quantity), (target, -quantity)):
            if kind_of(account) is PLEDGED:
                pledge = keys_of(account)[0]
                # Ids end in a number, so of two ids the shorter one is older.
                key = len(pledge), pledge, item
                fulfilled.setdefault(donation, Counter())[key] += part
    return {
        donation: [
            FulfilledPledgeView(pledge=pledge, item=item, quantity=quantity)
            for (_, pledge, item), quantity in sorted(parts.items())
            if quantity
        ]
        for donation, parts in fulfilled.items()
    }
