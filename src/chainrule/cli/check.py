"""`chainrule check`: which line of a derivation is wrong, why, and how to repair it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chainrule.cli.guard import WRONG
from chainrule.cli.output import as_json

if TYPE_CHECKING:
    from chainrule.checker.report import Claim, Report

EPILOG = """
**Examples**

    chainrule check examples/homework/softmax.md

    chainrule check --json examples/homework/linear-layer.md examples/homework/softmax.md

    chainrule check --strict examples/homework/linear-layer.md

A derivation is Markdown or LaTeX. Each relation in it is right, wrong, a consequence of a wrong line, a definition, or
not understood. Say the shapes (`$W \\in \\mathbb{R}^{m \\times d}$`) and what the loss depends on (`$L = L(y)$`).

**Exit codes** 0: nothing is wrong; 1: something is wrong, with `--strict` also not understood; 2: a file cannot be
used.
"""

MARKS = {"right": "✓", "wrong": "✗", "follows": "↳", "definition": "≔", "not understood": "?"}
ORDER = ("wrong", "follows", "not understood", "right", "definition")


def check(
    files: Annotated[list[str], typer.Argument(metavar="FILE…", help="Derivations; - reads standard input.")],
    json: Annotated[bool, typer.Option("--json", help="Print the verdicts as JSON.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="What is not understood counts as wrong.")] = False,
) -> None:
    """Check derivations: which line is wrong, why, and how to repair it."""
    reports = [_report(f) for f in files]
    if json:
        data = [r.to_dict() for r in reports]
        print(as_json(data[0] if len(data) == 1 else data))
    else:
        print("\n\n".join(_shown(r, len(reports) > 1) for r in reports))
    bad = ("wrong", "follows", "not understood") if strict else ("wrong", "follows")
    if any(r.summary[v] for r in reports for v in bad):
        raise typer.Exit(WRONG)


def _report(file: str) -> Report:
    from chainrule.checker.check import check as checked
    from chainrule.errors import ChainruleError

    if file == "-":
        return checked(sys.stdin.read())
    try:
        return checked(Path(file))
    except UnicodeDecodeError:
        raise ChainruleError(f"{file} is not text", hint="Markdown or LaTeX, in UTF-8") from None


def _shown(r: Report, named: bool) -> str:
    """The lines of the document that hold formulas, with marks, and what is to be said under them."""
    text = r.text.splitlines()
    lines: list[str] = [r.file] if named else []
    numbers = sorted({n for c in r.claims for n in range(c.line, c.line + 1)})
    for n in numbers:
        here = [c for c in r.claims if c.line == n]
        worst = min(here, key=lambda c: ORDER.index(c.verdict))
        lines.append(f"{MARKS[worst.verdict]} {n:>4}  {text[n - 1].strip()}")
        for c in here:
            lines += [f"         {line}" for line in _said(c)]
    counts = ", ".join(f"{k} {v}" for v, k in r.summary.items() if k)
    return "\n".join([*lines, "", counts or "There are no relations in it."])


def _said(c: Claim) -> list[str]:
    match c.verdict:
        case "wrong":
            out = [f"column {c.column}: {c.kind}: {c.reason}"]
            if c.repair:
                out.append(f"it should be: {' '.join(c.repair.split())}")
            if c.counterexample and c.kind in ("other", "shape"):
                out += c.counterexample.splitlines()
            return out
        case "follows":
            return [f"column {c.column}: right, if line {c.because_of} were"]
        case "not understood":
            return [f"column {c.column}: not understood: {c.reason}"]
        case _:
            return []
