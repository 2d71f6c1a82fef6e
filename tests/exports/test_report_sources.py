"""URLs of the entries behind the figures of reports."""

from __future__ import annotations

from supplies.exports.report_sources import source_address


class Unreadable:
    """A value whose text takes too long to make, such as the list of all rows of a report."""

    def __str__(self) -> str:
        raise AssertionError("the URL does not name this value")


def test_a_url_is_made_of_only_the_values_that_it_names() -> None:
    values = {"item": "N95/口罩", "lot": None, "items": Unreadable()}
    address = source_address("/stock?item={item}&lot={lot}", values)
    assert address == "/stock?item=N95%2F%E5%8F%A3%E7%BD%A9&lot="
