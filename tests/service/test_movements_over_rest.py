"""The movements of an account over REST."""

from __future__ import annotations

from support.rest_client import RestClient


def test_movements_are_listed_page_by_page_with_the_balance_after_each(rest: RestClient) -> None:
    rest.give(10)
    rest.give(5)
    query = {"account": "stock:store", "item": "mask", "limit": "1"}
    first = rest.get("/api/stock/movements", **query)
    assert (first["balance"], first["items"][0]["change"]) == (15, 5)
    second = rest.get("/api/stock/movements", **query, after=first["next"])
    assert [one["balance"] for one in second["items"]] == [10]
    assert second["next"] is None
