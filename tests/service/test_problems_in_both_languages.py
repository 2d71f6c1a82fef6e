"""Each kind of error has a title in English and Chinese."""

from __future__ import annotations

import re
from collections.abc import Iterator

import supplies_service.app  # defines all kinds of errors of the service
from supplies_service.pages.languages import translate_sentence

from supplies.errors import Sentence, SuppliesError

assert supplies_service.app


def kinds(kind: type[SuppliesError]) -> Iterator[type[SuppliesError]]:
    """Return a kind of error and all kinds that are derived from it."""
    yield kind
    for derived in kind.__subclasses__():
        yield from kinds(derived)


def test_each_kind_of_error_has_a_title_in_both_languages() -> None:
    for kind in kinds(SuppliesError):
        title = Sentence(kind.title)
        assert translate_sentence(title, "en") == kind.title
        assert re.search("[一-鿿]", translate_sentence(title, "zh")), kind
