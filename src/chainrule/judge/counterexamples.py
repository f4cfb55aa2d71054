"""Counterexamples that are easy to read: small sizes, simple numbers."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
from flint import fmpq

from chainrule.backends.interpreter import arr
from chainrule.judge.compare import Comparison, Outcome
from chainrule.judge.comparing import Sides, compare_at, example
from chainrule.judge.kinks import on_kink
from chainrule.judge.points import SMALL, Point, Problem
from chainrule.judge.scales import about_constants
from chainrule.judge.verdict import Verdict


def simplest(problem: Problem, sides: Sides) -> Verdict | None:
    """A counterexample of small sizes and simple numbers, if there is one."""
    modes = SMALL + about_constants(problem, whole=True)
    for attempt in range(len(modes)):
        point = problem.point(attempt, modes, small=True)
        if point is None:
            return None
        found = compare_at(problem, sides, point)
        if not isinstance(found, str) and found.outcome is Outcome.DIFFERENT and not on_kink(problem, point):
            return Verdict("different", counterexample=example(point, found))
    return None


_ROUND = frozenset({"positive", "symmetric", "diagonal", "lower", "upper"})


def rounded(problem: Problem, sides: Sides, point: Point, found: Comparison) -> Verdict:
    """The counterexample, with values of as few digits as leave it one."""
    props = {name: problem.facts(name) for name in problem.by_name}
    for digits in range(7):
        unit = 10**digits
        values = dict(point.values)
        for name, a in values.items():
            if props[name] <= _ROUND and problem.by_name[name][0].index_size is None:
                near = np.frompyfunc(lambda x, unit=unit: fmpq(round(Fraction(int(x.p), int(x.q)) * unit), unit), 1, 1)
                values[name] = arr(near(a))
                if "positive" in props[name] and not all(x > 0 for x in values[name].flat):
                    values[name] = a
        rounder = replace(point, values=values)
        again = compare_at(problem, sides, rounder)
        if not isinstance(again, str) and again.outcome is Outcome.DIFFERENT and not on_kink(problem, rounder):
            return Verdict("different", counterexample=example(rounder, again))
    return Verdict("different", counterexample=example(point, found))
