"""Recall of a batch over REST and on the command line."""

from __future__ import annotations

from support.rest_client import RestClient, signed_in
from support.service_fixture import Service


def stock(rest: RestClient) -> None:
    lines = [{"item": "mask", "quantity": 10, "batch": "B7"}]
    rest.post("/api/stock/openings", {"location": "store", "lines": lines})
    out = [{"item": "mask", "quantity": 4}]
    rest.post("/api/stock/hand-outs", {"recipient": "R-1", "location": "store", "lines": out})


def test_a_batch_is_recalled_and_quarantined(rest: RestClient, service: Service) -> None:
    stock(rest)
    found = rest.get("/api/reports/recall", item="mask", batch=" B7 ")
    (reached,) = found["reached"]
    assert (reached["recipient"], reached["name"], reached["quantity"]) == ("R-1", "王某", 4)
    body = {"item": "mask", "batch": "B7", "to": "ward"}
    entry = rest.post("/api/stock/quarantines", body)["entry"]
    assert [(line["from"], line["to"]) for line in entry["transfers"]] == [
        ("stock:store", "stock:ward")
    ]
    (totals,) = rest.get("/api/reports/recall", item="mask", batch="B7")["totals"]
    assert (totals["free"], totals["quarantined"], totals["received"]) == (0, 6, 4)
    auditor = RestClient(signed_in(rest.client, service.tokens["auditor"]))
    (reached,) = auditor.get("/api/reports/recall", item="mask", batch="B7")["reached"]
    assert (reached["recipient"], reached["name"], reached["address"]) == ("R-1", None, None)
    assert auditor.client.get("/api/reports/recall?item=mask&batch=B9").status_code == 404
    assert auditor.client.get("/api/reports/recall?item=mask").status_code == 422
