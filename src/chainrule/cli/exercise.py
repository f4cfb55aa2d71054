"""`chainrule exercise`: a sheet to work by hand, and its solution."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from chainrule.cli.output import check_suffix, deliver
from chainrule.cli.work import page_formats, terminal

EPILOG = """
**Examples**

    chainrule exercise --layers 2,3,2 --activations relu,identity --seed 7

    chainrule exercise --layers 2,2,1 --seed 3 -o sheet.html --solution solution.html

    chainrule exercise --layers 2,3 --activations softmax --loss "cross entropy" -o sheet.tex --solution solution.tex

The same seed gives the same exercise. Numbers are small and whole, and stay short as far as they can.
"""


def exercise(
    layers: Annotated[str, typer.Option(metavar="N,N,…", help="Inputs, then the units of each layer.")] = "2,2,1",
    activations: Annotated[
        str, typer.Option(metavar="NAME,…", help="One for each layer, or one for all.")
    ] = "identity",
    loss: Annotated[
        str, typer.Option(metavar="NAME", help="`chainrule list losses` shows them.")
    ] = "half squared error",
    samples: Annotated[int, typer.Option(min=1, max=4, help="Samples in the batch.")] = 1,
    seed: Annotated[int, typer.Option(help="The number of the exercise.")] = 1,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write the sheet: .md, .html, .tex or .txt.")
    ] = None,
    solution: Annotated[
        Path | None, typer.Option("--solution", metavar="FILE", help="Write the solution, the worked example.")
    ] = None,
) -> None:
    """Make an exercise in backpropagation: a sheet with blanks, and its solution."""
    from chainrule.nets.exercise import exercise as made, sheet
    from chainrule.nets.page import worked_page

    for option, path in (("--output", output), ("--solution", solution)):
        try:
            check_suffix(path, dict.fromkeys((".md", ".html", ".tex", ".txt"), str))
        except typer.BadParameter as problem:
            raise typer.BadParameter(problem.message, param_hint=option) from None
    if output is not None and solution is not None and output.resolve() == solution.resolve():
        raise typer.BadParameter("the sheet and its solution need a file each", param_hint="--solution")
    try:
        sizes = [int(n) for n in layers.split(",")]
    except ValueError:
        raise typer.BadParameter("whole numbers with commas, as in 2,3,2", param_hint="--layers") from None
    w = made(sizes, [a.strip() for a in activations.split(",") if a.strip()], loss, seed, samples)
    deliver(lambda: terminal(sheet(w)), output, page_formats(lambda _: sheet(w)))
    if solution is not None:
        deliver(lambda: "", solution, page_formats(lambda interactive: worked_page(w, interactive)))
