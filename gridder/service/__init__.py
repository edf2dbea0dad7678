"""The use cases: they wire the rooms, and the command line and the service call them alike."""

from gridder.service.lattice import make_lattice
from gridder.service.partition import partition
from gridder.service.split import split_units

__all__ = ["make_lattice", "partition", "split_units"]
