"""Reading: what the books hold, as structs in the shapes of the REST service.

One room a noun. Every function takes the books first; within `with ledger.reading() as books:` all
of them see one state. Nothing here writes.
"""
