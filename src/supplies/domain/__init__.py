"""What the ledger records: accounts, commands, entries and catalogue records."""
