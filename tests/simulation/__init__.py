"""Simulate weeks of work at two stations: many users, races, repeated requests and faults.

Everything follows from one seed. See `docs/simulation.md`.
"""
