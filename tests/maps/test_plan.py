"""The file: equal for equal views, complete, and harmless whatever the names."""

import re
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser
from importlib.resources import files

import folium
import pytest

import maps
from gridder.model import Text
from maps.offline import SCRIPTS, Inline
from maps.words import WORDS

NASTY = "</script><script>alert(1)</script>\u2028\u2029\u202e\"'`${x}{{ 7*7 }}{% raw %}<!--"


def rendered(view, **options):
    return maps.plan_map(view, **options).get_root().render()


def test_equal_views_give_equal_bytes(view, tmp_path):
    """Two maps of one view, and one map written twice, are the same bytes."""
    plan_map = maps.plan_map(view, lang="zh")
    paths = [tmp_path / f"{i}.html" for i in range(3)]
    plan_map.save(paths[0])
    plan_map.save(str(paths[1]))
    maps.plan_map(view, lang="zh").save(paths[2])
    first, again, other = (path.read_bytes() for path in paths)
    assert first == again
    assert first == other


def test_it_is_a_folium_map_that_takes_children(view):
    """Folium's own elements can be added, and the bytes stay equal."""
    pages = []
    for _ in range(2):
        plan_map = maps.plan_map(view)
        folium.Circle([47.21, 131.21], radius=50).add_to(plan_map)
        pages.append(plan_map.get_root().render())
    assert isinstance(plan_map, folium.Map)
    assert "L.circle(" in pages[0]
    assert pages[0] == pages[1]


class Loads(HTMLParser):
    """Collect all that a page's elements and styles load."""

    def __init__(self, page):
        super().__init__()
        self.found = []
        self.inside = ""
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.inside = tag
        self.found += [value for name, value in attrs if name in {"src", "href", "srcset", "data", "action"}]

    def handle_data(self, data):
        if self.inside == "style":
            self.found += re.findall(r"url\(([^)]*)\)|@import\s*([^;]*)", data)


@pytest.mark.parametrize("how", ["save", "render", "notebook"])
def test_nothing_is_fetched(view, tmp_path, how):
    """No element, style or script of the page names an address to load."""
    plan_map = maps.plan_map(view)
    if how == "save":
        plan_map.save(tmp_path / "map.html")
        page = (tmp_path / "map.html").read_text(encoding="utf-8")
    elif how == "render":
        page = plan_map.get_root().render()
    else:
        page = unescape(re.search('srcdoc="([^"]*)"', plan_map._repr_html_())[1])
    assert Loads(page).found == [("#default#VML", ""), "data:,"]
    assert "sourceMappingURL" not in page
    named_in_comments = {"https://leafletjs.com", "https://bugzilla.mozilla.org"}
    assert set(re.findall(r"https?://[\w.]+", page)) <= named_in_comments | {"http://www.w3.org"}


def test_the_search_for_loads_finds_them():
    """A script, a sheet, an image and an import are each noticed."""
    page = "<script src=a></script><link href=b><img src='c'><style>@import d; p { color: url(e) }</style>"
    assert Loads(page).found == ["a", "b", "c", ("", "d"), ("e", "")]


def test_lists_shared_by_all_folium_maps_are_untouched(view):
    """After a plan map, other maps load what they loaded before, and a plan map nothing of theirs."""
    before = list(folium.Map.default_js), list(folium.Map.default_css)
    other = folium.Map(tiles=None)
    plan_map = maps.plan_map(view)
    plan_map.get_root().render()
    other.add_js_link("probe", "https://example.org/probe.js")
    try:
        assert "example.org" not in plan_map.get_root().render()
    finally:
        folium.Map.default_js.pop()
    assert (folium.Map.default_js, folium.Map.default_css) == before


def test_names_cannot_become_markup(view):
    """A title and names full of markup appear nowhere unescaped."""
    grids = view.grids.copy()
    grids["code"] = NASTY
    zones = view.zones.copy()
    zones["zone"] = NASTY
    page = rendered(replace(view, grids=grids, zones=zones), title=NASTY)
    assert "alert(1)</script>" not in page
    assert page.count("</script>") == 6
    assert "49" not in re.search("<title>(.*?)</title>", page, re.DOTALL)[1]


def test_content_that_closes_its_element_is_refused():
    """A script that contains its own end cannot be written."""
    with pytest.raises(ValueError, match="closes"):
        Inline("script", "let a = '</SCRIPT>'")


@pytest.mark.parametrize(("lang", "title"), [("en", "Grids"), ("zh", "网格图")])
def test_the_title_has_a_default_in_each_language(view, lang, title):
    """Without a title the page is called by a plain word."""
    assert f"<title>{title}</title>" in rendered(view, lang=lang)


def test_words_of_the_scripts_and_of_the_table_agree():
    """Every word that a script says is in the table, in both languages with the same fields."""
    text = "".join((files("maps") / "assets" / name).read_text(encoding="utf-8") for name in SCRIPTS)
    said = set(re.findall(r"""word\("([\w-]+)\"""", text)) | set(re.findall(r"""tool\("(\w+)\"""", text))
    assert said <= set(WORDS)
    for word in WORDS.values():
        assert isinstance(word, Text)
        assert sorted(re.findall(r"\{\w+\}", word.en)) == sorted(re.findall(r"\{\w+\}", word.zh))
        assert word.en
        assert word.zh


def test_the_file_is_small(view):
    """A small plan takes little more than Leaflet itself."""
    assert len(rendered(view).encode()) < 260_000
