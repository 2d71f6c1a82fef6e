"""Demonstration books."""
