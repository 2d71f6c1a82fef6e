"""Where decisions come from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from random import Random
from typing import Protocol, TypeVar
from uuid import UUID

T = TypeVar("T")


class Chance(Protocol):
    """What decides: hypothesis, or a dice."""

    def of(self, options: Sequence[T]) -> T:
        """One of these; what stands there twice is twice as likely."""

    def number(self, low: int, high: int) -> int:
        """A number from `low` to `high`, both included."""

    def some_of(self, options: Sequence[T], most: int) -> list[T]:
        """One or more of these, each once."""


class Dice:
    """Decides by numbers that follow from a seed."""

    def __init__(self, seed: str) -> None:
        self.random = Random(seed)

    def of(self, options: Sequence[T]) -> T:
        return options[self.random.randrange(len(options))]

    def number(self, low: int, high: int) -> int:
        return self.random.randint(low, high)

    def some_of(self, options: Sequence[T], most: int) -> list[T]:
        return self.random.sample(options, self.number(1, min(most, len(options))))

    def uuid(self) -> str:
        return str(UUID(int=self.random.getrandbits(128), version=4))


def pick(chance: Chance, options: Iterable[T]) -> T:
    """One of these, whatever the order in which they come."""
    return chance.of(sorted(options, key=str))


def once_in(chance: Chance, times: int) -> bool:
    """True once in so many times."""
    return chance.number(0, times - 1) == 0


def coin(chance: Chance) -> bool:
    """True every other time."""
    return chance.of([False, True])
