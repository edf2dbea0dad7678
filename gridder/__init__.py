"""Gridder divides land and towns into grids of a target size and places people in them."""
