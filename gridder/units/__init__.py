"""Order, zones, cutting and the ground of units."""
