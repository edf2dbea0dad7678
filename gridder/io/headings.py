"""Headers as they are compared; known to the parent and to the guarded child (standard library only)."""

from __future__ import annotations

import re
import unicodedata

_NOTE = re.compile(r"[(\[【].*?[)\]】]")
_SIGNS = re.compile(r"[\s_\-.*]+")


def folded(header: str) -> str:
    """Return a header without case, blanks, signs, notes in brackets and full-width forms.

    >>> folded(" Parcel_ID "), folded("经度（°）"), folded("*姓　名")
    ('parcelid', '经度', '姓名')
    """
    narrow = unicodedata.normalize("NFKC", header).casefold()
    return _SIGNS.sub("", _NOTE.sub("", narrow))
