"""Numbers and codes in reading order."""

from __future__ import annotations

import numpy as np
import shapely

from gridder.groups import numbering

LATTICE = np.array([shapely.box(x, y, x + 10, y + 10) for y in (0, 10) for x in (0, 10, 20)])
"""Two rows of three squares, the southern row first."""


def test_reading_order_is_north_to_south_and_west_to_east():
    """The northern row comes first, from the west."""
    assert numbering.reading_order(LATTICE).tolist() == [3, 4, 5, 0, 1, 2]


def test_a_grid_a_little_lower_stays_in_its_row():
    """Rows are bands: a square 3 m lower than its neighbours keeps its place from west to east."""
    lower = LATTICE.copy()
    lower[3] = shapely.box(0, 7, 10, 17)
    assert numbering.reading_order(lower)[:3].tolist() == [3, 4, 5]


def test_numbers_start_again_in_every_zone():
    """Each zone counts from 1."""
    zone = np.array([0, 0, 1, 0, 0, 1])
    assert numbering.number_grids(LATTICE, zone).tolist() == [3, 4, 2, 1, 2, 1]


def test_zones_without_codes_get_free_numbers():
    """A zone keeps its code; the others get 01, 02 … in reading order, none twice."""
    codes = numbering.zone_codes(LATTICE, ["", "", "", "", "01", ""])
    assert codes == ["04", "05", "06", "02", "01", "03"]


def test_codes_grow_rather_than_repeat():
    """Zones 1 and 11 with number 1001 would share a code at three digits."""
    assert numbering.grid_codes(["01"], np.array([7])) == ["01007"]
    assert numbering.grid_codes(["1", "11"], np.array([1001, 1])) == ["11001", "110001"]


def test_grids_keep_their_numbers_and_new_ones_come_after_the_last_used():
    """Two of zone 0 keep 5 and 2; the new ones follow 7 in reading order; zone 1 begins at 1."""
    zone = np.array([0, 0, 1, 0, 0, 1])
    kept = np.array([5, 0, 0, 2, 0, 0])
    last = np.array([7, 7, 0, 7, 7, 0])
    assert numbering.number_grids(LATTICE, zone, kept=kept, last=last).tolist() == [5, 9, 2, 2, 8, 1]


def test_codes_are_kept_and_none_is_used_again():
    """Kept codes stay as they were; a new code that an old plan had gets more digits, and so do all new ones."""
    number = np.array([1, 4, 5])
    assert numbering.grid_codes(["01"] * 3, number, kept=["A-1", "", ""]) == ["A-1", "01004", "01005"]
    assert numbering.grid_codes(["01"] * 3, number, kept=["A-1", "", ""], taken={"01004"}) == [
        "A-1",
        "010004",
        "010005",
    ]
    assert numbering.grid_codes(["01"], np.array([4]), kept=[""], width=4) == ["010004"]
