"""The judge: are two expressions equal?

It looks first for a proof, and else compares both sides at random exact points. Different values, in disjoint balls,
prove a difference; equal values at all points make equality as good as certain.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any

import flint
import numpy as np
from flint import fmpq

from chainrule.backends.exact import Undecided, checked
from chainrule.backends.interpreter import Arr, Interpreter, arr, union
from chainrule.core.expr import Expr
from chainrule.core.size import Size
from chainrule.errors import DomainError
from chainrule.judge.branches import branch_points
from chainrule.judge.compare import Comparison, Outcome, compare
from chainrule.judge.constants import valueless
from chainrule.judge.floats import differ_in_floats
from chainrule.judge.kinks import on_kink
from chainrule.judge.models import generator
from chainrule.judge.points import GENERIC, SIMPLE, SMALL, Point, Problem
from chainrule.judge.scales import about_constants
from chainrule.judge.smaller import smaller
from chainrule.judge.values import Mode
from chainrule.judge.verdict import Counterexample, Verdict
from chainrule.rewrite.normal import normal_form

PRECISIONS = (128, 512, 2048)
Sides = Callable[[Interpreter], tuple[Arr, Arr]]


def equal(p: Expr, q: Expr, points: int = 8) -> Verdict:
    """Whether two expressions have one value wherever both have one.

    Variables of one name are one variable. Kinks do not count, and a vector equals its transpose: only values matter.

    Examples:
        >>> from chainrule.primitives.variables import vector
        >>> x, y = vector("x", "n"), vector("y", "n")
        >>> equal((x + y) * x, x**2 + x * y).equal
        True
        >>> equal(x * y, x + y).how
        'different'

    """
    nothing = valueless(p, q)
    if nothing is not None:
        return Verdict("undecided", reason=nothing[1])
    if p is q:
        return Verdict("proved", reason="one and the same expression")
    problem = Problem(p, q)
    misfit = _misfit(p, q, problem)
    if misfit:
        return Verdict("different", reason=misfit)
    if _one_normal_form(p, q):
        return Verdict("proved", reason="one normal form")
    small = smaller((p, q))
    if small is None:
        return _judged(problem, _sides(p, q), points)
    verdict = _judged(Problem(*small), _sides(*small), points)
    own = at_own_sizes(problem, verdict, lambda: _at_points(problem, _sides(p, q), 1, SMALL, small=True), _MUCH_WORK)
    if own.how == "undecided" and verdict.how == "different" and differ_in_floats(p, q, problem):
        return replace(verdict, reason="exactly at small sizes, and in floating point at those declared")
    return own


def _judged(problem: Problem, sides: Sides, points: int) -> Verdict:
    verdict = _at_points(problem, sides, points, GENERIC, small=False)
    if verdict.how == "different":
        simple = _simplest(problem, sides)
        return verdict if simple is None else simple
    if verdict.how == "judged":
        return _on_other_branches(problem, sides, verdict)
    return verdict


_LITTLE_WORK, _MUCH_WORK = 30_000, 3_000_000
_AT_SMALL = {"different": "they differ at small sizes", "undecided": "undecided at small sizes"}


def at_own_sizes(
    problem: Problem, verdict: Verdict, judged: Callable[[], Verdict], most: int = _LITTLE_WORK
) -> Verdict:
    """What a verdict at small sizes is worth at those that were declared, where working them out takes `most` numbers.

    A difference at small sizes may be none at these (a sum over 300 entries, divided by 300, is their mean): it is
    looked for again, with the given judge, where they are not too large. So is what holds, where they are small enough.
    """
    own = problem.sizes(generator(problem.seed), small=True)
    work = None if own is None else problem.work(own)
    if verdict.how == "judged":
        if work is not None and work <= _LITTLE_WORK:
            again = judged()
            if again.how == "different":
                return again
        return replace(verdict, reason="at small sizes in place of those declared")
    if work is None or work > most:
        return Verdict("undecided", reason=f"{_AT_SMALL[verdict.how]}; too large to compare at the sizes declared")
    return judged()


def judge_step(before: Expr, after: Expr, points: int = 2) -> Verdict:
    """Whether one step, between index expressions that may have free indices, is right: at a few small points."""
    if before is after:
        return Verdict("proved", reason="one and the same expression")
    problem, small = Problem(before, after), smaller((before, after))
    if small is None:
        return _at_points(problem, _sides(before, after), points, SIMPLE, small=True)
    verdict = _at_points(Problem(*small), _sides(*small), points, SIMPLE, small=True)
    return at_own_sizes(problem, verdict, lambda: _at_points(problem, _sides(before, after), 1, SIMPLE, small=True))


def _one_normal_form(p: Expr, q: Expr) -> bool:
    form = normal_form(p)
    return form is not None and form == normal_form(q)


def _misfit(p: Expr, q: Expr, problem: Problem) -> str:
    for name, same in problem.by_name.items():
        if len({v.ndim for v in same}) > 1:
            return f"{name} has {same[0].ndim} axes on one side and {same[1].ndim} on the other"
    if p.ndim != q.ndim:
        return f"the left has shape {_shape(p.shape)}, the right {_shape(q.shape)}"
    if not all(problem.room.may_be_one(m, n) for m, n in zip(p.shape, q.shape, strict=True)):
        return f"the left has shape {_shape(p.shape)}, the right {_shape(q.shape)}"
    return ""


def _shape(shape: tuple[Size, ...]) -> str:
    return f"({', '.join(map(str, shape))}{',' if len(shape) == 1 else ''})"


def _sides(p: Expr, q: Expr) -> Sides:
    def both(at: Interpreter) -> tuple[Arr, Arr]:
        free = union(p.free, q.free)
        left, right = at.over(p, free), at.over(q, free)
        return checked(left), checked(right)

    return both


def _on_other_branches(problem: Problem, sides: Sides, verdict: Verdict) -> Verdict:
    """Compare also on branches that the points so far may not have seen, and close to where they meet."""
    counted = verdict.points
    for point in branch_points(problem):
        found = compare_at(problem, sides, point)
        if isinstance(found, str):
            continue
        if found.outcome is Outcome.DIFFERENT:
            if on_kink(problem, point):
                continue
            simple = _simplest(problem, sides)
            return simple if simple is not None else _rounded(problem, sides, point, found)
        counted += 1
    return Verdict("judged", points=counted)


def _attempts(wanted: int, modes: tuple[Mode, ...]) -> int:
    return 3 * wanted + 2 * len(modes)


def _at_points(problem: Problem, sides: Sides, wanted: int, modes: tuple[Mode, ...], small: bool) -> Verdict:
    """Compare at `wanted` points, or at as many as can be found."""
    counted, why = 0, ""
    for attempt in range(_attempts(wanted, modes)):
        point = problem.point(attempt, modes, small)
        if point is None:
            return Verdict(
                "undecided", reason="no sizes were found that leave room for both sides and are not too large"
            )
        # the first point of a whole comparison is looked at with more bits, for differences that are tiny everywhere
        close = not small and counted == 0
        found = compare_at(
            problem, sides, point, PRECISIONS[1:] if close else PRECISIONS, PRECISIONS[1 if small else 2]
        )
        if isinstance(found, str):
            why = found
        elif found.outcome is Outcome.DIFFERENT:
            if not on_kink(problem, point):
                return Verdict("different", counterexample=_example(point, found))
            why = "a kink"
        else:
            counted += 1
            if counted == wanted:
                break
    if not counted:
        return Verdict("undecided", reason=f"no point was found where both sides have a value ({why})")
    return Verdict("judged", points=counted)


def compare_at(
    problem: Problem,
    sides: Sides,
    point: Point,
    precisions: tuple[int, ...] = PRECISIONS,
    zero_bits: int = PRECISIONS[1],
) -> Comparison | str:
    """Both sides at one point, with more and more bits; a word on why, if the point does not count."""
    why = ""
    for bits in precisions:
        with flint.ctx.workprec(bits):
            try:
                left, right = sides(point.interpreter(problem))
                found = compare(left, right, bits, zero_bits)
            except Undecided as undecided:
                why = undecided.message
                continue
            except (DomainError, OverflowError) as outside:
                return str(outside)
        if found.outcome is not Outcome.UNCLEAR:
            return found
        why = "values that cancel too much"
    return why


def _simplest(problem: Problem, sides: Sides) -> Verdict | None:
    """A counterexample of small sizes and simple numbers, if there is one."""
    modes = SMALL + about_constants(problem, whole=True)
    for attempt in range(len(modes)):
        point = problem.point(attempt, modes, small=True)
        if point is None:
            return None
        found = compare_at(problem, sides, point)
        if not isinstance(found, str) and found.outcome is Outcome.DIFFERENT and not on_kink(problem, point):
            return Verdict("different", counterexample=_example(point, found))
    return None


_ROUND = frozenset({"positive", "symmetric", "diagonal", "lower", "upper"})


def _rounded(problem: Problem, sides: Sides, point: Point, found: Comparison) -> Verdict:
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
            return Verdict("different", counterexample=_example(rounder, again))
    return Verdict("different", counterexample=_example(point, found))


def _example(point: Point, found: Comparison) -> Counterexample:
    values: dict[str, Any] = {name: np.frompyfunc(_number, 1, 1)(a) for name, a in point.values.items()}
    lists = {name: a.tolist() if isinstance(a, np.ndarray) else a for name, a in values.items()}
    return Counterexample(point.sizes, lists, found.entry, _number(found.left), _number(found.right))


def _number(x: Any) -> Any:
    return Fraction(int(x.p), int(x.q)) if isinstance(x, fmpq) else x
