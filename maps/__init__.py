"""Offline Folium maps of a plan."""
