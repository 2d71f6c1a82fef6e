"""The pattern of each field has a sentence of its own, which says what a value must look like."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import msgspec
import pytest
from msgspec import Meta

import supplies
from supplies.domain.validation import convert
from supplies.errors import InvalidField

PACKAGE = Path(supplies.__file__).parent


def patterns() -> list[str]:
    """Return the patterns of all fields that are written in the package."""
    found = set[str]()
    for source in PACKAGE.rglob("*.py"):
        found.update(re.findall(r'(?:pattern=|_LINES? = )r"(\^[^"]*)"', source.read_text("utf-8")))
    return sorted(found)


def test_the_patterns_of_fields_are_found() -> None:
    assert len(patterns()) >= 8


@pytest.mark.parametrize("pattern", patterns())
def test_a_value_that_does_not_match_is_refused_in_words(pattern: str) -> None:
    form = msgspec.defstruct("Form", [("field", Annotated[str, Meta(pattern=pattern)])])
    with pytest.raises(InvalidField) as refusal:
        convert(form, {"field": "\x00"})
    assert "must match" not in str(refusal.value)
    assert "regex" not in str(refusal.value)
