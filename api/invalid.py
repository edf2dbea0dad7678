"""Parameters and bodies that do not fit their models, as one problem that names them all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from api.errors import BAD_REQUEST, ProblemError


def invalid(errors: Sequence[Any], *, prefix: str = "") -> ProblemError:
    """Return the problem that names every wrong parameter or member of a body.

    Parameters
    ----------
    errors
        As `ValidationError.errors()`; their `input` is not repeated, it might name a person.
    prefix
        What stands before the names.
    """
    faults = []
    for entry in errors:
        where = prefix + ".".join(str(part) for part in entry["loc"] if part not in ("body", "query", "path"))
        faults.append(
            {
                "kind": "bad-parameter",
                "where": where,
                "what": f"{where}: {entry['msg']}",
                "what_zh": f"参数 {where} 无效：{entry['msg']}",
            }
        )
    return ProblemError(BAD_REQUEST, faults=faults)
