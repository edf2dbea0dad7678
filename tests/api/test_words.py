"""The words of the pages are complete."""

from api.accepted import CHOSEN_SUFFIXES, FORMATS
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
