"""Organisations, retention and the settings of a station's papers."""
