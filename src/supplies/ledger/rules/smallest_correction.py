"""The smallest figure possible: found by trying, so that a figure named is always accepted.

A correction that would take back what has moved on is tried again on the same books with larger
figures, which writes nothing, until it goes through; then each is made as small as may be.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from supplies.domain.accounts import Family, family_of
from supplies.domain.commands import Command, GoodsLine, MakePledge, NoteNeed
from supplies.domain.fields import MAX_QUANTITY
from supplies.errors import Fault, NotEnough, SuppliesError
from supplies.ledger.journal import Journal, net
from supplies.ledger.rules.command_history import History
from supplies.ledger.rules.correction_difference import MovedOn

Attempt = Callable[[Command], None]
"""Tries a restated command without writing anything down; raises what would refuse it."""

_FIELDS = ("lines", "consumed", "produced", "spilled")

_Place = tuple[str, int]
"""Where a figure stands: a field and an index, or nowhere deeper than the command itself."""

_ITSELF: _Place = ("", 0)


def with_smallest_figures(
    refusal: MovedOn, command: Command, history: History, journal: Journal, attempt: Attempt
) -> NotEnough:
    """The refusal, saying too which figures at least would be possible, if any are."""
    raised = _enough(refusal, command, history, journal, attempt)
    if not raised:
        return NotEnough(refusal.detail, refusal.faults)
    figures = {place: _figure(command, place, journal) for place in raised}
    for place in raised:
        raised[place] = _least(command, place, figures[place], raised, attempt)
    return _named(refusal, command, journal, figures, raised)


def _named(
    refusal: MovedOn,
    command: Command,
    journal: Journal,
    figures: dict[_Place, int],
    smallest: dict[_Place, int],
) -> NotEnough:
    if len(smallest) == 1:
        (least,) = smallest.values()
        sentence = f"the smallest figure possible is {least}"
    else:
        each = (
            f"{least} × {journal.books.item(_line(command, place).item).name}"
            for place, least in smallest.items()
        )
        sentence = f"the smallest figures possible are {', '.join(each)}"
    faults = [
        Fault(_pointer(place), f"smallest {least}", figures[place], least)
        for place, least in smallest.items()
    ]
    return NotEnough(f"{refusal.detail}; {sentence}", faults)


def _enough(
    refusal: MovedOn, command: Command, history: History, journal: Journal, attempt: Attempt
) -> dict[_Place, int]:
    """Figures that are large enough: one after another as it stood. Empty: none would do."""
    raised: dict[_Place, int] = {}
    while True:
        more = _in_the_way(refusal, command, history, journal, raised)
        if more is None:
            return {}
        raised.update([more])
        try:
            attempt(_with_figures(command, raised))
        except MovedOn as still:
            refusal = still
        except SuppliesError:
            return {}
        else:
            return raised


def _in_the_way(
    refusal: MovedOn,
    command: Command,
    history: History,
    journal: Journal,
    raised: dict[_Place, int],
) -> tuple[_Place, int] | None:
    """The line whose goods have moved on, and its figure as it stood if that was larger."""
    _, item, lot = refusal.key
    bearer = refusal.bears.get(lot)
    for place in _places(command):
        if place in raised or _line(command, place).item != item:
            continue
        if bearer is not None and place != ("lines", bearer - 1):
            continue
        stood = _stood(command, history, item, lot if bearer is not None else None)
        if bearer is None:
            others = [at for at in _places(command) if at != place and at[0] == place[0]]
            stood -= sum(
                raised.get(at) or _figure(command, at, journal)
                for at in others
                if _line(command, at).item == item
            )
        if stood > _figure(command, place, journal):
            return place, min(stood, MAX_QUANTITY)
    return None


def _stood(command: Command, history: History, item: str, lot: str | None) -> int:
    """How much of an item (and lot) the command has brought or moved so far."""
    family = Family.GOODS
    if isinstance(command, NoteNeed | MakePledge):
        family = Family.NEEDS if isinstance(command, NoteNeed) else Family.PROMISES
    return sum(
        change
        for (account, what, which), change in net(t for _, t in history.transfers()).items()
        if change > 0
        and what == item
        and lot in (None, which)
        and family_of(account, which) is family
    )


def _least(
    command: Command, place: _Place, asked: int, raised: dict[_Place, int], attempt: Attempt
) -> int:
    """The smallest figure that fits in one place while the others stay."""
    low, high = asked - 1, raised[place]
    while high - low > 1:
        middle = (low + high) // 2
        if _fits(command, {**raised, place: middle}, attempt):
            high = middle
        else:
            low = middle
    return high


def _fits(command: Command, figures: dict[_Place, int], attempt: Attempt) -> bool:
    try:
        attempt(_with_figures(command, figures))
    except SuppliesError:
        return False
    return True


# --- a command's figures --------------------------------------------------------------------


def _places(command: Command) -> list[_Place]:
    if isinstance(command, NoteNeed):
        return [_ITSELF]
    return [
        (name, index)
        for name in _FIELDS
        for index, line in enumerate(getattr(command, name, None) or ())
        if isinstance(line, GoodsLine)
    ]


def _line(command: Any, place: _Place) -> Any:
    return command if place == _ITSELF else getattr(command, place[0])[place[1]]


def _figure(command: Command, place: _Place, journal: Journal) -> int:
    return journal.units(_line(command, place), "")


def _pointer(place: _Place) -> str:
    return "/command/quantity" if place == _ITSELF else f"/command/{place[0]}/{place[1]}/quantity"


def _with_figures(command: Any, figures: dict[_Place, int]) -> Command:
    """The command with other figures, in base units."""
    for place, quantity in figures.items():
        line = msgspec.structs.replace(_line(command, place), quantity=quantity, pack=None)
        if place == _ITSELF:
            command = line
        else:
            lines = list(getattr(command, place[0]))
            lines[place[1]] = line
            command = msgspec.structs.replace(command, **{place[0]: lines})
    return command  # type: ignore[no-any-return]  # the same kind as it was
