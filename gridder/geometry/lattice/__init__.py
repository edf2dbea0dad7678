"""Uniform covers of an area by squares, hexagons or H3 cells, clipped to it without gap or overlap."""
