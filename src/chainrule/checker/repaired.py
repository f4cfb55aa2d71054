"""A document with the repairs of its report applied, each only if it makes its line right."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from chainrule.checker.check import check_text
from chainrule.checker.report import Claim, Report
from chainrule.errors import DocumentError

MOST = 200


@dataclass(frozen=True)
class Repaired:
    """What came of repairing a document.

    report: of the repaired document. changed: the wrong claims that were repaired, as they were. refused: those whose
    repair did not make the line right.
    """

    report: Report
    changed: tuple[Claim, ...]
    refused: tuple[Claim, ...]

    @property
    def left(self) -> tuple[Claim, ...]:
        """What is still wrong."""
        return self.report.wrong


def repaired(report: Report) -> Repaired:
    r"""The document with the repairs that were offered; the lines that rested on a wrong one are repaired after it.

    Examples:
        >>> from chainrule.checker.check import check
        >>> report = check(r"Let $x \in \mathbb{R}^n$ and $y = x^\top x$. Then $$\partial y / \partial x = -2 x$$")
        >>> print(repaired(report).report.text)
        Let $x \in \mathbb{R}^n$ and $y = x^\top x$. Then $$\partial y / \partial x = 2 x$$
    """
    changed: list[Claim] = []
    refused: list[Claim] = []
    for _ in range(MOST):
        c = next(_offered(report, refused), None)
        if c is None:
            break
        better = _with(report, c)
        if better is None:
            refused.append(c)
        else:
            report = better
            changed.append(c)
    return Repaired(report, tuple(changed), tuple(refused))


def _offered(report: Report, refused: list[Claim]) -> Iterator[Claim]:
    """The wrong claims with repairs that were not tried."""
    tried = {(c.line, c.column, c.latex) for c in refused}
    for c in report.wrong:
        if c.instead is not None and (c.line, c.column, c.latex) not in tried:
            yield c


def _with(report: Report, c: Claim) -> Report | None:
    """The report with one repair; None if it does not make its line right, or makes another one wrong."""
    assert c.instead is not None
    start, end = c.part
    try:
        new = check_text(report.text[:start] + c.instead + report.text[end:], report.file)
    except DocumentError:
        return None
    place = [x for x in report.claims if x.start == c.start].index(c)
    same = [x for x in new.claims if x.start == c.start]
    if place >= len(same) or same[place].verdict not in ("right", "definition"):
        return None
    before, after = ([x for x in r.wrong if x.start < c.start] for r in (report, new))
    return new if len(after) <= len(before) else None
