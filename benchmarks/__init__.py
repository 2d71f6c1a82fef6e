"""Benchmarks. `make bench` runs them.

Speeds are given as ratios to those of simpler programs that take turns with the ledger in the same
run.
"""
