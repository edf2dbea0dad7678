"""The atlas of linked files: every grid on a page, every link to a file, whole or not at all."""

import base64
import json
import re
import zlib
from dataclasses import replace

import pytest

import maps
from gridder.errors import InputError, OutputExistsError
from maps import payload
from maps.pages import Book

NASTY = "</script><script>alert(1)</script>\u2028\u202e\"'`${x}<!--"


def held(path, name):
    """Return what a page holds under a name."""
    packed = re.search(rf'id="gridder-{name}">([^<]+)<', path.read_text(encoding="utf-8"))[1]
    return json.loads(zlib.decompress(base64.b64decode(packed)))


def sheets(folder):
    """Return the pages of an atlas by number."""
    return {int(path.stem): path for path in (folder / "pages").iterdir()}


@pytest.mark.parametrize(("by", "n"), [("zone", 2), ("grid", 16)])
def test_every_grid_is_on_one_page_with_its_units(view, tmp_path, by, n):
    """The pages' own grids are all grids, each once; a page holds the units of its own grids alone."""
    index = maps.atlas(view, by=by).save(tmp_path / "atlas")
    assert index == tmp_path / "atlas" / "index.html"
    names = {path.name for path in index.parent.iterdir()}
    assert names == {"index.html", "pages", "atlas.js", "atlas.css"}
    found = []
    for number, path in sheets(index.parent).items():
        about, place = held(path, "about"), held(path, "atlas")
        own = {i for i, at in zip(about["grids"]["id"], place["of"], strict=True) if at == number}
        expected = view.units[view.units["grid_id"].isin(own)]
        assert sorted(held(path, "units")["id"]) == sorted(expected["unit_id"])
        found += own
    assert sorted(found) == sorted(view.grids["grid_id"])
    assert sorted(sheets(index.parent)) == list(range(1, n + 1))
    overview = held(index, "atlas")
    assert [len(overview["of"]), max(overview["of"])] == [16, n]


@pytest.mark.parametrize("by", ["zone", "grid"])
def test_every_link_leads_to_a_page(view, tmp_path, by):
    """The pages form a chain, and who is a neighbour has this page for a neighbour."""
    folder = maps.atlas(view, by=by).save(tmp_path / "atlas").parent
    places = {number: held(path, "atlas") for number, path in sheets(folder).items()}
    for number, place in places.items():
        assert place["root"] == "../"
        assert place["here"] == number
        assert (place["previous"] or [0])[0] == number - 1
        assert (place["next"] or [len(places) + 1])[0] == number + 1
        assert all(number in dict(places[other]["links"]) for other, _ in place["links"])
    expected = [[1, "东片"], [2, "西片"]] if by == "zone" else []
    assert held(folder / "index.html", "atlas")["links"] == expected


def test_colours_are_those_of_the_overview(view, tmp_path):
    """A grid looks the same on all pages."""
    folder = maps.atlas(view).save(tmp_path / "atlas").parent
    colour = dict(zip(view.grids["grid_id"], held(folder / "index.html", "atlas")["colour"], strict=True))
    for path in sheets(folder).values():
        ids = held(path, "about")["grids"]["id"]
        assert held(path, "atlas")["colour"] == [colour[grid_id] for grid_id in ids]


def test_equal_views_give_equal_bytes(view, tmp_path):
    """All files of two atlases are the same."""
    first, other = (
        maps.atlas(view, lang="zh", title="图册").save(tmp_path / name, pdf="A4").parent for name in "ab"
    )
    names = sorted(path.relative_to(first) for path in first.rglob("*") if path.is_file())
    assert len(names) == 6
    assert all((first / name).read_bytes() == (other / name).read_bytes() for name in names)


def test_a_page_shows_a_zone_and_lightly_what_lies_beside_it(view):
    """Of the western zone there are its six grids and the three beside them; counts are its own."""
    book = Book(view, "zone")
    east, west = book.pages
    assert [page.name for page in book.pages] == ["东片", "西片"]
    assert (east.beside, west.beside) == ((2,), (1,))
    part = book.part(west)
    assert part.grids["grid_id"].tolist() == ["f1", "f2", "f3", "f5", "f6", "f7", "f9", "f10", "f11"]
    assert set(part.units["grid_id"]) == {"f2", "f3", "f6", "f7", "f10", "f11"}
    assert part.neighbours.to_numpy().tolist()[0] == ["f1", "f2"]
    assert len(part.neighbours) == 12
    assert list(part.sizes) == ["field"]
    assert part.summary["field"]["n_grids"] == 6
    assert part.summary["field"]["n_units"] == 24
    assert part.zones["zone"].tolist() == ["东片", "西片"]
    assert len(part.barriers) == 1
    assert part.bridges.empty
    both = book.part(east)
    assert list(both.sizes) == ["field", "building"]
    assert len(both.bridges) == 1
    assert set(both.units["layer"]) == {"field", "building"}


def test_a_grid_in_no_zone_has_a_page(view, tmp_path):
    """What lies outside all zones is a page of its own, and called so."""
    zone = view.grids["zone"].where(view.grids["grid_id"] != "f3", "none")
    folder = (
        maps.atlas(replace(view, grids=view.grids.assign(zone=zone)), lang="zh").save(tmp_path / "a").parent
    )
    assert held(folder / "index.html", "atlas")["links"] == [[1, "东片"], [2, "西片"], [3, "none"]]
    assert "<title>未分片区</title>" in (folder / "pages" / "3.html").read_text(encoding="utf-8")


def test_many_units_are_on_the_pages_alone(view, tmp_path, monkeypatch):
    """Where the overview leaves the units out, the pages hold them."""
    monkeypatch.setattr(payload, "MOST_UNITS", 50)
    folder = maps.atlas(view).save(tmp_path / "atlas").parent
    overview = held(folder / "index.html", "about")
    assert overview["units_left_out"] == 64
    assert held(folder / "index.html", "units")["id"] == []
    assert sum(len(held(path, "units")["id"]) for path in sheets(folder).values()) == 64
    assert {held(path, "about")["units_left_out"] for path in sheets(folder).values()} == {0}


def test_names_cannot_become_markup_or_paths(view, tmp_path):
    """Titles and zones full of markup appear nowhere unescaped; files have numbers for names."""
    zones = {"东片": NASTY, "西片": "../../x"}
    shown = replace(
        view,
        grids=view.grids.assign(zone=view.grids["zone"].map(zones), code=NASTY),
        zones=view.zones.assign(zone=view.zones["zone"].map(zones)),
    )
    folder = maps.atlas(shown, title=NASTY).save(tmp_path / "atlas").parent
    assert sorted(sheets(folder)) == [1, 2]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["atlas"]
    for path in (folder / "index.html", *sheets(folder).values()):
        page = path.read_text(encoding="utf-8")
        assert "alert(1)</script>" not in page
        assert page.count("</script>") == len(re.findall("<script[ >]", page))


def test_a_stop_leaves_nothing(view, tmp_path):
    """Whatever ends the work on the way: no folder, or the one that was there."""
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "index.html").write_text("old")

    def stop(done):
        if done > 0.4:
            raise KeyboardInterrupt

    for name in ("new", "old"):
        with pytest.raises(KeyboardInterrupt):
            maps.atlas(view).save(tmp_path / name, overwrite=True, progress=stop)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["old"]
    assert [path.name for path in (tmp_path / "old").iterdir()] == ["index.html"]


def test_only_an_atlas_is_replaced(view, tmp_path):
    """Other files are in the way with and without `overwrite`; an older atlas goes as a whole."""
    atlas = maps.atlas(view, by="grid")
    folder = atlas.save(tmp_path / "atlas").parent
    with pytest.raises(OutputExistsError, match="already holds an atlas"):
        atlas.save(folder)
    maps.atlas(view).save(folder, overwrite=True)
    assert sorted(sheets(folder)) == [1, 2]
    for name in ("notes.txt", "pages/cat.html", "pages/1"):
        (folder / name).write_text("mine")
        with pytest.raises(OutputExistsError, match="no part of an atlas"):
            atlas.save(folder, overwrite=True)
        (folder / name).unlink()
    (tmp_path / "file").write_text("mine")
    with pytest.raises(OutputExistsError, match="a file, not a folder"):
        atlas.save(tmp_path / "file", overwrite=True)
    with pytest.raises(InputError, match="no folder can be made"):
        atlas.save(tmp_path / "file" / "atlas")


def test_progress_rises_to_the_end(view, tmp_path):
    """A share for every page of both."""
    told = []
    maps.atlas(view).save(tmp_path / "atlas", pdf="A4", progress=told.append)
    assert told == [0.25, 0.5, 0.75, 1.0]
