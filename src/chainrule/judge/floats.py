"""Two expressions compared in floating point, at sizes that are too large for exact numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import Enum
from math import inf, prod
from typing import Any

import numpy as np

from chainrule.backends.checked_call import Compiled
from chainrule.backends.compile import generate
from chainrule.core.expr import Expr
from chainrule.errors import ChainruleError
from chainrule.judge.constants import magnitudes
from chainrule.judge.float_points import FloatPoint, float_points
from chainrule.judge.models import generator
from chainrule.judge.noise import Noise, noisy
from chainrule.judge.points import Problem
from chainrule.judge.work import operations

_LARGEST = 20_000_000  # entries of one array
_MOST_ENTRIES, _MOST_WORK = 80_000_000, 10_000_000_000
_MUCH_WORK = 1_000_000_000  # for which one point must do
_DOUBTFUL, _CLEARLY, _CLOSE = 1e-3, 1e-6, 1e-9  # beside the values: errors, a difference, and none
_SAFETY = 16  # times the errors that were seen
_SEEDS = (1, 2)
_EPS = 2.0**-48  # beside the constants


class Seen(Enum):
    """What floating point says of two expressions at a point."""

    AGREE = "agree"
    DIFFER = "differ"
    UNCLEAR = "unclear"


def seen_in_floats(p: Expr, q: Expr, problem: Problem) -> Iterator[tuple[Seen, FloatPoint]]:
    """What is seen at some points, one after the other; nothing where the expressions are too large or have no code."""
    sizes = problem.room.sizes(generator(problem.seed), small=True, most=None)
    if sizes is None or p.free or q.free or not _fits(problem, sizes):
        return
    try:
        f = Compiled(generate([p, q], "numpy", "f"))
    except ChainruleError:
        return
    constants = float(max(magnitudes(problem), default=0))
    agreed, heavy = False, _work(problem, sizes) > _MUCH_WORK
    with np.errstate(all="ignore"):
        for point in float_points(problem, sizes):
            seen = _seen(f, point, constants, sure=agreed)
            agreed = agreed or seen is Seen.AGREE
            yield seen, point
            if agreed and heavy:
                return


def _fits(problem: Problem, sizes: dict[str, int]) -> bool:
    entries = [prod(s.evaluate(sizes) for s in (*n.shape, *(i.size for i in n.free))) for n in problem.nodes]
    return max(entries) <= _LARGEST and sum(entries) <= _MOST_ENTRIES and _work(problem, sizes) <= _MOST_WORK


def _work(problem: Problem, sizes: dict[str, int]) -> int:
    return operations(problem.nodes, sizes, elimination=2)


def _seen(f: Compiled, point: FloatPoint, constants: float, sure: bool) -> Seen:
    """What is seen at a point; with `sure`, agreement is believed without a look at how errors grow."""
    sides = _run(f, point)
    if sides is None:
        return Seen.UNCLEAR
    a, b = sides
    scale = max(np.max(np.abs(a)), np.max(np.abs(b)))
    gap = np.max(np.abs(a - b))
    if sure and gap <= _CLOSE * scale:
        return Seen.AGREE
    error = _error(f, point, sides)
    if not error <= _DOUBTFUL * scale:
        return Seen.UNCLEAR
    if gap > error + _CLEARLY * scale + _EPS * constants:
        return Seen.DIFFER
    return Seen.AGREE if gap <= error + _CLOSE * scale else Seen.UNCLEAR


def _run(f: Compiled, point: FloatPoint, noise: Noise | None = None) -> Sequence[Any] | None:
    """Both sides at a point; None where one has no finite value."""
    values = point.values
    if noise is not None:
        values.update({name: noisy(a, noise) for name, a in point.arrays.items()})
    try:
        sides = [np.asarray(side, dtype=float) for side in f.unchecked(values)]
    except (ChainruleError, MemoryError, ArithmeticError, np.linalg.LinAlgError):
        return None
    a, b = np.broadcast_arrays(*sides)
    return (a, b) if np.isfinite(a).all() and np.isfinite(b).all() else None


def _error(f: Compiled, point: FloatPoint, sides: Sequence[Any]) -> float:
    """How large the errors of the difference of both sides are, from what small errors in every operation do to it."""
    gap, largest = sides[0] - sides[1], 0.0
    for seed in _SEEDS:
        moved = _run(f, point, Noise(seed))
        if moved is None:
            return inf
        largest = max(largest, float(np.max(np.abs(moved[0] - moved[1] - gap))))
    return _SAFETY * largest
