"""Benchmarks: each measures Gridder beside its peers on the same data, in one run."""
