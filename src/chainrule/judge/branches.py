"""Branches of relu, abs, max, where and their kind: which sides of a kink some points have visited."""

from __future__ import annotations

from fractions import Fraction

import flint

from chainrule.backends.functions import FUNCTIONS
from chainrule.backends.interpreter import Interpreter
from chainrule.backends.scalars import sign
from chainrule.core.expr import Apply, Const, Expr, walk
from chainrule.errors import DomainError
from chainrule.judge.points import GENERIC, Point, Problem
from chainrule.judge.values import Mode

_OF_ONE = frozenset({"relu", "abs", "sign", "step"})
_OF_TWO = frozenset({"maximum", "minimum", "gt", "ge", "lt", "le"})
_ROUNDS, _TRIES = 5, 10
_BITS = 128


class Branches:
    """The kinks of a problem, and the signs on both sides of them that were seen."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self._kinks = _kinks(problem.nodes)
        self._seen: set[tuple[Expr, int]] = set()

    def visit(self, point: Point) -> bool:
        """Note the signs at a point; whether one of them is new."""
        before = len(self._seen)
        if self._kinks:
            with flint.ctx.workprec(_BITS):
                at = point.interpreter(self._problem)
                for kink in self._kinks:
                    self._seen |= {(kink, s) for s in _signs(kink, at)}
        return len(self._seen) > before

    @property
    def one_sided(self) -> bool:
        """Whether there is a kink of which one side was never seen."""
        return any(((k, 1) in self._seen) != ((k, -1) in self._seen) for k in self._kinks)

    def unvisited(self) -> list[Point]:
        """Points on sides of a kink that were not seen: as many as a bounded search finds."""
        out: list[Point] = []
        modes = about_constants(self._problem) * _ROUNDS + GENERIC
        for attempt in range(len(modes) + _TRIES):
            if not self.one_sided:
                break
            point = self._problem.point(attempt, modes)
            if point is not None and self.visit(point):
                out.append(point)
        return out


def _kinks(nodes: list[Expr]) -> list[Apply]:
    out: list[Apply] = []
    waiting, done = list(nodes), set[Expr]()
    while waiting:
        e = waiting.pop()
        if e in done:
            continue
        done.add(e)
        if isinstance(e, Apply) and not e.free:
            if e.op.ball in _OF_ONE | _OF_TWO:
                out.append(e)
            elif e.op.expand is not None and e.op.ball not in FUNCTIONS:
                waiting.extend(walk(e.op.expand(*e.args)))
    return out


def _signs(kink: Apply, at: Interpreter) -> set[int]:
    try:
        values = [at.tensor(a) for a in kink.args]
        difference = values[0] if len(values) == 1 else values[0] - values[1]
        return {s for s in map(sign, difference.flat if kink.shape else [_only(difference)]) if isinstance(s, int)}
    except DomainError:
        return set()


def _only(x: object) -> object:
    return x[()] if hasattr(x, "shape") else x  # type: ignore[index]


def about_constants(problem: Problem, whole: bool = False) -> tuple[Mode, ...]:
    """Modes with scales about the constants of the problem, where thresholds may lie."""
    constants = {abs(n.value) for n in problem.nodes if isinstance(n, Const) and n.value}
    scales = sorted(c * f for c in constants for f in (Fraction(1, 2), Fraction(2)))
    return tuple(Mode(str(s), positive=p, whole=whole) for s in scales for p in (False, True))
