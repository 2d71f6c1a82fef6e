"""Clocks of the simulation."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from support.ledger_fixture import Clock


class SimulatedClock(Clock):
    """A clock that starts each day at noon in Shanghai. It changes the day only when `advance` is
    called.
    """

    def __init__(self, day: date) -> None:
        super().__init__(day)
        self.minutes = 0

    def __call__(self) -> datetime:
        return super().__call__() + timedelta(minutes=self.minutes)

    def tick(self) -> None:
        self.minutes = min(self.minutes + 1, 600)

    def advance(self, days: int = 1) -> None:
        super().advance(days)
        self.minutes = 0

    def step_back(self, minutes: int) -> None:
        self.minutes = max(0, self.minutes - minutes)


class FixedClock:
    """A clock that shows the time to which it was last set."""

    def __init__(self) -> None:
        self.now = datetime(2020, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now
