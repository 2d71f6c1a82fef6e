"""Read the books of one station: catalogue, entries, balances and free text."""
