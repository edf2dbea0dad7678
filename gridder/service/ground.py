"""What both layers stand on: local metres, zones and barriers."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely

from gridder.geometry.crs import LocalFrame
from gridder.groups.numbering import zone_codes
from gridder.model import Barriers, Bridges, Finding, Geometries, Text, Units, Zones

NO_ZONE = "none"


@dataclass(frozen=True, eq=False)
class Ground:
    """Zones and barriers in local metres, and the frame that leads there and back.

    Zones stand in reading order; the last name and code belong to units outside every zone, which
    have zone −1.
    """

    frame: LocalFrame
    zones: Geometries
    zone_names: tuple[str, ...]
    zone_codes: tuple[str, ...]
    barriers: Geometries
    crossings: Geometries
    findings: tuple[Finding, ...]
    sites: Geometries
    site_names: tuple[str, ...]


def lay_ground(
    inputs: list[Units],
    zones: Zones | None,
    barriers: Barriers | None,
    bridges: Bridges | None,
    dedicated: Zones | None = None,
) -> Ground:
    """Choose the measuring CRS from the units and bring all other geometries into its local metres."""
    frame = LocalFrame.of([units.frame.geometry for units in inputs])
    none = np.zeros(0, dtype=object)
    lines, crossings = (
        none if some is None else shapely.get_parts(frame.to_local(some.frame.geometry))
        for some in (barriers, bridges)
    )
    sites, site_names = none, tuple[str, ...]()
    if dedicated is not None:
        sites = frame.to_local(dedicated.frame.geometry)
        site_names = tuple(str(name) for name in dedicated.frame["zone"])
    if zones is None:
        return Ground(frame, none, (NO_ZONE,), ("",), lines, crossings, (), sites, site_names)
    areas = frame.to_local(zones.frame.geometry)
    codes, findings = _unique_codes(areas, zones)
    order = np.lexsort((np.arange(len(areas)), np.asarray(codes)))
    names = zones.frame["zone"].to_numpy()[order]
    return Ground(
        frame,
        areas[order],
        (*(str(name) for name in names), NO_ZONE),
        (*(codes[i] for i in order), ""),
        lines,
        crossings,
        findings,
        sites,
        site_names,
    )


def _unique_codes(areas: Geometries, zones: Zones) -> tuple[list[str], tuple[Finding, ...]]:
    own = [str(code) for code in zones.frame["code"]]
    repeated = [code != "" and code in own[:i] for i, code in enumerate(own)]
    codes = zone_codes(areas, ["" if again else code for code, again in zip(own, repeated, strict=True)])
    if not any(repeated):
        return codes, ()
    source = zones.sources[0] if zones.sources else None
    rows = zones.frame["row"].to_numpy()[np.asarray(repeated)]
    return codes, (
        Finding(
            "repeated-zone-code",
            Text(
                "zones share a code with another; the later ones were given free numbers",
                "片区编码重复，后出现的已改用空号",
            ),
            source.file if source else "",
            source.layername if source else "",
            tuple(int(r) for r in rows),
            Text("give every zone its own code", "请使片区编码唯一"),
        ),
    )


def zone_frame(ground: Ground) -> gpd.GeoDataFrame:
    """Return the zones as a table of the plan."""
    return gpd.GeoDataFrame(
        {"zone": list(ground.zone_names[:-1]), "zone_code": list(ground.zone_codes[:-1])},
        geometry=ground.frame.to_world(ground.zones),
    )


def barrier_frame(ground: Ground) -> gpd.GeoDataFrame:
    """Return the barriers as a table of the plan."""
    lines = ground.frame.to_world(ground.barriers)
    return gpd.GeoDataFrame({"barrier": np.arange(1, len(lines) + 1)}, geometry=lines)
