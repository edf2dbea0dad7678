"""Run the command line: `python -m gridder`."""

from gridder.cli import main

main()
