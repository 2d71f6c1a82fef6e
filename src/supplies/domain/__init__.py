"""What the ledger records: accounts, commands, entries, and records of the catalogue."""
