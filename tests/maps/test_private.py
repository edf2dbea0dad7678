"""No map file holds a value that identifies somebody of the roster, plain or encoded."""

from __future__ import annotations

import base64
import json
import re
import zlib
from html import escape
from urllib.parse import quote

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import gridder
import maps
from gridder.privacy import view
from gridder.service.compare import compare

IDENTIFYING = ("member_id", "name", "id_card", "phone", "address", "home")


@pytest.fixture(scope="module")
def roster():
    """Return sixty people with everything that identifies them, their home as text too."""
    rng = np.random.default_rng(5)
    n = 60
    lon, lat = rng.uniform(116.4005, 116.4115, n), rng.uniform(39.9005, 39.9075, n)
    return pd.DataFrame(
        {
            "member_id": [f"CH-{7_310_000 + 137 * i}" for i in range(n)],
            "name": [
                "赵钱孙李周吴郑王"[i % 8] + "秀英建国玉兰"[2 * (i % 3) : 2 * (i % 3) + 2] + chr(0x6C5F + i)
                for i in range(n)
            ],
            "id_card": [f"11010519800{100 + i}{2000 + 7 * i}"[:17] + "X" for i in range(n)],
            "phone": [f"139{10_000_000 + 977_351 * i}" for i in range(n)],
            "address": [f"幸福里{i}号楼{i % 7}单元{100 + i}室" for i in range(n)],
            "lon": lon.round(7),
            "lat": lat.round(7),
            "home": [f"{x:.7f},{y:.7f}" for x, y in zip(lon, lat, strict=True)],
            "skill": ["driver" if i % 4 == 0 else "" for i in range(n)],
        }
    )


@pytest.fixture(scope="module")
def plan(roster, tmp_path_factory):
    """Return a plan of sixteen fields with that roster."""
    folder = tmp_path_factory.mktemp("private")
    x, y = np.meshgrid(np.arange(4), np.arange(4))
    west, south = (116.4 + 0.003 * x.ravel(), 39.9 + 0.002 * y.ravel())
    fields = {"parcel_id": [f"P{i:02d}" for i in range(16)], "户主": roster["name"].iloc[:16].tolist()}
    gpd.GeoDataFrame(
        fields, geometry=shapely.box(west, south, west + 0.003, south + 0.002), crs="EPSG:4326"
    ).to_file(folder / "fields.gpkg")
    roster.to_csv(folder / "members.csv", index=False)
    return gridder.partition(
        fields=gridder.read_units(folder / "fields.gpkg", layer="field", keep=["户主"]),
        members=gridder.read_members(folder / "members.csv"),
        size=gridder.Size(of="members", target=12, minimum=4, maximum=24),
    )


def readable(page: str) -> list[str]:
    """Return the page and everything that can be unpacked from it."""
    packed = [
        zlib.decompress(base64.b64decode(text)) for text in re.findall(r'text/plain"[^>]*>([^<]+)<', page)
    ]
    assert len(packed) >= 2
    texts = [
        page,
        *(blob.decode("latin-1") for blob in packed),
        *(blob.decode("utf-8", "ignore") for blob in packed),
    ]
    return [
        *texts,
        *(json.dumps(json.loads(blob), ensure_ascii=False) for blob in packed if blob[:1] == b"{"),
    ]


def encodings(value: str) -> set[str]:
    """Return a value as it could stand in a file."""
    utf8, gbk = value.encode(), value.encode("gbk")
    shifted = {base64.b64encode(b"\0" * i + utf8).decode()[4 if i else 0 : -4] for i in range(3)}
    forms = {
        value,
        value[::-1],
        quote(value),
        quote(gbk),
        escape(value),
        json.dumps(value)[1:-1],
        "".join(f"&#{ord(c)};" for c in value),
        "".join(f"&#x{ord(c):x};" for c in value),
        utf8.hex(),
        gbk.hex(),
        utf8.decode("latin-1"),
        gbk.decode("latin-1"),
    }
    return forms | {text for text in shifted if len(text) >= 8}


def identified(page: str, roster: pd.DataFrame) -> list[str]:
    """Return the values of the roster that a page holds."""
    texts = readable(page)
    values = [value for column in IDENTIFYING for value in roster[column]]
    return [v for v in values if any(form in text for form in encodings(v) for text in texts)]


def test_the_search_finds_what_is_there(plan, roster, tmp_path):
    """A name in the title, a phone among the kinds and an address as base64 are found."""
    seen = view(plan)
    seen.units["kind"] = roster["phone"].iloc[3]
    hidden = base64.b64encode(f"x{roster['address'].iloc[7]}x".encode()).decode()
    page = maps.plan_map(seen, title=f"{roster['name'].iloc[0]} {hidden}")
    page.save(tmp_path / "map.html")
    found = identified((tmp_path / "map.html").read_text(encoding="utf-8"), roster)
    assert found == [roster["name"].iloc[0], roster["phone"].iloc[3], roster["address"].iloc[7]]


@pytest.mark.parametrize("k", [1, 5])
def test_no_map_identifies_anybody(plan, roster, k, tmp_path):
    """Neither the plan's map nor that of a grid or of two plans, for its owner or for a viewer."""
    seen = view(plan, k=k)
    assert len(seen.grids) > 2
    first = seen.grids["grid_id"].iloc[0]
    pages = {
        "plan": maps.plan_map(seen, title="网格"),
        "grid": maps.grid_map(seen, first),
        "two": maps.compare_map(seen, seen, compare(seen, seen)),
    }
    for name, page in pages.items():
        page.save(tmp_path / f"{name}.html")
        text = (tmp_path / f"{name}.html").read_text(encoding="utf-8")
        assert identified(text, roster) == [], name
