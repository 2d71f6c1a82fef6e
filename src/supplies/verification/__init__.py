"""Verification: recompute the books and compare them with what is stored.

`verify` runs it:

- `hash_chain`: the chain of entries
- `records`: the rows that entries state
- `receipts`: receipts and erasable texts
- `balances`: balances and floors
- `needs`: needs against goods
- `shipments`: goods between stations
- `reader`: reads rows in bulk and describes differences
- `log`: when books were last verified
"""
