"""Every primitive: its code agrees with its definition, and the code of its derivative with differences."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "primitives"))
from cases import SIZES, cases, point
from floats import Floats

from chainrule.backends.compile import compile  # noqa: A004  the public name
from chainrule.core.expr import Apply, Array, Expr, Sum, Var, access, intern
from chainrule.core.index import Index, affine, fresh
from chainrule.core.primitive import registry
from chainrule.core.size import ONE, Size, size
from chainrule.diff.entry import derivative
from chainrule.errors import NotDifferentiable
from chainrule.primitives import function

function("exp")  # the registry is complete when any function has been asked for
CASES = [pytest.param(e, id=f"{name}-{k}") for name in sorted(registry) for k, e in enumerate(cases(name))]
# Sizes at which axes are as short as they can be; windows need room.
SMALL = {"m": 1, "n": 1, "k": 1, "r": 5, "l": 7}


def subscripts(shape: tuple[Size, ...], hint: str) -> tuple[Index, ...]:
    return tuple(fresh(n, hint) for n in shape)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("sizes", [SIZES, SMALL], ids=["different", "one"])
@pytest.mark.parametrize("e", CASES)
def test_code_and_lowered_definition_agree_with_the_meaning(e: Apply, sizes: dict[str, int]) -> None:
    values = point(e, sizes)
    want = Floats(values, sizes).tensor(e)
    got = compile(e)(**values, **sizes)
    np.testing.assert_allclose(got, want, rtol=1e-10, atol=1e-10)
    if e.op.define is not None and e.shape:
        ix = subscripts(e.shape, "i")
        body = e.op.define(e.args, e.params, tuple(affine(0) if i.size is ONE else affine(i) for i in ix))
        np.testing.assert_allclose(compile(intern(Array, ix, body))(**values, **sizes), want, rtol=1e-10, atol=1e-10)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("e", CASES)
def test_a_derivative_just_as_the_rules_give_it_is_lowered_right(e: Apply) -> None:
    """Deltas, conditions and lookups not yet simplified, contracted with a cotangent."""
    values = point(e, SIZES)
    rng = np.random.default_rng(3)
    values["cotangent"] = rng.normal(size=tuple(n.evaluate(SIZES) for n in e.shape))
    f = compile(e)
    for v in e.variables:
        gradient = None if v.index_size is not None else pulled_back(e, v)
        if gradient is None:
            continue
        direction = rng.normal(size=values[v.name].shape)
        got = (compile(gradient)(**values, **SIZES) * direction).sum()
        h = 1e-6
        up, down = (f(**{**values, v.name: values[v.name] + s * h * direction}, **SIZES) for s in (1, -1))
        want = ((up - down) * values["cotangent"]).sum() / (2 * h)
        assert got == pytest.approx(want, rel=1e-6, abs=1e-7)


def pulled_back(e: Apply, v: Var) -> Expr | None:
    ix, jx = subscripts(e.shape, "i"), subscripts(v.shape, "j")
    try:
        entry = derivative(access(e, *map(affine, ix)), v, tuple(map(affine, jx)))
    except NotDifferentiable:
        return None
    if entry is None:
        return None
    body = access(intern(Var, "cotangent", e.shape, frozenset[str](), None), *map(affine, ix)) * entry
    for i in reversed(ix):
        body = intern(Sum, i, body)
    return intern(Array, jx, body) if jx else body


def test_a_reduction_of_one_entry_is_no_reduction_of_the_tensor() -> None:
    x = intern(Var, "x", (size("n"),), frozenset[str](), None)
    i = fresh(x.shape[0], "i")
    entry = intern(Array, (i,), registry["sum"](access(x, i), params=(None, False)))
    assert compile(entry)(x=[1.0, 2.0]).tolist() == [1.0, 2.0]
