"""A double-entry ledger for donated goods.

Open a station's books, record commands, read views::

    with Ledger.open("books.db", station="lx") as ledger:
        ledger.record(NoteNeed(recipient="R-007", item="mask", quantity=10), by="u_1")
"""
