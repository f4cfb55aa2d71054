"""Calling compiled functions: what they take, what they refuse, what they leave alone."""

from __future__ import annotations

import numpy as np
import pytest

import chainrule as cr
from chainrule.backends.compile import compile, emit  # noqa: A004  the public name
from chainrule.core.expr import SizeValue, Var, const, intern
from chainrule.core.size import size
from chainrule.errors import DomainError, MissingValue, ShapeError, UnknownName

W, x, b = cr.matrix("W", "m", "n"), cr.vector("x", "n"), cr.vector("b", "m")
w, v, u = np.arange(6.0).reshape(2, 3), np.array([1.0, -1.0, 2.0]), np.array([0.5, 0.25])


def test_keywords_that_are_not_needed_are_ignored() -> None:
    np.testing.assert_array_equal(compile(W @ x + b)(W=w, x=v, b=u, lr=0.1), w @ v + u)


def test_a_missing_variable_is_a_type_error_that_names_it() -> None:
    with pytest.raises(TypeError, match="variable x"):
        compile(W @ x)(W=w)
    with pytest.raises(MissingValue, match="function J"):
        compile(cr.function("J")(x))(x=v)


def test_a_size_that_no_array_has_is_given_by_name() -> None:
    f = compile(cr.ones("k") @ x.T)
    assert f(x=v, k=2).shape == (2, 3)
    with pytest.raises(MissingValue, match="size k"):
        f(x=v)
    with pytest.raises(ShapeError, match="whole number"):
        f(x=v, k=2.5)


def test_sizes_with_arithmetic_are_solved_and_checked() -> None:
    y = cr.vector("y", size("n") * 2 + 1)
    e = cr.sum(y) * intern(SizeValue, size("n"))
    assert compile(e)(y=np.ones(7)) == 21
    assert "(y.shape[0] - 1) // 2" in emit(e)
    with pytest.raises(ShapeError):
        compile(e)(y=np.ones(6))
    z = cr.vector("z", size("l") - size("k") + 1)
    f = compile(cr.sum(z) + cr.sum(cr.vector("p", "l")) + cr.sum(cr.vector("q", "k")))
    assert f(z=np.ones(4), p=np.ones(5), q=np.ones(2)) == 11
    with pytest.raises(ShapeError, match=r"z has size 3, but l-k\+1 = 4"):
        f(z=np.ones(3), p=np.ones(5), q=np.ones(2))


def test_wrong_shapes_are_refused_before_anything_is_computed() -> None:
    f = compile(W @ x + b)
    with pytest.raises(
        ShapeError, match=r"axis 0 of x has size 2, but n = 3 \(W: \(m, n\) is \(2, 3\); x: \(n,\) is \(2,\)\)"
    ):
        f(W=w, x=u, b=u)
    with pytest.raises(ShapeError, match=r"x must have shape \(n,\)"):
        f(W=w, x=v[:, None], b=u)
    with pytest.raises(ShapeError, match="must have shape"):
        f(W=w, x=1.0, b=u)


def test_indices_outside_the_table_are_refused() -> None:
    idx = intern(Var, "idx", (size("t"),), frozenset[str](), size("m"))
    f = compile(cr.gather(W, idx))
    np.testing.assert_array_equal(f(W=w, idx=np.array([1, 0, 1])), w[[1, 0, 1]])
    np.testing.assert_array_equal(f(W=w, idx=np.array([1.0, 0.0])), w[[1, 0]])
    for wrong in ([2], [-1], [0.5]):
        with pytest.raises(DomainError, match="whole numbers"):
            f(W=w, idx=np.array(wrong))


def test_several_expressions_give_a_tuple() -> None:
    one, two = compile((W @ x, cr.sum(W @ x)))(W=w, x=v)
    np.testing.assert_array_equal(one, w @ v)
    assert two == (w @ v).sum()
    (only,) = compile([W @ x])(W=w, x=v)
    np.testing.assert_array_equal(only, w @ v)


@pytest.mark.parametrize(
    "e", [W, W.T, x.T, cr.reshape(W, (size("m") * "n",)), cr.slice(x, 0, 0, 2), W + 0 * W], ids=str
)
def test_inputs_are_never_changed_and_results_are_the_callers_own(e: cr.Expr) -> None:
    given = {"W": w.copy(), "x": v.copy()}
    out = compile(e)(**given)
    out[...] = 99.0
    np.testing.assert_array_equal(given["W"], w)
    np.testing.assert_array_equal(given["x"], v)


def test_whole_numbers_count_as_float64() -> None:
    f = compile(cr.sum(1 / x))
    assert f(x=np.array([2, 4])) == 0.75
    assert f(x=[2, 4]) == 0.75
    assert compile(W)(W=w.astype(int)).dtype == np.float64


@pytest.mark.parametrize(
    "e",
    [W @ x + b, cr.softmax(x), cr.sigmoid(x) * 0.1, cr.eye("n") + x @ x.T, cr.erf(x), cr.relu(x), cr.logsumexp(x),
     cr.parse("where(x > 0, 1, 0)", given="x: n"), cr.ones("n") / 3 + x, cr.sqrt(const(2)) * x],
    ids=str,
)  # fmt: skip
def test_single_precision_stays(e: cr.Expr) -> None:
    out = compile(e)(W=w.astype(np.float32), x=v.astype(np.float32), b=u.astype(np.float32))
    assert out.dtype == np.float32


def test_numbers_of_python_do_not_set_the_precision() -> None:
    c = cr.scalar("c")
    assert compile(c * x)(c=0.5, x=v.astype(np.float32)).dtype == np.float32
    assert compile(c * x)(c=2, x=v).tolist() == [2, -2, 4]


def test_opaque_functions_and_their_derivatives_are_given_by_name() -> None:
    J = cr.function("J")
    loss = J(W @ x)
    f = compile(cr.grad(loss, wrt=W))
    got = f(W=w, x=v, DJ=lambda y: 2 * y)
    np.testing.assert_allclose(got, np.outer(2 * w @ v, v))
    assert compile(loss)(W=w, x=v, J=lambda y: y.sum()) == (w @ v).sum()
    with pytest.raises(ShapeError, match="DJ gave an array of shape"):
        f(W=w, x=v, DJ=lambda y: y[:1])
    s = cr.elementwise("s")
    np.testing.assert_allclose(compile(s(W @ x))(W=w, x=v, s=np.cos), np.cos(w @ v))


def test_an_unknown_backend_is_refused_with_those_there_are() -> None:
    with pytest.raises(UnknownName, match="no backend 'fortran'") as caught:
        compile(x, backend="fortran")
    assert "numpy" in str(caught.value)
    with pytest.raises(UnknownName):
        emit(x, target="cobol")


def test_complex_values_and_text_are_refused() -> None:
    with pytest.raises(DomainError, match="complex"):
        compile(x)(x=v * 1j)
    with pytest.raises(DomainError):
        compile(x)(x=np.array(["a"]))
