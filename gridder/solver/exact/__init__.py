"""Exact search for a plan in bounds, or a proof that there is none."""

from gridder.solver.exact.ladder import search
from gridder.solver.exact.outcome import FOUND, INFEASIBLE, UNDECIDED, Search

__all__ = ["FOUND", "INFEASIBLE", "UNDECIDED", "Search", "search"]
