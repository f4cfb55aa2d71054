"""Whether a point lies on a kink, where derivatives and conventions say what values nearby do not."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import flint
from flint import fmpq

from chainrule.backends.interpreter import Interpreter, arr
from chainrule.judge.conditions import signs_at_kinks
from chainrule.judge.models import filled, generator
from chainrule.judge.points import Point, Problem
from chainrule.judge.values import moves

_BITS = 128


def on_kink(problem: Problem, point: Point) -> bool:
    """Whether a branch is chosen by a 0 that values close by do not have."""
    if not problem.conditions:
        return False
    with flint.ctx.workprec(_BITS):
        here = point.interpreter(problem)
        near: Interpreter | None = None
        for c in problem.conditions:
            found = signs_at_kinks(c, here)
            if 0 not in found:
                continue
            near = near or _close(problem, point).interpreter(problem)
            if any(s == 0 != t for s, t in zip(found, signs_at_kinks(c, near), strict=False)):
                return True
    return False


def _close(problem: Problem, point: Point) -> Point:
    rng, unit = generator(f"{problem.seed} close"), Fraction(1, 2**30)
    values = dict(point.values)
    for name, a in values.items():
        way = moves(problem.by_name[name])
        if way == "freely":
            values[name] = arr(a + filled(a.shape, lambda: unit * rng.choice((-1, 1)) * rng.randint(5, 9)))
        elif way:
            values[name] = arr(a * fmpq(2**30 - rng.randint(5, 9), 2**30))
    return replace(point, values=values)
