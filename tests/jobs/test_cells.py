"""A lattice as a child makes it: one sealed file, and what is told of it."""

from __future__ import annotations

import hashlib
import json

import pytest

from gridder.errors import InputError
from gridder.io.read import read_units
from gridder.jobs.cells import make_cells
from gridder.jobs.model import CELLS, INPUTS, Given, Order
from gridder.progress import silent
from gridder.service.order import Source
from gridder.storage.seal import installation_sealer

RING = [[116.0, 40.0], [116.01, 40.0], [116.01, 40.01], [116.0, 40.01], [116.0, 40.0]]
BOUNDARY = {
    "type": "FeatureCollection",
    "features": [
        {
            "type": "Feature",
            "properties": {"name": "东区"},
            "geometry": {"type": "Polygon", "coordinates": [RING]},
        }
    ],
}
"""Nearly 95 ha."""


@pytest.fixture
def make(tmp_path):
    """Return a function that makes cells of the boundary as a child does, and the folder of the draft."""
    draft = tmp_path / "draft"
    path = draft / INPUTS / "boundary-0" / "农场_边界.geojson"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(BOUNDARY), encoding="utf-8")

    def run(area, *, dataset_mb=200.0):
        given = {"boundary": [Given("sealed", "农场|边界.geojson")]}
        parameters = {"shape": "hexagon", "target_area": area}
        order = Order("j", "lattice", given, parameters, str(draft), 5, "", 512, dataset_mb)
        names = {path.name: "农场|边界.geojson"}
        return make_cells(order, Source([str(path)]), names, sealer=installation_sealer(), tell=silent)

    return run, draft


def test_the_cells_are_one_sealed_file_that_is_read_as_fields(make, tmp_path):
    """It is told under the name of its boundary, with the size and digest of what was sealed."""
    run, draft = make
    told = run("100亩")
    file = told.pop("file")
    assert file["name"] == "农场_边界-hexagon-100亩.gpkg"
    assert told["cell_m2"] == pytest.approx(1e6 / 15)
    assert {finding["file"] for finding in told["findings"]} == {"农场|边界.geojson"}
    sealed = (draft / CELLS).read_bytes()
    content = installation_sealer().unseal(sealed)
    assert (len(content), hashlib.sha256(content).hexdigest()) == (file["n_bytes"], file["sha256"])
    path = tmp_path / file["name"]
    path.write_bytes(content)
    cells = read_units(path, layer="field")
    assert len(cells) == told["cells"] > 10
    assert cells.frame["unit_id"].str.match(r"R\d+C\d+").all()


@pytest.mark.parametrize(
    ("area", "dataset_mb", "kind"), [("5 acres", 200.0, "bad-size"), ("10ha", 0.01, "large-lattice")]
)
def test_what_cannot_be_made_or_kept_is_a_fault(make, area, dataset_mb, kind):
    """An area in no known unit, and a file larger than an upload may be."""
    run, draft = make
    with pytest.raises(InputError) as refused:
        run(area, dataset_mb=dataset_mb)
    assert [fault.kind for fault in refused.value.faults] == [kind]
    assert not (draft / CELLS).exists()
