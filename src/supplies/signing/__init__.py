"""Keys of stations, and the receipts and checkpoints that are signed with them."""
