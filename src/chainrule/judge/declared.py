"""What a verdict at small sizes is worth at the large ones that were declared as numbers.

Neither what is equal at small sizes nor what differs there need be so at others: a sum over 300 entries, divided by
300, is their mean; a sum over 3 entries stays below a threshold that one over 30,000 passes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from math import inf, isqrt

import numpy as np
from flint import fmpq

from chainrule.backends.interpreter import arr
from chainrule.core.expr import Expr
from chainrule.judge.compare import Outcome
from chainrule.judge.comparing import PRECISIONS, Sides, compare_at, compare_at_points, example
from chainrule.judge.enlarged import enlarged
from chainrule.judge.float_points import EXACT, FloatPoint
from chainrule.judge.floats import Seen, seen_in_floats
from chainrule.judge.kinks import on_kink
from chainrule.judge.models import generator
from chainrule.judge.points import Point, Problem
from chainrule.judge.values import Mode
from chainrule.judge.verdict import Verdict

LITTLE_WORK, MUCH_WORK = 30_000, 3_000_000
ENOUGH = 4  # points at which what differs at small sizes is the same
_CARRIED = 2  # of three points made from a counterexample
_AT_SMALL = {"judged": "equal", "different": "different", "undecided": "undecided"}


def at_declared_sizes(p: Expr, q: Expr, sides: Sides, small: Verdict) -> Verdict:
    """The verdict on two expressions, given that on the same ones at small sizes.

    What was equal must be so in floating point at the least, or exactly; what was different must be different.
    """
    declared = _Declared(p, q, sides, Problem(p, q), small)
    match small.how:
        case "judged":
            return declared.equal()
        case "different":
            return declared.different()
        case _:
            return declared.exactly(1) if declared.light else declared.undecided("too large to compare")


@dataclass(frozen=True)
class _Declared:
    p: Expr
    q: Expr
    sides: Sides
    problem: Problem
    small: Verdict

    @cached_property
    def work(self) -> float:
        """Of an exact evaluation at a point that is given."""
        own = self.problem.sizes(generator(self.problem.seed), small=True)
        return inf if own is None else self.problem.work(own)

    @cached_property
    def most(self) -> int:
        """The work that may be done at one point: less where it must be seen that it lies on no kink."""
        return MUCH_WORK // 8 if self.problem.conditions else MUCH_WORK

    @cached_property
    def light(self) -> bool:
        """Whether exact points are drawn and looked at in a short time."""
        return _work(self.problem) <= self.most

    def equal(self) -> Verdict:
        """The verdict, where both sides were equal at small sizes."""
        if _work(self.problem) <= LITTLE_WORK:
            again = self.exactly(1)
            if again.how == "different":
                return again
        agreed = False
        for seen, point in seen_in_floats(self.p, self.q, self.problem):
            agreed = agreed or seen is Seen.AGREE
            if seen is Seen.DIFFER:
                again = self.at_floats(point)
                if again.how != "judged":
                    return again
                agreed = True
        if agreed:
            return replace(self.small, reason="exactly at small sizes, in floating point at those declared")
        return self.exactly(ENOUGH) if self.light else self.undecided("not to be told")

    def different(self) -> Verdict:
        """The verdict, where both sides differed at small sizes: it takes much to say that they do not."""
        same = [False]
        for point in self.enlarged():
            found = self.at(point)
            if found.how == "different":
                return found
            same.append(found.how == "judged")
        again = self.exactly(ENOUGH) if self.light else self.undecided("too large to compare")
        if again.how == "different":
            return again
        equal = again.how == "judged"
        for seen, floats in seen_in_floats(self.p, self.q, self.problem):
            if seen is Seen.DIFFER and not equal:
                return replace(self.small, reason="exactly at small sizes, and in floating point at those declared")
            if seen is Seen.DIFFER:
                found = self.at_floats(floats)
                if found.how == "different":
                    return found
                same = [False]
        enough = again.points >= ENOUGH and sum(same) >= _CARRIED
        return again if enough or not equal else self.undecided("not to be told")

    def enlarged(self) -> Iterator[Point]:
        """The counterexample at small sizes, carried over to those declared."""
        if self.small.counterexample is not None and self.work <= self.most:
            for sizes, values in enlarged(self.problem, self.small.counterexample):
                yield Point(sizes, values, self.problem.functions(sizes))

    def exactly(self, points: int) -> Verdict:
        """The verdict at some exact points."""
        modes = _modes(self.problem)
        few = len(modes) if self.work > LITTLE_WORK else None
        return compare_at_points(self.problem, self.sides, points, modes, small=True, attempts=few)

    def at(self, point: Point) -> Verdict:
        """The verdict at one exact point, with many bits for differences that are tiny."""
        found = compare_at(self.problem, self.sides, point, PRECISIONS[1:], PRECISIONS[2])
        if isinstance(found, str):
            return self.undecided(found)
        if found.outcome is not Outcome.DIFFERENT:
            return Verdict("judged", points=1)
        if on_kink(self.problem, point):
            return self.undecided("on a kink")
        return Verdict("different", counterexample=example(point, found))

    def at_floats(self, floats: FloatPoint) -> Verdict:
        """The exact verdict at a point that was seen in floating point, or where that is not exact, at others."""
        if self.work > self.most:
            return self.undecided("different in floating point")
        if any(self.problem.facts(name) - EXACT for name in self.problem.by_name):
            again = self.exactly(ENOUGH) if self.light else self.small
            return again if again.how == "different" else self.undecided("different in floating point")
        values = {name: arr(_rational(a)) for name, a in floats.arrays.items()}
        return self.at(Point(floats.sizes, values, self.problem.functions(floats.sizes)))

    def undecided(self, why: str) -> Verdict:
        """What is left where nothing is certain."""
        return Verdict("undecided", reason=f"{_AT_SMALL[self.small.how]} at small sizes; {why} at the sizes declared")


def steps_at_declared_sizes(problem: Problem, verdict: Verdict, judged: Callable[[int], Verdict]) -> Verdict:
    """The verdict on a step, given that at small sizes, and a judge at some points of the sizes declared.

    A step is made by a rule that is one for all sizes: what is equal at small sizes is looked at again only where that
    takes little work, and what differs there, at several points.
    """
    work = _work(problem)
    if verdict.how == "judged":
        again = judged(1) if work <= LITTLE_WORK else verdict
        return again if again.how == "different" else replace(verdict, reason="at small sizes, for those declared")
    if work > LITTLE_WORK:
        reason = f"{_AT_SMALL[verdict.how]} at small sizes; too large to compare at the sizes declared"
        return Verdict("undecided", reason=reason)
    again = judged(1 if verdict.how == "undecided" else ENOUGH)
    if verdict.how == "different" and again.how == "judged" and again.points < ENOUGH:
        return Verdict("undecided", reason="different at small sizes; equal at few points of the sizes declared")
    return again


def _work(problem: Problem) -> float:
    own = problem.sizes(generator(problem.seed), small=True)
    return inf if own is None else problem.work(own) + problem.drawing(own)


def _modes(problem: Problem) -> tuple[Mode, ...]:
    """Several scales, some so small that not even sums over all entries leave the range where functions change."""
    n = max((s.constant or 1 for s in problem.room.extents), default=1)
    root, inverse = f"1/{isqrt(n)}", f"1/{n}"
    whole = (Mode("1", whole=True), Mode(root), Mode(inverse, positive=True), Mode("1", whole=True, positive=True))
    return (*whole, Mode("1/2", tame=True), Mode(inverse), Mode("8"))


_rational = np.frompyfunc(lambda x: fmpq(*Fraction(float(x)).as_integer_ratio()), 1, 1)
