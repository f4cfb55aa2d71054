"""`chainrule check`: which line of a derivation is wrong, why, and how to repair it."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chainrule.cli.guard import UNUSABLE, WRONG
from chainrule.cli.output import as_json, check_suffix, deliver

if TYPE_CHECKING:
    from chainrule.checker.many import Result
    from chainrule.checker.report import Report

EPILOG = r"""
**Examples**

    chainrule check examples/homework/softmax.md

    chainrule check --hint 1 examples/homework/softmax.md

    chainrule check examples/homework/softmax.md -o report.html

    chainrule check examples/homework/softmax.md --fix fixed.md

    chainrule check examples/homework -o class.csv

A derivation is Markdown or LaTeX. Each relation in it is right, wrong, a consequence of a wrong line, a definition, or
not understood. Say the shapes (`$W \in \mathbb{R}^{m \times d}$`) and what the loss depends on (`$L = L(y)$`).
docs/check.md says more.

**Exit codes** 0: nothing is wrong; 1: something is wrong, with `--strict` also not understood; 2: a file cannot be
used; of several files the largest.
"""

FORMATS = (".html", ".md", ".json", ".csv")
DOCUMENTS = (".md", ".markdown", ".tex", ".txt")


def check(
    files: Annotated[
        list[str],
        typer.Argument(metavar="FILE…", help="Derivations, or folders of them; - reads standard input."),
    ],
    hint: Annotated[
        int,
        typer.Option(min=1, max=3, help="How much to give away: 1 the wrong lines, 2 the kinds of mistakes, 3 all."),
    ] = 3,
    strict: Annotated[bool, typer.Option("--strict", help="What is not understood counts as wrong.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the verdicts as JSON.")] = False,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE",
            help="Write a .html, .md, .json or .csv file (a row for each document) instead of printing.",
        ),
    ] = None,
    fix: Annotated[
        Path | None, typer.Option("--fix", metavar="FILE", help="Write the document with the repairs in it.")
    ] = None,
) -> None:  # fmt: skip
    """Check derivations: which line is wrong, why, and how to repair it."""
    from chainrule.checker.hints import hinted
    from chainrule.checker.report import Report
    from chainrule.errors import ChainruleError

    names = _names(files)
    _refuse(names, json, output, fix)
    results = _results(names)
    reports = [r for r in results if isinstance(r, Report)]
    failed = [r for r in results if not isinstance(r, Report)]
    if len(results) == 1 and failed:
        raise ChainruleError(failed[0].message)
    shown = [hinted(r, hint) if isinstance(r, Report) else r for r in results]
    _deliver(shown, json, output)
    if fix is not None:
        _write_repaired(reports[0], fix)
    for r in failed:
        print(f"chainrule: {r.message}", file=sys.stderr)
    raise typer.Exit(max([UNUSABLE if failed else 0, *(_code(r, strict) for r in reports)]))


def _code(r: Report, strict: bool) -> int:
    bad = ("wrong", "follows", "not understood") if strict else ("wrong", "follows")
    return WRONG if any(r.summary[v] for v in bad) else 0


# Before the work


def _names(files: list[str]) -> list[str]:
    from chainrule.checker.files import found

    return found(files)


def _refuse(names: list[str], json: bool, output: Path | None, fix: Path | None) -> None:
    """Say what cannot be done before any work is."""
    if json and output is not None and output.suffix.lower() != ".json":
        raise typer.BadParameter(f"JSON does not go into {output.name}: leave --json out", param_hint="--json")
    check_suffix(output, dict.fromkeys(FORMATS, str))
    if fix is not None and len(names) > 1:
        raise typer.BadParameter(f"it takes one document, and here are {len(names)}", param_hint="--fix")
    if fix is not None and fix.suffix.lower() not in DOCUMENTS:
        raise typer.BadParameter(f"a document ends in {', '.join(DOCUMENTS)}; not {fix.name!r}", param_hint="--fix")
    for path, option in ((output, "--output"), (fix, "--fix")):
        if path is None:
            continue
        if not path.parent.is_dir():
            raise typer.BadParameter(f"there is no folder {path.parent}", param_hint=option)
        if path.is_dir() or not os.access(path if path.exists() else path.parent, os.W_OK):
            raise typer.BadParameter(f"{path} cannot be written", param_hint=option)
        if any(n != "-" and Path(n).exists() and path.exists() and path.samefile(n) for n in names):
            raise typer.BadParameter(f"{path} is the document itself; name another file", param_hint=option)
    if fix is not None and output is not None and fix.absolute() == output.absolute():
        raise typer.BadParameter(f"{fix} is what --output writes", param_hint="--fix")


# The work


def _results(names: list[str]) -> list[Result]:
    from chainrule.checker.files import decode
    from chainrule.checker.many import check_many

    sources: list[tuple[str, str | None]] = [
        (n, decode(sys.stdin.buffer.read(), "standard input") if n == "-" else None) for n in names
    ]
    if len(names) == 1 or not sys.stderr.isatty():
        return check_many(sources)
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("checking"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("", total=len(names))
        return check_many(sources, lambda: progress.advance(task))


# The output


def _deliver(results: Sequence[Result], json: bool, output: Path | None) -> None:
    from chainrule.checker.marked import to_markdown
    from chainrule.checker.page import to_html
    from chainrule.checker.report import Report
    from chainrule.checker.table import to_csv

    several = len(results) > 1
    reports = [r for r in results if isinstance(r, Report)]
    failed = [(r.file, r.message) for r in results if not isinstance(r, Report)]

    def data() -> str:
        made = [r.to_dict() if isinstance(r, Report) else {"file": r.file, "error": r.message} for r in results]
        return as_json(made if several else made[0])

    formats = {
        ".html": lambda: to_html(reports, failed),
        ".md": lambda: "\n".join(to_markdown(r, several) for r in reports),
        ".json": data,
        ".csv": lambda: to_csv([r if isinstance(r, Report) else (r.file, r.message) for r in results]),
    }
    deliver(data if json else lambda: _terminal(results), output, formats)
    if output is not None and several:
        print(_total(results), file=sys.stderr)


def _terminal(results: Sequence[Result]) -> str:
    import shutil

    from chainrule.checker.report import Report
    from chainrule.checker.terminal import to_terminal

    width = shutil.get_terminal_size((80, 24)).columns
    several = len(results) > 1
    shown = [to_terminal(r, width, sys.stdout.isatty(), several) for r in results if isinstance(r, Report)]
    return "\n\n".join([*shown, _total(results)] if several else shown)


def _total(results: Sequence[Result]) -> str:
    """How many documents have a wrong line, and how many could not be used."""
    from chainrule.checker.report import Report

    wrong = sum(bool(r.wrong) for r in results if isinstance(r, Report))
    failed = sum(not isinstance(r, Report) for r in results)
    said = [] if failed == len(results) else [f"{wrong or 'none'} of them with a wrong line"]
    if failed:
        said.append(f"{failed} that cannot be used")
    return f"{len(results)} documents, {', '.join(said)}."


def _write_repaired(report: Report, path: Path) -> None:
    from chainrule.checker.repaired import repaired

    made = repaired(report)
    path.write_text(made.report.text, encoding="utf-8")
    changed = len({c.line for c in made.changed})
    said = [f"wrote {path}: {changed or 'no'} line{'s' if changed != 1 else ''} changed"]
    said += [f"  line {c.line}: the repair that was found does not make it right" for c in made.refused]
    tried = {(c.line, c.column) for c in made.refused}
    said += [f"  line {c.line}: still wrong, no repair known" for c in made.left if (c.line, c.column) not in tried]
    print("\n".join(said), file=sys.stderr)
