"""Where an input is: a path in the syntax of QGIS.

    town.gpkg|layername=roads|subset="highway" IN ('primary','secondary')

A subset is a where clause and may hold `=` and `|`. The other words are our own, for files that lack or lie
about what they mean: `crs`, `encoding`, `axes` (`yx`: northing or latitude first), `coordinates` (`gcj02`,
`bd09`: longitudes and latitudes of Chinese web maps) and `region` (where the land is, to choose among
coordinate systems).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from pathlib import Path

OPTION = re.compile(r"\|(layername|subset|crs|encoding|axes|coordinates|region)=")
PLAIN = re.compile(r"[\w./\\:~+-]+")
"""What no shell takes apart."""


@dataclass(frozen=True)
class Location:
    """A file, the layer and the rows wanted of it, and what the user knows about it."""

    path: Path
    layername: str = ""
    subset: str = ""
    crs: str = ""
    encoding: str = ""
    axes: str = ""
    coordinates: str = ""
    region: str = ""

    @property
    def file(self) -> str:
        """Return the name of the file without its folder."""
        return self.path.name

    @property
    def suffix(self) -> str:
        """Return the suffix in small letters."""
        return self.path.suffix.lower()

    def written(self) -> str:
        """Return the location as it is typed in a command, in quotes where a shell needs them.

        >>> Location(Path("town.gpkg"), layername="roads").written()
        '"town.gpkg|layername=roads"'
        """
        options = {field.name: getattr(self, field.name) for field in fields(self)[1:]}
        word = str(self.path) + "".join(f"|{name}={value}" for name, value in options.items() if value)
        return word if PLAIN.fullmatch(word) else '"' + word.replace('"', '\\"') + '"'


def parse_location(path: str | Path | Location) -> Location:
    """Take a path apart.

    Parameters
    ----------
    path
        `FILE|layername=…|subset=…|crs=…|encoding=…|axes=…|coordinates=…|region=…`, every option at most
        once, in any order.
    """
    if isinstance(path, Location):
        return path
    path = str(path)
    marks = _option_marks(path)
    ends = [mark.start() for mark in marks[1:]] + [len(path)]
    options = {mark[1]: path[mark.end() : end].strip() for mark, end in zip(marks, ends, strict=False)}
    head = path[: marks[0].start()] if marks else path
    return Location(Path(head).expanduser(), **options)


def _option_marks(path: str) -> list[re.Match[str]]:
    """Return the places where options begin; those inside the quotes of a subset do not count."""
    marks: list[re.Match[str]] = []
    position = 0
    while (mark := OPTION.search(path, position)) is not None:
        in_subset = bool(marks) and marks[-1][1] == "subset"
        if in_subset and _inside_quotes(path[marks[-1].end() : mark.start()]):
            position = mark.start() + 1
            continue
        marks.append(mark)
        position = mark.end()
    return marks


def _inside_quotes(text: str) -> bool:
    """Return whether the text ends inside a quoted name or string of SQL."""
    quote = ""
    for letter in text:
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "'\"":
            quote = letter
    return bool(quote)
