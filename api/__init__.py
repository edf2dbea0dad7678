"""The HTTP service: it translates requests into calls of `gridder` and holds no rule of the domain."""
