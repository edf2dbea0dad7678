"""Commands that take their options in groups."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from copy import copy
from dataclasses import MISSING, fields, is_dataclass
from inspect import Parameter
from typing import Annotated, Any, get_args, get_type_hints

from typer.models import OptionInfo


def grouped(command: Callable[..., None]) -> Callable[..., None]:
    """Return a command whose dataclass parameters are spread into options, each a panel of the help.

    A field is an `Annotated[type, typer.Option(...)]` with its default, or a group of its own; names must differ
    among all groups.
    """
    hints = get_type_hints(command, include_extras=True)
    own = inspect.signature(command).parameters

    def spread(**given: Any) -> None:
        groups = {name: _taken(hints[name], given) for name in own if is_dataclass(hints[name])}
        command(**groups, **given)

    shown = [
        parameter
        for name, kept in own.items()
        for parameter in (
            _parameters(hints[name]) if is_dataclass(hints[name]) else [kept.replace(annotation=hints[name])]
        )
    ]
    keyword = [parameter.replace(kind=Parameter.KEYWORD_ONLY) for parameter in shown]
    vars(spread)["__signature__"] = inspect.Signature(keyword)
    spread.__annotations__ = {parameter.name: parameter.annotation for parameter in keyword}
    spread.__doc__ = command.__doc__
    return spread


def _taken(group: type[Any], given: dict[str, Any]) -> Any:
    """Return a group made of the options that belong to it, which are taken out of those given."""
    hints = get_type_hints(group)
    return group(
        **{
            field.name: _taken(hints[field.name], given)
            if is_dataclass(hints[field.name])
            else given.pop(field.name)
            for field in fields(group)
        }
    )


def _parameters(group: type[Any]) -> Iterator[Parameter]:
    hints = get_type_hints(group, include_extras=True)
    for field in fields(group):
        if is_dataclass(hints[field.name]):
            yield from _parameters(hints[field.name])
            continue
        default = Parameter.empty if field.default is MISSING else field.default
        yield Parameter(
            field.name,
            Parameter.KEYWORD_ONLY,
            default=default,
            annotation=_in_panel(hints[field.name], group.__name__),
        )


def _in_panel(hint: Any, panel: str) -> Any:
    kind, option = get_args(hint)
    shown: OptionInfo = copy(option)
    shown.rich_help_panel = panel
    return Annotated[kind, shown]
