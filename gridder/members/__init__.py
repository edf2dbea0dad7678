"""Placing people in units and counting them."""
