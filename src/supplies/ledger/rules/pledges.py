"""Pledges, the promises of donors: make, claim and cancel them, or let them lapse."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import partial

from supplies.books.reader import Books, unknown_code_error
from supplies.domain.accounts import CLAIMED, DONOR, NEEDED, PLEDGED, keys_of
from supplies.domain.commands import (
    CancelPledge,
    Claim,
    ClaimNeeds,
    DroppedLine,
    LapsePledge,
    MakePledge,
    PledgeLine,
)
from supplies.domain.entry_rows import Need, Pledge, PledgeCampaign
from supplies.domain.entry_rows import PledgeLine as StatedLine
from supplies.errors import AlreadyDone, InvalidField, Sentence
from supplies.ledger.drafts import Draft
from supplies.ledger.journal import Journal
from supplies.ledger.named_records import read_named_records
from supplies.ledger.needs_in_order import document_number
from supplies.ledger.rules.need_fulfilment import (
    claims_on_pledge,
    drop_claim,
    find_need,
    need_for,
)


def find_pledge(books: Books, pledge: str, pointer: str = "") -> Pledge:
    """Return a pledge by its id, with its latest values.

    Raises:
        NotFound: the id is unknown and `pointer` is empty.
        InvalidField: the id is unknown; the error names the field to which `pointer` leads.
    """
    found = books.latest_row(Pledge, pledge=pledge)
    if found is None:
        raise unknown_code_error(
            Sentence("unknown pledge {pledge}; see the list of pledges", pledge=pledge), pointer
        )
    return found


def pledge_lines(journal: Journal, pledge: str) -> list[StatedLine]:
    """Return the latest lines of a pledge."""
    seq = journal.books.latest_seq(Pledge, pledge=pledge) or 0
    return journal.books.rows_of_entry(StatedLine, seq, pledge=pledge)


def promises_item(journal: Journal, pledge: str, item: str) -> bool:
    """Return whether a pledge promises an item. The lines of the pledge are read only once."""
    items = journal.promised_items.get(pledge)
    if items is None:
        items = frozenset(line.item for line in pledge_lines(journal, pledge))
        journal.promised_items[pledge] = items
    return item in items


def campaign_of_pledges(journal: Journal, pledges: Iterable[str]) -> str | None:
    """Return the campaign of these pledges; None if they have different campaigns or none."""
    campaigns: set[str | None] = set()
    for pledge in pledges:
        seq = journal.books.latest_seq(Pledge, pledge=pledge) or 0
        found = journal.books.rows_of_entry(PledgeCampaign, seq, pledge=pledge)
        campaigns.add(found[0].campaign if found else None)
    return campaigns.pop() if len(campaigns) == 1 else None


def open_pledges(journal: Journal, donor: str, item: str) -> list[str]:
    """Return the pledges of a donor that still promise an item, oldest first."""
    if journal.read_of_each_item(journal.books.nonzero_balances, PLEDGED.prefix):
        of_all = {name for each in journal.items for name in _pledges_of_item(journal, each)}
        _read_pledges(journal, of_all)
    pledges = journal.books.latest_rows(Pledge, "pledge", _pledges_of_item(journal, item))
    own = [name for name, pledge in pledges.items() if pledge.donor == donor]
    return sorted(own, key=document_number)


def _pledges_of_item(journal: Journal, item: str) -> set[str]:
    promised = journal.nonzero_balances(PLEDGED.prefix, item)
    return {keys_of(account)[0] for account, _, _ in promised}


def _read_pledges(journal: Journal, pledges: Collection[str]) -> None:
    """Read several pledges with their lines, campaigns and balances together."""
    books = journal.books
    read_named_records(books, {"pledge": list(pledges)})
    books.read_together(partial(books.latest_seq, Pledge, pledge=each) for each in pledges)
    seqs = {each: books.latest_seq(Pledge, pledge=each) or 0 for each in pledges}
    books.read_together(
        partial(books.rows_of_entry, row_type, seq, pledge=each)
        for row_type in (StatedLine, PledgeCampaign)
        for each, seq in seqs.items()
    )
    books.read_together(partial(books.nonzero_balances, f"{PLEDGED(each)}:") for each in pledges)


def make_pledge(command: MakePledge, journal: Journal) -> None:
    """Record a pledge: donor → pledged, and needed → claimed for needs that claim a part of it.

    Raises:
        InvalidField: a code or need is unknown, a claimed need is for another item, or a day is in
            the past.
    """
    journal.books.donor(command.donor, "/donor")
    _same_donor(journal, command)
    if command.due_on is not None and command.due_on < journal.happened_on:
        raise InvalidField.at(
            "/due_on",
            Sentence(
                "{due_on} is before the pledge was made ({happened_on})",
                due_on=command.due_on,
                happened_on=journal.happened_on,
            ),
        )
    draft = journal.entry("pledge_made", prefix="p", about=DONOR(command.donor))
    pledge = str(draft.document)
    draft.add_rows(Pledge(pledge=pledge, donor=command.donor, due_on=command.due_on))
    if command.campaign is not None:
        journal.books.campaign(command.campaign, "/campaign")
        draft.add_rows(PledgeCampaign(pledge=pledge, campaign=command.campaign))
    seen: set[str] = set()
    for index, line in enumerate(command.lines):
        pointer = f"/lines/{index}"
        if line.item in seen:
            raise InvalidField.at(
                f"{pointer}/item",
                Sentence(
                    "{item} has a line already; a pledge has one line per item", item=line.item
                ),
            )
        seen.add(line.item)
        quantity = journal.base_units(line, pointer)
        _promise(journal, draft, command.donor, line, quantity, pointer)
        draft.add_rows(StatedLine(pledge=pledge, line=index + 1, item=line.item, quantity=quantity))


def _same_donor(journal: Journal, command: MakePledge) -> None:
    """Check that a correction keeps the donor of a pledge if goods have arrived for the pledge.

    Raises:
        InvalidField: the correction names another donor.
    """
    if journal.corrected is None:
        return
    pledge = find_pledge(journal.books, str(journal.corrected.document))
    if pledge.donor != command.donor and _has_goods(journal, pledge.pledge):
        raise InvalidField.at(
            "/command/donor",
            Sentence(
                "goods of {donor} have arrived on pledge {pledge}; correct those donations first",
                donor=pledge.donor,
                pledge=pledge.pledge,
            ),
        )


def _has_goods(journal: Journal, pledge: str) -> bool:
    """Return whether arrived or repacked goods have fulfilled a part of a pledge.

    Donations and conversions that were reversed do not count.
    """
    out_of, into = (
        journal.books.value(
            "SELECT coalesce(sum(t.quantity), 0) FROM transfers t "
            "JOIN entries e ON e.station = t.station AND e.seq = t.seq "
            "WHERE t.station = :station AND e.kind IN ('donation_received', 'goods_converted') "
            f"AND (t.{side} = :free OR (t.{side} >= :claimed AND t.{side} < :end))",
            free=PLEDGED(pledge),
            claimed=f"{PLEDGED(pledge)}:",
            end=f"{PLEDGED(pledge)};",
        )
        for side in ("source", "target")
    )
    return bool(out_of != into)


def _promise(
    journal: Journal, draft: Draft, donor: str, line: PledgeLine, quantity: int, pointer: str
) -> None:
    pledge, free = str(draft.document), quantity
    claimed: set[str] = set()
    for index, claim in enumerate(line.claims):
        at = f"{pointer}/claims/{index}"
        need = need_for(journal, claim.need, f"{at}/need", item=line.item)
        if claim.need in claimed:
            raise InvalidField.at(
                f"{at}/need", Sentence("need {need} is claimed twice in this line", need=claim.need)
            )
        claimed.add(claim.need)
        if journal.corrected is not None:
            _check_claim_of_correction(journal, need, pledge, claim.quantity, at)
        free -= claim.quantity
        if free < 0:
            raise InvalidField.at(
                f"{at}/quantity",
                Sentence(
                    "the claims of this line add up to more than the {quantity} promised",
                    quantity=quantity,
                ),
            )
        journal.move(
            draft, NEEDED(need.need), CLAIMED(need.need, pledge), line.item, "", claim.quantity, at
        )
        journal.move(draft, DONOR(donor), PLEDGED(pledge, need.need), line.item, "", claim.quantity)
    journal.move(draft, DONOR(donor), PLEDGED(pledge), line.item, "", free)


def _check_claim_of_correction(
    journal: Journal, need: Need, pledge: str, quantity: int, pointer: str
) -> None:
    """Check that a corrected pledge claims no more of a need than was open since its day.

    What later commands have claimed is not open: this correction cannot change those commands.

    Raises:
        InvalidField: less of the need was open on the day of the pledge, or on a later day.
    """
    open_then = max(0, journal.available(NEEDED(need.need), need.item))
    if quantity <= open_then:
        return
    made_later = journal.balance(CLAIMED(need.need, pledge), need.item)
    raise InvalidField.at(
        f"{pointer}/quantity",
        Sentence(
            "{quantity} are claimed for need {need}, but from {day}, the day of the pledge, "
            "only {available} stayed open; claims that were made later ({made_later} for this "
            "need) stay as they are: leave them out here, and change them in a separate command "
            "(ClaimNeeds)",
            quantity=quantity,
            need=need.need,
            day=journal.happened_on,
            available=open_then,
            made_later=made_later,
        ),
    )


def claim_needs(command: ClaimNeeds, journal: Journal) -> None:
    """Claim parts of a pledge for needs: needed → claimed.

    Claims are dropped before new ones are made.

    Raises:
        NotFound: the pledge is unknown.
        InvalidField: no claim is named, or a need is unknown, for another item, or named twice.
        NotEnough: a quantity is more than the pledge has without claims, more than the open
            quantity of the need, or more than the claim to drop.
    """
    pledge = find_pledge(journal.books, command.pledge)
    if not command.claims and not command.drop:
        raise InvalidField.at("/claims", Sentence("name the needs to claim, or the claims to drop"))
    draft = journal.entry("needs_claimed", document=pledge.pledge, about=DONOR(pledge.donor))
    for need, quantity, pointer in _claims_of(journal, pledge, command.drop, "/drop"):
        claimed = CLAIMED(need.need, pledge.pledge)
        there = journal.available(claimed, need.item)
        if quantity > there:
            raise journal.not_enough_error(claimed, need.item, quantity, there, pointer)
        drop_claim(journal, draft, need, pledge.pledge, quantity)
    for need, quantity, pointer in _claims_of(journal, pledge, command.claims, "/claims"):
        open_, claimed = NEEDED(need.need), CLAIMED(need.need, pledge.pledge)
        free, promised = PLEDGED(pledge.pledge), PLEDGED(pledge.pledge, need.need)
        journal.move(draft, open_, claimed, need.item, "", quantity, pointer)
        journal.move(draft, free, promised, need.item, "", quantity, pointer)


def _claims_of(
    journal: Journal, pledge: Pledge, claims: list[Claim], field: str
) -> list[tuple[Need, int, str]]:
    """Return the need, the quantity and the JSON pointer of each claim in a command.

    Raises:
        InvalidField: a need is unknown, for an item that is not promised, or named twice.
    """
    promised = {line.item for line in pledge_lines(journal, pledge.pledge)}
    found: dict[str, tuple[Need, int, str]] = {}
    for index, claim in enumerate(claims):
        pointer = f"{field}/{index}"
        need = find_need(journal.books, claim.need, f"{pointer}/need")
        if need.item not in promised:
            raise InvalidField.at(
                f"{pointer}/need",
                Sentence(
                    "need {need} is for {item}; pledge {pledge} promises no {item}",
                    need=need.need,
                    item=need.item,
                    pledge=pledge.pledge,
                ),
            )
        if need.need in found:
            raise InvalidField.at(
                f"{pointer}/need", Sentence("need {need} is named twice", need=need.need)
            )
        found[need.need] = need, claim.quantity, pointer
    return list(found.values())


def cancel_pledge(command: CancelPledge, journal: Journal) -> None:
    """Cancel the outstanding part of a pledge, as the donor wishes: pledged → donor.

    Raises:
        NotFound: the pledge is unknown.
        AlreadyDone: nothing of the pledge is outstanding.
        NotEnough: less of an item is outstanding than the command cancels.
    """
    _drop(command, journal, "pledge_cancelled")


def lapse_pledge(command: LapsePledge, journal: Journal) -> None:
    """End the outstanding part of a pledge, because the goods did not come: pledged → donor.

    Raises:
        NotFound: the pledge is unknown.
        AlreadyDone: nothing of the pledge is outstanding.
        NotEnough: less of an item is outstanding than the command ends.
    """
    _drop(command, journal, "pledge_lapsed")


def _drop(command: CancelPledge | LapsePledge, journal: Journal, kind: str) -> None:
    pledge = find_pledge(journal.books, command.pledge)
    lines = pledge_lines(journal, pledge.pledge)
    draft = journal.entry(kind, document=pledge.pledge, about=DONOR(pledge.donor))
    if command.lines is None:
        wanted = [
            (DroppedLine(line=line.line, quantity=outstanding), "")
            for line in lines
            if (outstanding := promised(journal, pledge.pledge, line.item))
        ]
        if not wanted:
            raise AlreadyDone(
                Sentence("nothing of pledge {pledge} is outstanding any more", pledge=pledge.pledge)
            )
    else:
        wanted = [(line, f"/lines/{index}") for index, line in enumerate(command.lines)]
    items = {line.line: line.item for line in lines}
    for dropped, pointer in wanted:
        if dropped.line not in items:
            raise InvalidField.at(
                f"{pointer}/line",
                Sentence(
                    "pledge {pledge} has no line {line}", pledge=pledge.pledge, line=dropped.line
                ),
            )
        _drop_line(journal, draft, pledge, items[dropped.line], dropped, pointer)


def promised(journal: Journal, pledge: str, item: str) -> int:
    """Return how much of an item a pledge still promises, claimed by needs or not."""
    return journal.balance(PLEDGED(pledge), item) + journal.total(f"{PLEDGED(pledge)}:", item)


def _drop_line(
    journal: Journal,
    draft: Draft,
    pledge: Pledge,
    item: str,
    dropped: DroppedLine,
    pointer: str,
) -> None:
    """Cancel a part of one line of a pledge. Its quantity is taken in this order:

    1. The claims that the command names.
    2. The quantity that no need claims.
    3. The claims of the least urgent needs, of equally urgent ones the newest first.
    """
    rest = dropped.quantity
    outstanding = promised(journal, pledge.pledge, item)
    if rest > outstanding:
        raise journal.not_enough_error(PLEDGED(pledge.pledge), item, rest, outstanding, pointer)
    for index, claim in enumerate(dropped.drop or []):
        at = f"{pointer}/drop/{index}"
        need_for(journal, claim.need, f"{at}/need", item=item)
        if claim.quantity > rest:
            raise InvalidField.at(
                f"{at}/quantity",
                Sentence(
                    "the claims to drop add up to more than {quantity}", quantity=dropped.quantity
                ),
            )
        _take(journal, draft, pledge, claim.need, item, claim.quantity, at)
        rest -= claim.quantity
    free = min(rest, journal.balance(PLEDGED(pledge.pledge), item))
    journal.move(draft, PLEDGED(pledge.pledge), DONOR(pledge.donor), item, "", free, pointer)
    rest -= free
    for need, quantity in reversed(list(claims_on_pledge(journal, pledge.pledge, item))):
        taken = min(rest, quantity)
        _take(journal, draft, pledge, need.need, item, taken, pointer)
        rest -= taken


def _take(
    journal: Journal,
    draft: Draft,
    pledge: Pledge,
    need: str,
    item: str,
    quantity: int,
    pointer: str,
) -> None:
    journal.move(draft, CLAIMED(need, pledge.pledge), NEEDED(need), item, "", quantity, pointer)
    journal.move(draft, PLEDGED(pledge.pledge, need), DONOR(pledge.donor), item, "", quantity)
