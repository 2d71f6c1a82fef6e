"""Logs, metrics, health and the event loop watchdog."""
