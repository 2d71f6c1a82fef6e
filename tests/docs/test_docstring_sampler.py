"""The sampler draws whole docstrings by seed, and prints where they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools import docstrings

SOURCE = '''"""The module."""

LIMIT = 3
"""The constant."""

class Thing:
    """The class.

    More of it.
    """

    async def act(self) -> None:
        """Act."""
'''


def test_every_kind_of_docstring_is_found(tmp_path: Path) -> None:
    file = tmp_path / "module.py"
    file.write_text(SOURCE, encoding="utf-8")
    found = docstrings.docstrings_of(file)
    assert [(docstring.name, docstring.line) for docstring in found] == [
        ("module", 1),
        ("LIMIT", 4),
        ("Thing", 7),
        ("Thing.act", 13),
    ]
    assert found[2].text == "The class.\n\nMore of it."


def test_the_same_seed_draws_the_same_docstrings() -> None:
    assert docstrings.draw(1, 20) == docstrings.draw(1, 20)
    assert docstrings.draw(1, 20) != docstrings.draw(2, 20)


def test_each_docstring_is_printed_with_path_line_and_name(
    capsys: pytest.CaptureFixture[str],
) -> None:
    docstrings.main(["--seed", "1", "--count", "3"])
    (first, *_) = docstrings.draw(1, 3)
    printed = capsys.readouterr().out
    assert printed.startswith(f"1. {first.path}:{first.line} {first.name}\n    ")
    assert "\n3. " in printed
    assert "\n4. " not in printed
