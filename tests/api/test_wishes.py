"""Options of a plan over HTTP: what a request may ask for is what `gridder.partition` takes."""

from __future__ import annotations

import inspect

import pytest
from pydantic import ValidationError

import gridder
from api.schemas import ROLES, PartitionInputs


def test_every_input_is_a_parameter_of_partition():
    """By the same name, with the same default where one is set; the title is the service's own."""
    taken = inspect.signature(gridder.partition).parameters
    for name, field in PartitionInputs.model_fields.items():
        if name in (*ROLES, "title"):
            continue
        assert name in taken, name
        assert field.default in (None, taken[name].default), name


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
