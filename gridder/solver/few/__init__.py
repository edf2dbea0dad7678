"""Plans of few and large grids, near the optimum."""

from gridder.solver.few.rounds import improve

__all__ = ["improve"]
