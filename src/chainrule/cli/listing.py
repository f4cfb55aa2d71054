"""`chainrule list`: the functions of the language, and the rules of derivations."""

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

    chainrule list primitives --json
"""


class Subject(StrEnum):
    """What is listed."""

    PRIMITIVES = "primitives"
    RULES = "rules"


def list_command(
    what: Annotated[Subject, typer.Argument(help="What to list.")] = Subject.PRIMITIVES,
    json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write a .json, .md or .txt file.")
    ] = None,
) -> None:
    """List what the language knows, or the rules that steps name."""
    rows = primitives() if what is Subject.PRIMITIVES else rules()
    formats = {
        ".json": lambda: as_json(rows),
        ".md": lambda: markdown(rows),
        ".txt": lambda: plain(rows),
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


def plain(rows: list[dict[str, Any]]) -> str:
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
    return "\n".join([*lines, "", "chainrule explain NAME says more about one of them."])


def markdown(rows: list[dict[str, Any]]) -> str:
    """A Markdown table of everything that is known."""
    keys = list(rows[0])
    lines = [f"| {' | '.join(keys)} |", f"|{'---|' * len(keys)}"]
    lines += ["| " + " | ".join(str(row[k]).replace("|", r"\|") for k in keys) + " |" for row in rows]
    return "\n".join(lines)
