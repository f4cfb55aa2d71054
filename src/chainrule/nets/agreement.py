"""Three ways to the gradient compared: the formulas, dual numbers or differences of the loss, and NumPy."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from random import Random
from typing import TYPE_CHECKING, Any

import flint
import numpy as np
from flint import arb

from chainrule.backends.compile import compile as compiled
from chainrule.backends.exact import DEFAULT_PRECISION as PRECISION, LARGEST_PRECISION, exact_array
from chainrule.core.expr import Expr
from chainrule.errors import ChainruleError, DomainError
from chainrule.explain.derive import grad
from chainrule.judge.derivatives import directional
from chainrule.nets.arithmetic import floats, plain_number
from chainrule.nets.network import Network

if TYPE_CHECKING:
    from chainrule.nets.work import Step

TOLERANCE = 1e-6
NOISE = 1e-8  # of the squared largest number: gradients below it are rounding in float64, and no evidence


@dataclass(frozen=True)
class Agreement:
    """How three ways to the gradient compare: the formulas, dual numbers along a random direction, and NumPy.

    dual: "equal" (exactly), "overlap" (balls that have a point in common), "close" (differences of the loss in
        float64), "different", or why there is none.
    numpy: the largest relative difference between NumPy's gradient and the exact one; nan where NumPy has none.
    """

    dual: str
    numpy: float

    @property
    def holds(self) -> bool:
        """Whether nothing contradicts the formulas."""
        return self.dual != "different" and not self.numpy >= TOLERANCE

    @property
    def compared(self) -> bool:
        """Whether there was another way to the gradient at all."""
        return self.dual in _SAID or not math.isnan(self.numpy)

    def __str__(self) -> str:
        numpy = f"NumPy within {self.numpy:.1e} of the largest entry"
        none = "" if not math.isnan(self.numpy) else "; the numbers are too large for NumPy"
        if self.dual in _SAID:
            return f"The formulas are {_SAID[self.dual]}" + (none or f", and to {numpy}") + "."
        why = f"dual numbers have no answer here: {self.dual}"
        return f"The formulas are equal to {numpy}; {why}." if not none else f"Nothing was compared: {why}{none}."


_SAID = {
    "equal": "equal to dual numbers along a random direction, exactly",
    "overlap": "equal to dual numbers along a random direction, in every digit that was computed",
    "close": "equal to differences of the loss along a random direction, in the digits that float64 leaves",
    "different": "DIFFERENT from a derivative of the loss along a random direction",
}


def agreement(net: Network, step: Step, values: Mapping[str, Any], in_floats: bool) -> Agreement:
    """The gradients of the first step, at these values, against two other ways."""
    with np.errstate(all="ignore"):
        return Agreement((_difference if in_floats else _dual)(net, step, values), _numpy(net, step, values))


def _dual(net: Network, step: Step, values: Mapping[str, Any]) -> str:
    arrays: dict[Expr, Any] = {v: exact_array(values[name], name) for name, v in net.given.items()}
    directions: dict[Expr, Any] = {
        net.parameters[name]: exact_array(x, name) for name, x in _direction(net, step).items()
    }
    try:
        along = plain_number(directional(net.cost, arrays, sizes(net), directions, 2 * PRECISION)[()])
    except DomainError as problem:
        return problem.message
    mine: Any = 0
    with flint.ctx.workprec(LARGEST_PRECISION):
        for name, v in net.parameters.items():
            mine = mine + np.sum(exact_array(step.gradients[name], name) * directions[v])
    mine = plain_number(mine)
    if isinstance(along, arb) or isinstance(mine, arb):
        return "overlap" if arb(along).overlaps(arb(mine)) else "different"
    return "equal" if along == mine else "different"


def _direction(net: Network, step: Step) -> dict[str, Any]:
    """A random direction of small fractions, the same in every run."""
    rng = Random(7)  # noqa: S311

    def filled(shape: tuple[int, ...]) -> Any:
        out = np.empty(shape, dtype=object)
        for at in np.ndindex(*shape):
            out[at] = Fraction(rng.choice((-1, 1)) * rng.randint(1, 9), rng.randint(1, 9))
        return out

    return {name: filled(np.shape(step.gradients[name])) for name in net.parameters}


def _difference(net: Network, step: Step, values: Mapping[str, Any]) -> str:
    """Central differences in float64, which say little: only what is far off counts as different."""
    cost, d = compiled(net.cost), {name: floats(x) for name, x in _direction(net, step).items()}
    start = {name: floats(x) for name, x in values.items()}
    h = 1e-6

    def at(by: float) -> float:
        return float(cost(**{**start, **{name: start[name] + by * x for name, x in d.items()}}, **sizes(net)))

    along, mine = (at(h) - at(-h)) / (2 * h), sum(float(np.sum(step.gradients[name] * x)) for name, x in d.items())
    size = math.hypot(*(float(np.linalg.norm(step.gradients[n])) * float(np.linalg.norm(x)) for n, x in d.items()))
    return "close" if abs(along - mine) <= 1e-2 * size + 1e-4 * (1 + abs(at(0))) else "different"


def _numpy(net: Network, step: Step, values: Mapping[str, Any]) -> float:
    """The largest difference to NumPy, relative to the largest entry of each gradient."""
    gradients = grad(net.cost, list(net.parameters.values()))
    assert isinstance(gradients, tuple)
    try:
        found = compiled(gradients)(**{k: floats(v) for k, v in values.items()}, **sizes(net))
    except ChainruleError:
        return float("nan")
    numbers = [floats(x) for x in (*step.values.values(), *step.gradients.values())]
    largest = max(float(np.max(np.abs(x))) for x in numbers)
    worst = 0.0
    for name, got in zip(net.parameters, found, strict=True):
        want = floats(step.gradients[name])
        scale = max(float(np.max(np.abs(want))), NOISE * largest**2)
        gap = float(np.max(np.abs(np.asarray(got) - want)))
        if not math.isfinite(gap) or not math.isfinite(scale):
            return float("nan")
        worst = max(worst, gap / scale if scale else gap)
    return worst


def sizes(net: Network) -> dict[str, int]:
    """The numbers of units and of samples, by the names of the sizes in the expressions."""
    named = {f"n{k}": n for k, n in enumerate(net.sizes) if isinstance(n, int)}
    if net.batch is not None and isinstance(net.samples, int):
        named[str(net.batch)] = net.samples
    return named
