"""A report as Markdown: the document as it is, with what is to be said under each paragraph."""

from __future__ import annotations

from collections.abc import Iterator

from chainrule.checker.blocks import Block, blocks
from chainrule.checker.report import Claim, Report
from chainrule.checker.told import MARKS, conclusion, told, worst
from chainrule.pages.escape import markdown_text


def to_markdown(report: Report, named: bool = False) -> str:
    """The document with marks and notes; one in LaTeX is shown as its source."""
    out = [f"# {markdown_text(report.name)}"] if named else []
    tex = report.file.lower().endswith(".tex") or r"\begin{document}" in report.text
    for b in blocks(report):
        text = report.text[b.start : b.end].strip("\n")
        out.append(f"```latex\n{text}\n```" if tex else text)
        notes = list(_notes(report, b))
        if notes:
            out.append("\n>\n".join(notes))
    out += ["---", "  \n".join(markdown_text(line) for line in conclusion(report))]
    return "\n\n".join(out) + "\n"


def _notes(report: Report, block: Block) -> Iterator[str]:
    by_line: dict[int, list[Claim]] = {}
    for c in block.claims:
        by_line.setdefault(c.line, []).append(c)
    for n, claims in by_line.items():
        mark = worst(claims).verdict
        said = [s for c in claims for s in _said(report, c, len(claims) > 1)]
        if said or mark != "definition":
            yield "\n>\n".join([f"> {MARKS[mark]} **line {n}**{': ' if said else ''}{said[0] if said else ''}", *(
                f"> {s}" for s in said[1:]
            )])  # fmt: skip


def _said(report: Report, c: Claim, placed: bool) -> Iterator[str]:
    said = told(report, c)
    if said is None:
        return
    sentence = markdown_text(said.sentence)
    if said.instead is not None:
        sentence += f": {_formula(said.instead[0])}, not {_formula(said.instead[1])}"
    yield f"column {c.column}: {sentence}" if placed else sentence
    if said.repair:
        yield f"It should be: {_formula(said.repair)}"
    if said.advice:
        yield "Try: " + "$".join(
            part if k % 2 else markdown_text(part) for k, part in enumerate(said.advice.split("$"))
        )
    if said.example:
        yield "A counterexample:\n>\n> ```text\n" + "\n".join(f"> {x}" for x in said.example.splitlines()) + "\n> ```"


def _formula(latex: str) -> str:
    return f"${' '.join(latex.split())}$"
