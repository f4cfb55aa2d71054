"""Worked examples: forward, backward and update in exact numbers."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import flint
import numpy as np
from flint import arb

from chainrule.backends.exact import LARGEST_PRECISION, Undecided, exact
from chainrule.core.expr import Expr
from chainrule.errors import DomainError, NetworkError
from chainrule.nets.agreement import Agreement, agreement, sizes
from chainrule.nets.arithmetic import PRECISION, Exact, Floats, Value
from chainrule.nets.backward import Backward
from chainrule.nets.network import Network
from chainrule.nets.stages import Stage


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
        before, after = (exact(x) if isinstance(x, Fraction) else x for x in (self.loss_before, self.loss_after))
        return bool(after > before)


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
        raise NetworkError(f"{steps} steps are none", hint="1 or more")
    if not net.numeric:
        raise NetworkError(
            f"{net.name} has sizes alone, and no numbers to work with", hint="input, target, and weights in each layer"
        )
    formulas = Backward(net)
    kind, done = updates(net, formulas, steps, floats)
    return compared(net, formulas, kind, done)


def compared(net: Network, formulas: Backward, kind: Exact | Floats, done: Sequence[Step]) -> Worked:
    """A worked example of these steps, its gradients held against two other ways."""
    start = {name: kind.array(v) for name, v in net.values().items()}
    found = agreement(net, done[0], start, isinstance(kind, Floats))
    return Worked(net, formulas, tuple(done), found, kind)


def updates(
    net: Network, formulas: Backward, steps: int = 1, floats: bool = False
) -> tuple[Exact | Floats, Sequence[Step]]:
    """The steps, and how they were computed: in fractions and as many bits as it takes, or in float64."""
    _ = net.learning_rate, net.momentum
    if floats:
        return Floats(), _steps(net, formulas, Floats(), steps)
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
    with flint.ctx.workprec(kind.bits if isinstance(kind, Exact) else PRECISION), np.errstate(all="ignore"):
        for number in range(1, steps + 1):
            with _said(f"step {number}, " if steps > 1 else ""):
                step = _step(net, formulas, kind, number, values, velocity)
            done.append(step)
            values = {**values, **step.after}
            velocity = dict(step.velocity)
    return done


def _step(
    net: Network, formulas: Backward, kind: Exact | Floats, number: int,
    values: Mapping[str, Value], velocity: Mapping[str, Value],
) -> Step:  # fmt: skip
    env: dict[str, Any] = {**values, **sizes(net)}

    def value(e: Expr, what: str, at: Mapping[str, Any]) -> Value:
        with _said(f"{what}: "):
            found = kind.value(e, at)
        return kind.limited(found, what)

    before = _forward(net, env, value)
    for s in reversed(net.stages):
        env[s.delta.name] = value(formulas.delta[s], f"δ of layer {s.label}", env)
    stages = tuple(
        StageValues(s, env[s.z.name], env[s.a.name], env[s.delta.name],
                    value(formulas.inputs[s], f"the gradient of what layer {s.label} reads", env))
        for s in net.stages
    )  # fmt: skip
    gradients = {name: value(e, f"the gradient of {name}", env) for name, e in formulas.parameters.items()}
    moved, after = _updated(net, kind, values, gradients, velocity)
    for name, x in after.items():
        kind.limited(x, f"{name} after the update")
    old = {name: kind.result(values[name]) for name in net.parameters}
    with _said("after the update, "):
        loss_after = _forward(net, {**env, **after}, value)
    return Step(number, env, old, stages, gradients, moved, after, before, loss_after)


def _forward(net: Network, env: dict[str, Any], value: Callable[[Expr, str, Mapping[str, Any]], Value]) -> Value:
    """The loss; z and a of every stage are put where the values are."""
    for s in net.stages:
        env[s.z.name] = value(s.net, f"z of layer {s.label}", env)
        env[s.a.name] = value(s.out, f"{net.spec.layer[s.layer - 1].activation} in layer {s.label}", env)
    return value(net.objective, "the loss", env)


@contextlib.contextmanager
def _said(where: str) -> Generator[None]:
    """Messages about numbers say where they were met."""
    try:
        yield
    except (DomainError, NetworkError) as problem:
        problem.message = where + problem.message
        raise


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
