"""Scales about the constants of a problem, where thresholds may lie."""

from __future__ import annotations

from fractions import Fraction

from chainrule.judge.constants import magnitudes
from chainrule.judge.points import Problem
from chainrule.judge.values import Mode

_MOST_SCALES = 24


def about_constants(problem: Problem, whole: bool = False) -> tuple[Mode, ...]:
    """Modes with scales about the constants of the problem, where thresholds may lie."""
    scales = sorted({c * f for c in magnitudes(problem) for f in (Fraction(1, 2), Fraction(2))})[:_MOST_SCALES]
    return tuple(Mode(str(s), positive=p, whole=whole) for s in scales for p in (False, True))
