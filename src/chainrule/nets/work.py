"""Worked examples: forward, backward and update in exact numbers, and three ways to the gradient compared."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from random import Random
from typing import Any

import flint
import numpy as np
from flint import arb, fmpq

from chainrule.backends.compile import compile as compiled
from chainrule.backends.exact import (
    DEFAULT_PRECISION as PRECISION,
    LARGEST_PRECISION,
    Undecided,
    evaluate_array,
    exact,
    exact_array,
)
from chainrule.backends.scalars import ZERO
from chainrule.core.expr import Expr
from chainrule.errors import ChainruleError, DomainError, NetworkError
from chainrule.explain.derive import grad
from chainrule.judge.derivatives import directional
from chainrule.nets.backward import Backward
from chainrule.nets.network import Network, Stage, given
from chainrule.primitives.arithmetic import add_p

Value = Any
"""A `Fraction` or a ball, or an array of them."""


@dataclass(frozen=True, eq=False)
class StageValues:
    """The numbers of one stage: z and a on the way forward, δ and the gradient of what it reads on the way back."""

    stage: Stage
    z: Value
    a: Value
    delta: Value
    dx: Value


@dataclass(frozen=True, eq=False)
class Step:
    """One update: everything before it is computed with the parameters as they were.

    values: all variables by name, with z, a and δ of every stage, and the sizes, as they were before the update.
    """

    number: int
    values: Mapping[str, Value]
    before: Mapping[str, Value]
    stages: tuple[StageValues, ...]
    gradients: Mapping[str, Value]
    velocity: Mapping[str, Value]
    after: Mapping[str, Value]
    loss_before: Value
    loss_after: Value

    @property
    def grew(self) -> bool:
        """Whether the update made the loss larger, for certain."""
        return bool(self.loss_after > self.loss_before)


@dataclass(frozen=True)
class Agreement:
    """How three ways to the gradient compare: the formulas, dual numbers along a random direction, and NumPy.

    dual: "equal" (exactly), "overlap" (balls that have a point in common), "different", or why there is none.
    numpy: the largest relative difference between NumPy's gradient and the exact one.
    """

    dual: str
    numpy: float

    @property
    def holds(self) -> bool:
        """Whether nothing contradicts the formulas."""
        return self.dual != "different" and self.numpy < 1e-6

    def __str__(self) -> str:
        word = {
            "equal": "equal to dual numbers along a random direction, exactly",
            "overlap": "equal to dual numbers along a random direction, in every digit that was computed",
            "different": "DIFFERENT from dual numbers along a random direction",
        }.get(self.dual, f"not compared with dual numbers ({self.dual})")
        return f"{word}, and to NumPy within {self.numpy:.1e} of the largest entry"


@dataclass(frozen=True)
class Exact:
    """Fractions as long as all is rational, else balls of so many bits."""

    bits: int = PRECISION

    def value(self, e: Expr, env: Mapping[str, Any]) -> Value:
        """The value of an expression."""
        arrays: dict[Expr, Any] = {v: exact_array(env[v.name], v.name) for v in e.variables}
        sizes = {name: n for name, n in env.items() if isinstance(n, int)}
        found = self.result(evaluate_array(e, arrays, sizes, None, self.bits))
        return found if found.ndim else found[()]

    def array(self, x: Any) -> Any:
        """Numbers to compute with."""
        return exact_array(x, "a value")

    def number(self, q: Fraction) -> Any:
        """A number to compute with."""
        return exact(q)

    def result(self, a: Any) -> Any:
        """Numbers of FLINT as fractions; balls stay balls."""
        return np.asarray(np.frompyfunc(_presented, 1, 1)(a), dtype=object)


class Floats:
    """NumPy in float64, for networks that are too large for fractions."""

    def value(self, e: Expr, env: Mapping[str, Any]) -> Value:
        """The value of an expression."""
        return compiled(e)(**env)

    def array(self, x: Any) -> Any:
        """Numbers to compute with."""
        return np.asarray(x, dtype=float) if isinstance(x, np.ndarray) and x.dtype == float else _floats(x)

    def number(self, q: Fraction) -> Any:
        """A number to compute with."""
        return float(q)

    def result(self, a: Any) -> Any:
        """The numbers as they are."""
        return a


@dataclass(frozen=True, eq=False)
class Worked:
    """A worked example: the formulas, and the numbers of each step."""

    net: Network
    formulas: Backward
    steps: tuple[Step, ...]
    agreement: Agreement
    kind: Exact | Floats

    def value(self, e: Expr, step: Step) -> Value:
        """The value of an expression in the variables of a step, before its update."""
        return self.kind.value(e, step.values)


def worked(net: Network, steps: int = 1, floats: bool = False) -> Worked:
    """Forward, backward and update, as often as asked for; with `floats` in float64.

    Raises:
        NetworkError: numbers are missing, or there is nothing to do.
        DomainError: a value does not exist.
    """
    if steps < 1:
        raise NetworkError(f"{steps} steps are none", hint="--steps 1")
    if not net.numeric:
        raise NetworkError(f"{net.name} has sizes alone, and no numbers to work with")
    formulas = Backward(net)
    kind, done = _accurate(net, formulas, steps) if not floats else (Floats(), None)
    found = tuple(done or _steps(net, formulas, kind, steps))
    start = {name: kind.array(v) for name, v in net.values().items()}
    return Worked(net, formulas, found, agreement(net, found[0], start, floats), kind)


def _accurate(net: Network, formulas: Backward, steps: int) -> tuple[Exact, list[Step]]:
    """The steps with as many bits as it takes for every number to have enough right digits."""
    bits = PRECISION
    while True:
        kind = Exact(bits)
        try:
            done = _steps(net, formulas, kind, steps)
            if bits >= LARGEST_PRECISION or all(map(_well_known, _numbers(done))):
                return kind, done
        except Undecided:
            if bits >= LARGEST_PRECISION:
                raise
        bits *= 2


def _numbers(done: Iterable[Step]) -> Iterator[Any]:
    for s in done:
        arrays = [x for v in s.stages for x in (v.z, v.a, v.delta, v.dx)]
        for a in (*arrays, *s.gradients.values(), *s.after.values(), s.loss_before, s.loss_after):
            yield from np.asarray(a, dtype=object).flat


def _well_known(x: Any) -> bool:
    """Whether a ball has some twelve right digits, or is 0 as far as anyone can see."""
    return not isinstance(x, arb) or x.rel_accuracy_bits() >= 40 or bool(abs(x) < arb(2) ** -100)


def _steps(net: Network, formulas: Backward, kind: Exact | Floats, steps: int) -> list[Step]:
    values = {name: kind.array(v) for name, v in net.values().items()}
    velocity, done = dict[str, Value](), list[Step]()
    with flint.ctx.workprec(kind.bits if isinstance(kind, Exact) else PRECISION):
        for number in range(1, steps + 1):
            step = _step(net, formulas, kind, number, values, velocity)
            done.append(step)
            values = {**values, **step.after}
            velocity = dict(step.velocity)
    return done


def _step(
    net: Network, formulas: Backward, kind: Exact | Floats, number: int,
    values: Mapping[str, Value], velocity: Mapping[str, Value],
) -> Step:  # fmt: skip
    env: dict[str, Any] = {**values, **_sizes(net)}
    for s in net.stages:
        env[s.z.name] = kind.value(s.net, env)
        env[s.a.name] = kind.value(s.out, env)
    cost = net.loss if net.penalty is None else add_p(net.loss, net.penalty)
    before = kind.value(cost, env)
    for s in reversed(net.stages):
        env[s.delta.name] = kind.value(formulas.delta[s], env)
    stages = tuple(
        StageValues(s, env[s.z.name], env[s.a.name], env[s.delta.name], kind.value(formulas.inputs[s], env))
        for s in net.stages
    )
    gradients = {name: kind.value(e, env) for name, e in formulas.parameters.items()}
    moved, after = _updated(net, kind, values, gradients, velocity)
    old = {name: kind.result(values[name]) for name in net.parameters}
    new = {**env, **after}
    for s in net.stages:
        new[s.z.name] = kind.value(s.net, new)
        new[s.a.name] = kind.value(s.out, new)
    return Step(number, env, old, stages, gradients, moved, after, before, kind.value(cost, new))


def _sizes(net: Network) -> dict[str, int]:
    named = {f"n{k}": n for k, n in enumerate(net.widths) if isinstance(n, int)}
    if net.batch is not None and isinstance(net.samples, int):
        named[str(net.batch)] = net.samples
    return named


def _updated(
    net: Network, kind: Exact | Floats,
    values: Mapping[str, Value], gradients: Mapping[str, Value], velocity: Mapping[str, Value],
) -> tuple[dict[str, Value], dict[str, Value]]:  # fmt: skip
    """The velocities and the parameters after an update; weight decay is of the weights alone."""
    rule = net.spec.update
    rate, decay = kind.number(net.learning_rate), kind.number(rule.weight_decay)
    moved: dict[str, Value] = {}
    after: dict[str, Value] = {}
    for name, g in gradients.items():
        w, change = kind.array(values[name]), kind.array(g)
        if rule.weight_decay and not name.startswith("b"):
            change = change + decay * w
        if rule.rule == "momentum":
            if name in velocity:
                change = kind.number(net.momentum) * kind.array(velocity[name]) + change
            moved[name] = kind.result(change)
        after[name] = kind.result(w - rate * change)
    return moved, after


# ---------------------------------------------------------------- three ways


def agreement(net: Network, step: Step, values: Mapping[str, Any], floats: bool) -> Agreement:
    """The gradients of the first step against dual numbers and against NumPy."""
    return Agreement("floats are not exact" if floats else _dual(net, step, values), _numpy(net, step, values))


def _dual(net: Network, step: Step, values: Mapping[str, Any]) -> str:
    rng = Random(7)  # noqa: S311  a direction, the same in every run
    variables = given(net)
    arrays: dict[Expr, Any] = {v: exact_array(values[name], name) for name, v in variables.items() if name in values}
    directions: dict[Expr, Any] = {
        v: exact_array(_filled(np.shape(step.gradients[name]), rng), name) for name, v in net.parameters.items()
    }
    try:
        along = _number(directional(net.cost, arrays, _sizes(net), directions, 2 * PRECISION)[()])
    except DomainError as problem:
        return problem.message
    mine: Any = 0
    with flint.ctx.workprec(LARGEST_PRECISION):
        for name, v in net.parameters.items():
            mine = mine + np.sum(exact_array(step.gradients[name], name) * directions[v])
    mine = _number(mine)
    if isinstance(along, arb) or isinstance(mine, arb):
        return "overlap" if arb(along).overlaps(arb(mine)) else "different"
    return "equal" if along == mine else "different"


def _number(x: Any) -> Any:
    return fmpq(0) if x is ZERO else x


def _presented(x: Any) -> Any:
    x = _number(x)
    return Fraction(int(x.p), int(x.q)) if isinstance(x, fmpq) else x


def _filled(shape: tuple[int, ...], rng: Random) -> Any:
    out = np.empty(shape, dtype=object)
    for at in np.ndindex(*shape):
        out[at] = Fraction(rng.choice((-1, 1)) * rng.randint(1, 9), rng.randint(1, 9))
    return out


def _numpy(net: Network, step: Step, values: Mapping[str, Any]) -> float:
    """The largest difference, relative to the largest entry of each gradient."""
    names = list(net.parameters)
    gradients = grad(net.cost, [net.parameters[n] for n in names])
    assert isinstance(gradients, tuple)
    sizes = {k: v for k, v in _sizes(net).items() if any(k in s.names for g in gradients for s in _extents(g))}
    try:
        found = compiled(gradients)(**{k: _floats(v) for k, v in values.items()}, **sizes)
    except ChainruleError:
        return float("nan")
    worst = 0.0
    for name, got in zip(names, found, strict=True):
        want = _floats(step.gradients[name])
        scale = float(np.max(np.abs(want))) or 1.0
        worst = max(worst, float(np.max(np.abs(np.asarray(got) - want))) / scale)
    return worst


def _extents(e: Expr) -> Any:
    return [s for v in e.variables for s in v.shape]


def _floats(x: Any) -> Any:
    if isinstance(x, (float, np.ndarray)) and np.asarray(x).dtype == float:
        return np.asarray(x)
    return np.array(np.frompyfunc(float, 1, 1)(np.array(x, dtype=object)), dtype=float)
