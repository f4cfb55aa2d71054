"""The example of every primitive is read, differentiated and compared with differences of its value."""

from __future__ import annotations

import itertools
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.core.expr import Apply, Array, Expr, Var, const, intern
from chainrule.core.graph import walk
from chainrule.core.index import affine, fresh
from chainrule.core.primitive import Primitive
from chainrule.diff.entry import derivative
from chainrule.primitives import registry

GIVEN = {
    "reshape": "X: m n",
    "gather": "E: n k; idx: r index(n)",
    "conv1d": "X: c l; T: o c k",
    "conv2d": "T: c h w; K: o c k l",
    "maxpool2d": "X: h w",
    "avgpool2d": "X: h w",
    "opaque": "J: function(m)",
    "opaque_elementwise": "s: elementwise",
}
EXTENTS = {"c": 2, "o": 2, "h": 4, "w": 5, "l": 4, "k": 3, "m": 3, "n": 3, "p": 3, "q": 3, "r": 4}
NAMES = sorted(registry)


def example(p: Primitive) -> Expr:
    return cr.parse(p.example, given=GIVEN.get(p.name, ""))


def applied(e: Expr) -> set[str]:
    return {n.op.name for n in walk(e) if isinstance(n, Apply)}


@pytest.mark.parametrize("name", NAMES)
def test_its_example_is_an_expression_of_the_language_that_uses_it(name: str) -> None:
    assert name in applied(example(registry[name]))


def values(e: Expr, domain: str) -> dict[str, Any]:
    rng = np.random.default_rng(5)
    out: dict[str, Any] = {}
    for v in e.variables:
        shape = tuple(n.evaluate(EXTENTS) for n in v.shape)
        if v.index_size is not None:
            out[v.name] = rng.integers(0, v.index_size.evaluate(EXTENTS), shape)
            continue
        a = rng.uniform(0.2, 0.9, shape)
        if len(shape) == 2 and shape[0] == shape[1]:
            a = a / 5 + np.eye(shape[0])  # invertible
        if domain == "":
            a = a * rng.choice([-1, 1], shape)
        out[v.name] = np.round(a, 3)
    return out


def number(x: Any) -> float:
    return float(x if isinstance(x, Fraction) else x.mid())


def differences(e: Expr, v: Var, at: dict[str, Any], step: float = 1e-4) -> np.ndarray:
    out = np.zeros(at[v.name].shape)
    for place in itertools.product(*map(range, out.shape)):
        total = 0.0
        for times, weight in ((1, 8), (-1, -8), (2, -1), (-2, 1)):
            moved = at[v.name].copy()
            moved[place] += times * step
            total += weight * number(e.evaluate({**at, v.name: moved}))
        out[place] = total / (12 * step)
    return out


def slope(e: Expr, v: Var) -> Expr:
    jx = tuple(fresh(n) for n in v.shape)
    return intern(Array, jx, derivative(e, v, tuple(map(affine, jx))) or const(0))


SCALARS = [n for n in NAMES if not n.startswith("opaque")]


@pytest.mark.parametrize("name", SCALARS)
def test_the_gradient_of_its_example_agrees_with_differences(name: str) -> None:
    p = registry[name]
    e = example(p)
    if e.shape:
        e = (e * e).sum()
    variables = [v for v in e.variables if v.index_size is None]
    at = values(e, p.domain or "")
    for v in variables:
        gradient = slope(e, v)
        found = np.vectorize(number, otypes=[float])(np.asarray(gradient.evaluate({**EXTENTS, **at}), dtype=object))
        np.testing.assert_allclose(found, differences(e, v, at), rtol=1e-6, atol=1e-8, err_msg=f"by {v.name}")
