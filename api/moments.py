"""The parameter `datetime` of OGC API: a moment, or an interval that may be open."""

from __future__ import annotations

from datetime import UTC, datetime

from api.errors import bad_request

Interval = tuple[float | None, float | None]
_OPEN = ("", "..")


def interval(text: str | None) -> Interval:
    """Return begin and end in seconds since 1970, None where open; a moment is both.

    Raises
    ------
    ProblemError
        400 for what is neither a moment nor an interval of RFC 3339.
    """
    if text is None:
        return None, None
    parts = text.split("/")
    try:
        begin, end = (None if part in _OPEN else _seconds(part) for part in (parts[0], parts[-1]))
    except ValueError:
        raise _no_interval() from None
    lone = len(parts) == 1 and parts[0] in _OPEN
    if lone or len(parts) > 2 or (begin is not None and end is not None and begin > end):
        raise _no_interval()
    return begin, end


def _seconds(text: str) -> float:
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _no_interval() -> Exception:
    return bad_request(
        "datetime is a moment or an interval (RFC 3339)", "datetime 须为时刻或时间区间（RFC 3339）"
    )
