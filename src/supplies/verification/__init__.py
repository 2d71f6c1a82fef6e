"""Verification: recompute the books from the hashed entries and compare them with the stored rows.

`verify` runs all checks:

- `hash_chain`: entry numbers, hashes and columns of the entries
- `earlier_checks`: entries that were verified or signed before are still in the chain
- `records`: the rows that entries write into other tables
- `receipts`: receipts, and free texts, which can be erased
- `balances`: balances; some must not be below zero (floors)
- `needs`: the claimed, assigned and met quantities of needs
- `pledges`: the quantities of donations that fulfilled pledges
- `repacked_goods`: expiry of repacked goods, and the pledges they fulfil
- `shipments`: goods sent to or received from other stations
- `stock_counts`: differences that stock counts found

`reader` reads rows in bulk and describes differences. `log` remembers when books were verified. If
only the entries after a checkpoint are verified, `earlier_entries` reads what they refer to.
"""
