"""Salts that follow from the seed, so that two runs write the same bytes."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from unittest.mock import patch


class SeededSalts:
    """A replacement for the module `secrets`.

    Each thread has a series of its own, which is restarted at each step.
    """

    def __init__(self) -> None:
        self._seed = ""
        self._series: dict[str, Random] = {}

    def restart(self, seed: str) -> None:
        self._seed = seed
        self._series = {}

    def token_bytes(self, size: int) -> bytes:
        name = threading.current_thread().name
        if name not in self._series:
            self._series[name] = Random(f"{self._seed}/{name}")
        return self._series[name].randbytes(size)

    @contextmanager
    def patched(self) -> Iterator[None]:
        with patch("supplies.domain.entries.secrets", self):
            yield
