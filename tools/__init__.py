"""Tools for people who work on this project: a checker of prose and a sampler of docstrings."""
