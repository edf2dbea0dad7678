"""Which encoding is taken: user, .cpg, language id, UTF-8, GB18030, in this order."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridder.io import encoding

FIELD = "田块编号"


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
    ],
)
def test_names_of_code_pages(name, codec):
    """Code pages are known by number, with and without prefix."""
    assert encoding.known_codec(name) == codec


@pytest.mark.parametrize("name", ["zzz", "", "base64", "rot13", "utf-8\x00"])
def test_what_is_no_encoding_of_text(name):
    """Nonsense, and Python's codecs of bytes, are not taken."""
    assert encoding.known_codec(name) is None


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
