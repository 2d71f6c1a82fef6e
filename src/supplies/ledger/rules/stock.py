"""Goods in stock: moved, issued, lent, written off, found, returned, handed out or repacked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Literal

import msgspec

from supplies.books.reader import unknown_code_error
from supplies.domain.accounts import (
    ANONYMOUS,
    BORROWED,
    CONVERTED,
    DONOR,
    LENT,
    LOST,
    ORIGINS,
    RECEIVED,
    RETURNED,
    STOCK,
    UNEXPLAINED,
    USED,
    keys_of,
    kind_of,
)
from supplies.domain.commands import (
    Convert,
    ConvertedLine,
    DonationLine,
    FindAgain,
    HandOut,
    IssueGoods,
    LendGoods,
    LotLine,
    Move,
    RecipientLine,
    ReturnGoods,
    ReturnIssue,
    ReturnLoan,
    Settle,
    TakeBack,
    WriteOff,
)
from supplies.domain.entry_rows import HandOutTo, Lot, LotParent, Need, Withdrawal
from supplies.domain.expiry import shown_expiry
from supplies.errors import InvalidField
from supplies.ledger.journal import Draft, Journal, StatedLot
from supplies.ledger.lot_selection import pick_lots
from supplies.ledger.rules.allocations import check_open_location, is_closed_to_people
from supplies.ledger.rules.correction_lots import lots_for
from supplies.ledger.rules.donations import fulfil_pledge
from supplies.ledger.rules.earmarks import EarmarkedShare, allocate_shares, earmarked_shares
from supplies.ledger.rules.expired_goods import (
    Destination,
    describe_products,
    givers_of,
    parents_of,
)
from supplies.ledger.rules.found_goods import explain_surplus, record_found_gift
from supplies.ledger.rules.need_fulfilment import (
    meet_need,
    meet_needs,
    need_for,
    reopen_need,
    reopen_needs,
)
from supplies.ledger.rules.pledges import find_pledge

EXPIRED = "expired"
"""Reason code of write-offs. With this reason, expired goods are taken without asking for it."""

SPILLED = "spilled"
"""Reason code of goods lost while repacking."""

MAX_PARENT_ROWS = 10_000
"""Largest product of consumed lots and produced lines in one conversion.

Every product has all consumed lots as parents, so this is the number of rows of parents.
"""


Expired = Literal["if_allowed", "if_named", "freely"]
"""When expired lots are taken.

"if_allowed": only if the line sets `allow_expired`. "if_named": also if the line names the lot.
"freely": always.
"""

LineToTake = tuple[LotLine, str, str | Callable[[str, str, str], str]]
"""A line to take from stock: the line, its JSON pointer for errors, and the target.

The target is the account that receives the goods, or a function that returns it for item, lot and
pointer.
"""


def move_lines(
    journal: Journal,
    draft: Draft,
    lines: Sequence[LotLine],
    source: str,
    target: str | Callable[[str, str, str], str],
    *,
    expired: Expired,
) -> None:
    """Draft the transfers of each line from one account to another, by lot.

    target: the account, or a function that returns it for item, lot and pointer.

    Raises:
        NotEnough: less than requested is available.
        InvalidField: an item, pack or lot is unknown.
    """
    taken = [(line, f"/lines/{index}", target) for index, line in enumerate(lines)]
    _take(journal, draft, taken, source, expired)


def _take(
    journal: Journal, draft: Draft, taken: Sequence[LineToTake], source: str, expired: Expired
) -> None:
    """Draft the transfers of these lines from `source`, by lot.

    Lines that name a lot are drafted first, so that other lines do not use up its goods.
    """
    for line, pointer, target in sorted(taken, key=lambda each: each[0].lot is None):
        quantity = journal.base_units(line, pointer)
        named = expired == "if_named" and line.lot is not None
        picked = pick_lots(
            journal,
            source,
            line.item,
            quantity,
            pointer,
            lot=line.lot,
            allow_expired=line.allow_expired or named or expired == "freely",
            leaving=kind_of(source) is STOCK,
        )
        for lot, part in picked:
            account = target if isinstance(target, str) else target(line.item, lot, pointer)
            journal.move(draft, source, account, line.item, lot, part, pointer)


def move_stock(command: Move, journal: Journal) -> None:
    """Move goods between locations: stock → stock.

    Expired goods are moved to a quarantine without `allow_expired`.

    Raises:
        InvalidField: a location is unknown, or both are the same.
    """
    journal.books.location(command.source, "/from")
    target = journal.books.location(command.target, "/to")
    if command.source == command.target:
        raise InvalidField.at("/to", f"the goods are in {command.target} already")
    draft = journal.entry("goods_moved", prefix="m")
    move_lines(
        journal,
        draft,
        command.lines,
        STOCK(command.source),
        STOCK(command.target),
        expired="freely" if target.quarantine else "if_named",
    )


def issue_goods(command: IssueGoods, journal: Journal) -> None:
    """Issue goods for own use: stock → used."""
    _withdraw(journal, command, "goods_issued", "i", USED(command.purpose), None)


def lend_goods(command: LendGoods, journal: Journal) -> None:
    """Lend goods: stock → lent."""
    _withdraw(journal, command, "goods_lent", "g", LENT(command.borrower), command.due_on)


def _withdraw(
    journal: Journal,
    command: IssueGoods | LendGoods,
    kind: str,
    prefix: str,
    account: str,
    due_on: date | None,
) -> None:
    check_open_location(journal, command.location)
    draft = journal.entry(kind, prefix=prefix)
    draft.add_rows(
        Withdrawal(
            withdrawal=str(draft.document),
            account=account,
            location=command.location,
            due_on=due_on,
        )
    )
    move_lines(
        journal, draft, command.lines, STOCK(command.location), account, expired="if_allowed"
    )


def return_issue(command: ReturnIssue, journal: Journal) -> None:
    """Book issued goods that came back: used → stock."""
    _return_withdrawal(journal, command.issue, "issue", "issue_returned", USED.prefix, command)


def return_loan(command: ReturnLoan, journal: Journal) -> None:
    """Book lent goods that came back: lent → stock."""
    _return_withdrawal(journal, command.loan, "loan", "loan_returned", LENT.prefix, command)


def _return_withdrawal(
    journal: Journal,
    document: str,
    noun: str,
    kind: str,
    prefix: str,
    command: ReturnIssue | ReturnLoan,
) -> None:
    """Book returned goods of an issue or loan, at most the quantity still outstanding."""
    withdrawal = journal.books.latest_row(Withdrawal, withdrawal=document)
    if withdrawal is None or not withdrawal.account.startswith(prefix):
        raise unknown_code_error(f"there is no {noun} {document}", "")
    location = command.location or withdrawal.location
    journal.books.location(location, "/location")
    draft = journal.entry(kind, document=document)
    outstanding = _outstanding(journal, withdrawal)
    for index, line in enumerate(command.lines):
        pointer = f"/lines/{index}"
        remaining = quantity = journal.base_units(line, pointer)
        for item, lot in sorted(outstanding):
            if item != line.item or (line.lot is not None and lot != line.lot):
                continue
            part = min(remaining, outstanding[item, lot])
            journal.move(draft, withdrawal.account, STOCK(location), item, lot, part, pointer)
            outstanding[item, lot] -= part
            remaining -= part
        if remaining:
            raise journal.not_enough_error(
                withdrawal.account, line.item, quantity, quantity - remaining, pointer
            )


def _outstanding(journal: Journal, withdrawal: Withdrawal) -> dict[tuple[str, str], int]:
    """Return the quantity of an issue or loan that was not returned yet, by (item, lot)."""
    rows = journal.books.all(
        "SELECT t.item, t.lot, sum(CASE WHEN t.target = :account THEN t.quantity "
        "ELSE -t.quantity END) FROM transfers t JOIN entries e "
        "ON e.station = t.station AND e.seq = t.seq "
        "WHERE e.station = :station AND e.document = :document "
        "AND (t.target = :account OR t.source = :account) GROUP BY t.item, t.lot",
        account=withdrawal.account,
        document=withdrawal.withdrawal,
    )
    outstanding = {(item, lot): int(quantity) for item, lot, quantity in rows}
    if journal.corrected is not None:
        for (account, item, lot), change in journal.corrected.effect.items():
            if account == withdrawal.account:
                outstanding[item, lot] = outstanding.get((item, lot), 0) - change
    return outstanding


def write_off(command: WriteOff, journal: Journal) -> None:
    """Write goods off: stock → lost.

    With the reason `expired`, expired goods are taken without `allow_expired`.
    """
    journal.books.location(command.location, "/location")
    draft = journal.entry("written_off", prefix="w")
    move_lines(
        journal,
        draft,
        command.lines,
        STOCK(command.location),
        LOST(command.reason),
        expired="freely" if command.reason == EXPIRED else "if_named",
    )


def find_again(command: FindAgain, journal: Journal) -> None:
    """Put found goods back: lost → stock."""
    journal.books.location(command.location, "/location")
    draft = journal.entry("found_again", prefix="f")
    move_lines(
        journal,
        draft,
        command.lines,
        LOST(command.reason),
        STOCK(command.location),
        expired="freely",
    )


def take_back(command: TakeBack, journal: Journal) -> None:
    """Take goods back from a recipient: received → stock.

    A line that names a need reopens that need. For a line without a need, goods that met no need
    count as coming back first.

    Raises:
        InvalidField: a code is unknown, or a need is not for this recipient and item.
        NotEnough: the recipient received less.
    """
    journal.books.recipient(command.recipient, "/recipient")
    journal.books.location(command.location, "/location")
    draft = journal.entry("taken_back", prefix="t", about=f"recipient:{command.recipient}")
    move_lines(
        journal,
        draft,
        command.lines,
        RECEIVED(command.recipient),
        STOCK(command.location),
        expired="freely",
    )
    for _, quantity, need in _named_needs_first(journal, command):
        if need is not None:
            reopen_need(journal, draft, need, quantity)
    for item in dict.fromkeys(line.item for line in command.lines):
        reopen_needs(journal, draft, command.recipient, item)


def return_goods(command: ReturnGoods, journal: Journal) -> None:
    """Give goods back to the donor or lender of each lot: stock → returned or borrowed.

    Raises:
        InvalidField: a lot has neither a known donor nor a lender.
        NotEnough: less than requested is free.
    """
    journal.books.location(command.location, "/location")
    draft = journal.entry("goods_returned", prefix="r")

    def giver_account(item: str, lot: str, pointer: str) -> str:
        origin = journal.lot(lot, item, pointer).origin
        donors = [donor for donor, _ in journal.books.donors_of_lot(lot, item)]
        if kind_of(origin) is CONVERTED:
            # Repacked goods go back only if all that they were made of came from one donor.
            givers = givers_of(journal, lot)
            only = next(iter(givers)) if len(givers) == 1 else origin
            donors = [keys_of(only)[0]] if kind_of(only) is DONOR else []
        for donor in donors:
            if donor != ANONYMOUS:
                draft.about = draft.about or f"donor:{donor}"
                return RETURNED(donor)
        if kind_of(origin) is BORROWED:
            return origin
        raise InvalidField.at(
            f"{pointer}/lot",
            f"lot {lot} came from {origin}, to which goods cannot be returned; "
            "name a lot that was given by a known donor or lent by a lender",
        )

    move_lines(
        journal, draft, command.lines, STOCK(command.location), giver_account, expired="if_named"
    )


def hand_out(command: HandOut, journal: Journal) -> None:
    """Hand goods out without an allocation: stock → received. Open needs are met.

    Raises:
        InvalidField: the recipient or location is unknown, or a household has a headcount.
        NotEnough: less than requested is free.
    """
    recipient = journal.books.recipient(command.recipient, "/recipient")
    check_open_location(journal, command.location)
    was_group = journal.corrected is not None and any(
        row.recipient == command.recipient and row.headcount is not None
        for row in journal.books.rows(HandOutTo, hand_out=journal.corrected.document)
    )
    if command.headcount is not None and recipient.kind != "group" and not was_group:
        raise InvalidField.at(
            "/headcount",
            f"recipient {command.recipient} is one {recipient.kind}; leave the headcount out",
        )
    draft = journal.entry("handed_out", prefix="h", about=f"recipient:{command.recipient}")
    draft.add_rows(
        HandOutTo(
            hand_out=str(draft.document),
            recipient=command.recipient,
            location=command.location,
            headcount=command.headcount,
        )
    )
    move_lines(
        journal,
        draft,
        command.lines,
        STOCK(command.location),
        RECEIVED(command.recipient),
        expired="if_allowed",
    )
    for line, quantity, need in _named_needs_first(journal, command):
        if need is not None:
            meet_need(journal, draft, need, quantity)
        else:
            meet_needs(journal, draft, command.recipient, line.item, quantity)


def _named_needs_first(
    journal: Journal, command: HandOut | TakeBack
) -> list[tuple[RecipientLine, int, Need | None]]:
    """Return the lines with their quantity and the need they name.

    Lines that name a need come first.
    """
    lines = []
    for index, line in enumerate(command.lines):
        need = None
        if line.need is not None:
            at = f"/lines/{index}/need"
            need = need_for(journal, line.need, at, item=line.item, recipient=command.recipient)
        lines.append((line, journal.base_units(line, f"/lines/{index}"), need))
    return sorted(lines, key=lambda each: each[2] is None)


def convert(command: Convert, journal: Journal) -> None:
    """Repack goods: stock → converted → stock. Spilled goods: stock → lost.

    The products are new lots, with the consumed lots as parents. A product may fulfil a pledge of
    the donor of the consumed goods; then the claims of the pledge are allocated, as on arrival.

    Raises:
        InvalidField: a code is unknown, a product would expire later than its parents without a
            reason, or a pledge is not by the donor of the consumed goods.
        NotEnough: less than requested is free.
    """
    place = journal.books.location(command.location, "/location")
    closed = is_closed_to_people(journal, place)
    draft = journal.entry("goods_converted", prefix="k")
    conversion, stock = CONVERTED(str(draft.document)), STOCK(command.location)
    taken: list[LineToTake] = [
        (line, f"/consumed/{index}", conversion) for index, line in enumerate(command.consumed)
    ]
    taken += [
        (line, f"/spilled/{index}", LOST(SPILLED)) for index, line in enumerate(command.spilled)
    ]
    _take(journal, draft, taken, stock, "if_named")
    parents = sorted({move.transfer.lot for move in draft.moves})
    if len(parents) * len(command.produced) > MAX_PARENT_ROWS:
        raise InvalidField.at(
            "/produced",
            f"{len(parents)} lots become {len(command.produced)} lines here, and every line has "
            "all lots as its parents; convert them in smaller parts",
        )
    first = _first_to_expire(journal, draft, conversion)
    produced = [
        _with_expiry(journal, line, first, f"/produced/{index}/expires_on")
        for index, line in enumerate(command.produced)
    ]
    lots = lots_for(
        journal,
        [
            StatedLot("", number, line.item, line.batch, line.expires_on, quantity=0)
            for number, line in enumerate(produced, 1)
        ],
    )
    shares: list[EarmarkedShare] = []
    for index, line in enumerate(produced):
        lot = _produce_line(journal, draft, line, index, stock, lots.get(index + 1), parents)
        if line.pledge is not None:
            expired = line.expires_on is not None and line.expires_on < journal.happened_on
            to = Destination(command.location, None, not (closed or expired))
            shares += _keep_pledge(journal, draft, line, lot, to, conversion, f"/produced/{index}")
    allocate_shares(journal, draft, command.location, shares)


def _keep_pledge(
    journal: Journal,
    draft: Draft,
    line: ConvertedLine,
    lot: str,
    to: Destination,
    conversion: str,
    pointer: str,
) -> list[EarmarkedShare]:
    """Let a product fulfil the pledge that its line names; return what is for claimed needs."""
    consumed = {move.transfer.lot for move in draft.moves if move.transfer.target == conversion}
    donor = find_pledge(journal, str(line.pledge), f"{pointer}/pledge").donor
    givers = {giver for parent in sorted(consumed) for giver in givers_of(journal, parent)}
    if givers != {DONOR(donor)}:
        raise InvalidField.at(
            f"{pointer}/pledge",
            f"pledge {line.pledge} is donor {donor}'s, but the goods came from "
            f"{', '.join(sorted(givers))}",
        )
    quantity = journal.base_units(line, pointer)
    goods = DonationLine(item=line.item, quantity=quantity, pledge=line.pledge)
    _, for_needs = fulfil_pledge(journal, draft, donor, goods, lot, quantity, to, pointer)
    return earmarked_shares(journal, goods, lot, quantity, for_needs, pointer)


def _first_to_expire(journal: Journal, draft: Draft, conversion: str) -> Lot | None:
    """Return the lot that expires first among the repacked lots, or None if none expires."""
    consumed = {
        (move.transfer.item, move.transfer.lot)
        for move in draft.moves
        if move.transfer.target == conversion
    }
    lots = (journal.lot(lot, item) for item, lot in sorted(consumed))
    expiring = (lot for lot in lots if lot.expires_on is not None)
    return min(expiring, key=lambda lot: lot.expires_on or date.max, default=None)


def _with_expiry(
    journal: Journal, line: ConvertedLine, parent: Lot | None, pointer: str
) -> ConvertedLine:
    """Return the line of a product with its expiry: as given, or else that of its parents.

    parent: the parent that expires first; None if none expires. A product may expire later only if
    its line gives a reason.
    """
    if line.expires_on is None:
        if line.expiry_reason is not None or parent is None:
            return line
        return msgspec.structs.replace(
            line, expires_on=parent.expires_on, expires_month=parent.expires_month
        )
    first = None if parent is None else parent.expires_on
    if journal.corrected is not None and line.expires_on in {
        lot.expires_on for lot in journal.corrected.lots
    }:
        return line
    if parent is not None and first and line.expires_on > first and line.expiry_reason is None:
        raise InvalidField.at(
            pointer,
            f"{shown_expiry(line)} is later than the expiry of what it was made of "
            f"({shown_expiry(parent)}): "
            "leave it out, or give the expiry_reason",
        )
    if line.expires_on < journal.happened_on and (first is None or first >= journal.happened_on):
        raise InvalidField.at(
            pointer,
            f"{shown_expiry(line)} is before the goods were repacked ({journal.happened_on})",
        )
    return line


def _produce_line(
    journal: Journal,
    draft: Draft,
    line: ConvertedLine,
    index: int,
    stock: str,
    kept_lot: str | None,
    parents: list[str],
) -> str:
    """Draft the lot of a product, and return its id."""
    pointer = f"/produced/{index}"
    quantity = journal.base_units(line, pointer)
    lot = Lot(
        lot=kept_lot or f"l_{journal.books.station_code}_{draft.seq}_{index + 1}",
        item=line.item,
        origin=CONVERTED(str(draft.document)),
        batch=line.batch,
        expires_on=line.expires_on,
        expires_month=line.expires_month,
    )
    draft.add_rows(lot)
    if kept_lot is not None:
        before = journal.recorded_lot(kept_lot)
        describe_products(journal, draft, kept_lot, before.expires_on if before else None)
    # Only the parents recorded last count, so a correction records them only if they changed.
    if kept_lot is None or parents != parents_of(journal, kept_lot):
        draft.add_rows(*(LotParent(lot=lot.lot, parent=parent) for parent in parents))
    journal.move(draft, lot.origin, stock, line.item, lot.lot, quantity, pointer)
    return lot.lot


def settle(command: Settle, journal: Journal) -> None:
    """Settle a difference: unexplained → lost for missing goods, origin → unexplained for found.

    Raises:
        NotFound: nothing is unexplained at this place.
        InvalidField: the party is missing or unknown, or `handled_by` is missing for a gift.
        NotEnough: less is unexplained.
    """
    unexplained = UNEXPLAINED(command.place)
    if not journal.nonzero_balances(unexplained):
        raise unknown_code_error(f"nothing is unexplained in {command.place}", "/place")
    if command.by == "donor" and journal.corrected is not None:
        raise InvalidField.at(
            "/command/by", "a gift is a donation with a receipt: reverse this entry and settle anew"
        )
    if command.by == "donor":
        record_found_gift(command, journal)
        return
    draft = journal.entry("settled", prefix="s")
    if command.by == "lost":
        move_lines(journal, draft, command.lines, unexplained, LOST("missing"), expired="freely")
        return
    party = command.party or (command.place if command.by == "opening" else None)
    if party is None:
        raise InvalidField.at("/party", f"give the code of the party: {command.by} needs one")
    for index, line in enumerate(command.lines):
        explain_surplus(
            journal, draft, line, f"/lines/{index}", unexplained, ORIGINS[command.by](party)
        )
