"""Check a derivation: a verdict for each of its relations."""

from __future__ import annotations

from pathlib import Path

from chainrule.checker.files import SUFFIXES, load
from chainrule.checker.report import Report
from chainrule.errors import DocumentError, WrongType


def check(document: str | Path) -> Report:
    r"""A verdict for every relation of a derivation in Markdown or LaTeX.

    A `Path`, or a string without line breaks that ends in .md, .tex or .markdown, is a file; any other string is text.

    Raises:
        DocumentError: the file cannot be read, is no text, has a $ without its partner, or there is no equation in it.
        WrongType: it is neither a string nor a path.

    Examples:
        >>> report = check(r"For $x \in \mathbb{R}^n$ let $y = x^\top x$. Then $$\partial y / \partial x = 2 x$$")
        >>> [c.verdict for c in report.claims]
        ['definition', 'definition', 'right']
    """
    if not isinstance(document, str | Path):  # pyright: ignore[reportUnnecessaryIsInstance]  # of those without types
        raise WrongType(
            f"a document is a path or a text, not {_kind(document)}", hint='cr.check("homework.md") or cr.check(text)'
        )
    if isinstance(document, Path) or ("\n" not in document and document.lower().endswith(SUFFIXES)):
        return check_text(load(Path(document)), str(document))
    return check_text(document)


def check_text(text: str, name: str = "-") -> Report:
    """A verdict for every relation of a text; `name` is what errors and the report call it.

    Raises:
        DocumentError: it is no text, has a $ without its partner, or there is no equation in it.
    """
    from chainrule.checker.document import read
    from chainrule.checker.verdicts import Checker

    title = "the text" if name == "-" else name
    try:
        claims = Checker(read(text, title)).run()
    except DocumentError as problem:
        if problem.line and name != "-":
            problem.message = f"{name}, {problem.message}"
        raise
    if not claims:
        raise DocumentError(f"there is no equation in {title}", hint=_way_out(text, name))
    return Report(name, text, claims)


def _way_out(text: str, name: str) -> str:
    if name == "-" and "\n" not in text and 0 < len(text.strip()) < 100 and "$" not in text and "=" not in text:
        return "pathlib.Path of it, if it is the name of a file; formulas stand between $ signs: $y = W x$"
    return "put formulas between $ signs: $y = W x$, or $$…$$ on a line of its own"


def _kind(x: object) -> str:
    if x is None:
        return "None"
    word = type(x).__name__
    return f"{'an' if word[0] in 'aeiou' else 'a'} {word}"
