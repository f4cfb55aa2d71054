"""How much a report gives away: the lines alone, the kinds of the mistakes in words, or everything."""

from __future__ import annotations

from dataclasses import replace

from chainrule.checker.report import Claim, Report
from chainrule.mistakes.table import MISTAKES

LINES, KINDS, ALL = 1, 2, 3


def hinted(report: Report, level: int) -> Report:
    r"""The report with what is not to be given away left out of its wrong claims.

    1: which lines are wrong. 2: the kind of the mistake as well, in words. 3: everything. Lines and columns, verdicts,
    `because_of` and the reasons of what is not understood stay.

    Examples:
        >>> from chainrule.checker.check import check
        >>> report = check(r"Let $x \in \mathbb{R}^n$ and $y = x^\top x$. Then $$\partial y / \partial x = -2 x$$")
        >>> for level in (1, 2):
        ...     claim = hinted(report, level).claims[-1]
        ...     print(claim.verdict, claim.kind, claim.reason, claim.repair, sep=", ")
        wrong, None, , None
        wrong, sign, a sign is wrong, None
    """
    if level >= ALL:
        return report
    return replace(report, claims=tuple(_less(c, level) if c.verdict == "wrong" else c for c in report.claims))


def _less(c: Claim, level: int) -> Claim:
    kind = c.kind if level >= KINDS else None
    reason = summary(c) if level >= KINDS else ""
    return replace(c, kind=kind, reason=reason, repair=None, counterexample=None, part=(0, 0), instead=None)


def summary(c: Claim) -> str:
    """The kind of a wrong claim's mistake, in words."""
    if c.kind == "other":
        return "the two sides differ, by no typical mistake"
    return MISTAKES[c.kind].summary if c.kind is not None and c.kind in MISTAKES else ""
