"""Invented books for demonstrations."""
