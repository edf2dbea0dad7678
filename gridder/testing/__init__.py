"""An independent checker of plans: it recomputes everything from the inputs with code of its own."""

from gridder.testing.check import assert_plan_valid, check_plan

__all__ = ["assert_plan_valid", "check_plan"]
