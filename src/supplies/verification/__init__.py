"""How books are verified: one room for each kind of claim that the rows make.

`reader` reads and names differences, `links` follows the chain of entries, `statements` checks
what entries state, `papers` receipts and erasable texts, `replay` balances, `mirror` the needs,
`shipments` goods between stations.
"""
