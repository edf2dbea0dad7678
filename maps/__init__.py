"""Offline Folium maps of a plan and of one grid, and the atlas of a plan."""

from maps.compare import CompareMap, compare_map
from maps.folder import check_atlas_output
from maps.group import grid_map
from maps.linked import Atlas, atlas
from maps.payload import Tiles
from maps.pdf import atlas_pdf
from maps.plan import PlanMap, plan_map

__all__ = [
    "Atlas",
    "CompareMap",
    "PlanMap",
    "Tiles",
    "atlas",
    "atlas_pdf",
    "check_atlas_output",
    "compare_map",
    "grid_map",
    "plan_map",
]
