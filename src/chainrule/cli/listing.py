"""`chainrule list`: the functions of the language, the rules of derivations, losses and activations of networks."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from chainrule.cli.output import as_json, check_suffix, deliver

EPILOG = """
**Examples**

    chainrule list

    chainrule list rules

    chainrule list losses

    chainrule list primitives --json
"""


class Subject(StrEnum):
    """What is listed."""

    PRIMITIVES = "primitives"
    RULES = "rules"
    LOSSES = "losses"
    ACTIVATIONS = "activations"


def list_command(
    what: Annotated[Subject, typer.Argument(help="What to list.")] = Subject.PRIMITIVES,
    json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write a .json, .md or .txt file.")
    ] = None,
) -> None:
    """List what the language knows, or the rules that steps name."""
    rows = {
        Subject.PRIMITIVES: primitives,
        Subject.RULES: rules,
        Subject.LOSSES: losses,
        Subject.ACTIVATIONS: activations,
    }[what]()
    formats = {
        ".json": lambda: as_json(rows),
        ".md": lambda: markdown(rows),
        ".txt": lambda: plain(rows, what in (Subject.PRIMITIVES, Subject.RULES)),
    }
    check_suffix(output, formats)
    deliver(formats[".json"] if json else formats[".txt"], output, formats)


def primitives() -> list[dict[str, Any]]:
    """What the registry knows of each function of the language."""
    from chainrule.primitives import registry

    return [
        {
            "name": p.name,
            "what": p.summary or p.reason,
            "derivative": p.reason,
            "at kinks": p.kink or "",
            "source": p.source,
            "example": p.example,
        }
        for p in sorted(registry.values(), key=lambda p: p.name)
        if p.call
    ]


def rules() -> list[dict[str, Any]]:
    """The rules, in the order in which one meets them."""
    from chainrule.cli.rules import RULES

    return [
        {"name": r.name, "what": r.summary, "reason": r.reason, "before": r.before, "after": r.after} for r in RULES
    ]


def losses() -> list[dict[str, Any]]:
    """The losses of networks: what is summed over outputs and samples, and how the samples are joined."""
    from chainrule.nets.losses import LOSSES

    return [
        {"name": loss.name, "what": loss.summary, "reduction": loss.reduction, "source": loss.source}
        for loss in LOSSES.values()
    ]


def activations() -> list[dict[str, Any]]:
    """The activations of networks; an expression in z is one too."""
    from chainrule.nets.activations import OVER_UNITS, names
    from chainrule.primitives import registry

    return [
        {"name": name, "what": registry[name].summary if name in registry else "the net input itself"}
        for name in names()
        if name not in OVER_UNITS
    ] + [{"name": name, "what": f"{registry[name].summary}, over the units of a layer"} for name in OVER_UNITS]


def plain(rows: list[dict[str, Any]], explained: bool = True) -> str:
    """Names and what they are; a table when a person looks at it."""
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False, markup=False)
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True, style="bold")
    table.add_column()
    for row in rows:
        table.add_row(row["name"], row["what"])
    with console.capture() as captured:
        console.print(table)
    lines = [line.rstrip() for line in captured.get().splitlines()]
    more = ["", "chainrule explain NAME says more about one of them."] if explained else []
    return "\n".join([*lines, *more])


def markdown(rows: list[dict[str, Any]]) -> str:
    """A Markdown table of everything that is known."""
    keys = list(rows[0])
    lines = [f"| {' | '.join(keys)} |", f"|{'---|' * len(keys)}"]
    lines += ["| " + " | ".join(str(row[k]).replace("|", r"\|") for k in keys) + " |" for row in rows]
    return "\n".join(lines)
