"""The demonstration, recorded once for all tests of the command line. They only read it."""

from __future__ import annotations

from pathlib import Path

import pytest

from supplies.cli import main


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The database of `supplies demo`; its papers are beside it."""
    path: Path = tmp_path_factory.mktemp("demo") / "demo.db"
    assert main(["demo", "--database", str(path)]) == 0
    return path
