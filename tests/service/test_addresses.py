"""A small town whose people have nothing but a postal address."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
import shapely

import gridder
from gridder.io.address_review import write_review

NAMES = ["芳草地社区1号楼", "芳草地社区2号楼", "芳草地社区3号楼", "宛平南路485弄1号", "宛平南路485弄2号"]
ADDRESSES = [
    "北京市朝阳区芳草地社区一号楼2单元501",
    "芳草地2栋",
    "朝外芳草地3栋",
    "芳草地社区9号楼",
    "宛平南路485弄1号",
    "宛平南路４８５弄二号301室",
    "朝外 芳草地 3 栋",
    None,
]


@pytest.fixture
def town():
    """Five houses in a row, known by their names."""
    squares = [shapely.box(x, 3_320_000, x + 20, 3_320_020) for x in range(500_000, 500_200, 40)]
    frame = gpd.GeoDataFrame(
        {"编号": [f"B{i}" for i in range(5)], "地址": NAMES, "建筑": ["居住"] * 5}, geometry=squares, crs=4549
    )
    return gridder.units_from_frame(frame, layer="building")


@pytest.fixture
def people():
    return gridder.members_from_frame(pd.DataFrame({"成员编号": list("abcdefgh"), "地址": ADDRESSES}))


def _plan(town, people, **options):
    size = gridder.Size("members", target=2, minimum=1, maximum=4)
    return gridder.partition(buildings=town, members=people, size=size, **options)


def _placed(plan):
    """Return the placements by own id."""
    own = plan.roster.set_index("member_id")["own_id"]
    return plan.placements.assign(own=plan.placements["member_id"].map(own)).set_index("own").sort_index()


def test_people_are_placed_by_their_address(town, people):
    """Each with the method, a score beside, and no distance; the doubtful and the strange have a reason."""
    placed = _placed(_plan(town, people))
    assert placed["unit_id"].fillna("").tolist() == ["B0", "B1", "", "", "B3", "B4", "", ""]
    by_address = placed["unit_id"].notna()
    assert set(placed["method"][by_address]) == {"address"}
    assert placed["score"][by_address].between(0.85, 1).all()
    assert placed["score"][~by_address].isna().all()
    assert placed["reason"][~by_address].tolist() == ["no-address-match"] * 3 + ["no-location"]


def test_doubtful_addresses_are_told_with_their_rows(town, people):
    """And listed once for all who write the same, with candidates, apart from the plan's tables."""
    plan = _plan(town, people)
    told = {repair["kind"]: repair["rows"] for repair in plan.report["repairs"]}
    assert told["doubtful-address"] == [3, 7]
    assert plan.address_review[["address", "members", "rows", "unit_1"]].to_numpy().tolist() == [
        ["朝外芳草地3栋", 2, "3, 7", "B2"]
    ]
    assert "地址" not in plan.units.columns


def test_addresses_are_written_with_names_only(town, people, tmp_path):
    """The list of doubtful addresses is as sensitive as the roster."""
    plan = _plan(town, people)
    assert not (gridder.save_plan(plan, tmp_path / "a") / "address_review.xlsx").exists()
    assert (gridder.save_plan(plan, tmp_path / "b", names=True) / "address_review.xlsx").exists()
    for file in (tmp_path / "a").iterdir():
        assert "朝外芳草地".encode() not in file.read_bytes()


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize(("decision", "unit"), [("B2", "B2"), ("-", None)])
def test_decisions_are_filled_in_and_given_back(  # noqa: PLR0917 - fixtures
    town, people, tmp_path, lang, decision, unit
):
    """A unit, or none: then nobody is asked again."""
    review = _plan(town, people).address_review
    write_review(review.assign(decision=decision), tmp_path / "r.xlsx", lang=lang)
    plan = _plan(town, people, address_decisions=gridder.read_decisions(tmp_path / "r.xlsx"))
    placed = _placed(plan).loc[["c", "g"]]
    assert placed["unit_id"].astype(object).where(placed["unit_id"].notna(), None).tolist() == [unit, unit]
    assert plan.address_review is None
    assert plan.recipe["inputs"]["address_decisions"][0]["file"] == "r.xlsx"


def test_a_decision_left_blank_is_none_yet(town, people, tmp_path):
    """The address stays in the list."""
    review = _plan(town, people).address_review
    write_review(review, tmp_path / "r.xlsx", lang="zh")
    plan = _plan(town, people, address_decisions=gridder.read_decisions(tmp_path / "r.xlsx"))
    assert plan.address_review["address"].tolist() == ["朝外芳草地3栋"]


def test_decisions_that_cannot_be_followed_are_faults(town, people):
    """A unit that is not there, and two answers to one question, with their rows."""
    frame = pd.DataFrame({"地址": ["朝外芳草地3栋", "朝外芳草地３栋", "x"], "决定": ["B1", "B2", "B77"]})
    with pytest.raises(gridder.InputError) as caught:
        _plan(town, people, address_decisions=gridder.decisions_from_frame(frame))
    assert {fault.kind: fault.rows for fault in caught.value.faults} == {
        "unknown-decision-unit": (3,),
        "two-decisions": (1, 2),
    }


def test_a_decision_that_nobody_needed_is_told(town, people):
    """It may have a slip in its address."""
    frame = pd.DataFrame({"address": ["nowhere 5"], "decision": ["B1"]})
    plan = _plan(town, people, address_decisions=gridder.decisions_from_frame(frame))
    assert {"unused-decision": [1]}.items() <= {r["kind"]: r["rows"] for r in plan.report["repairs"]}.items()


def test_compound_and_building_in_columns_of_their_own(town):
    """They are an address too where no unit has such columns, and street and number in columns are one."""
    frame = pd.DataFrame({"小区": ["芳草地社区", "芳草地社区"], "楼栋": ["2", "七"], "成员编号": ["a", "b"]})
    placed = _placed(_plan(town, gridder.members_from_frame(frame)))
    assert placed["unit_id"].fillna("").tolist() == ["B1", ""]
    assert placed["reason"].fillna("").tolist() == ["", "unknown-unit"]
    houses = gpd.GeoDataFrame(
        {"addr:street": ["Hauptstraße"] * 2, "addr:housenumber": ["1;3", "2"]},
        geometry=town.frame.geometry[:2],
    )
    houses = gridder.units_from_frame(houses.set_crs(4549), layer="building")
    frame = pd.DataFrame({"street": ["Hauptstr.", "Hauptstr."], "house_number": ["3", "2"], "id": ["a", "b"]})
    placed = _placed(_plan(houses, gridder.members_from_frame(frame)))
    assert placed["unit_id"].tolist() == ["1", "2"]
