"""`/api/witness` publishes signed checkpoints of the books."""

from __future__ import annotations

from litestar.testing import TestClient
from support.rest_client import RestClient

from supplies.signing.checkpoints import check_checkpoint, read_checkpoints
from supplies.signing.station_keys import StationKeys


def test_anyone_may_read_a_signed_checkpoint_of_the_last_entry(
    rest: RestClient, anonymous_client: TestClient, keys: StationKeys
) -> None:
    rest.need()
    first = anonymous_client.get("/api/witness")
    assert first.headers["content-type"].startswith("text/plain")
    (checkpoint,) = read_checkpoints(first.text, "first")
    check_checkpoint(checkpoint, keys.public_keys())
    last = rest.get("/api/health")["seq"]
    (entry,) = [one for one in rest.get("/api/entries")["items"] if one["seq"] == last]
    assert (checkpoint.station, checkpoint.by, checkpoint.seq, checkpoint.hash) == (
        "lx",
        "lx",
        last,
        entry["hash"],
    )
    assert anonymous_client.get("/api/witness").text == first.text
    rest.need()
    (later,) = read_checkpoints(anonymous_client.get("/api/witness").text, "later")
    assert later.seq == last + 1
