"""The command line: the composition root that joins the use cases with files, maps, the service and the terminal."""

from __future__ import annotations

import signal

import typer

from gridder.cli import atlas, compare, divide, draw, lattice, service, work

app = typer.Typer(
    name="gridder",
    help="Divide land and towns into grids of a target size and place people in them.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)

app.command("inspect")(work.inspect_command)
app.command("partition")(divide.partition_command)
app.command("update")(divide.update_command)
app.command("split")(work.split_command)
app.command("lattice")(lattice.lattice_command)
app.command("map")(draw.map_command)
app.command("compare")(compare.compare_command)
app.command("atlas")(atlas.atlas_command)
app.command("demo")(divide.demo_command)
app.command("serve")(service.serve_command)
app.command("worker", hidden=True)(service.worker_command)
app.add_typer(service.admin)


def main() -> None:
    """Run the command line; an interrupt stops it, also where the shell started it in the background."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    app()
