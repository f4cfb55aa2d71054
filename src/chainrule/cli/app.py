"""The commands, one module each."""

from __future__ import annotations

from typing import Annotated

import typer

from chainrule import __version__
from chainrule.cli import check, derive, exercise, explain, listing, work
from chainrule.cli.demo import demo
from chainrule.cli.guard import Formulas, Worded, guarded

app = typer.Typer(
    name="chainrule",
    help="Derive gradients of tensor expressions step by step, every step verified.",
    epilog="Start with `chainrule demo`. A command says more with --help.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"chainrule {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and leave.")
    ] = False,
) -> None:
    """Derive gradients of tensor expressions step by step, every step verified."""


app.command("demo")(guarded(demo))
app.command("derive", cls=Formulas, epilog=derive.EPILOG)(guarded(derive.derive))
app.command("work", cls=Worded, epilog=work.EPILOG)(guarded(work.work))
app.command("check", cls=Worded, epilog=check.EPILOG)(guarded(check.check))
app.command("exercise", cls=Worded, epilog=exercise.EPILOG)(guarded(exercise.exercise))
app.command("list", cls=Worded, epilog=listing.EPILOG)(guarded(listing.list_command))
app.command("explain", cls=Worded, epilog=explain.EPILOG)(guarded(explain.explain))
