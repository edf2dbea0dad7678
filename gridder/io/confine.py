"""The walls around the child process that parses files of strangers.

The child calls `confine` before it imports anything that could be attacked.
GDAL's drivers are chosen by the environment that the parent gives (`gridder.io.guard`).
"""

from __future__ import annotations

import contextlib
import ctypes
import sys

from gridder.io import formats
from gridder.io.limits import Limits

if sys.platform != "win32":
    import resource

CLONE_NEWUSER = 0x10000000
CLONE_NEWNET = 0x40000000
NEEDLESS_MODULES = ("geopandas", "pyproj")
"""Optional imports of pyogrio that would double the child's start-up time."""
LIBRARIES_MB = 2048
"""Addresses that libraries reserve and never fill; what is filled is watched by the parent."""
WRITTEN_SHARE = 4
"""The child may write so many times the largest input: its copy, what it unpacks, and the rows."""


def confine(limits: Limits) -> None:
    """Limit this process for good: memory, time, files and network."""
    limit_resources(limits)
    leave_network()
    for name in NEEDLESS_MODULES:
        sys.modules[name] = None  # type: ignore[assignment]  # makes its import fail, as documented


def limit_resources(limits: Limits) -> None:
    """Set the limits of the operating system; where it has none, the parent's watch is the only wall."""
    if sys.platform == "win32":
        return
    for kind, limit in (
        (resource.RLIMIT_AS, (limits.memory_mb + LIBRARIES_MB) * formats.MEGABYTE),
        (resource.RLIMIT_CPU, limits.seconds + 1),
        (resource.RLIMIT_FSIZE, WRITTEN_SHARE * limits.file_mb * formats.MEGABYTE),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(kind)
        ceiling = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
        # macOS refuses a limit of the address space
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(kind, (ceiling, ceiling))


def leave_network() -> None:
    """Move this process into a network of its own that has no other end, where that is permitted."""
    if sys.platform != "linux":
        return
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNET) != 0:
        libc.unshare(CLONE_NEWUSER | CLONE_NEWNET)
