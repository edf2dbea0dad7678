"""Options of a plan over HTTP: what a request may ask for is what `gridder.partition` takes."""

from __future__ import annotations

import inspect
import re

import pytest
from pydantic import ValidationError

import gridder
from api import assets
from api.routes.pages import SEVERAL
from api.schemas import ROLES, CodingIn, PartitionInputs


def test_every_input_is_a_parameter_of_partition():
    """By the same name, with the same default where one is set; the title is the service's own."""
    taken = inspect.signature(gridder.partition).parameters
    for name, field in PartitionInputs.model_fields.items():
        if name in (*ROLES, "title"):
            continue
        assert name in taken, name
        assert field.default in (None, taken[name].default), name


def test_the_page_of_a_new_plan_asks_for_every_input():
    """Files have boxes; sizes, title, likeness and the standard of codes forms of their own; the rest is an input by name."""
    page = (assets.TEMPLATES / "new.html.j2").read_text(encoding="utf-8")
    asked = set(re.findall(r"(?:number|line|choice)\('[\w-]+', '([\w.]+)'", page))
    asked |= set(re.findall(r'data-name="(\w+)"', page))
    own_forms = {*ROLES, "size", "building_size", "second_size", "coding", "title", "alike"}
    assert set(PartitionInputs.model_fields) - own_forms <= asked
    assert {f"coding.{name}" for name in CodingIn.model_fields} - {"coding.standard"} <= asked


@pytest.mark.parametrize("role", ROLES)
def test_the_page_offers_one_more_file_where_a_plan_takes_several(role):
    """Zones, barriers, crossings and dedicated sites may come in several files."""
    inputs = {role: [{"dataset": "a"}, {"dataset": "b"}]}
    try:
        PartitionInputs.model_validate(inputs)
    except ValidationError:
        assert role not in SEVERAL
    else:
        assert role in SEVERAL


@pytest.mark.parametrize(
    "wrong",
    [
        {"skill_minimum": 0},
        {"alike": {"crop": -1}},
        {"objective": "round"},
        {"second_size": {"of": "x", "k": 1}},
    ],
)
def test_wrong_wishes_are_refused_at_the_door(wrong):
    """Numbers below their least, unknown words."""
    with pytest.raises(ValidationError):
        PartitionInputs.model_validate(wrong)
