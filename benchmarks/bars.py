"""Check the ratios that benchmarks measure against the limits in `bars.toml`."""

from __future__ import annotations

import tomllib
from pathlib import Path

_BARS: dict[str, dict[str, float]] = tomllib.loads(
    Path(__file__).with_name("bars.toml").read_text(encoding="utf-8")
)
_missed: list[str] = []


def check_bar(name: str, ratio: float) -> None:
    """Check a ratio against its limit, and remember the ratio if it misses the limit."""
    least, most = _BARS["at_least"].get(name), _BARS["at_most"].get(name)
    if least is not None and ratio < least:
        _missed.append(f"{name}: {ratio:.2f}, should be at least {least:.2f}")
    if most is not None and ratio > most:
        _missed.append(f"{name}: {ratio:.1f}, should be at most {most:.1f}")


def bar_text(*names: str) -> str:
    """Return the limits of some figures as text, which is empty if they have none."""
    limits = [
        *(f"at least {_BARS['at_least'][name]:g}" for name in names if name in _BARS["at_least"]),
        *(f"at most {_BARS['at_most'][name]:g}" for name in names if name in _BARS["at_most"]),
    ]
    return " and ".join(limits)


def print_missed_bars() -> None:
    """Print the ratios that missed their limits, or that there are none."""
    print("\n".join(["below their bars:", *_missed]) if _missed else "all bars are reached")
