"""Ids of everything that the store keeps: random, of one form, safe in addresses and file names."""

from __future__ import annotations

import re
import secrets

_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"
_FORM = re.compile(rf"[{_ALPHABET}]{{20}}", re.ASCII)


def new_id() -> str:
    """Return a new id: 20 characters, 100 random bits that nobody can guess."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(20))


def is_id(text: str) -> bool:
    """Return whether `text` has the form of an id."""
    return _FORM.fullmatch(text) is not None
