"""Which encoding is taken: user, .cpg, language id, UTF-8, GB18030, in this order."""

from __future__ import annotations

import struct

import geopandas as gpd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

import gridder
from gridder.io import encoding

FIELD = "田块编号"
TRADITIONAL = "臺北縣農會所屬農戶之稻田"


def _with_table(folder, columns, *, language=0):
    """Write a shapefile of squares whose table has these bytes: names of columns to cells, all of one width each."""
    path = folder / "f.shp"
    n = len(next(iter(columns.values())))
    squares = [shapely.box(500_000 + 100 * i, 3_350_000, 500_100 + 100 * i, 3_350_100) for i in range(n)]
    gpd.GeoDataFrame({"n": range(n)}, geometry=squares, crs=4549).to_file(path)
    widths = [max(map(len, cells)) for cells in columns.values()]
    start, width = 33 + 32 * len(columns), 1 + sum(widths)
    head = struct.pack("<BBBBLHH", 3, 126, 1, 1, n, start, width) + bytes(17) + bytes([language]) + bytes(2)
    fields = b"".join(
        name.ljust(11, b"\0") + b"C" + bytes(4) + bytes([width]) + bytes(15)
        for name, width in zip(columns, widths, strict=True)
    )
    rows = zip(*columns.values(), strict=True)
    body = b"".join(b" " + b"".join(c.ljust(w) for c, w in zip(row, widths, strict=True)) for row in rows)
    path.with_suffix(".dbf").write_bytes(head + fields + b"\r" + body + b"\x1a")
    path.with_suffix(".cpg").unlink(missing_ok=True)
    return path


def _kinds(findings):
    return {finding.kind: finding.rows for finding in findings}


def test_the_order_in_which_encodings_are_asked():
    """Each is taken where it decodes everything and nothing before it was named."""
    gbk = [FIELD.encode("gbk")]
    assert encoding.choose(gbk, user="gbk", cpg="utf-8").origin == "user"
    assert encoding.choose(gbk, cpg="gbk", language="cp1252").origin == "cpg"
    assert encoding.choose(gbk, language="gbk").origin == "language-id"
    assert encoding.choose([FIELD.encode()]).origin == "utf-8"
    assert encoding.choose(gbk).codec == "gb18030"


def test_a_cpg_that_lies_is_contradicted():
    """A .cpg of UTF-8 over GBK bytes is named and passed over."""
    choice = encoding.choose([FIELD.encode("gbk")], cpg="utf-8")
    assert (choice.codec, choice.contradicted, choice.lossy) == ("gb18030", ("cpg",), False)


def test_bytes_of_no_encoding_are_told_as_lossy():
    """0xFF is no GB18030 and no UTF-8."""
    assert encoding.choose([b"\xff\xff\xff"]).lossy
    choice = encoding.choose([b"\xff\xff\xff"], user="gbk")
    assert (choice.codec, choice.lossy) == ("gbk", True)


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("936", "gbk"),
        ("ANSI 936", "gbk"),
        ("CP936", "gbk"),
        ("UTF-8", "utf-8"),
        ("65001", "utf-8"),
        ("Big-5", "big5"),
        ("UTF-16", "utf-16-le"),
    ],
)
def test_names_of_code_pages(name, codec):
    """Code pages are known by number, with and without prefix."""
    assert encoding.known_codec(name) == codec


@pytest.mark.parametrize("name", ["zzz", "", "base64", "rot13", "utf-8\x00", "idna", "undefined"])
def test_what_is_no_encoding_of_text(name):
    """Nonsense, and Python's codecs of bytes, are not taken."""
    assert encoding.known_codec(name) is None


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le", "utf-16-be"])
def test_a_table_in_two_bytes_a_letter(tmp_path, codec):
    """As Excel saves Unicode text, whatever the user says of it."""
    path = tmp_path / "m.csv"
    path.write_bytes("编号,姓名\n1,张三\n".encode(codec))
    for word in ("", "|encoding=UTF-16", "|encoding=GBK"):
        assert gridder.read_members(f"{path}{word}").frame["name"].tolist() == ["张三"]


@given(text=st.text(alphabet=st.characters(codec="gb18030"), max_size=12), cut=st.integers(0, 9))
def test_a_cut_name_loses_its_last_character_at_most(text, cut):
    """Whatever the byte at which a GB18030 name ends, what stays is a beginning of it."""
    raw = text.encode("gb18030")
    kept = encoding.decode(raw[: max(len(raw) - cut, 0)], "gb18030", "ignore")
    assert encoding.decode(raw, "gb18030") == text
    if cut == 1 and text and len(text[-1].encode("gb18030")) == 2:
        assert kept == text[:-1]


@pytest.mark.parametrize(("mark", "codec"), [(0x4D, "gbk"), (0x57, None), (0x00, None), (0xC9, "cp1251")])
def test_the_language_id_of_a_dbf(tmp_path, mark, codec):
    """0x4D is GBK; 0x57 only means the machine's own and says nothing."""
    path = tmp_path / "a.dbf"
    path.write_bytes(bytes(29) + bytes([mark]) + bytes(2))
    assert encoding.codec_of_dbf(path) == codec
    path.write_bytes(b"short")
    assert encoding.codec_of_dbf(path) is None


@pytest.mark.parametrize("codec", ["gbk", "utf-8"])
def test_names_and_texts_that_are_cut_in_a_character(tmp_path, codec):
    """What stays is right, the role of the column is known by the cut name, and the rows are told."""
    name = "承包地块编号"
    whole, long = "水稻".encode(codec), ("水稻" * 80).encode(codec)[: 253 if codec == "gbk" else 254]
    path = _with_table(
        tmp_path, {f"x{name}".encode(codec)[:10]: [b"1", b"2"], name.encode(codec)[:10]: [whole, long]}
    )
    units = gridder.read_units(path, layer="field")
    kept = {"gbk": ["x承包地块", "承包地块编"], "utf-8": ["x承包地", "承包地"]}[codec]
    assert list(units.attributes) == kept
    texts = units.attributes[kept[1]].tolist()
    assert texts[0] == "水稻"
    assert ("水稻" * 80).startswith(texts[1])
    assert len(texts[1]) == {"gbk": 126, "utf-8": 84}[codec]
    found = _kinds(units.repairs)
    assert found["texts-cut"] == (2,)
    assert "names-cut" in found


def test_an_id_is_known_by_what_a_dbf_keeps_of_its_name(tmp_path):
    """地块编号 in UTF-8 has twelve bytes, of which ten are kept; names of people are known in the same way."""
    name, owner = ("地块编号".encode()[:10], "户主姓名".encode()[:10])
    path = _with_table(tmp_path, {name: [b"A1", b"A2"], owner: ["王一".encode(), "李二".encode()]})
    units = gridder.read_units(path, layer="field")
    assert units.frame["unit_id"].tolist() == ["A1", "A2"]
    assert list(units.attributes) == ["地块编"]


def test_a_doubt_is_told_with_the_same_rows_in_every_other_encoding(tmp_path):
    """Traditional Chinese in Big5 without a mark is read as GB18030, shown in both, and right when it is said."""
    path = _with_table(
        tmp_path,
        {"地號".encode("big5"): [b"1", b"2"], "說明".encode("big5"): [b"plain", TRADITIONAL.encode("big5")]},
    )
    (layer,) = gridder.inspect(path).layers
    assert [remark.kind for remark in layer.remarks] == ["encoding-doubtful"]
    assert "|encoding=Big5" in layer.remarks[0].remedy.zh
    first, second = layer.readings
    assert (first.encoding, second.encoding) == ("GB18030", "Big5")
    assert second.columns == ["地號", "說明"]
    assert [row["說明"] for row in second.rows] == [TRADITIONAL]
    assert [list(row.values()) for row in first.rows] != [list(row.values()) for row in second.rows]
    (layer,) = gridder.inspect(f"{path}|encoding=Big5").layers
    assert not layer.readings
    assert not layer.problems
    assert layer.preview[1]["說明"] == TRADITIONAL


def test_names_of_people_are_masked_in_every_encoding(tmp_path):
    """A .cpg that lies garbles the header that would name people: their names are shown in no encoding."""
    owner = "王小明".encode("gbk")
    path = _with_table(
        tmp_path, {"户主".encode("gbk"): [owner], "作物".encode("gbk"): ["水稻".encode("gbk")]}
    )
    path.with_suffix(".cpg").write_text("ISO-8859-1")
    (layer,) = gridder.inspect(path).layers
    assert [reading.encoding for reading in layer.readings] == ["iso8859-1", "GB18030"]
    assert list(layer.readings[1].rows[0].items()) == [("户主", "***"), ("作物", "水稻")]
    assert owner.decode("latin-1") not in str(layer.as_dict())


def test_letters_of_europe_in_utf_8_are_no_doubt_and_two_words_of_gbk_are():
    """小学 in GBK is Cyrillic in UTF-8 by chance; é within a word is no Chinese."""
    assert encoding.choose(["Platība café".encode()]).others == ()
    choice = encoding.choose(["小学".encode("gbk")])
    assert (choice.codec, choice.others) == ("utf-8", ("gb18030",))
    assert encoding.choose(["田块 水稻 3号".encode()]).others == ()


def test_only_columns_that_differ_are_shown_again(tmp_path):
    """A column of numbers reads the same in every encoding."""
    path = _with_table(tmp_path, {b"number": [b"1"], b"text": [TRADITIONAL.encode("big5")]})
    (layer,) = gridder.inspect(path).layers
    assert layer.columns == ["number", "text"]
    assert [reading.columns for reading in layer.readings] == [["text"], ["text"]]
