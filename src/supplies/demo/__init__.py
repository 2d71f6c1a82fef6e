"""Invented books for demonstration."""
