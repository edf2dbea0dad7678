"""The measuring CRS, local metres and true areas."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from pyproj import CRS, Geod
from shapely.geometry import Point, box

from gridder.errors import InputError
from gridder.geometry.crs import LocalFrame, areas_m2, choose_measuring_crs, horizontal

BAVARIA = box(11.50, 49.97, 11.61, 50.05)
SUZHOU = box(120.60, 31.29, 120.62, 31.31)
SIXTY_FOURTHS = st.integers(0, 64 * 1000).map(lambda k: k / 64)


def in_crs(polygon: shapely.Polygon, crs: object) -> gpd.GeoSeries:
    return gpd.GeoSeries([polygon], crs=4326).to_crs(crs)


def geodesic_area(polygon: shapely.Polygon) -> float:
    dense = shapely.segmentize(polygon, 0.0005)
    return abs(Geod(ellps="WGS84").geometry_area_perimeter(dense)[0])


@pytest.mark.parametrize(
    ("polygon", "crs"),
    [(BAVARIA, 25832), (BAVARIA, 3035), (SUZHOU, 4549), (SUZHOU, 4528), (box(2.3, 48.8, 2.4, 48.9), 27572)],
)
def test_a_good_projection_in_metres_is_kept(polygon: shapely.Polygon, crs: int) -> None:
    """UTM, LAEA Europe, Gauss-Krüger with and without zone number, and a CRS in grads measure well."""
    assert choose_measuring_crs([in_crs(polygon, crs)]) == CRS.from_epsg(crs)


@pytest.mark.parametrize(
    ("polygon", "crs"),
    [
        (BAVARIA, 4326),
        (BAVARIA, 3857),
        (BAVARIA, 32636),
        (box(-122.3, 37.79, -122.2, 37.81), 2227),
        (box(28.3, -25.8, 28.4, -25.7), 2053),
    ],
    ids=["degrees", "Web Mercator", "UTM four zones off", "US feet", "axes to west and south"],
)
def test_anything_else_is_measured_in_an_equal_area_crs(polygon: shapely.Polygon, crs: int) -> None:
    """A CRS that cannot measure gives way to one in metres whose areas are the ellipsoid's."""
    layer = in_crs(polygon, crs)
    chosen = choose_measuring_crs([layer])
    assert chosen.is_projected
    assert chosen.coordinate_operation is not None
    assert chosen.coordinate_operation.method_name == "Lambert Azimuthal Equal Area"
    area = shapely.area(LocalFrame.of([layer]).to_local(layer))[0]
    assert area == pytest.approx(geodesic_area(polygon), rel=1e-3)


@pytest.mark.data
def test_swellendam_far_outside_its_zone_still_measures_within_one_percent(data_dir) -> None:
    """UTM 33 at 20.4° east is 0.46 to 0.64 % off and is kept."""
    farms = gpd.read_file(data_dir / "fields/swellendam_za/farms_33S.shp").geometry.make_valid()
    assert choose_measuring_crs([farms]) == CRS.from_epsg(32733)
    assert 1.0046 < farms.area.sum() / areas_m2(farms).sum() < 1.0064


def test_all_layers_count_for_the_extent() -> None:
    """A CRS that fits the fields but not the buildings is not kept."""
    fields, far = in_crs(BAVARIA, 25832), in_crs(box(30.0, 50.0, 30.1, 50.1), 4326)
    assert choose_measuring_crs([fields, fields]) == CRS.from_epsg(25832)
    assert "LAEA 50.0 20.8" in choose_measuring_crs([fields, far]).name


def test_layers_on_both_sides_of_the_180th_meridian_are_centred_on_it() -> None:
    """Two places 0.2° apart across the date line are 0.2° apart, not 359.8°."""
    fiji = gpd.GeoSeries([box(179.8, -18, 179.9, -17.9), box(-179.9, -18, -179.8, -17.9)], crs=4326)
    local = LocalFrame.of([fiji]).to_local(fiji)
    assert shapely.distance(*local) == pytest.approx(21_180, rel=0.01)


@pytest.mark.parametrize("crs", ["EPSG:32610+5703", "EPSG:4979", "EPSG:7415"])
def test_the_horizontal_part_of_a_crs_has_two_axes(crs: str) -> None:
    """Compound and three-dimensional CRSs lose their height."""
    assert len(CRS(crs).axis_info) == 3
    assert len(horizontal(crs).axis_info) == 2


def test_a_datum_shift_is_kept() -> None:
    """Beijing 54 with the three parameters of a province measures well and lies where they say."""
    plain = "+proj=tmerc +lon_0=117 +k=1 +x_0=500000 +ellps=krass +units=m +type=crs"
    shifted = CRS(plain.replace(" +units", " +towgs84=15.8,-154.4,-82.3 +units"))
    fields = gpd.GeoSeries([box(500_000, 4e6, 500_100, 4_000_100)], crs=shifted)
    frame = LocalFrame.of([fields])
    assert frame.crs == shifted
    on_the_globe = fields.to_crs(4326)
    assert shapely.hausdorff_distance(frame.to_local(on_the_globe)[0], box(0, 0, 100, 100)) < 0.001


def test_local_metres_have_no_heights() -> None:
    """A polygon 7 m up is a flat one."""
    raised = gpd.GeoSeries([shapely.force_3d(BAVARIA, 7.0)], crs=4979)
    assert not shapely.has_z(LocalFrame.of([raised]).to_local(raised)[0])


def test_a_compound_crs_is_reduced_to_its_horizontal_part() -> None:
    """Berkeley's UTM 10 with heights measures in plain UTM 10, with the same coordinates."""
    layer = gpd.GeoSeries([box(563912.25, 4191158.5, 563999.0, 4191200.0)], crs="EPSG:32610+5703")
    frame = LocalFrame.of([layer])
    assert (frame.crs, frame.x0, frame.y0) == (CRS.from_epsg(32610), 563912.0, 4191158.0)
    assert shapely.bounds(frame.to_local(layer))[0].tolist() == [0.25, 0.5, 87.0, 42.0]


@pytest.mark.parametrize("crs", [None, 'LOCAL_CS["site",UNIT["metre",1]]'])
def test_a_layer_without_a_place_on_earth_is_refused(crs: str | None) -> None:
    """Neither a missing CRS nor a building site's own axes are guessed."""
    with pytest.raises(InputError, match="not tied to the earth") as caught:
        choose_measuring_crs([gpd.GeoSeries([BAVARIA], crs=crs)])
    assert caught.value.faults[0].kind == "crs-without-place"


@pytest.mark.parametrize(
    ("polygon", "crs"),
    [
        (box(31.29, 120.60, 31.31, 120.62), 4326),
        (box(1e9, 1e9, 1.1e9, 1.1e9), 32633),
        (box(-1e300, 0, 1e300, 1), 32633),
        (box(5e5, 3e6, 6e5, 4e6), 4326),
    ],
    ids=["latitude first", "too far", "absurd", "metres in degrees"],
)
def test_coordinates_off_the_earth_are_refused(polygon: shapely.Polygon, crs: int) -> None:
    """They are a fault of the input, with the remedy."""
    with pytest.raises(InputError, match=r"nowhere on the earth.*swapped"):
        choose_measuring_crs([gpd.GeoSeries([polygon], crs=crs)])


def test_the_origin_is_the_floor_of_the_lower_left_corner_of_all_layers() -> None:
    """Local coordinates start between 0 and 1 m."""
    fields = gpd.GeoSeries([box(700000.5, 5500000.75, 700010, 5500010)], crs=25832)
    houses = gpd.GeoSeries([None, box(699999.25, 5500003, 700001, 5500004)], crs=25832)
    frame = LocalFrame.of([fields, houses])
    assert (frame.x0, frame.y0) == (699999.0, 5500000.0)
    assert shapely.bounds(frame.to_local(fields))[0].tolist() == [1.5, 0.75, 11.0, 10.0]
    local = frame.to_local(houses)
    assert local[0] is None
    assert shapely.bounds(local[1]).tolist() == [0.25, 3.0, 2.0, 4.0]


@given(
    corners=st.lists(st.tuples(SIXTY_FOURTHS, SIXTY_FOURTHS), min_size=1, max_size=5),
    east=st.integers(0, 300_000),
    north=st.integers(0, 300_000),
)
def test_a_map_moved_by_whole_metres_has_the_same_local_coordinates(
    corners: list[tuple[float, float]], east: int, north: int
) -> None:
    """For multiples of 1/64 m they agree to the last bit."""
    here = gpd.GeoSeries([box(500_000 + x, 3e6 + y, 500_003 + x, 3e6 + 2 + y) for x, y in corners], crs=4549)
    there = here.translate(east, north)
    first, second = (LocalFrame.of([layer]).to_local(layer) for layer in (here, there))
    assert shapely.to_wkb(first).tolist() == shapely.to_wkb(second).tolist()


def test_to_world_undoes_to_local() -> None:
    """Points come back in the measuring CRS, missing ones missing."""
    points = gpd.GeoSeries([Point(700123.4567, 5500456.789), None], crs=25832)
    frame = LocalFrame(CRS.from_epsg(25832), 700000.0, 5500000.0)
    back = frame.to_world(frame.to_local(points))
    assert back.crs == points.crs
    assert back[0].equals(points[0])
    assert back[1] is None


@pytest.mark.parametrize("crs", [4326, 3857, 32633, 3035])
def test_areas_are_those_of_the_ellipsoid_in_every_crs(crs: int) -> None:
    """They agree with geodesic areas to 10 ppm, also where Web Mercator doubles them."""
    small = box(11.50, 49.97, 11.51, 49.98)
    assert areas_m2(in_crs(small, crs))[0] == pytest.approx(geodesic_area(small), rel=1e-5)


def test_areas_do_not_depend_on_the_order_of_rows() -> None:
    """Shuffled polygons have the very same areas."""
    rng = np.random.default_rng(0)
    corners = rng.uniform(0, 0.5, (50, 2))
    layer = gpd.GeoSeries([box(11 + x, 49 + y, 11.01 + x, 49.02 + y) for x, y in corners], crs=4326)
    order = rng.permutation(50)
    assert (areas_m2(layer)[order] == areas_m2(layer.iloc[order])).all()


def test_missing_geometries_have_missing_areas() -> None:
    """None gives NaN, an empty polygon 0."""
    layer = gpd.GeoSeries([None, shapely.Polygon(), BAVARIA], crs=4326)
    assert np.isnan(areas_m2(layer)).tolist() == [True, False, False]
    assert areas_m2(layer)[1] == 0.0
    assert np.isnan(areas_m2(layer[:1])).all()
