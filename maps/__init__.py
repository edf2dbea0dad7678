"""Offline Folium maps of a plan and of one grid."""

from maps.group import grid_map
from maps.plan import PlanMap, plan_map

__all__ = ["PlanMap", "grid_map", "plan_map"]
