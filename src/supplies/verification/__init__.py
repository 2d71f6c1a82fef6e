"""Verification: recompute the books and compare them with what is stored.

`verify` runs it. `hash_chain` follows the chain of entries, `records` checks the rows of entries,
`receipts` receipts and erasable texts, `balances` balances and floors, `needs` needs against goods,
`shipments` goods between stations. `reader` reads rows in bulk and names differences.
"""
