"""Removed last entries: the hash chain alone does not show them; earlier checks and papers do."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from support.tampering import Tampering, columns_of, verification_error

from supplies.errors import BooksBroken
from supplies.signing.checkpoints import Checkpoint
from supplies.verification import verify as chain
from supplies.verification.verify import VerifiedStation, verify

NOW = datetime(2026, 2, 13, 10, tzinfo=UTC)


def test_removed_last_entries_are_found_only_with_a_printed_receipt(
    store: Tampering,
) -> None:
    """Nothing within the chain shows that its end is missing. A printed receipt does.

    The last donation and its receipt are removed completely, and the remaining books are
    consistent. But the donor's paper names an entry and a hash that these books no longer contain.
    """
    seq, printed = store.all(
        "SELECT seq, hash FROM entries WHERE kind = 'receipt_issued' ORDER BY seq DESC"
    )[0]
    (last,) = store.one("SELECT seq FROM heads") or (0,)
    assert seq == last
    before = verify(store)
    cut_off(store, seq - 1)
    after = verify(store)
    assert after.entries == before.entries - 2
    assert store.one("SELECT hash FROM entries WHERE seq = :seq", {"seq": seq}) is None
    assert after.stations[0].hash != printed.hex()


def verified(store: Tampering) -> VerifiedStation:
    """Verify the books and log it, as `supplies verify` does."""
    (station,) = verify(store, "lx").stations
    store.run(
        "INSERT INTO verifications (station, verified_at, seq, hash) "
        "VALUES ('lx', '2026-02-13T10:00:00.000000Z', :seq, :hash)",
        {"seq": station.entries, "hash": station.hash},
    )
    return station


def test_removed_last_entries_are_found_by_an_earlier_verification(store: Tampering) -> None:
    station = verified(store)
    last = station.entries
    verify(store, "lx")
    cut_off(store, last)
    found = verification_error(store)
    assert (found.seq, found.expected, found.found) == (last, station.hash, "nothing")
    assert "the verification of 2026-02-13 saw that hash" in str(found)


def test_an_entry_with_another_hash_than_in_an_earlier_verification_is_found(
    store: Tampering,
) -> None:
    last_hash = verified(store).hash
    store.run("UPDATE verifications SET hash = :hash", {"hash": "ab" * 32})
    found = verification_error(store)
    assert (found.column, found.expected, found.found) == ("hash", "ab" * 32, last_hash)


def test_a_verification_of_empty_books_is_compared_too(store: Tampering) -> None:
    verified(store)
    store.run("UPDATE verifications SET seq = 0, hash = :hash", {"hash": bytes(32).hex()})
    verify(store, "lx")
    store.run("UPDATE verifications SET hash = :hash", {"hash": "ab" * 32})
    assert (verification_error(store).seq, verification_error(store).expected) == (0, "ab" * 32)


def test_removed_last_entries_are_found_by_a_checkpoint_kept_elsewhere(store: Tampering) -> None:
    (station,) = verify(store, "lx").stations
    checkpoint = Checkpoint(
        station="lx",
        seq=station.entries,
        hash=station.hash,
        by="lx",
        at=NOW,
        key_id="k1",
        public_key="",
        signature="",
    )
    verify(store, "lx", witnesses=[checkpoint])
    cut_off(store, station.entries)
    verify(store, "lx")
    with pytest.raises(BooksBroken) as caught:
        verify(store, "lx", witnesses=[checkpoint])
    found = caught.value
    assert (found.seq, found.expected) == (station.entries, station.hash)
    assert "the checkpoint of 2026-02-13, signed by station lx" in str(found)


def cut_off(store: Tampering, seq: int) -> None:
    """Remove entry `seq` and all later ones, and adjust heads, balances and days."""
    for table in chain.LEDGER_TABLES:
        if table not in ("heads", "balances", "days"):
            store.run(f"DELETE FROM {table} WHERE seq >= :seq", {"seq": seq})
    names = [name for name, _ in columns_of("transfers")]
    transfers = store.all(f"SELECT {', '.join(names)} FROM transfers ORDER BY seq, line")
    for table in ("balances", "days"):
        store.run(f"DELETE FROM {table}")
    store.restore_balance_trigger()
    store.run("DELETE FROM transfers")
    marks = ", ".join("?" * len(names))
    for row in transfers:  # The trigger updates balances only by transfers of the last entry.
        store.run("UPDATE heads SET seq = :seq", {"seq": row[names.index("seq")]})
        store.run(f"INSERT INTO transfers ({', '.join(names)}) VALUES ({marks})", row)
    store.run(
        "UPDATE heads SET seq = :seq - 1, latest_day = (SELECT max(booked_on) FROM entries), "
        "hash = (SELECT hash FROM entries WHERE entries.seq = :seq - 1)",
        {"seq": seq},
    )
