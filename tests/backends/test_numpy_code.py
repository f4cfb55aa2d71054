"""Generated NumPy code: right at every primitive, readable, without arrays that need not be."""

from __future__ import annotations

import math
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.backends.compile import compile, emit  # noqa: A004  the public name
from chainrule.core.expr import Access, Array, Delta, Expr, Iverson, Sum, Var, access, const, intern
from chainrule.core.index import Index, affine, fresh, lookup
from chainrule.core.size import size

RNG = np.random.default_rng(7)


def indices(*sizes: str) -> tuple[Index, ...]:
    return tuple(fresh(n, "ijklr"[k]) for k, n in enumerate(sizes))


def sums(over: tuple[Index, ...], body: Expr) -> Expr:
    for i in reversed(over):
        body = intern(Sum, i, body)
    return body


def body_of(source: str) -> str:
    """The lines of the function, without docstring."""
    return source.split('"""')[-1].strip()


def exact(e: Expr, **values: Any) -> np.ndarray:
    """The value by the exact evaluator, which shares no code with this backend."""
    return np.vectorize(float, otypes=[float])(np.asarray(e.evaluate(values), dtype=object))


W, X = cr.matrix("W", "m", "n"), cr.matrix("X", "m", "n")
A, B = cr.matrix("A", "n", "n"), cr.matrix("B", "n", "n")
x, y, b = cr.vector("x", "n"), cr.vector("y", "n"), cr.vector("b", "m")
POINT = {
    "W": RNG.normal(size=(3, 4)),
    "X": RNG.normal(size=(3, 4)),
    "A": RNG.normal(size=(4, 4)) + 3 * np.eye(4),
    "B": RNG.normal(size=(4, 4)),
    "x": RNG.normal(size=4),
    "y": RNG.normal(size=4),
    "b": RNG.normal(size=3),
}


@pytest.mark.parametrize(
    ("e", "code"),
    [
        (W @ x + b, "return W @ x + b"),
        (A @ B @ x, "return A @ (B @ x)"),
        (x.T @ A @ B, "return x @ A @ B"),
        (x @ y.T, "return x[:, None] * y"),
        (A @ x @ y.T @ B, "return (A @ x)[:, None] * (y @ B)"),
        (cr.diag(x) @ A, "return x[:, None] * A"),
        (A @ cr.diag(x), "return A * x"),
        (cr.inv(A) @ x, "return np.linalg.solve(A, x)"),
        (x.T @ cr.inv(A), "return np.linalg.solve(A.T, x)"),
        (cr.inv(A).T @ cr.inv(B) @ x, "return np.linalg.solve(A.T, np.linalg.solve(B, x))"),
        (cr.tr(A @ B), 'return np.einsum("ij,ji->", A, B)'),
        (cr.tr(A @ x @ y.T), "return y @ A @ x"),
        (cr.ones("m") @ x.T + W, "return x + W"),
        (cr.ones("m").T @ W, "return W.sum(axis=0)"),
        (const(2) * cr.ones("m", "n") + W, "return 2 + W"),
        ((const(2) * A).T @ x, "return 2 * (A.T @ x)"),
    ],
)
def test_code_is_what_a_person_would_write(e: Expr, code: str) -> None:
    assert body_of(emit(e)) == code
    values = {v.name: POINT[v.name] for v in e.variables}
    np.testing.assert_allclose(compile(e)(**values, m=3), exact(e, **values, m=3), rtol=1e-12)


def test_shared_parts_are_computed_once() -> None:
    s = cr.exp(W @ x)
    source = emit((s + s, cr.sum(s)))
    assert source.count("np.exp") == 1
    assert source.count("@") == 1


def test_emitted_source_needs_numpy_alone() -> None:
    source = emit(cr.sum(cr.softmax(W @ x)) + cr.logsumexp(b) + cr.sum(cr.erf(b)), name="loss")
    call = "\nprint(float(loss(np.ones((3, 4)), np.ones(4), np.ones(3))))"
    check = "\nimport sys\nassert not any('chainrule' in m for m in sys.modules)"
    out = subprocess.run(
        [sys.executable, "-I", "-c", source + call + check], capture_output=True, text=True, check=True
    )
    assert float(out.stdout) == pytest.approx(1 + 1 + math.log(3) + 3 * math.erf(1))


def test_names_that_python_or_the_module_uses_get_an_underscore() -> None:
    e = cr.scalar("lambda") * cr.vector("np", "n") + cr.vector("σ", "n") + cr.vector("sigma", "n")
    f = compile(e)
    assert "lambda_" in f.source
    assert "np_" in f.source
    one = np.ones(2)
    np.testing.assert_array_equal(f(**{"lambda": 2.0, "np": one, "σ": one, "sigma": 10 * one}), [13, 13])


def random_graph(rng: np.random.Generator) -> Expr:
    """A random expression of matrices (m, n), (n, n) and vectors, with parts that are shared."""
    squares, wides, vectors = [A, B, A @ B, cr.eye("n"), cr.diag(x)], [W, X], [x, y, cr.ones("n")]
    for _ in range(8):
        s, t = (squares[rng.integers(len(squares))] for _ in range(2))
        u, v = (vectors[rng.integers(len(vectors))] for _ in range(2))
        w = wides[rng.integers(len(wides))]
        match rng.integers(9):
            case 0:
                squares.append(s @ t)
            case 1:
                squares.append(s * t - t.T)
            case 2:
                squares.append(u @ v.T + cr.scalar("c") * s)
            case 3:
                vectors.append(s @ u)
            case 4:
                vectors.append(cr.tanh(u) * v / const(2))
            case 5:
                wides.append(w @ s)
            case 6:
                wides.append(cr.sin(w) - (w @ u).sum() * w)
            case 7:
                vectors.append((w.T @ (w @ u)) * cr.tanh(v.T @ u))
            case _:
                squares.append(-cr.diag(u) @ s)
    return (wides[-1] @ squares[-1] @ vectors[-1]).sum() + cr.tr(squares[-1] @ cr.diag(vectors[-1])) + squares[-1]


@pytest.mark.parametrize("seed", range(40))
def test_random_graphs_agree_with_the_exact_evaluator(seed: int) -> None:
    e = random_graph(np.random.default_rng(seed))
    names = {v.name for v in e.variables}
    values = {k: v / 2 for k, v in POINT.items() if k in names} | ({"c": 0.5} if "c" in names else {})
    got = compile(e)(**values)
    want = exact(e, **values)
    np.testing.assert_allclose(got, want, rtol=1e-9, atol=1e-9 * np.abs(want).max())


def test_axes_of_size_one_stretch_and_are_kept() -> None:
    row, col = cr.matrix("R", 1, "n"), cr.matrix("C", "m", 1)
    e = row * col + W
    r, c, w = RNG.normal(size=(1, 4)), RNG.normal(size=(3, 1)), POINT["W"]
    np.testing.assert_allclose(compile(e)(R=r, C=c, W=w), r * c + w)
    k = cr.sum(W, 1, True)
    assert compile(k)(W=w).shape == (3, 1)


def test_a_thousand_layers_do_not_reach_the_recursion_limit() -> None:
    h = x
    for _ in range(1000):
        h = cr.tanh(A @ h + y)
    f = compile(cr.sum(h))
    assert f.source.count("\n") < 5000
    want = POINT["x"]
    for _ in range(1000):
        want = np.tanh(POINT["A"] @ want + POINT["y"])
    assert f(**POINT) == pytest.approx(want.sum())
    (i,) = indices("n")
    deep = access(x, i)
    for _ in range(1000):
        deep = cr.exp(-deep) * const(0.5) + deep
    got = compile(intern(Array, (i,), deep))(x=np.ones(2))
    want = np.ones(2)
    for _ in range(1000):
        want = np.exp(-want) * 0.5 + want
    np.testing.assert_allclose(got, want)


# --- the index level ------------------------------------------------------------------------------------------------


def contraction() -> Expr:
    i, j, k = indices("m", "n", "n")
    return intern(Array, (i,), sums((j, k), access(W, i, j) * access(A, j, k) * access(x, k)))


def softmax_jacobian() -> Expr:
    i, j = indices("n", "n")
    p = cr.softmax(x)
    delta = intern(Delta, affine(i), affine(j))
    return intern(Array, (i, j), access(p, i) * (delta - access(p, j)))


def shifted() -> Expr:
    i, j = indices("n", "n")
    inside = intern(Iverson, affine(i) - affine(j))
    return intern(Array, (i,), sums((j,), inside * access(x, affine(i) - affine(j)) * access(y, j)))


def diagonal_of_product() -> Expr:
    i, j, k = indices("n", "n", "n")
    delta = intern(Delta, affine(i), affine(j))
    return intern(Array, (i, j), delta * sums((k,), access(A, i, k) * access(B, k, j)))


def quotient_under_a_mask() -> Expr:
    i, j = indices("n", "n")
    inside = intern(Iverson, affine(i) - affine(j) - 1)
    return intern(Array, (i,), sums((j,), inside * (const(1) / (affine_value(i) * access(x, j)))))


def affine_value(i: Index) -> Expr:
    """Σ_k [i − k − 1 ≥ 0]: i itself, as a number."""
    k = fresh("n", "k")
    return intern(Sum, k, intern(Iverson, affine(i) - affine(k) - 1))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "make",
    [contraction, softmax_jacobian, shifted, diagonal_of_product, quotient_under_a_mask],
    ids=lambda f: f.__name__,
)
def test_index_expressions_have_the_value_that_their_entries_have(make: Callable[[], Expr]) -> None:
    e = make()
    names = {v.name for v in e.variables}
    values = {k: v for k, v in POINT.items() if k in names}
    np.testing.assert_allclose(compile(e)(**values), exact(e, **values), rtol=1e-10, atol=1e-12)


def test_plain_contractions_become_matrix_products() -> None:
    i, j, k = indices("m", "n", "n")
    e = intern(Array, (i, k), sums((j,), access(W, i, j) * access(A, j, k)))
    assert body_of(emit(e)) == "return W @ A"
    e = intern(Array, (k, i), sums((j,), access(W, i, j) * access(A, j, k)))
    assert body_of(emit(e)) == "return A.T @ W.T"


def test_the_gradient_of_gather_adds_rows_and_builds_no_one_hot_matrix() -> None:
    idx = intern(Var, "idx", (size("t"),), frozenset[str](), size("v"))
    G = cr.matrix("G", "t", "d")
    r, k, n = fresh("v", "r"), fresh("d", "k"), fresh("t", "n")
    body = sums((n,), intern(Delta, affine(r), lookup(intern(Access, idx, (affine(n),)))) * access(G, n, k))
    f = compile(intern(Array, (r, k), body))
    assert "np.add.at" in f.source
    where = RNG.integers(0, 5, size=9)
    g = RNG.normal(size=(9, 2))
    np.testing.assert_allclose(f(idx=where, G=g, v=5), np.eye(5)[where].T @ g)
    t = 20_000  # a one-hot matrix would hold 4·10⁸ entries
    tracemalloc.start()
    f(idx=RNG.integers(0, t, size=t), G=np.ones((t, 1)), v=t)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20e6


def test_a_delta_is_substituted_and_never_an_array() -> None:
    i, j, k = indices("n", "n", "n")
    delta = intern(Delta, affine(i), affine(k))
    e = intern(Array, (i, j), sums((k,), delta * cr.exp(access(x, k)) * access(A, k, j)))
    source = emit(e)
    assert "==" not in source
    assert "eye" not in source
    np.testing.assert_allclose(compile(e)(**POINT), np.exp(POINT["x"])[:, None] * POINT["A"])


@pytest.mark.parametrize(("stride", "pad"), [(1, 0), (2, 0), (1, 1), (3, 2)])
def test_the_gradients_of_a_convolution_hold_at_any_size(stride: int, pad: int) -> None:
    data, K = cr.tensor("D", "c", "l"), cr.tensor("K", "o", "c", "w")
    e = cr.conv1d(data, K, stride, pad)
    G = cr.tensor("G", *e.shape)
    # Σ G·conv is linear in each operand: its gradient is exact by differences of any width
    loss = cr.sum(G * e)
    f = compile(loss)
    for w, length in ((1, 5), (3, 8), (5, 5)):
        values = {"D": RNG.normal(size=(2, length)), "K": RNG.normal(size=(3, 2, w))}
        values["G"] = RNG.normal(size=compile(e)(**values).shape)
        for v in (data, K):
            got = compile(cr.grad(loss, wrt=v))(**values, l=length, w=w)
            want = np.zeros_like(values[v.name])
            for place in np.ndindex(want.shape):
                step = np.zeros_like(want)
                step[place] = 1
                want[place] = f(**{**values, v.name: values[v.name] + step}) - f(**values)
            np.testing.assert_allclose(got, want, atol=1e-10)


# --- stability ------------------------------------------------------------------------------------------------------


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "name",
    [
        "sigmoid",
        "softplus",
        "logsigmoid",
        "softmax",
        "log_softmax",
        "logsumexp",
        "tanh",
        "erf",
        "silu",
        "mish",
        "elu",
        "gelu",
    ],
)
def test_large_inputs_neither_overflow_nor_warn_and_nan_stays_nan(name: str) -> None:
    f = compile(getattr(cr, name)(x))
    for big in (1e3, 1e5, -1e3, -1e5):
        assert np.all(np.isfinite(f(x=np.array([big, 0.0, 1.0, -big]))))
    assert np.any(np.isnan(f(x=np.array([np.nan, 0.0, 1.0, 2.0]))))


def test_erf_is_right_to_the_last_digits() -> None:
    points = np.concatenate([np.linspace(-7, 7, 2001), [1e-300, 0.0, 3.0, 1e300, -1e-9, np.inf, -np.inf]])
    got = compile(cr.erf(x))(x=points)
    np.testing.assert_allclose(got, [math.erf(p) for p in points], rtol=2e-15)


def test_logdet_is_stable_and_undefined_where_the_determinant_is_not_positive() -> None:
    f = compile(cr.logdet(A))
    assert f(A=1e-5 * np.eye(200)) == pytest.approx(200 * math.log(1e-5))
    assert np.isnan(f(A=np.diag([1.0, -1.0])))


def test_numbers_are_worked_out_without_python_getting_in_the_way() -> None:
    zero = const(0)
    assert compile(const(1) / zero)() == np.inf
    assert np.isnan(compile(const(-8) ** (const(1) / const(3)))())
    assert compile(const(1) / const(3))() == 1 / 3
    assert compile(const(10) ** const(40))() == 1e40
