"""What a viewer sees: nobody's name, no small count, and no total that betrays one."""

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely import LineString, box

from gridder.model import Plan, PlanReport
from gridder.privacy import hide_small, pseudonyms, view

CRS = "EPSG:32652"
EAST, NORTH = 500_000, 5_200_000


def _square(column, row=0, side=100):
    x, y = EAST + 100 * column, NORTH + 100 * row
    return box(x, y, x + side, y + side)


def _plan(sizes, *, of="members", zones=None, n_members=None, extra_units=None, composition=()):
    """Return a plan of one row of square field grids with two units each."""
    n = len(sizes)
    ids = [f"F-{i}" for i in range(n)]
    zone = zones or ["甲"] * n
    grids = gpd.GeoDataFrame(
        {
            "grid_id": ids,
            "code": [f"01{i:03d}" for i in range(n)],
            "number": range(1, n + 1),
            "layer": "field",
            "zone": zone,
            "zone_code": "01",
            "size": np.asarray(sizes, dtype=float),
            "target": 10.0,
            "deviation": (np.asarray(sizes) - 10) / 10,
            "n_units": 2,
            "n_members": sizes if n_members is None else n_members,
            "area_ha": 1.0,
            "polsby_popper": 0.785,
            "within_bounds": np.asarray(sizes) >= 5,
            "contiguous": True,
            "reason": [None if s >= 5 else "not-found" for s in sizes],
        },
        geometry=[_square(i) for i in range(n)],
        crs=CRS,
    )
    units = gpd.GeoDataFrame(
        {
            "unit_id": [f"u{i}{end}" for i in range(n) for end in "ab"],
            "grid_id": np.repeat(ids, 2),
            "layer": "field",
            "zone": np.repeat(zone, 2),
            "size": np.repeat(np.asarray(sizes) / 2, 2),
            "area_ha": 0.5,
            **(extra_units or {}),
        },
        geometry=[box(*_square(i, side=s).bounds) for i in range(n) for s in (40, 100)],
        crs=CRS,
    )
    links = [(f"u{i}a", f"u{i}b", "shared") for i in range(n)]
    links += [(f"u{i}b", f"u{i + 1}a", "shared") for i in range(n - 2)] + [("u0a", f"u{n - 1}a", "bridge")]
    adjacency = pd.DataFrame(links, columns=["unit_a", "unit_b", "kind"]).assign(
        layer="field", gap_m=5.0, shared_m=1.0
    )
    out = [
        {"grid_id": ids[i], "size": s, "certificate": {"reason": "not-found", "weight": float(s)}}
        for i, s in enumerate(sizes)
        if s < 5
    ]
    report = {
        "layers": {
            "field": {
                "n_units": 2 * n,
                "n_grids": n,
                "gap_m": 5.0,
                "size": {"of": of, "target": 10, "minimum": 5, "maximum": 15},
                "out_of_bounds": out,
            }
        },
        "members": {"total": 100, "field": {"placed": 97, "unplaced": {"no-parcel": 3}}},
    }
    return Plan(
        grids=grids,
        units=units,
        plots=units.iloc[:0],
        adjacency=adjacency,
        placements=pd.DataFrame({"member_id": ["cafe"]}),
        composition=pd.DataFrame(composition, columns=["layer", "grid_id", "attribute", "value", "count"]),
        zones=gpd.GeoDataFrame({"zone": ["甲"], "code": ["01"]}, geometry=[_square(0, side=1000)], crs=CRS),
        barriers=gpd.GeoDataFrame(
            {"row": [1]}, geometry=[LineString([(EAST, NORTH), (EAST + 9, NORTH)])], crs=CRS
        ),
        report=PlanReport(report),
        recipe={},
        roster=pd.DataFrame({"member_id": ["cafe"], "own_id": ["CH1"], "name": ["王小明"]}),
    )


def test_pseudonym_of_a_published_vector():
    """RFC 4231, test case 2: the key "Jefe" and its text give the published HMAC-SHA-256."""
    assert pseudonyms(["what do ya want for nothing?"], b"Jefe") == ["5bdcc146bf60754e"]


def test_pseudonyms_depend_on_id_and_key_alone():
    """The same id gives the same pseudonym in any company, another key another one; ids are UTF-8."""
    first = pseudonyms(["成员1", "b"], b"k")
    assert first == [pseudonyms([i], b"k")[0] for i in ("成员1", "b")]
    assert set(first).isdisjoint(pseudonyms(["成员1", "b"], b"l"))
    assert all(len(p) == 16 and int(p, 16) >= 0 for p in first)


def test_a_view_tells_from_when_the_plan_is_valid():
    """The day that was given; none where the plan has none, as those of older versions."""
    plan = _plan([8, 9])
    told = replace(plan, recipe={"parameters": {"valid_from": "2026-12-01"}})
    assert view(told).valid_from == "2026-12-01"
    assert view(replace(plan, recipe={"parameters": {"valid_from": None}})).valid_from is None
    assert view(plan).valid_from is None


def test_the_owner_sees_every_count():
    """With k = 1 nothing is missing, and geometries are in degrees."""
    shown = view(_plan([3, 8, 0]))
    assert shown.grids["size"].tolist() == [3, 8, 0]
    assert not shown.grids["suppressed"].any()
    assert shown.grids["certificate_weight"].tolist()[::2] == [3, 0]
    assert shown.summary["field"] == {"n_units": 6, "n_grids": 3, "n_within": 1, "placed": 97, "unplaced": 3}
    for frame in (shown.grids, shown.units, shown.zones, shown.barriers, shown.bridges):
        assert frame.crs == "EPSG:4326"
    west, south, east, north = shown.grids.total_bounds
    assert 128.9 < west < east < 129.1
    assert 46.9 < south < north < 47.0


def test_k_below_one_is_refused():
    """There is no count below nothing."""
    with pytest.raises(ValueError, match="k must be 1 or more"):
        view(_plan([9]), k=0)


def test_a_small_count_takes_one_more_of_its_zone_along():
    """Of 3, 12, 8 in one zone the 3 is hidden and, since the total would tell it, the 8; the other zone stays."""
    shown = view(_plan([3, 12, 8, 9, 7], zones=["甲", "甲", "甲", "乙", "乙"]), k=5).grids
    assert shown["suppressed"].tolist() == [True, False, True, False, False]
    for column in ("size", "deviation", "n_members"):
        assert shown[column].isna().tolist() == shown["suppressed"].tolist()
    assert shown["certificate_weight"].isna().all()
    assert shown["area_ha"].notna().all()


def test_a_lone_grid_of_its_zone_takes_one_of_another():
    """Where the zone has no second grid, the layer's total would tell the count."""
    shown = view(_plan([3, 12, 8], zones=["甲", "乙", "乙"]), k=5).grids
    assert shown["suppressed"].tolist() == [True, False, True]


def test_sizes_of_area_stay_though_few_people_are_hidden():
    """With hectares as size, only the number of members is a count of people."""
    shown = view(_plan([3.5, 12, 8], of="area_ha", n_members=[2, 30, 20]), k=5)
    assert shown.grids["size"].tolist() == [3.5, 12, 8]
    assert shown.grids["deviation"].notna().all()
    assert shown.grids["n_members"].isna().tolist() == [True, False, True]
    assert shown.units["size"].notna().all()


def test_no_unit_tells_a_count_of_people():
    """Sums of units would give a hidden grid away."""
    shown = view(_plan([13, 20]), k=5)
    assert shown.grids["size"].notna().all()
    assert shown.units["size"].isna().all()
    assert shown.units["suppressed"].all()


def test_small_numbers_not_placed_are_hidden():
    """Three people not placed are fewer than five."""
    shown = view(_plan([13, 20]), k=5)
    assert shown.summary["field"]["unplaced"] is None
    assert shown.summary["field"]["placed"] == 97


def test_compositions_hide_small_counts_and_those_of_hidden_grids():
    """2 of 14 takes the next smaller along; a hidden grid shows no composition at all."""
    rows = [
        ("field", "F-0", "skill", "农机手", 2),
        ("field", "F-0", "skill", "电工", 5),
        ("field", "F-0", "skill", "会计", 7),
        ("field", "F-1", "skill", "电工", 4),
        ("field", "F-2", "skill", "电工", 9),
    ]
    shown = view(_plan([14, 4, 9, 12], composition=rows), k=5)
    assert shown.grids["suppressed"].tolist() == [False, True, True, False]
    assert shown.composition["suppressed"].tolist() == [True, True, False, True, True]
    assert shown.composition["count"].isna().tolist() == [True, True, False, True, True]


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 12)), min_size=1, max_size=25),
    st.integers(2, 8),
)
def test_totals_never_betray_a_small_count(cells, k):
    """In every group what is hidden is nothing, everything, or two cells at least with k people at least."""
    group, count = (np.array(values) for values in zip(*cells, strict=True))
    hide = hide_small(count.astype(float), group, k, np.zeros(len(count), dtype=bool))
    assert (count[~hide] >= k).all()
    for g in np.unique(group):
        of_group, hidden = group == g, hide & (group == g)
        if hidden.any() and not (hidden == of_group).all():
            assert hidden.sum() >= 2
            assert count[hidden].sum() >= k
        if (count[of_group] >= k).all():
            assert not hidden.any()


def test_nothing_identifying_is_in_the_view():
    """Names, own ids, addresses and phones are nowhere, even if the plan kept such columns."""
    extra = {
        "户主": ["王小明"] * 4,
        "电话": ["13912345678"] * 4,
        "note": ["13912345678"] * 4,
        "作物": ["大豆", "玉米", "大豆", "大豆"],
    }
    rows = [("field", "F-0", name, values[0], 1) for name, values in extra.items()]
    shown = view(_plan([9, 9], extra_units=extra, composition=rows))
    assert shown.composition["attribute"].tolist() == ["作物"]
    assert shown.units["kind"].tolist() == ["大豆", "玉米", "大豆", "大豆"]
    parts = [getattr(shown, name).to_json() for name in ("grids", "units", "zones", "barriers", "bridges")]
    text = "".join([*parts, shown.composition.to_csv(), shown.neighbours.to_csv(), str(shown.summary)])
    for secret in ("王小明", "13912345678", "CH1", "cafe", "户主", "电话"):
        assert secret not in text
    assert "大豆" in text.encode().decode("unicode_escape") or "大豆" in text


def test_the_kind_is_the_column_that_varies_most_within_grids():
    """A column with one value a grid says less than the crops."""
    extra = {"队": ["一", "一", "二", "二"], "作物": ["大豆", "玉米", "大豆", "水稻"]}
    rows = [("field", "F-0", "队", "一", 2), ("field", "F-1", "队", "二", 2)]
    rows += [
        ("field", f"F-{i}", "作物", crop, 1)
        for i, crop in ((0, "大豆"), (0, "玉米"), (1, "大豆"), (1, "水稻"))
    ]
    shown = view(_plan([9, 9], extra_units=extra, composition=rows))
    assert shown.units["kind"].tolist() == extra["作物"]


def test_neighbours_are_linked_or_near():
    """Grids in a row touch their next; the bridge joins the first and the last."""
    shown = view(_plan([9, 9, 9, 9]))
    pairs = list(shown.neighbours.itertuples(index=False, name=None))
    assert pairs == [("F-0", "F-1"), ("F-0", "F-3"), ("F-1", "F-2"), ("F-2", "F-3")]


def test_a_bridge_is_the_shortest_line_of_its_units():
    """From the 40 m square of the first grid to the last grid 300 m east it is 260 m long."""
    bridges = view(_plan([9, 9, 9, 9])).bridges
    assert bridges[["unit_a", "unit_b"]].to_numpy().tolist() == [["u0a", "u3a"]]
    assert bridges.to_crs(CRS).length.iloc[0] == pytest.approx(260, abs=0.01)


def test_the_plan_is_not_changed():
    """A view of a plan leaves the plan as it was."""
    plan = _plan([3, 12, 8])
    before = plan.grids.copy(), plan.units.copy()
    view(plan, k=5)
    pd.testing.assert_frame_equal(plan.grids, before[0])
    pd.testing.assert_frame_equal(plan.units, before[1])


def test_a_plan_without_members_has_no_counts_of_people():
    """Divided by area without a roster, numbers of people are missing and none is called hidden."""
    plan = _plan([9, 9], of="area_ha", n_members=[0, 0])
    content = {**plan.report.content, "members": {"total": 0, "field": {"placed": 0, "unplaced": {}}}}
    shown = view(replace(plan, report=PlanReport(content)), k=5)
    assert shown.grids["n_members"].isna().all()
    assert not shown.grids["suppressed"].any()
    assert shown.summary["field"]["placed"] is None
    assert shown.summary["field"]["unplaced"] is None


@pytest.mark.parametrize(
    "header",
    [
        "name",
        "NAME_1",
        "户名",
        "农户名称",
        "使用权人",
        "经营主体",
        "权属人",
        "grower",
        "landlord",
        "CBFDBXM2",
    ],
)
def test_columns_of_people_are_no_kind_of_unit(header):
    """A few owners of many fields look like a category; neither maps nor features name them."""
    extra = {header: ["王小明", "李大力"] * 2, "residential_type": ["villa", "block"] * 2}
    rows = [
        ("field", f"F-{i}", column, value, 1)
        for i in range(2)
        for column, values in extra.items()
        for value in values[:2]
    ]
    shown = view(_plan([9, 9], extra_units=extra, composition=rows))
    assert set(shown.composition["attribute"]) == {"residential_type"}
    assert set(shown.units["kind"]) == {"villa", "block"}


def test_what_a_hidden_count_misses_is_hidden_too():
    """Out of narrow bounds, in bounds, the reason and how many are in bounds would tell the count."""
    shown = view(_plan([3, 8, 0, 12, 9, 14]), k=5)
    hidden = shown.grids["suppressed"].to_numpy(dtype=bool)
    assert hidden.any()
    assert shown.grids.loc[hidden, "within_bounds"].isna().all()
    assert shown.grids.loc[hidden, "reason"].isna().all()
    assert shown.grids.loc[~hidden, "within_bounds"].notna().all()
    assert shown.summary["field"]["n_within"] is None


def test_viewers_do_not_learn_that_a_grid_has_too_few_skilled_people():
    """A reason in bounds tells of a skill: it is masked, also where the size is an area; owners see it."""
    plan = _plan([9, 12, 30])
    grids = plan.grids.assign(
        reason=["skill-short", "not-found", "not-found"],
        within_bounds=[True, True, False],
        n_skilled=[0, 1, 2],
    )
    for of in ("members", "area_ha"):
        told = {
            **plan.report["layers"]["field"],
            "size": {"of": of, "target": 10, "minimum": 5, "maximum": 15},
        }
        content = {**plan.report.content, "layers": {"field": told}}
        changed = replace(plan, grids=grids, report=PlanReport(content))
        hidden = view(changed, k=5).grids
        assert hidden["reason"].isna().tolist() == [True, True, False]
        assert "n_skilled" not in hidden
        assert view(changed).grids["reason"].notna().all()
