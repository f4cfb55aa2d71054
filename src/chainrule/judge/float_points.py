"""Points in floating point, at sizes too large for exact numbers: values that obey the facts, and opaque functions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from math import log2, prod, sqrt
from typing import Any

import numpy as np

from chainrule.core.expr import Apply
from chainrule.judge.models import generator
from chainrule.judge.points import Problem
from chainrule.rewrite.facts import along

Floats = np.ndarray[Any, Any]
# facts that values in floating point obey exactly
EXACT = frozenset(
    {"positive", "unit", "binary", "pm1", "symmetric", "diagonal", "lower", "upper", "distances", "onehot"}
)
_UNIT, _GRID = 2.0**-20, 16  # how close to a bound; numbers of one power of two
_POWERS = (1, 1, 2, 2, 3)
_MANY = 1_000_000  # entries of all variables together
_POOL = 1_048_573  # random numbers, used again and again; a prime, so that no two rows are one


@dataclass(frozen=True)
class Way:
    """How values are drawn: within the scale; positive; or with all entries almost at `level` times it.

    With `apart`, no two are equal.
    """

    scale: float
    positive: bool = False
    level: int = 0
    apart: bool = False


@dataclass(frozen=True)
class FloatPoint:
    """Sizes, arrays by name, and opaque functions and their derivatives by name."""

    sizes: Mapping[str, int]
    arrays: Mapping[str, Floats]
    functions: Mapping[str, Callable[[Floats], Any]]

    @property
    def values(self) -> dict[str, Any]:
        """All of it."""
        return {**self.sizes, **self.arrays, **self.functions}


def float_points(problem: Problem, sizes: Mapping[str, int]) -> Iterator[FloatPoint]:
    """Some points of these sizes: at several scales, and with all entries as large or as small as they may be."""
    shapes = {name: tuple(s.evaluate(sizes) for s in same[0].shape) for name, same in problem.by_name.items()}
    entries = sum(prod(shape) for shape in shapes.values())
    root = 2.0 ** -round(log2(max(sqrt(max((n for s in shapes.values() for n in s), default=1)), 1)))
    ways = (Way(2), Way(root, apart=True), Way(2, positive=True), Way(8, level=1), Way(8, level=-1))
    functions = _functions(problem, sizes)
    for k, way in enumerate(ways[: 2 if entries > _MANY else None]):
        rng = np.random.default_rng(generator(f"{problem.seed} {k} floats").getrandbits(32))
        arrays = {name: _drawn(rng, shapes[name], problem, name, way, sizes) for name in sorted(shapes)}
        yield FloatPoint(sizes, arrays, functions)


def _drawn(
    rng: np.random.Generator,
    shape: tuple[int, ...],
    problem: Problem,
    name: str,
    way: Way,
    sizes: Mapping[str, int],
) -> Floats:
    limit = problem.by_name[name][0].index_size
    if limit is not None:
        return rng.integers(0, limit.evaluate(sizes), shape)
    props = problem.facts(name)
    for p in sorted(props):
        axis = along(p, len(shape))
        if axis is not None:
            return _along_axis(rng, shape, axis, onehot=p.startswith("onehot"))
    a = _entries(rng, shape, props, way)
    return _structured(rng, a, props) if len(shape) == 2 and shape[0] == shape[1] else a


def _entries(rng: np.random.Generator, shape: tuple[int, ...], props: frozenset[str], way: Way) -> Floats:
    if "binary" in props:
        return rng.integers(0, 2, shape).astype(float) if not way.level else np.full(shape, float(way.level > 0))
    if "pm1" in props:
        return rng.choice((-1.0, 1.0), shape) if not way.level else np.full(shape, float(way.level))
    drawn = rng.integers(-_GRID, _GRID, min(prod(shape), _POOL), dtype=np.int8)
    signed = np.resize((drawn + 0.5) / _GRID, shape)  # in (-1, 1), and none is 0
    if way.apart:
        signed = signed * (1 - 2.0**-30 * np.resize(rng.permutation(drawn.size), shape))
    steps = np.abs(signed)
    if "unit" in props:
        near = _UNIT * steps if way.level < 0 else 1 - _UNIT * steps
        return near if way.level else steps
    if way.level:
        a = way.scale * (1 + steps / 64)
        if "positive" in props:
            return a if way.level > 0 else a / way.scale**2
        return a * way.level
    return way.scale * (steps if way.positive or "positive" in props else signed)


def _along_axis(rng: np.random.Generator, shape: tuple[int, ...], axis: int, onehot: bool) -> Floats:
    if not shape:
        return np.ones(shape)
    if not onehot:
        parts = rng.integers(1, 10, shape).astype(float)
        return parts / parts.sum(axis=axis, keepdims=True)
    out = np.zeros(shape)
    rest = [n for k, n in enumerate(shape) if k != axis]
    np.put_along_axis(out, np.expand_dims(rng.integers(0, shape[axis], rest), axis), 1.0, axis)
    return out


def _structured(rng: np.random.Generator, a: Floats, props: frozenset[str]) -> Floats:
    """A square matrix that obeys the facts about matrices."""
    n = len(a)
    if "orthogonal" in props:
        return np.linalg.qr(rng.standard_normal((n, n)))[0]
    if "spd" in props:
        return a @ a.T / n + np.eye(n) * np.max(np.abs(a)) ** 2 / 8
    if props & {"symmetric", "distances"}:
        a = np.triu(a) + np.triu(a, 1).T
    if "distances" in props:
        a = np.abs(a) * (1 - np.eye(n))
    for prop, part in (("diagonal", lambda m: m * np.eye(n)), ("lower", np.tril), ("upper", np.triu)):
        if prop in props:
            a = part(a)
    if "posdet" in props and np.linalg.slogdet(a)[0] < 0:
        a = a + np.eye(n) * np.abs(a).sum(axis=1).max() if "symmetric" in props else np.vstack([-a[:1], a[1:]])
    return a


def _functions(problem: Problem, sizes: Mapping[str, int]) -> dict[str, Callable[[Floats], Any]]:
    out: dict[str, Callable[[Floats], Any]] = {}
    for node in problem.nodes:
        if isinstance(node, Apply) and node.op.name.startswith("opaque"):
            fn: Any = node.params[0]
            model = _Model(fn.name, tuple(s.evaluate(sizes) for s in fn.out), fn.elementwise)
            for order in range(3):
                out[("", "D", "D2")[order] + fn.name] = lambda y, m=model, k=order: m.derivative(y, k)
    return out


class _Model:
    """Σ_r c_r (w_r·y + 1)^p_r for each entry of the value; entry by entry if `elementwise`."""

    def __init__(self, name: str, out: tuple[int, ...], elementwise: bool) -> None:
        self._name, self._out, self._elementwise = name, out, elementwise

    def derivative(self, y: Floats, order: int) -> Floats:
        shape = () if self._elementwise else np.shape(y)
        out = () if self._elementwise else self._out
        rng = np.random.default_rng(generator(f"{self._name} {shape}").getrandbits(32))
        total: Any = 0.0
        for p in _POWERS:
            w = rng.uniform(-1, 1, shape) / sqrt(max(prod(shape), 1))
            c = rng.uniform(-1, 1, out)
            if p < order:
                continue
            slope = (y * w if self._elementwise else np.sum(w * y)) + 1
            slope = slope ** (p - order) * float(np.prod(range(p - order + 1, p + 1)))
            part: Any = c
            for _ in range(order):
                part = part * w if self._elementwise else np.multiply.outer(part, w)
            total = total + part * slope
        return total
