"""The judge: are two expressions equal?

It looks first for a proof, and else compares both sides at random exact points. Different values, in disjoint balls,
prove a difference; equal values at all points make equality as good as certain.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from chainrule.backends.exact import checked
from chainrule.backends.interpreter import Arr, Interpreter, union
from chainrule.core.expr import Expr
from chainrule.core.size import Size
from chainrule.judge.branches import Branches
from chainrule.judge.compare import Outcome
from chainrule.judge.comparing import Sides, compare_at, compare_at_points
from chainrule.judge.constants import valueless
from chainrule.judge.counterexamples import rounded, simplest
from chainrule.judge.declared import at_declared_sizes, steps_at_declared_sizes
from chainrule.judge.kinks import on_kink
from chainrule.judge.larger import larger_sizes, points_at
from chainrule.judge.models import generator
from chainrule.judge.points import GENERIC, SIMPLE, Point, Problem
from chainrule.judge.smaller import smaller
from chainrule.judge.verdict import Verdict
from chainrule.rewrite.normal import normal_form


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
    return at_declared_sizes(p, q, _sides(p, q), _judged(Problem(*small), _sides(*small), points))


def _judged(problem: Problem, sides: Sides, points: int) -> Verdict:
    verdict = compare_at_points(problem, sides, points, GENERIC, small=False)
    if verdict.how == "different":
        simple = simplest(problem, sides)
        return verdict if simple is None else simple
    if verdict.how == "judged":
        return _on_other_branches(problem, sides, verdict)
    return verdict


def judge_step(before: Expr, after: Expr, points: int = 2) -> Verdict:
    """Whether one step, between index expressions that may have free indices, is right: at a few small points."""
    if before is after:
        return Verdict("proved", reason="one and the same expression")
    problem, small = Problem(before, after), smaller((before, after))
    if small is None:
        return compare_at_points(problem, _sides(before, after), points, SIMPLE, small=True)
    verdict = compare_at_points(Problem(*small), _sides(*small), points, SIMPLE, small=True)
    again = partial(compare_at_points, problem, _sides(before, after), modes=SIMPLE, small=True)
    return steps_at_declared_sizes(problem, verdict, again)


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
    sizes = problem.sizes(generator(f"{problem.seed} branches"), small=True) if problem.conditions else None
    if sizes is None:
        return verdict
    search = Branches(problem, sizes)
    verdict = _at_more_points(problem, sides, verdict, search.points())
    if verdict.how == "different" or not problem.names:
        return verdict
    larger = larger_sizes(problem, sizes, search.one_sided)
    for some in larger.sizes:
        verdict = _at_more_points(problem, sides, verdict, points_at(problem, some))
        if verdict.how == "different":
            return verdict
    return Verdict("undecided", reason=larger.doubt) if larger.doubt else verdict


def _at_more_points(problem: Problem, sides: Sides, verdict: Verdict, points: Iterable[Point]) -> Verdict:
    counted = verdict.points
    for point in points:
        found = compare_at(problem, sides, point)
        if isinstance(found, str):
            continue
        if found.outcome is Outcome.DIFFERENT:
            if on_kink(problem, point):
                continue
            simple = simplest(problem, sides)
            return simple if simple is not None else rounded(problem, sides, point, found)
        counted += 1
    return Verdict("judged", points=counted)
