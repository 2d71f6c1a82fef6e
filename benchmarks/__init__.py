"""Benchmarks: speed, as ratios within one interleaved run. `make bench` runs them."""
