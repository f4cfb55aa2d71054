"""Check a derivation: a verdict for each of its relations."""

from __future__ import annotations

from pathlib import Path

from chainrule.checker.report import Report

SUFFIXES = (".md", ".tex", ".markdown")


def check(document: str | Path) -> Report:
    r"""A verdict for every relation of a derivation in Markdown or LaTeX.

    A `Path`, or a string without line breaks that ends in .md, .tex or .markdown, is a file; any other string is text.

    Examples:
        >>> report = check(r"For $x \in \mathbb{R}^n$ let $y = x^\top x$. Then $$\partial y / \partial x = 2 x$$")
        >>> [c.verdict for c in report.claims]
        ['definition', 'definition', 'right']
    """
    from chainrule.checker.document import read
    from chainrule.checker.verdicts import Checker

    if isinstance(document, Path) or ("\n" not in document and document.endswith(SUFFIXES)):
        path = Path(document)
        name, text = str(document), path.read_text(encoding="utf-8")
    else:
        name, text = "-", document
    return Report(name, text, Checker(read(text, name)).run())
