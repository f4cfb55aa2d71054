"""Concrete smooth functions that stand in for opaque ones, chosen at random."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import reduce
from random import Random
from typing import Any

import numpy as np
from flint import fmpq

from chainrule.backends.interpreter import Arr, arr
from chainrule.backends.scalars import power

# Powers of linear forms: high enough that no low-order identity between values at several points holds by accident.
_POWERS = (1, 1, 2, 2, 3, 5)


class RandomFunction:
    """Σ_r c_r (w_r·y + 1)^p_r for each entry of the value; applied entry by entry if `elementwise`.

    Its derivatives are written down as those of a power of a linear form, so they hold over any scalars.
    """

    def __init__(self, seed: str, out: tuple[int, ...], elementwise: bool) -> None:
        self._seed, self._out, self._elementwise = seed, out, elementwise
        self._terms: dict[tuple[int, ...], list[tuple[int, Arr, Arr]]] = {}

    def _forms(self, shape: tuple[int, ...]) -> list[tuple[int, Arr, Arr]]:
        """For each term its power, its weights (shape of the argument) and its factors (shape of the value)."""
        if shape not in self._terms:
            rng = generator(f"{self._seed} {shape}")
            # a quadratic form of full rank needs as many squares as there are entries
            powers = _POWERS + (2, 3) * (int(np.prod(shape)) - 1)
            self._terms[shape] = [(p, _numbers(rng, shape), _numbers(rng, self._out)) for p in powers]
        return self._terms[shape]

    def derivative(self, y: Arr, order: int) -> Arr:
        """The value (order 0), gradient or Hessian: output axes, then argument axes."""
        if self._elementwise:
            return self._entrywise(y, order)
        parts: list[Any] = []
        for p, weights, factors in self._forms(y.shape):
            if p < order:
                continue
            slope = _falling(p, order) * power(np.sum(weights * y) + 1, p - order)
            part: Any = factors
            for _ in range(order):
                part = np.multiply.outer(part, weights)
            parts.append(part * slope)
        return arr(reduce(lambda a, b: a + b, parts))

    def _entrywise(self, y: Arr, order: int) -> Arr:
        terms = [(p, w[()], c[()]) for p, w, c in self._forms(()) if p >= order]

        def f(x: Any) -> Any:
            total: Any = fmpq(0)
            for p, w, c in terms:
                total = power(x * w + 1, p - order) * (c * w**order * _falling(p, order)) + total
            return total

        return arr(np.frompyfunc(f, 1, 1)(y))


def generator(seed: str) -> Random:
    """Random numbers that are the same every time, whatever the hash seed."""
    return Random(seed)  # noqa: S311 - points to compare at, not secrets


def _falling(p: int, order: int) -> int:
    return reduce(lambda a, b: a * b, range(p, p - order, -1), 1)


def _numbers(rng: Random, shape: tuple[int, ...]) -> Arr:
    return filled(shape, lambda: Fraction(rng.randint(1, 9) * rng.choice((-1, 1)), rng.randint(2, 7)))


def filled(shape: tuple[int, ...], draw: Callable[[], Fraction]) -> Arr:
    """An array of rational scalars, each drawn anew."""
    out = np.empty(shape, dtype=object)
    for at in np.ndindex(*shape):
        q = draw()
        out[at] = fmpq(q.numerator, q.denominator)
    return out
