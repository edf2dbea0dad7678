"""The use cases: they wire the rooms, and the command line and the service call them alike."""

from gridder.service.partition import partition

__all__ = ["partition"]
