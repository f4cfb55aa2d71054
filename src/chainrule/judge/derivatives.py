"""Checks of derivatives against evaluation with dual numbers, which uses none of the rules that made them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import flint
import numpy as np

from chainrule.backends.exact import checked
from chainrule.backends.interpreter import Arr, Interpreter, arr
from chainrule.backends.scalars import Dual, new_level, tangent
from chainrule.core.expr import Apply, Const, Expr, Var
from chainrule.errors import ShapeError
from chainrule.judge.compare import Comparison, Outcome
from chainrule.judge.comparing import compare_at
from chainrule.judge.declared import steps_at_declared_sizes
from chainrule.judge.models import generator
from chainrule.judge.points import GENERIC, SIMPLE, Point, Problem
from chainrule.judge.smaller import smaller
from chainrule.judge.values import Mode, draw
from chainrule.judge.verdict import Verdict, show

_ANY = Mode("1")
_NO_FACTS: frozenset[str] = frozenset()


def adjoint_check(node: Expr, cotangent: Expr, contributions: Sequence[tuple[Expr, Expr]], points: int = 1) -> Verdict:
    """Whether the cotangents sent to the arguments of a node are right: ⟨cotangent, ẏ⟩ = Σ ⟨contribution, ẋ⟩.

    `contributions` names each argument with what is sent to it, more than once if it was sent in parts; an argument
    that is not named is held fixed. The arguments, their tangents and the cotangent take generic values, whatever
    expressions they are: what is below them is not evaluated, so that checking a whole graph is linear in it. ẏ comes
    from dual numbers.
    """
    if isinstance(node, Apply) and any(a not in node.args for a, _ in contributions):
        return Verdict("different", reason="a cotangent was sent to what is not an argument")
    small = smaller([node, cotangent, *(e for pair in contributions for e in pair)])
    if small is None:
        return _adjoint(node, cotangent, contributions, points)
    pairs = list(zip(small[2::2], small[3::2], strict=True))
    verdict = _adjoint(small[0], small[1], pairs, points)
    problem = Problem(node, cotangent, *(c for _, c in contributions))
    return steps_at_declared_sizes(problem, verdict, lambda k: _adjoint(node, cotangent, contributions, k))


def _adjoint(node: Expr, cotangent: Expr, contributions: Sequence[tuple[Expr, Expr]], points: int) -> Verdict:
    verdict = _Adjoint(node, cotangent, contributions, generic=True).verdict(points)
    if verdict.how == "different":  # perhaps a contribution is written with parts of an argument or of the cotangent
        return _Adjoint(node, cotangent, contributions, generic=False).verdict(points)
    return verdict


class _Adjoint:
    """One check. With `generic`, arguments and cotangent are independent of what they are made of."""

    def __init__(self, node: Expr, cotangent: Expr, contributions: Sequence[tuple[Expr, Expr]], generic: bool) -> None:
        self.node, self.contributions, self.cotangent, self.generic = node, contributions, cotangent, generic
        args = node.args if isinstance(node, Apply) else [a for a, _ in contributions]
        self.inputs = [a for a in dict.fromkeys(args) if not isinstance(a, Const)]
        self.known: list[Expr] = list(self.inputs)
        if not isinstance(cotangent, Const) and cotangent not in self.known:
            self.known.append(cotangent)
        parts = (c for _, c in contributions)
        self.problem = Problem(node, cotangent, *parts, known=self.known if generic else ())

    def verdict(self, points: int) -> Verdict:
        def check(attempt: int, point: Point) -> Comparison | str:
            return compare_at(self.problem, self._sides(point, attempt), point)

        return _several(self.problem, SIMPLE, points, check)

    def _sides(self, point: Point, attempt: int) -> Any:
        rng = generator(f"{self.problem.seed} {attempt} adjoint")
        mode = SIMPLE[attempt % len(SIMPLE)]
        given: dict[Expr, Arr] = {}
        shapes = {e: tuple(s.evaluate(point.sizes) for s in e.shape) for e in self.known}
        for e in self.known:
            if isinstance(e, Var):
                given[e] = point.values[e.name]
            elif self.generic:
                given[e] = draw(rng, shapes[e], _NO_FACTS, mode, None)
        moving = dict.fromkeys(a for a, _ in self.contributions if a in self.inputs)
        tangents = {a: draw(rng, shapes[a], _NO_FACTS, _ANY, None) for a in moving if not _whole(a)}

        def sides(plain: Interpreter) -> tuple[Arr, Arr]:
            plain.memo.update({e: ((), v) for e, v in given.items()})
            values = {e: checked(plain.tensor(e)) for e in self.known}
            level = new_level()
            moved = {**values, **{a: seeded(values[a], {level: tangents[a]}) for a in tangents}}
            y_dot = coefficient(point.interpreter(self.problem, moved).tensor(self.node), (level,))
            left = np.sum(checked(y_dot) * plain.tensor(self.cotangent))
            right: Any = 0
            for arg, part in self.contributions:
                if arg in tangents:
                    right = right + np.sum(checked(plain.tensor(part)) * tangents[arg])
            return arr(left), arr(right)

        return sides


def _whole(e: Expr) -> bool:
    return isinstance(e, Var) and e.index_size is not None


def gradient_check(e: Expr, wrt: Expr | Sequence[Expr], result: Expr, order: int = 1, points: int = 3) -> Verdict:
    """Whether `result` (axes of `e`, then those of `wrt`, for order 2 twice or of two variables) is the derivative.

    Contracted with random directions it must be the coefficient of their ε: one pass over the graph for each side.
    Facts about the variables hold at the point, but not for the directions.
    """
    variables = _variables(wrt, order)
    if result.ndim != e.ndim + sum(v.ndim for v in variables):
        raise ShapeError(f"a derivative with {result.ndim} axes, where {e.ndim} and those of the variables are needed")
    small = smaller([e, result, *variables])
    if small is None:
        return _gradient(e, variables, result, points)
    verdict = _gradient(small[0], small[2:], small[1], points)
    problem = Problem(e, result, *variables)
    return steps_at_declared_sizes(problem, verdict, lambda k: _gradient(e, variables, result, k))


def _gradient(e: Expr, variables: list[Expr], result: Expr, points: int) -> Verdict:
    problem = Problem(e, result, *variables)

    def check(attempt: int, point: Point) -> Comparison | str:
        return compare_at(problem, _directional(problem, point, e, variables, result, attempt), point)

    return _several(problem, GENERIC, points, check)


def _several(
    problem: Problem, modes: tuple[Mode, ...], wanted: int, check: Callable[[int, Point], Comparison | str]
) -> Verdict:
    """The verdict of a check at the wanted number of points, or at as many as are found."""
    counted, why = 0, ""
    for attempt in range(3 * wanted + 2 * len(modes)):
        point = problem.point(attempt, modes, small=modes is SIMPLE)
        if point is None:
            return Verdict("undecided", reason="no sizes were found that leave room for the expression")
        found = check(attempt, point)
        if isinstance(found, str):
            why = found
        elif found.outcome is Outcome.DIFFERENT:
            where = f"entry {list(found.entry)}: " if found.entry else ""
            reason = f"along a random direction {where}{show(found.left)} against {show(found.right)}"
            return Verdict("different", reason=reason)
        else:
            counted += 1
            if counted == wanted:
                break
    return Verdict("judged", points=counted) if counted else Verdict("undecided", reason=why)


def _variables(wrt: Expr | Sequence[Expr], order: int) -> list[Expr]:
    if isinstance(wrt, Expr):
        return [wrt] * order
    out = list(wrt)
    return out * order if len(out) == 1 else out


def _directional(problem: Problem, point: Point, e: Expr, variables: list[Expr], result: Expr, attempt: int) -> Any:
    rng = generator(f"{problem.seed} {attempt} direction")
    shapes = [tuple(s.evaluate(point.sizes) for s in v.shape) for v in variables]
    directions = [draw(rng, shape, _NO_FACTS, _ANY, None) for shape in shapes]

    def sides(plain: Interpreter) -> tuple[Arr, Arr]:
        levels = [new_level() for _ in variables]
        moved: dict[Expr, Arr] = {}
        for v in dict.fromkeys(variables):
            along = {lv: d for lv, d, u in zip(levels, directions, variables, strict=True) if u is v}
            moved[v] = seeded(plain.tensor(v), along)
        left = coefficient(point.interpreter(problem, moved).tensor(e), levels)
        right = plain.tensor(result)
        for d in reversed(directions):
            axes = range(right.ndim - d.ndim, right.ndim)
            right = arr(np.sum(right * d, axis=tuple(axes))) if d.ndim else arr(right * d[()])
        return checked(left), checked(right)

    return sides


def directional(
    e: Expr, values: Mapping[Expr, Arr], sizes: Mapping[str, int], directions: Mapping[Expr, Arr], precision: int = 256
) -> Arr:
    """The derivative of an expression at a point along a direction of each variable, by dual numbers alone.

    Raises:
        DomainError: the point lies on a kink, or outside the domain.
    """
    level = new_level()
    with flint.ctx.workprec(precision):
        moved = {v: seeded(a, {level: directions[v]}) if v in directions else a for v, a in values.items()}
        return checked(coefficient(Interpreter(moved, sizes, None).tensor(e), (level,)))


def seeded(a: Arr, tangents: dict[int, Arr]) -> Arr:
    """The array plus ε times a direction, for each level and direction."""
    for level in sorted(tangents):
        a = arr(np.frompyfunc(lambda x, d, level=level: Dual(level, x, d), 2, 1)(a, tangents[level]))
    return a


def coefficient(a: Arr, levels: Iterable[int]) -> Arr:
    """The coefficient of the product of the ε of these levels."""
    for level in sorted(levels, reverse=True):
        a = arr(np.frompyfunc(lambda x, level=level: tangent(x, level), 1, 1)(a))
    return a
