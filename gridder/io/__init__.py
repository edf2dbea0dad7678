"""Reading what users bring and writing what they take away."""
