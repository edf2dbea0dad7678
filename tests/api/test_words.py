"""The words of the pages are complete."""

import ast
import re
from pathlib import Path

import gridder
from api.accepted import CHOSEN_SUFFIXES, FORMATS
from api.in_page import in_page
from gridder.io import formats
from gridder.io.columns import MEMBER_ROLES, UNIT_ROLES, ZONE_ROLES
from gridder.io.words import COLUMN_ROLES


def test_every_meaning_of_a_column_has_words():
    """A role that a reader knows can be chosen on the page of a new plan."""
    assert {*UNIT_ROLES, *MEMBER_ROLES, *ZONE_ROLES} <= set(COLUMN_ROLES)


def test_every_ending_that_is_read_is_told_and_can_be_chosen():
    """The table of formats names each ending once; the chooser of files takes all but folders, and the parts of sets."""
    told = [suffix for shown in FORMATS for suffix in shown.suffixes]
    assert sorted(told) == sorted({*formats.SUFFIXES})
    assert {*CHOSEN_SUFFIXES} == {*formats.SUFFIXES, *formats.PARTS} - {".gdb"}


def _told(*folders):
    """Yield every pair of texts in the sources of some folders; what is filled in at run time stands as `x`."""
    for folder in folders:
        for path in (Path(gridder.__file__).parent / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if (
                    isinstance(node, ast.Call)
                    and getattr(node.func, "id", "") == "Text"
                    and len(node.args) == 2
                ):
                    yield tuple(_plain(arg) for arg in node.args)


def _plain(node):
    if isinstance(node, ast.JoinedStr):
        return "".join(_plain(part) for part in node.values)
    return node.value if isinstance(node, ast.Constant) else "x"


def test_the_pages_name_their_fields_instead_of_options():
    """No finding about an input that the service takes shows the clerk what one would type."""
    elsewhere = r"--(keep-column|names|old|parts|lock|shape|target-area|overwrite)|address_decisions"
    left = [
        said
        for pair in _told("geometry", "graph", "groups", "members", "service", "units", "io")
        for lang, text in zip(("en", "zh"), pair, strict=True)
        for said in [in_page(text, lang)]
        if re.search(r"--[a-z]|\|[a-z]+=", said) and not re.search(elsewhere, said)
    ]
    assert left == []
