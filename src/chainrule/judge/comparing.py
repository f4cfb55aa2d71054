"""Two expressions compared exactly, at one point or at several."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import flint
import numpy as np
from flint import fmpq

from chainrule.backends.exact import Undecided
from chainrule.backends.interpreter import Arr, Interpreter
from chainrule.errors import DomainError
from chainrule.judge.compare import Comparison, Outcome, compare
from chainrule.judge.kinks import on_kink
from chainrule.judge.points import Point, Problem
from chainrule.judge.values import Mode
from chainrule.judge.verdict import Counterexample, Verdict

PRECISIONS = (128, 512, 2048)
Sides = Callable[[Interpreter], tuple[Arr, Arr]]


def _attempts(wanted: int, modes: tuple[Mode, ...]) -> int:
    return 3 * wanted + 2 * len(modes)


def compare_at_points(
    problem: Problem, sides: Sides, wanted: int, modes: tuple[Mode, ...], small: bool, attempts: int | None = None
) -> Verdict:
    """Compare at `wanted` points, or at as many as are found in so many attempts, or in many."""
    counted, why = 0, ""
    for attempt in range(_attempts(wanted, modes) if attempts is None else attempts):
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
                return Verdict("different", counterexample=example(point, found))
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


def example(point: Point, found: Comparison) -> Counterexample:
    """The counterexample that a point is at which a difference was found."""
    values: dict[str, Any] = {name: np.frompyfunc(_number, 1, 1)(a) for name, a in point.values.items()}
    lists = {name: a.tolist() if isinstance(a, np.ndarray) else a for name, a in values.items()}
    return Counterexample(point.sizes, lists, found.entry, _number(found.left), _number(found.right))


def _number(x: Any) -> Any:
    return Fraction(int(x.p), int(x.q)) if isinstance(x, fmpq) else x
