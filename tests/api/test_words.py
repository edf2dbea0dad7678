"""The words of the pages are complete."""

from gridder.io.columns import MEMBER_ROLES, UNIT_ROLES, ZONE_ROLES
from gridder.io.words import COLUMN_ROLES


def test_every_meaning_of_a_column_has_words():
    """A role that a reader knows can be chosen on the page of a new plan."""
    assert {*UNIT_ROLES, *MEMBER_ROLES, *ZONE_ROLES} <= set(COLUMN_ROLES)
