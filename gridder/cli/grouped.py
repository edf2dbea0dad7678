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

    A field is an `Annotated[type, typer.Option(...)]` with its default; names must differ among all groups.
    """
    hints = get_type_hints(command, include_extras=True)
    own = inspect.signature(command).parameters
    groups = {name: hints[name] for name in own if is_dataclass(hints[name])}

    def spread(**given: Any) -> None:
        made = {
            name: group(**{field.name: given.pop(field.name) for field in fields(group)})
            for name, group in groups.items()
        }
        command(**made, **given)

    shown = [
        parameter
        for name, kept in own.items()
        for parameter in (
            _parameters(groups[name]) if name in groups else [kept.replace(annotation=hints[name])]
        )
    ]
    keyword = [parameter.replace(kind=Parameter.KEYWORD_ONLY) for parameter in shown]
    vars(spread)["__signature__"] = inspect.Signature(keyword)
    spread.__annotations__ = {parameter.name: parameter.annotation for parameter in keyword}
    spread.__doc__ = command.__doc__
    return spread


def _parameters(group: type[Any]) -> Iterator[Parameter]:
    hints = get_type_hints(group, include_extras=True)
    for field in fields(group):
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
