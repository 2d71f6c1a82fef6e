"""The limit of the hash chain: removing its last entries is found only with a printed receipt."""

from __future__ import annotations

from support.tampering import Tampering, columns_of

from supplies.verification import verify as chain
from supplies.verification.verify import verify


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
    assert after.stations[0].head != printed.hex()


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
    for row in transfers:
        store.run(f"INSERT INTO transfers ({', '.join(names)}) VALUES ({marks})", row)
    store.run(
        "UPDATE heads SET seq = :seq - 1, latest_day = (SELECT max(booked_on) FROM entries), "
        "hash = (SELECT hash FROM entries WHERE entries.seq = :seq - 1)",
        {"seq": seq},
    )
