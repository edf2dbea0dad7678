"""How Chinese characters sound: of who types by pinyin, a wrong character mostly sounds like the right one."""

from __future__ import annotations

from functools import cache

_OTHER_PLACES = frozenset("园苑院")
"""They sound alike without tones, and each makes a name of its own: 阳光园 is not 阳光苑."""


def is_homophone(name: str, other: str) -> bool:
    """Return whether two names differ in one character that sounds the same, whatever its tone.

    Of a character with several readings the most common one counts.

    >>> is_homophone("金丰蓝庭", "金风蓝庭"), is_homophone("金丰蓝庭", "金丰绿庭"), is_homophone("阳光园", "阳光苑")
    (True, False, False)
    """
    if len(name) != len(other):
        return False
    pairs = [pair for pair in zip(name, other, strict=True) if pair[0] != pair[1]]
    if len(pairs) != 1 or _OTHER_PLACES.issuperset(pairs[0]):
        return False
    return _sound(pairs[0][0]) == _sound(pairs[0][1])


@cache
def _sound(character: str) -> str:
    """Return a character in pinyin without its tone; what has none stands for itself."""
    from pypinyin import lazy_pinyin  # noqa: PLC0415 - loads a dictionary that only Chinese names need

    return lazy_pinyin(character)[0]
