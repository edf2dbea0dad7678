"""Whether an error says that a disk is full."""

from __future__ import annotations

import errno

from sqlalchemy import exc

_NO_ROOM = frozenset({errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)})


def is_out_of_room(error: BaseException) -> bool:
    """Return whether the system, SQLite or PostgreSQL says that a disk is full."""
    if isinstance(error, OSError):
        return error.errno in _NO_ROOM
    said = error.orig if isinstance(error, exc.DBAPIError) else error
    return "disk is full" in str(said) or type(said).__name__ == "DiskFull"
