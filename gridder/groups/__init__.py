"""Numbers, codes, rosters and composition of the grids."""
