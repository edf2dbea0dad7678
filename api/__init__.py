"""The HTTP service of Gridder. Not built yet: the command line does the work."""
