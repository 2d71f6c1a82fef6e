"""Deliveries: goods that a team carries, with one outcome for each stop."""

from __future__ import annotations

import msgspec

from supplies.books.free_text import without_free_text
from supplies.books.reader import unknown_code_error
from supplies.domain.accounts import ALLOCATED, ASSIGNED, IN_TRANSIT, LOST, MET, RECEIVED, STOCK
from supplies.domain.commands import (
    CloseDelivery,
    CountStock,
    Dispatch,
    OutcomeLine,
    ReassignDelivery,
    ReportOutcome,
)
from supplies.domain.entry_rows import Conflict, Delivery, DeliveryEnd, Stop, StopLine, StopOutcome
from supplies.domain.entry_rows import OutcomeLine as StatedLine
from supplies.errors import AlreadyDone, Fault, InvalidField, SuppliesError, Unaccounted
from supplies.ledger.journal import Draft, Journal
from supplies.ledger.rules.allocations import check_open_location, find_allocation
from supplies.ledger.rules.need_fulfilment import find_need, restore_needs

LOST_ON_THE_WAY = "on_the_way"
"""The reason under which a stop's lost goods are written off."""


class Repeated(Exception):
    """Entry `seq` stated the same fact before; nothing new is recorded."""

    def __init__(self, seq: int) -> None:
        super().__init__(seq)
        self.seq = seq


class Contradicted(SuppliesError):
    """A fact that the books contradict. It is kept as a conflict and moves nothing."""

    slug = "conflict"
    title = "The books say otherwise"


def dispatch(command: Dispatch, journal: Journal) -> None:
    """Load all goods of the allocations: allocated → in_transit, one stop per allocation."""
    journal.books.team(command.team, "/team")
    draft = journal.entry("dispatched", prefix="v")
    delivery = str(draft.document)
    draft.state(Delivery(delivery=delivery, team=command.team))
    seen: set[str] = set()
    for index, name in enumerate(command.allocations):
        pointer = f"/allocations/{index}"
        allocation = find_allocation(journal, name, pointer)
        if name in seen:
            raise InvalidField.at(pointer, f"allocation {name} is named twice; it is one stop")
        seen.add(name)
        held = journal.held(f"{ALLOCATED(name)}:")
        if not held:
            raise _nothing_left(journal, name, pointer)
        draft.state(
            Stop(
                delivery=delivery,
                stop=index + 1,
                allocation=name,
                recipient=allocation.recipient,
            )
        )
        for line, ((account, item, lot), quantity) in enumerate(held.items(), 1):
            if not command.allow_expired:
                _not_expired(journal, item, lot, pointer)
            journal.move(draft, account, IN_TRANSIT(delivery, name), item, lot, quantity, pointer)
            draft.state(
                StopLine(
                    delivery=delivery,
                    allocation=name,
                    line=line,
                    item=item,
                    lot=lot,
                    location=account.rsplit(":", 1)[1],
                    loaded=quantity,
                )
            )


def _not_expired(journal: Journal, item: str, lot: str, pointer: str) -> None:
    expires_on = journal.lot(lot, item).expires_on
    if expires_on is not None and expires_on < journal.happened_on:
        raise InvalidField.at(
            pointer,
            f"{journal.books.item(item).name} of lot {lot} expired on {expires_on}; "
            "release it, or say allow_expired",
        )


def _nothing_left(journal: Journal, allocation: str, pointer: str) -> AlreadyDone:
    stop = journal.books.latest_row(Stop, allocation=allocation)
    where = "it was released" if stop is None else f"it went out on delivery {stop.delivery}"
    sentence = f"nothing is set aside in allocation {allocation} any more: {where}"
    return AlreadyDone(sentence, [Fault(pointer, sentence)])


# --- outcomes -------------------------------------------------------------------------------


def report_outcome(command: ReportOutcome, journal: Journal) -> None:
    """Book the outcome of a stop: in_transit → received, allocated, stock or lost.

    Raises Contradicted if the books contradict it, and Repeated if it was reported before.
    """
    stop, loaded = find_stop(journal, command)
    about = f"recipient:{stop.recipient}"
    if command.happened_at is not None and command.happened_at > journal.now:
        raise InvalidField.at("/happened_at", f"{command.happened_at} is in the future")
    lines = outcome_lines(command, loaded)
    if journal.corrected is None:
        _compare_with_first(journal, command, lines, loaded)
    else:
        _check_same_stop(journal, command, journal.corrected.seq)
    for index, (line, load) in enumerate(zip(lines, loaded, strict=True)):
        _check_accounted(line, load, index, command)
    draft = journal.entry("outcome_reported", document=command.delivery, about=about)
    state_outcome(draft, command, lines, loaded, first=journal.corrected is None)
    for line, load in zip(lines, loaded, strict=True):
        _unload(journal, draft, command, stop, line, load)
    restore_needs(journal, draft, command.allocation)


def find_stop(journal: Journal, command: ReportOutcome) -> tuple[Stop, list[StopLine]]:
    """The stop that a report names, and the lines loaded for it, in order."""
    where = {"delivery": command.delivery, "allocation": command.allocation}
    stop = journal.books.latest_row(Stop, **where)
    if stop is None:
        _delivery(journal, command.delivery)
        raise InvalidField.at(
            "/allocation", f"delivery {command.delivery} has no stop for {command.allocation}"
        )
    loaded = journal.books.rows(StopLine, **where)
    return stop, sorted(loaded, key=lambda line: line.line)


def outcome_lines(command: ReportOutcome, loaded: list[StopLine]) -> list[OutcomeLine]:
    """One line for each loaded line: as reported, or as the outcome implies."""
    if command.lines is None:
        if command.outcome == "partly":
            raise InvalidField.at(
                "/lines", "say of each line what was received, brought back and lost"
            )
        return [_implied(command.outcome, load) for load in loaded]
    said = {line.line: line for line in command.lines}
    known = {load.line for load in loaded}
    for index, line in enumerate(command.lines):
        if line.line not in known or said[line.line] is not line:
            raise InvalidField.at(
                f"/lines/{index}/line",
                f"the stop's lines are {', '.join(map(str, sorted(known)))}, each said once",
            )
    missing = known - set(said)
    if missing:
        raise InvalidField.at("/lines", f"line {min(missing)} of the stop is not said")
    return [said[load.line] for load in loaded]


def _implied(outcome: str, load: StopLine) -> OutcomeLine:
    match outcome:
        case "handed_over":
            return OutcomeLine(line=load.line, received=load.loaded)
        case "not_at_home":
            return OutcomeLine(line=load.line, brought_back=load.loaded, to="allocated")
        case "refused":
            return OutcomeLine(line=load.line, brought_back=load.loaded, to="stock")
        case _:
            return OutcomeLine(line=load.line, lost=load.loaded)


def _check_accounted(line: OutcomeLine, load: StopLine, index: int, command: ReportOutcome) -> None:
    """Check that received + brought_back + lost = loaded.

    Raises Contradicted for more than loaded, InvalidField for less.
    """
    said = line.received + line.brought_back + line.lost
    if said > load.loaded:
        raise Contradicted(
            f"{said} × {load.item} came of line {line.line}, but {load.loaded} were loaded "
            f"for {command.allocation} on delivery {command.delivery}"
        )
    if said < load.loaded:
        raise InvalidField(
            f"line {line.line} accounts for {said} of {load.loaded} loaded; "
            "say what became of the rest",
            [Fault(f"/lines/{index}", f"{said} said, {load.loaded} loaded", said, load.loaded)],
        )


def _compare_with_first(
    journal: Journal, command: ReportOutcome, lines: list[OutcomeLine], loaded: list[StopLine]
) -> None:
    """Raise Repeated if the same outcome was reported before, Contradicted if another was."""
    where = {"delivery": command.delivery, "allocation": command.allocation}
    seq = journal.books.latest_seq(StopOutcome, **where)
    if seq is None:
        return
    (first,) = journal.books.rows_of_entry(StopOutcome, seq, **where)
    same = (
        first.outcome == command.outcome
        and command.received_by in (None, first.received_by)
        and journal.books.rows_of_entry(StatedLine, seq, **where)
        == stated_lines(command, lines, loaded)
    )
    if same:
        raise Repeated(seq)
    raise Contradicted(
        f"the stop for {command.allocation} on delivery {command.delivery} was reported as "
        f"{first.outcome} by entry {seq}, now as {command.outcome}"
    )


def _check_same_stop(journal: Journal, command: ReportOutcome, corrected: int) -> None:
    """Refuse a correction that names another stop, or one decided otherwise since.

    corrected: the entry being corrected.
    """
    for row in journal.books.rows(StopOutcome, seq=corrected):
        if row.allocation != command.allocation:
            raise InvalidField.at(
                "/command/allocation",
                f"the entry is the outcome of the stop for {row.allocation}; "
                f"report that of {command.allocation} by itself",
            )
    where = {"delivery": command.delivery, "allocation": command.allocation}
    seq = journal.books.latest_seq(StopOutcome, **where)
    if seq != corrected:
        sentence = f"entry {seq} decided this stop since, from what is unexplained; settle that"
        raise AlreadyDone(sentence, [Fault("/entry", sentence)])


def state_outcome(
    draft: Draft,
    command: ReportOutcome,
    lines: list[OutcomeLine],
    loaded: list[StopLine],
    *,
    first: bool,
) -> None:
    """Write an outcome and its lines down."""
    draft.state(
        StopOutcome(
            delivery=command.delivery,
            allocation=command.allocation,
            outcome=command.outcome,
            happened_at=command.happened_at,
            received_by=command.received_by,
            proof=command.proof,
            first=int(first),
        ),
        *stated_lines(command, lines, loaded),
    )


def stated_lines(
    command: ReportOutcome, lines: list[OutcomeLine], loaded: list[StopLine]
) -> list[StatedLine]:
    """An outcome's lines as they are written down, with the account that took what came back."""
    return [
        StatedLine(
            delivery=command.delivery,
            allocation=command.allocation,
            line=line.line,
            received=line.received,
            brought_back=line.brought_back,
            lost=line.lost,
            target=_taken_back_to(command, line, load) if line.brought_back else "",
        )
        for line, load in zip(lines, loaded, strict=True)
    ]


def _taken_back_to(command: ReportOutcome, line: OutcomeLine, load: StopLine) -> str:
    location = line.location or load.location
    return STOCK(location) if line.to == "stock" else ALLOCATED(command.allocation, location)


def _unload(
    journal: Journal,
    draft: Draft,
    command: ReportOutcome,
    stop: Stop,
    line: OutcomeLine,
    load: StopLine,
) -> None:
    team = IN_TRANSIT(command.delivery, command.allocation)
    pointer = f"/lines/{line.line - 1}"
    if line.location is not None and line.to == "allocated":
        check_open_location(journal, line.location, f"{pointer}/location")
    elif line.location is not None:
        journal.books.location(line.location, f"{pointer}/location")
    back = _taken_back_to(command, line, load)
    journal.move(draft, team, RECEIVED(stop.recipient), load.item, load.lot, line.received, pointer)
    fill_need(journal, draft, command.allocation, load, line.received)
    journal.move(draft, team, back, load.item, load.lot, line.brought_back, pointer)
    journal.move(draft, team, LOST(LOST_ON_THE_WAY), load.item, load.lot, line.lost, pointer)


def fill_need(
    journal: Journal, draft: Draft, allocation: str, load: StopLine, received: int
) -> None:
    """Move assigned → met, as far as the need is assigned; the rest is received only."""
    name = journal.needs_served(allocation).get((load.item, load.lot))
    if name is None:
        return
    need = find_need(journal, name)
    assigned = max(0, journal.balance(ASSIGNED(name, allocation), need.item))
    journal.move(
        draft, ASSIGNED(name, allocation), MET(name), need.item, "", min(received, assigned)
    )


def keep_conflict(command: ReportOutcome | CountStock, journal: Journal, because: str) -> None:
    """Record a contradicted fact as an entry that moves nothing, for a coordinator."""
    document, about = _fact_of(command, journal)
    draft = journal.entry("conflict_noted", document=document, about=about)
    stated = msgspec.json.encode(without_free_text(command)).decode()
    draft.state(Conflict(document=document, because=because, stated=stated))


def _fact_of(command: ReportOutcome | CountStock, journal: Journal) -> tuple[str, str | None]:
    """The delivery or count sheet that a fact is about, and the recipient, if there is one."""
    if isinstance(command, CountStock):
        return command.sheet, None
    stop, _ = find_stop(journal, command)
    return command.delivery, f"recipient:{stop.recipient}"


# --- the end of a team's day ----------------------------------------------------------------


def close_delivery(command: CloseDelivery, journal: Journal) -> None:
    """Close a delivery.

    Raises:
        Unaccounted: goods are still in transit on it.
    """
    _open_delivery(journal, command.delivery)
    held = journal.held(f"{IN_TRANSIT.prefix}{command.delivery}:")
    if held:
        (account, item, _), quantity = next(iter(held.items()))
        raise Unaccounted(
            f"{quantity} × {journal.books.item(item).name} of {account.rsplit(':', 1)[1]} "
            f"{'is' if quantity == 1 else 'are'} still in transit on delivery {command.delivery}; "
            "report the outcome of every stop first"
        )
    draft = journal.entry("delivery_closed", document=command.delivery)
    draft.state(DeliveryEnd(delivery=command.delivery))


def reassign_delivery(command: ReassignDelivery, journal: Journal) -> None:
    """Another team goes on."""
    delivery = _open_delivery(journal, command.delivery)
    journal.books.team(command.team, "/team")
    if delivery.team == command.team:
        raise AlreadyDone(f"delivery {command.delivery} is with team {command.team} already")
    draft = journal.entry("delivery_reassigned", document=command.delivery)
    draft.state(Delivery(delivery=command.delivery, team=command.team))


def _open_delivery(journal: Journal, name: str) -> Delivery:
    delivery = _delivery(journal, name)
    if journal.books.latest_row(DeliveryEnd, delivery=name) is not None:
        raise AlreadyDone(f"delivery {name} is closed already")
    return delivery


def _delivery(journal: Journal, name: str) -> Delivery:
    delivery = journal.books.latest_row(Delivery, delivery=name)
    if delivery is None:
        raise unknown_code_error(f"there is no delivery {name}; see the list of deliveries", "")
    return delivery
