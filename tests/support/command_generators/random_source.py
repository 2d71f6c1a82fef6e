"""Sources of random choices."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from random import Random
from typing import Protocol, TypeVar
from uuid import UUID

T = TypeVar("T")


class RandomSource(Protocol):
    """A source of random choices: hypothesis or a seeded generator."""

    def choose(self, options: Sequence[T]) -> T:
        """Return one of these options. A repeated option is more likely."""

    def number(self, low: int, high: int) -> int:
        """Return a number from `low` to `high`, both included."""

    def sample(self, options: Sequence[T], most: int) -> list[T]:
        """Return one or more of these options, each at most once."""


class SeededRandom:
    """Random choices that follow from a seed."""

    def __init__(self, seed: str) -> None:
        self._random = Random(seed)

    def choose(self, options: Sequence[T]) -> T:
        return options[self._random.randrange(len(options))]

    def number(self, low: int, high: int) -> int:
        return self._random.randint(low, high)

    def sample(self, options: Sequence[T], most: int) -> list[T]:
        return self._random.sample(options, self.number(1, min(most, len(options))))

    def uuid(self) -> str:
        return str(UUID(int=self._random.getrandbits(128), version=4))


def pick(random: RandomSource, options: Iterable[T]) -> T:
    """Return one of these options. The result does not depend on their order."""
    return random.choose(sorted(options, key=str))


def once_in(random: RandomSource, times: int) -> bool:
    """Return True once in this number of times, on average."""
    return random.number(0, times - 1) == 0


def coin(random: RandomSource) -> bool:
    """Return True half of the time."""
    return random.choose([False, True])
