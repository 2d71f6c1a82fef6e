"""Lines of an outcome: what was received, brought back and lost of the goods loaded for a stop."""

from __future__ import annotations

from supplies.domain.accounts import ALLOCATED, STOCK
from supplies.domain.commands import OutcomeLine, ReportOutcome
from supplies.domain.entry_rows import OutcomeLine as StatedLine
from supplies.domain.entry_rows import StopLine
from supplies.errors import Fault, InvalidField, Sentence
from supplies.ledger.contradictions import Contradicted
from supplies.ledger.journal import Journal


def outcome_lines(command: ReportOutcome, loaded: list[StopLine]) -> list[OutcomeLine]:
    """Return the reported outcome of each loaded line.

    If the report has no lines, the outcome of the stop holds for every line.

    Raises:
        InvalidField: lines are required but not given, a line is missing, unknown or repeated, or a
            line disagrees with the outcome of the stop.
    """
    if command.lines is None:
        if command.outcome == "partly":
            raise InvalidField.at(
                "/lines", Sentence("give for each line what was received, brought back and lost")
            )
        return [_implied_line(command.outcome, load) for load in loaded]
    reported = {line.line: line for line in command.lines}
    known = {load.line for load in loaded}
    for index, line in enumerate(command.lines):
        if line.line not in known or reported[line.line] is not line:
            raise InvalidField.at(
                f"/lines/{index}/line",
                Sentence(
                    "invalid or repeated line {line}: the lines of the stop are {list}, each once",
                    line=line.line,
                    list=", ".join(map(str, sorted(known))),
                ),
            )
        _check_agrees(command.outcome, line, index)
    missing = known - set(reported)
    if missing:
        raise InvalidField.at(
            "/lines", Sentence("line {line} of the stop is missing", line=min(missing))
        )
    return [reported[load.line] for load in loaded]


_QUANTITIES = ("received", "brought_back", "lost")

_QUANTITY_OF_OUTCOME = {
    "handed_over": "received",
    "not_at_home": "brought_back",
    "refused": "brought_back",
    "lost": "lost",
}
"""For each outcome of a stop, the only field of its lines that may be above zero.

With the outcome `partly`, a line may have goods in every field.
"""


def _check_agrees(outcome: str, line: OutcomeLine, index: int) -> None:
    """Check that a line has only goods that fit the outcome of the stop.

    For example, if the recipient refused the goods, no line may have received goods.

    Raises:
        InvalidField: the line disagrees with the outcome.
    """
    allowed = _QUANTITY_OF_OUTCOME.get(outcome)
    for name in _QUANTITIES if allowed else ():
        if name != allowed and getattr(line, name):
            raise InvalidField.at(
                f"/lines/{index}/{name}",
                Sentence(
                    "line {line} has goods that were {found}, but the outcome of the stop is "
                    "{outcome}; report the outcome partly",
                    line=line.line,
                    found=name,
                    outcome=outcome,
                ),
            )


def _implied_line(outcome: str, load: StopLine) -> OutcomeLine:
    match outcome:
        case "handed_over":
            return OutcomeLine(line=load.line, received=load.loaded)
        case "not_at_home":
            return OutcomeLine(line=load.line, brought_back=load.loaded, to="allocated")
        case "refused":
            return OutcomeLine(line=load.line, brought_back=load.loaded, to="stock")
        case _:
            return OutcomeLine(line=load.line, lost=load.loaded)


def check_accounted(line: OutcomeLine, load: StopLine, index: int, command: ReportOutcome) -> None:
    """Check that the quantities received, brought back and lost add up to the quantity loaded.

    Raises:
        Contradicted: the sum is more than was loaded.
        InvalidField: the sum is less than was loaded.
    """
    reported = line.received + line.brought_back + line.lost
    if reported > load.loaded:
        raise Contradicted(
            "more_than_loaded",
            f"{reported} × {load.item} are reported in line {line.line}, but {load.loaded} were "
            f"loaded for {command.allocation} on delivery {command.delivery}",
            line=line.line,
            reported=reported,
            loaded=load.loaded,
        )
    if reported < load.loaded:
        raise InvalidField(
            Sentence(
                "line {line} accounts for {reported} of {loaded} loaded; give the rest as "
                "received, brought back or lost",
                line=line.line,
                reported=reported,
                loaded=load.loaded,
            ),
            [
                Fault(
                    f"/lines/{index}",
                    Sentence(
                        "{reported} reported, {loaded} loaded",
                        reported=reported,
                        loaded=load.loaded,
                    ),
                    reported,
                    load.loaded,
                )
            ],
        )


def outcome_line_rows(
    command: ReportOutcome, lines: list[OutcomeLine], loaded: list[StopLine]
) -> list[StatedLine]:
    """Return one row for each line of an outcome.

    A row also names the account to which goods were brought back, if there are any.
    """
    return [
        StatedLine(
            delivery=command.delivery,
            allocation=command.allocation,
            line=line.line,
            received=line.received,
            brought_back=line.brought_back,
            lost=line.lost,
            target=return_account(command, line, load) if line.brought_back else "",
        )
        for line, load in zip(lines, loaded, strict=True)
    ]


def return_account(command: ReportOutcome, line: OutcomeLine, load: StopLine) -> str:
    """Return the account to which the goods of a line go if the team brings them back."""
    location = line.location or load.location
    return STOCK(location) if line.to == "stock" else ALLOCATED(command.allocation, location)


def check_return_location(journal: Journal, line: OutcomeLine) -> None:
    """Check the location to which goods of a line were brought back, if the line names one.

    A quarantine is allowed, even if the goods stay set aside, because it is a fact that they are
    there.

    Raises:
        InvalidField: the location is unknown.
    """
    if line.location is not None:
        journal.books.location(line.location, f"/lines/{line.line - 1}/location")
