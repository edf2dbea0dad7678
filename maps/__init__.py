"""Offline Folium maps of a plan."""

from maps.plan import PlanMap, plan_map

__all__ = ["PlanMap", "plan_map"]
