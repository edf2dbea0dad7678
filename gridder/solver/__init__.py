"""The partition: arrays in, assignment and certificates out."""

from __future__ import annotations

from gridder.solver.pipeline import solve
from gridder.solver.problem import Problem, Solution

__all__ = ["Problem", "Solution", "solve"]
