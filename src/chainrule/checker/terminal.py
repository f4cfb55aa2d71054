"""A report for the terminal: the document's lines with marks, and under a wrong one what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator
from io import StringIO
from typing import TypeAlias

from chainrule.checker.excerpt import excerpt, narrowed, visible, wrapped
from chainrule.checker.report import Claim, Report
from chainrule.checker.told import MARKS, conclusion, told, worst

Line: TypeAlias = "tuple[str, str]"
"""A line and the style that it is shown in."""

STYLES = {
    "right": "green", "wrong": "bold red", "follows": "yellow", "definition": "cyan", "not understood": "magenta",
}  # fmt: skip
_MARGIN = 8  # columns of the mark and the number of a line
_LEAST = 40


def to_terminal(report: Report, width: int = 80, colour: bool = False, named: bool = False) -> str:
    """The report as text of this width, with colours as ANSI codes or without; `named` puts the file's name first."""
    room = max(width, _LEAST) - _MARGIN
    lines = list(_lines(report, room))
    end = [(line, "bold") for said in conclusion(report) for line in wrapped(said, room + _MARGIN)]
    head = [(visible(report.name), "bold underline"), ("", "")] if named else []
    return _coloured([*head, *lines, ("", ""), *end], colour)


def _coloured(lines: list[Line], colour: bool) -> str:
    if not colour:
        return "\n".join(line.rstrip() for line, _ in lines)
    from rich.console import Console
    from rich.text import Text

    out = StringIO()
    console = Console(file=out, force_terminal=True, color_system="standard", legacy_windows=False, width=10_000)
    for line, style in lines:
        console.print(Text(line.rstrip(), style), soft_wrap=True, highlight=False)
    return out.getvalue().rstrip("\n")


def _lines(report: Report, room: int) -> Iterator[Line]:
    text = report.text.split("\n")
    by_line: dict[int, list[Claim]] = {}
    for c in report.claims:
        by_line.setdefault(c.line, []).append(c)
    for n, claims in sorted(by_line.items()):
        mark = worst(claims)
        yield from _marked(report, text, n, claims, MARKS[mark.verdict], STYLES[mark.verdict], room)


def _marked(
    report: Report, text: list[str], n: int, claims: list[Claim], mark: str, style: str, room: int
) -> Iterator[Line]:
    """A line, and what is said of its claims; it is shown again where another part of it is underlined."""
    shown = False
    under_each = [(c, _underlined(report, c)) for c in claims]
    for c, under in sorted(under_each, key=lambda x: x[1] is None or x[1][0] != n):
        if under is not None and under[0] != n and not shown:
            yield _numbered(mark, n, excerpt(text[n - 1].strip(), 0, 0, room)[0], style)
            shown = True
        if under is not None:
            at, start, end = under
            line = text[at - 1]
            left = len(line) - len(line.lstrip())
            part, carets = excerpt(line.strip(), start - left, end - left, room)
            again = shown and at == n
            yield _numbered(" " if shown else mark, at, part, "" if again or at != n else style)
            yield " " * _MARGIN + carets, "red"
            shown = True
        elif not shown:
            yield _numbered(mark, n, excerpt(text[n - 1].strip(), 0, 0, room)[0], style)
            shown = True
        for said in _said(report, c, len(claims) > 1 and under is None, room):
            yield " " * _MARGIN + said, "" if c.verdict == "wrong" else "dim"


def _numbered(mark: str, n: int, line: str, style: str) -> Line:
    return f"{mark} {n:>4}  {line}", style


def _underlined(report: Report, c: Claim) -> tuple[int, int, int] | None:
    """The line of what is wrong in a claim, and where in it that starts and ends."""
    start, end = c.part
    if c.verdict != "wrong" or c.kind is None or start >= end:
        return None
    if c.instead is not None:
        a, b = narrowed(report.text[start:end], c.instead)
        start, end = start + a, start + b
    line = report.text.count("\n", 0, start) + 1
    base = report.text.rfind("\n", 0, start) + 1
    stop = report.text.find("\n", start)
    return line, start - base, min(end, stop if stop >= 0 else len(report.text)) - base


def _said(report: Report, c: Claim, placed: bool, room: int) -> Iterator[str]:
    said = told(report, c)
    if said is None:
        return
    sentence = f"column {c.column}: {said.sentence}" if placed else said.sentence
    if said.instead is not None and len(whole := f"{sentence}: {said.instead[0]}, not {said.instead[1]}") <= room:
        sentence = whole
    yield from wrapped(sentence, room)
    if said.repair:
        yield from wrapped(f"it should be: {said.repair}", room, "  ")
    if said.advice:
        yield from wrapped(f"try: {said.advice}", room, "  ")
    if said.example:
        yield "a counterexample:"
        for line in said.example.splitlines():
            yield from (f"  {x}" for x in wrapped(line, room - 2, "  "))
