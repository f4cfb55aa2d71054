"""Values and derivatives agree with JAX, at kinks too, where the conventions declared are JAX's, but for abs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from cases import SIZES
from floats import Floats

from chainrule.core.expr import Apply, Array, access, intern
from chainrule.core.index import affine, fresh
from chainrule.core.primitive import Primitive, registry
from chainrule.diff.entry import partial
from chainrule.primitives import function, variables as cr

pytest.importorskip("jax", reason="JAX is not installed")
pytestmark = pytest.mark.filterwarnings("default")  # JAX warns about its own future

KINKS = (0.0, 1.0, -1.0)
ORDINARY = (-2.3, -0.4, 0.7, 1.6, 12.5, -12.5)


@pytest.fixture(scope="module")
def jax() -> Any:
    import jax

    jax.config.update("jax_enable_x64", True)
    return jax


def in_jax(jax: Any, name: str) -> Any:
    jnp, nn = jax.numpy, jax.nn
    own = {
        "asin": jnp.arcsin,
        "acos": jnp.arccos,
        "atan": jnp.arctan,
        "step": lambda x: jnp.where(x > 0, 1.0, 0.0),
        "logsigmoid": nn.log_sigmoid,
        "silu": nn.silu,
        "gelu": lambda x: nn.gelu(x, approximate=False),
        "gelu_tanh": lambda x: nn.gelu(x, approximate=True),
        "erf": jax.scipy.special.erf,
        "hardtanh": nn.hard_tanh,
    }
    return own.get(name) or getattr(nn, name, None) or getattr(jnp, name)


SCALAR = [p for p in registry.values() if p.elementwise and p.call == ("expr",)]


@pytest.mark.parametrize("p", SCALAR, ids=lambda p: p.name)
def test_scalar_functions_and_their_derivatives_are_those_of_jax(p: Primitive, jax: Any) -> None:
    x = cr.scalar("x")
    y = p(x)
    assert isinstance(y, Apply)
    slope = partial(p, 0, y.args, y)
    f = in_jax(jax, p.name)
    points = {"positive:0": (0.3, 2.0), "nonnegative:0": (0.3, 2.0), "unit:0": (-0.9, 0.0, 0.6)}
    kinks = KINKS[1:] if p.name == "abs" else KINKS  # JAX takes abs′(0) as 1, the language as 0
    for value in points.get(p.domain or "", ORDINARY + kinks):
        at = Floats({"x": value}, {})
        np.testing.assert_allclose(at.tensor(y), f(value), rtol=1e-10, atol=1e-14, err_msg=f"{p.name}({value})")
        want = jax.grad(f)(value)
        np.testing.assert_allclose(at.tensor(slope), want, rtol=1e-8, atol=1e-14, err_msg=f"{p.name}′({value})")


def test_the_slope_of_the_absolute_value_at_its_kink_is_0() -> None:
    x = cr.scalar("x")
    y = function("abs")(x)
    assert isinstance(y, Apply)
    assert Floats({"x": 0.0}, {}).tensor(partial(y.op, 0, y.args, y)) == 0


@pytest.mark.parametrize("name", ["maximum", "minimum"])
def test_ties_share_the_gradient(name: str, jax: Any) -> None:
    a, b = cr.scalar("a"), cr.scalar("b")
    y = function(name)(a, b)
    assert isinstance(y, Apply)
    for pair in ((1.0, 1.0), (0.0, 0.0), (1.0, 2.0), (2.0, -1.0)):
        at = Floats(dict(zip("ab", pair, strict=True)), {})
        want = jax.grad(getattr(jax.numpy, name), argnums=(0, 1))(*pair)
        found = [at.tensor(partial(y.op, k, y.args, y)) for k in (0, 1)]
        np.testing.assert_allclose(found, want)


@pytest.mark.parametrize("name", ["max", "min"])
@pytest.mark.parametrize("axis", [None, 0, 1])
def test_ties_of_reductions_share_the_gradient(name: str, axis: int | None, jax: Any) -> None:
    X = cr.matrix("X", "m", "n")
    y = function(name)(X, axis)
    values = np.array([[1.0, 3.0, 3.0], [3.0, 1.0, 1.0]])
    assert isinstance(y, Apply)
    assert y.op.jacobian is not None
    ix, jx = (tuple(fresh(n) for n in t.shape) for t in (y, X))
    entry = y.op.jacobian(y.args, y.params, y, tuple(map(affine, ix)), 0, tuple(map(affine, jx)))
    found = Floats({"X": values}, SIZES).tensor(intern(Array, ix + jx, entry))
    np.testing.assert_allclose(found, jax.jacobian(lambda v: getattr(jax.numpy, name)(v, axis=axis))(values))


def test_pooling_shares_the_gradient_of_ties_in_a_window() -> None:
    x = cr.vector("x", 5)
    y = function("maxpool1d")(x, 2)
    assert isinstance(y, Apply)
    assert y.op.jacobian is not None
    i, j = fresh(2), fresh(5)
    entry = y.op.jacobian(y.args, y.params, y, (affine(i),), 0, (affine(j),))
    found = Floats({"x": np.array([1.0, 1.0, 0.0, 2.0, 9.0])}, {}).tensor(intern(Array, (i, j), entry))
    np.testing.assert_allclose(found, [[0.5, 0.5, 0, 0, 0], [0, 0, 0, 1, 0]])


@pytest.mark.parametrize("name", ["sum", "mean", "var", "std", "prod", "logsumexp", "softmax", "log_softmax", "cumsum"])
def test_functions_of_arrays_are_those_of_jax(name: str, jax: Any) -> None:
    X = cr.matrix("X", "m", "n")
    values = np.array([[1.0, 3.0, 0.5], [2.0, -1.0, 0.1]])
    f = {"logsumexp": jax.nn.logsumexp, "softmax": jax.nn.softmax, "log_softmax": jax.nn.log_softmax}.get(name)
    at = Floats({"X": values}, SIZES)
    np.testing.assert_allclose(at.tensor(function(name)(X, 1)), (f or getattr(jax.numpy, name))(values, axis=1))


@pytest.mark.parametrize(("stride", "pad"), [(1, 0), (2, 1)])
def test_convolution_is_the_cross_correlation_of_jax(stride: int, pad: int, jax: Any) -> None:
    X, K = cr.tensor("X", "m", 5, 7), cr.tensor("K", "k", "m", 3, 2)
    rng = np.random.default_rng(0)
    values = {"X": rng.normal(size=(2, 5, 7)), "K": rng.normal(size=(4, 2, 3, 2))}
    want = jax.lax.conv_general_dilated(values["X"][None], values["K"], (stride, stride), [(pad, pad)] * 2)[0]
    found = Floats(values, SIZES).tensor(function("conv2d")(X, K, stride, pad))
    np.testing.assert_allclose(found, want, rtol=1e-10)


def test_one_entry_of_a_scalar_is_itself() -> None:
    t = cr.scalar("t")
    assert access(t) is t
