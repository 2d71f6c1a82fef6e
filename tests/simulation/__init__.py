"""Simulated weeks at two stations: many people, races, repeats and faults, all from one seed.

`docs/simulation.md` says what it does, what it holds, and how a failure is replayed.
"""
