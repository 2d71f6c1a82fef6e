"""Pages of reports show the first rows of a table, and the files show all."""

from __future__ import annotations

import pytest
from litestar.testing import TestClient
from supplies_service.pages import report_tables
from support.page_client import sign_in_as
from support.service_fixture import Service

from supplies.domain import commands as c


def test_a_long_report_shows_its_first_rows_and_says_where_all_rows_are(
    anonymous_client: TestClient, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = anonymous_client.app.state.stations.default.ledger
    need = c.NoteNeed(recipient="R-1", item="mask", quantity=4)
    needs = [ledger.record(need, by="u_1").document for _ in range(3)]
    recorder = sign_in_as(anonymous_client, service, "recorder")
    monkeypatch.setattr(report_tables, "MAX_ROWS", 2)
    page = recorder.open("/reports/tables/needs")
    assert [f"/needs/{need}" in page for need in needs] == [True, True, False]
    assert "The first 2 rows. The files have all rows." in page
    assert len(recorder.open("/reports/tables/needs?form=csv").splitlines()) == 4
    monkeypatch.setattr(report_tables, "MAX_ROWS", 3)
    page = recorder.open("/reports/tables/needs")
    assert f"/needs/{needs[2]}" in page
    assert "The first" not in page
