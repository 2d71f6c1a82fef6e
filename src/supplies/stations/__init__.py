"""Organisations of stations, retention periods of personal data, and settings of papers."""
