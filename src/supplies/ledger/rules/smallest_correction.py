"""The smallest quantities that a refused correction could have.

A correction is refused if goods that it would take back are not there any more. The refusal says
how much each balance lacks, so the lines are raised by that and the correction is tried again,
without writing. Usually this first trial is accepted. Otherwise the quantities are searched between
what is lacking and what was recorded before, in a bounded number of trials; all lines are searched
at once. Quantities are named only after a trial with exactly these quantities was accepted.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Container, Iterable, Mapping
from functools import cache
from typing import Any

import msgspec

from supplies.domain.accounts import Family, family_of
from supplies.domain.commands import Command, GoodsLine, MakePledge, NoteNeed
from supplies.domain.fields import MAX_QUANTITY
from supplies.errors import Fault, NotEnough, SuppliesError
from supplies.ledger.journal import Journal, Key, net
from supplies.ledger.rules.command_history import History
from supplies.ledger.rules.correction_difference import MovedOn, Place

MAX_TRIALS = 60
"""Trials of one refused correction: enough to search any quantity up to `MAX_QUANTITY`."""

MAX_LINES_TRIED = 4000
"""Lines run again over all trials, which bounds the time of a refusal: 8 trials of 500 lines."""

Attempt = Callable[[Command], None]
"""Tries a restated command without writing; raises the refusal."""

Figures = dict[Place, int]
"""Quantities in base units, by their place in the command."""

_FIELDS = ("lines", "consumed", "produced", "spilled")

_COMMAND: Place = ("", 0)
"""The place of a quantity that is a field of the command itself."""


def with_smallest_figures(
    refusal: MovedOn, command: Command, history: History, journal: Journal, attempt: Attempt
) -> NotEnough:
    """The refusal, naming the smallest possible quantities as well if they are found."""
    search = _Search(command, history, journal, attempt)
    smallest = search.smallest(refusal)
    if not smallest:
        return NotEnough(refusal.detail, refusal.faults)
    return _named(refusal, command, journal, search.asked, smallest)


def _named(
    refusal: MovedOn, command: Command, journal: Journal, asked: Figures, smallest: Figures
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
        Fault(_pointer(place), f"smallest {least}", asked[place], least)
        for place, least in smallest.items()
    ]
    return NotEnough(f"{refusal.detail}; {sentence}", faults)


class _TrialsUsedUp(Exception):
    """The search has reached its bound."""


class _Search:
    """The search for one refused correction. asked: every quantity as the correction states it."""

    def __init__(
        self, command: Command, history: History, journal: Journal, attempt: Attempt
    ) -> None:
        self.command, self.attempt = command, attempt
        self.lines = {place: _line(command, place) for place in _places(command)}
        self.asked = {
            place: journal.units(line, "" if place == _COMMAND else f"/{place[0]}/{place[1]}")
            for place, line in self.lines.items()
        }
        self.trials = min(MAX_TRIALS, MAX_LINES_TRIED // max(1, len(self.lines)))
        self.lots = {place: getattr(line, "lot", None) for place, line in self.lines.items()}
        self.by_item: dict[str, list[Place]] = defaultdict(list)
        self.named: dict[tuple[str, str | None], list[Place]] = defaultdict(list)
        for place, line in self.lines.items():
            self.by_item[line.item].append(place)
            self.named[line.item, self.lots[place]].append(place)
        self.recorded = _recorded(command, history)

    def smallest(self, refusal: MovedOn) -> Figures:
        """The smallest quantities of the lines that are too small; empty if none is found."""
        try:
            least = self._at_least(refusal, {})
            if not least or self._try(least) is None:
                return least
            enough = self._large_enough(least, refusal)
            return self._between(least, enough) if enough else {}
        except _TrialsUsedUp:
            return {}

    def _try(self, figures: Figures) -> SuppliesError | None:
        """The refusal of the command with these quantities; None if it is accepted."""
        if self.trials == 0:
            raise _TrialsUsedUp
        self.trials -= 1
        try:
            self.attempt(_with_figures(self.command, figures))
        except SuppliesError as refusal:
            return refusal
        return None

    # --- bounds ------------------------------------------------------------------------------

    def _at_least(self, refusal: MovedOn, figures: Figures) -> Figures:
        """What is needed at least where the command with these quantities falls short.

        One more unit in a line is one more unit in one account at a time, so at any day's end a
        line needs as much more as all of its accounts lack together. Empty: no line can help.
        """
        lots = _lots_by_place(refusal)

        @cache
        def can_help(place: Place) -> bool:
            return self._as_recorded(place, lots, figures) > self.asked[place]

        lacking: dict[Place, dict[Family, list[Mapping[str, int]]]] = {}
        for key in sorted(refusal.shortages, key=lambda key: not key[2]):
            raised = next(filter(can_help, self._deciding(key, refusal, lacking)), None)
            if raised is None:
                return {}
            families = lacking.setdefault(raised, defaultdict(list))
            families[family_of(key[0], key[2])].append(refusal.shortages[key])
        least = {
            place: figures.get(place, self.asked[place])
            + max(map(_most_at_once, families.values()))
            for place, families in lacking.items()
        }
        return least if max(least.values()) <= MAX_QUANTITY else {}

    def _deciding(self, key: Key, refusal: MovedOn, raised: Container[Place]) -> list[Place]:
        """The places whose quantities decide a balance, the first to be raised first.

        Lines that name its lot go first. A balance without a lot is of a need or a promise: raised
        places go first, because the goods there may serve it.
        """
        _, item, lot = key
        if lot in refusal.places:
            return [refusal.places[lot]]
        if lot:
            return self.named[item, lot] + self.named[item, None]
        return sorted(self.by_item[item], key=lambda place: place not in raised)

    def _as_recorded(self, place: Place, lots: Mapping[Place, list[str]], figures: Figures) -> int:
        """A place's quantity as recorded so far.

        lots: those that its line gives birth to. A line without has what the others leave.
        """
        item = self.lines[place].item
        if place in lots:
            return min(MAX_QUANTITY, sum(self.recorded[item, lot] for lot in lots[place]))
        lot = self.lots[place]
        others = sum(
            figures.get(at, self.asked[at])
            for at in self.by_item[item]
            if at != place and at[0] == place[0] and lot in (None, self.lots[at])
        )
        return min(MAX_QUANTITY, self.recorded[item, lot] - others)

    def _large_enough(self, least: Figures, refusal: MovedOn) -> Figures:
        """Accepted quantities, as recorded so far; empty if those are refused too.

        Further places that fall short then are raised as well, and added to `least`.
        """
        figures: Figures = {}
        while True:
            lots = _lots_by_place(refusal)
            for place in least.keys() - figures.keys():
                figures[place] = self._as_recorded(place, lots, figures)
            answer = self._try(figures)
            if answer is None:
                return figures
            if not isinstance(answer, MovedOn):
                return {}
            refusal = answer
            further = self._at_least(refusal, figures).keys() - figures.keys()
            if not further:
                return {}
            least.update({place: self.asked[place] for place in further})

    # --- between them ------------------------------------------------------------------------

    def _between(self, least: Figures, enough: Figures) -> Figures:
        """The smallest accepted quantities: of all places at once, or else one after another."""
        order = sorted(enough)
        together = self._lowered(order, least, {place: enough[place] for place in order})
        if together is not None:
            return together
        for place in order:
            enough = self._lowered([place], least, enough) or enough
        return {place: enough[place] for place in order}

    def _lowered(self, places: Iterable[Place], least: Figures, enough: Figures) -> Figures | None:
        """Halve what is between least and enough, at each of these places by each trial.

        A refusal says which places are too small; the others are taken to be large enough, which
        the last trial proves. None: it was not so.
        """
        too_small = {place: least[place] - 1 for place in places}
        lowered = accepted = enough
        while open_ := [place for place in too_small if lowered[place] - too_small[place] > 1]:
            middle = {place: (lowered[place] + too_small[place]) // 2 for place in open_}
            tried = {**lowered, **middle}
            answer = self._try(tried)
            if answer is None:
                lowered = accepted = tried
                continue
            needed = self._at_least(answer, tried) if isinstance(answer, MovedOn) else {}
            short = needed.keys() & middle.keys() or middle.keys()
            for place in open_:
                if place in short:
                    known = max(middle[place], needed.get(place, 0) - 1)
                    too_small[place] = min(known, lowered[place] - 1)
                else:
                    lowered = {**lowered, place: middle[place]}
        return lowered if lowered == accepted or self._try(lowered) is None else None


def _recorded(command: Command, history: History) -> Counter[tuple[str, str | None]]:
    """How much the command has brought or moved so far, by item and lot; lot None: of all lots."""
    family = Family.GOODS
    if isinstance(command, NoteNeed | MakePledge):
        family = Family.NEEDS if isinstance(command, NoteNeed) else Family.PROMISES
    recorded: Counter[tuple[str, str | None]] = Counter()
    for (account, item, lot), change in net(t for _, t in history.transfers()).items():
        if change > 0 and family_of(account, lot) is family:
            recorded[item, lot] += change
            recorded[item, None] += change
    return recorded


def _lots_by_place(refusal: MovedOn) -> dict[Place, list[str]]:
    lots: dict[Place, list[str]] = defaultdict(list)
    for lot, place in refusal.places.items():
        lots[place].append(lot)
    return lots


def _most_at_once(shortages: list[Mapping[str, int]]) -> int:
    """The largest sum of several balances' shortages at the end of one day."""
    if len(shortages) == 1:
        return max(shortages[0].values())
    days = sorted({day for by_day in shortages for day in by_day})
    most = 0
    current = [0] * len(shortages)
    for day in days:
        current = [
            by_day.get(day, before) for by_day, before in zip(shortages, current, strict=True)
        ]
        most = max(most, sum(current))
    return most


# --- a command's quantities -----------------------------------------------------------------


def _places(command: Command) -> list[Place]:
    if isinstance(command, NoteNeed):
        return [_COMMAND]
    return [
        (name, index)
        for name in _FIELDS
        for index, line in enumerate(getattr(command, name, None) or ())
        if isinstance(line, GoodsLine)
    ]


def _line(command: Any, place: Place) -> Any:
    return command if place == _COMMAND else getattr(command, place[0])[place[1]]


def _pointer(place: Place) -> str:
    return "/command/quantity" if place == _COMMAND else f"/command/{place[0]}/{place[1]}/quantity"


def _with_figures(command: Any, figures: Figures) -> Command:
    """The command with other quantities."""
    if _COMMAND in figures:
        return msgspec.structs.replace(  # type: ignore[no-any-return]  # the same kind as it was
            command, quantity=figures[_COMMAND], pack=None, pack_size=None
        )
    fields: dict[str, list[Any]] = {}
    for (name, index), quantity in figures.items():
        lines = fields.setdefault(name, list(getattr(command, name)))
        lines[index] = msgspec.structs.replace(
            lines[index], quantity=quantity, pack=None, pack_size=None
        )
    return msgspec.structs.replace(  # type: ignore[no-any-return]  # the same kind as it was
        command, **fields
    )
