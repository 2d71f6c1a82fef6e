"""The keys of stations, and what they sign: receipts and checkpoints."""
