"""Fixtures of the command line's tests: the demonstration, recorded once and only read."""

from __future__ import annotations

from pathlib import Path

import pytest

from supplies.cli import main


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The database of `supplies demo`. Its papers are in the same folder."""
    path: Path = tmp_path_factory.mktemp("demo") / "demo.db"
    assert main(["demo", "--database", str(path)]) == 0
    return path
