"""What the ledger is about: accounts, commands, records and entries."""
