"""`chainrule work`: a network worked through, from forward to update; its formulas where there are only sizes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chainrule.cli.guard import WRONG
from chainrule.cli.output import as_json, check_suffix, deliver

if TYPE_CHECKING:
    from chainrule.pages.document import Document

FORMATS = (".html", ".md", ".tex", ".txt", ".json")
MadePage = Callable[[bool], "Document"]
"""Makes a page, for a web page with what one can go through."""

EPILOG = """
**Examples**

    chainrule work examples/course-1-linear.toml

    chainrule work examples/course-1-linear.toml --steps 3 -o page.html

    chainrule work examples/softmax-classifier.toml -o page.tex

    chainrule work examples/any-depth.toml

A network file gives `input`, `target`, `learning_rate`, a `loss` and for each `[[layer]]` its `weights`, `bias` and
`activation`; with `inputs` and `units` instead of numbers the formulas are derived. docs/networks.md says all.

**Exit codes** 0: fine; 1: the three ways to the gradient disagree; 2: the file cannot be used.
"""


def work(
    file: Annotated[str, typer.Argument(metavar="NET.toml", help="The network; - reads standard input.")],
    steps: Annotated[int, typer.Option(min=1, help="How many updates.")] = 1,
    floats: Annotated[
        bool, typer.Option("--float", help="Compute in float64, for networks too large for fractions.")
    ] = False,
    why: Annotated[
        bool, typer.Option("--why", help="Print where the formulas come from, too; files always say it.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print all numbers as JSON.")] = False,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE", help="Write a .html, .md, .tex, .txt or .json file instead of printing."
        ),
    ] = None,
) -> None:
    """Work a network through: forward, δ, gradients and update, with the formulas that they come from."""
    import sys

    from chainrule.errors import NetworkError
    from chainrule.nets.network import Network
    from chainrule.nets.page import formula_page, worked_page
    from chainrule.nets.record import record

    check_suffix(output, dict.fromkeys(FORMATS, str))
    net = Network.parse(sys.stdin.read()) if file == "-" else Network.load(file)
    wants_json = json or (output is not None and output.suffix.lower() == ".json")
    worked = net.work(steps, floats) if net.numeric or steps != 1 or floats else None
    if worked is None and wants_json:
        raise NetworkError(f"{net.name} has no numbers: there is nothing to put into JSON", hint="-o page.html")

    def page(interactive: bool = False, derivations: bool = True) -> Document:
        if worked is not None:
            return worked_page(worked, interactive, derivations)
        return formula_page(net)

    def numbers() -> str:
        assert worked is not None
        return as_json(record(worked))

    deliver(
        numbers if json else lambda: terminal(page(derivations=why)),
        output,
        {**page_formats(page), ".json": numbers},
    )
    if worked is not None and not worked.agreement.holds:
        raise typer.Exit(WRONG)


def terminal(page: Document) -> str:
    """A page for the terminal, as wide as it is."""
    import shutil
    import sys

    from chainrule.pages.terminal import to_terminal

    return to_terminal(page, shutil.get_terminal_size((100, 24)).columns, sys.stdout.isatty()).rstrip("\n")


def page_formats(page: MadePage) -> dict[str, Callable[[], str]]:
    """The media of a page by the suffix of its file."""

    def plain() -> str:
        from chainrule.pages.terminal import to_terminal

        return to_terminal(page(False), 100)

    def markdown() -> str:
        from chainrule.pages.markdown import to_markdown

        return to_markdown(page(False))

    def latex() -> str:
        from chainrule.pages.latex import to_latex

        return to_latex(page(False))

    def html() -> str:
        from chainrule.pages.html import to_html

        return to_html(page(True))

    return {".html": html, ".md": markdown, ".tex": latex, ".txt": plain}
