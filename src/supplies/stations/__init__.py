"""Organisations of stations, retention periods, and the settings of a station's papers."""
