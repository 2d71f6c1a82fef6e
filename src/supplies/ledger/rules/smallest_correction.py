"""Find the smallest quantities with which a refused correction would be accepted.

A correction is refused if it would take back goods that were used in the meantime. The error says
by how much each balance would fall below zero. The quantities in the correction are increased by
these shortages, and the correction is tried again without recording it. Usually, this first trial
is accepted.

If the trial is refused, a binary search follows. It looks for quantities between the increased ones
and the recorded ones. The search changes all lines at once, and the number of trials is limited.
Quantities are reported only if a trial with exactly these quantities was accepted.
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
from supplies.errors import Fault, NotEnough, Sentence, SuppliesError
from supplies.ledger.balance_changes import Key, net_changes
from supplies.ledger.journal import Journal
from supplies.ledger.not_enough import LIST, goods_of, join_sentences
from supplies.ledger.rules.command_history import History
from supplies.ledger.rules.correction_difference import MovedOn, Place

MAX_TRIALS = 60
"""Maximum number of trials in the search for quantities with which a correction is accepted.

These trials are enough to find any quantity up to `MAX_QUANTITY`.
"""

MAX_LINES_TRIED = 4000
"""Maximum number of lines in all trials for one correction, such as 8 trials of 500 lines.

Other writers wait during the trials, so a larger number would delay them too long.
"""

_MAX_NAMED = 12
"""Maximum number of quantities in the error message.

The `faults` of the error contain all quantities.
"""

Attempt = Callable[[Command], None]
"""A function that tries a command without recording it.

It raises an error if the command is refused.
"""

Figures = dict[Place, int]
"""Quantities in base units, by their place in the command."""

_FIELDS = ("lines", "consumed", "produced", "spilled")

_COMMAND: Place = ("", 0)
"""The `Place` of the quantity in a command without lines, such as `NoteNeed`."""


def add_smallest_quantities(
    refusal: MovedOn, command: Command, history: History, journal: Journal, attempt: Attempt
) -> NotEnough:
    """Add to the error of a refused correction the smallest quantities that would be accepted.

    Return an error with these quantities. If none are found, the message is that of `refusal`.

    Args:
        attempt: Tries a command without recording it. It is called at most `MAX_TRIALS` times.
    """
    search = _Search(command, history, journal, attempt)
    smallest = search.smallest(refusal)
    if not smallest:
        return NotEnough(refusal.detail, refusal.faults)
    return _named(refusal, command, journal, search.asked, smallest)


def _named(
    refusal: MovedOn, command: Command, journal: Journal, asked: Figures, smallest: Figures
) -> NotEnough:
    places = sorted(smallest)
    if len(places) == 1:
        sentence = Sentence(
            "the smallest possible quantity is {quantity}", quantity=smallest[places[0]]
        )
    else:
        each = [
            goods_of(smallest[place], journal.books.item(_line(command, place).item).name)
            for place in places[:_MAX_NAMED]
        ]
        sentence = Sentence(
            "the smallest possible quantities are {quantities}",
            quantities=join_sentences(each, LIST),
        )
        if len(places) > _MAX_NAMED:
            more = len(places) - _MAX_NAMED
            sentence = Sentence("{sentence} and {number} more", sentence=sentence, number=more)
    faults = [
        Fault(
            _pointer(place),
            f"smallest {smallest[place]}",
            asked[place],
            smallest[place],
            Sentence(
                "at least {smallest} must stay, because these goods were used or set aside since",
                smallest=smallest[place],
            ),
        )
        for place in places
    ]
    return NotEnough(join_sentences([refusal.detail, sentence]), faults)


class _TrialsUsedUp(Exception):
    """Raised if the search needs another trial but has made the maximum number."""


class _Search:
    """The search for the smallest quantities of one refused correction.

    Attributes:
        asked: The quantities in the refused correction.
    """

    def __init__(
        self, command: Command, history: History, journal: Journal, attempt: Attempt
    ) -> None:
        self.command, self.attempt = command, attempt
        self.lines = {place: _line(command, place) for place in _places(command)}
        self.asked = {
            place: journal.base_units(line, "" if place == _COMMAND else f"/{place[0]}/{place[1]}")
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
        """Return the smallest possible quantity of each line that the correction makes too small.

        The result is empty if the search finds no such quantities.
        """
        try:
            least = self._at_least(refusal, {})
            if not least or self._try(least) is None:
                return least
            enough = self._large_enough(least, refusal)
            return self._between(least, enough) if enough else {}
        except _TrialsUsedUp:
            return {}

    def _try(self, figures: Figures) -> SuppliesError | None:
        """Try the command with these quantities. Return its error, or None if it is accepted.

        Raises:
            _TrialsUsedUp: no trial is left.
        """
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
        """Return lower limits for the quantities of lines that are too small.

        At the end of a day, each unit of goods is in one account only. So if several accounts lack
        goods of a line on the same day, the line must grow by the sum of these shortages. The day
        with the largest sum decides. If increasing no line can remove a shortage, return {}.
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
        """Return the places of the quantities that affect a balance, in the order to increase them.

        Lines that name the lot of the balance come first. Balances of needs and promises have no
        lot. For these balances, the lines in `raised` come first: their quantities are increased
        anyway, and their goods may be for the need.
        """
        _, item, lot = key
        if lot in refusal.places:
            return [refusal.places[lot]]
        if lot:
            return self.named[item, lot] + self.named[item, None]
        return sorted(self.by_item[item], key=lambda place: place not in raised)

    def _as_recorded(self, place: Place, lots: Mapping[Place, list[str]], figures: Figures) -> int:
        """Return the recorded quantity for one line of the corrected command.

        For a line that creates lots, this is the recorded quantity of these lots. For any other
        line, it is the recorded quantity of the item, minus the quantities of the other lines.

        Args:
            lots: The lots that each line creates, by the place of the line.
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
        """Return the recorded quantities of the lines in `least`, if they are accepted.

        If other lines turn out to be too small, their recorded quantities are used too, and the
        lines are added to `least`. If the command is still refused, return {}.
        """
        figures: Figures = {}
        while True:
            lots = _lots_by_place(refusal)
            for place in least.keys() - figures.keys():
                figures[place] = self._as_recorded(place, lots, figures)
            error = self._try(figures)
            if error is None:
                return figures
            if not isinstance(error, MovedOn):
                return {}
            refusal = error
            further = self._at_least(refusal, figures).keys() - figures.keys()
            if not further:
                return {}
            least.update({place: self.asked[place] for place in further})

    # --- binary search -----------------------------------------------------------------------

    def _between(self, least: Figures, enough: Figures) -> Figures:
        """Return accepted quantities between `least` and `enough` that cannot be made smaller.

        All quantities are lowered together first. If the result is refused, each is lowered alone.
        """
        order = sorted(enough)
        together = self._lowered(order, least, {place: enough[place] for place in order})
        if together is not None:
            return together
        for place in order:
            enough = self._lowered([place], least, enough) or enough
        return {place: enough[place] for place in order}

    def _lowered(self, places: Iterable[Place], least: Figures, enough: Figures) -> Figures | None:
        """Lower the quantities at these places together, by a binary search.

        The error of a refused trial shows which quantities are too small. The search assumes that
        the other quantities are large enough, and checks this with a last trial. Return None if the
        last trial is refused.
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
    """Return the quantities that the command and its corrections recorded, by item and lot.

    The key with the lot None has the sum over all lots of the item.
    """
    family = Family.GOODS
    if isinstance(command, NoteNeed | MakePledge):
        family = Family.NEEDS if isinstance(command, NoteNeed) else Family.PROMISES
    recorded: Counter[tuple[str, str | None]] = Counter()
    for (account, item, lot), change in net_changes(t for _, t in history.transfers()).items():
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
    """Return the sum of these shortages on the day on which it is largest."""
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


# --- quantities of a command ----------------------------------------------------------------


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
