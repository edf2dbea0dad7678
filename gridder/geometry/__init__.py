"""Coordinate systems, validity, coverage, splitting, dissolving and measures."""
