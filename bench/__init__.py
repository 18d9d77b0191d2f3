"""Benchmarks: each prints a ratio against a ceiling taken in the same run."""
