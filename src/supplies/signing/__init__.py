"""Signing: the keys of stations, signed receipts and signed checkpoints."""
