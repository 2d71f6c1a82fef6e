"""CSV files for tests."""

from __future__ import annotations

import csv
from pathlib import Path


def write_csv(folder: Path, *rows: list[object], name: str = "rows.csv") -> Path:
    """Write rows into a file of a folder, and return the file."""
    target = folder / name
    with target.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)
    return target
