"""A made-up state farm and its town, in the formats that users have (see README.md beside this file)."""

from __future__ import annotations

from pathlib import Path

FILES = ("fields.zip", "town.gpkg", "members.xlsx")


def path(name: str) -> Path:
    """Return where a shipped file lies.

    Parameters
    ----------
    name
        One of `FILES`.

    Raises
    ------
    KeyError
        There is no such file.
    """
    if name not in FILES:
        raise KeyError(f"{name!r} is no sample file; there are {', '.join(FILES)}")
    return Path(__file__).parent / name
