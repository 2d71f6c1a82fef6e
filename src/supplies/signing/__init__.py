"""The keys of stations, and receipts and checkpoints that are signed with these keys."""
