"""Offline Folium maps of a plan and of one grid."""

from maps.group import grid_map
from maps.payload import Tiles
from maps.plan import PlanMap, plan_map

__all__ = ["PlanMap", "Tiles", "grid_map", "plan_map"]
