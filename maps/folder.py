"""The folder of an atlas: which files are its parts."""

from __future__ import annotations

import os
import re

from gridder.folders import FolderKind, check_folder_output
from gridder.model import Text

INDEX = "index.html"
PAGES = "pages"
SCRIPT = "atlas.js"
STYLE = "atlas.css"
PDF = "atlas.pdf"
_PART = re.compile(rf"{INDEX}|{PAGES}|{SCRIPT}|{STYLE}|{PDF}|{PAGES}/\d+\.html")
ATLAS = FolderKind(Text("an atlas", "图册"), lambda name: _PART.fullmatch(name) is not None)


def check_atlas_output(folder: str | os.PathLike[str], *, overwrite: bool = False) -> None:
    """Refuse a folder that an atlas may not be written to; as `gridder.folders.check_folder_output`."""
    check_folder_output(folder, ATLAS, overwrite=overwrite)
