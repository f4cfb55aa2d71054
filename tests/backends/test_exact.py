"""Evaluation: what goes in, what comes out, and what an expression means."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from flint import arb

from chainrule.backends.exact import Undecided, evaluate
from chainrule.core.expr import Array, Delta, Expr, Iverson, Partial, SizeValue, Sum, access, const, intern
from chainrule.core.index import affine, fresh
from chainrule.core.size import size
from chainrule.errors import DomainError, MissingValue, ShapeError
from chainrule.primitives import function
from chainrule.primitives.opaque import OpaqueFunction
from chainrule.primitives.variables import matrix, scalar, tensor, vector

W, A = matrix("W", "m", "n"), matrix("A", "n", "n")
x, y, b = vector("x", "n"), vector("y", "n"), vector("b", "m")
s = scalar("s")


def of(name: str, *args: Any) -> Expr:
    return function(name)(*args)


def test_rational_expressions_have_rational_values() -> None:
    found = (W @ x + b).evaluate(W=[[1, 2], [3, 4], [5, 6]], x=[1, Fraction(1, 2)], b=[0.1, "1/3", 0])
    assert found.tolist() == [Fraction(21, 10), Fraction(16, 3), 8]
    assert all(type(v) is Fraction for v in found)
    assert (x.T @ x).evaluate({x: [3, 4]}) == 25


def test_other_expressions_have_balls_that_contain_the_value() -> None:
    found = of("exp", s).evaluate(s=1)
    assert isinstance(found, arb)
    assert found.overlaps(arb.const_e())
    assert found.rel_accuracy_bits() >= 60


def test_cancellation_is_met_with_more_bits() -> None:
    e = of("log", of("exp", s) + 1) - s  # log(1 + exp(-s))
    found = e.evaluate(s=200)
    assert abs(float(found) / float(np.exp(-200)) - 1) < 1e-12


def test_precision_asks_for_balls() -> None:
    assert isinstance((s * 2).evaluate({"s": 3}, precision=64), arb)


def test_arrays_of_numpy_go_in() -> None:
    found = (W @ x).evaluate(W=np.arange(6).reshape(3, 2), x=np.array([0.5, 0.25]))
    assert found.tolist() == [Fraction(1, 4), Fraction(7, 4), Fraction(13, 4)]


def test_sizes_come_from_arrays_through_arithmetic() -> None:
    v = vector("v", size("l") - size("k") + 1)
    e = v.sum() + intern(SizeValue, size("l"))
    assert e.evaluate(v=[0, 0, 0], k=2) == 4
    w = vector("w", size("k"))
    assert (e + w.sum()).evaluate(v=[0, 0, 0], w=[0, 0]) == 4


@pytest.mark.parametrize(
    ("values", "error", "word"),
    [
        ({"x": [1, 2]}, MissingValue, "W"),
        ({"W": [1, 2], "x": [1, 2]}, ShapeError, "2 axes"),
        ({"W": [[1, 2]], "x": [1, 2, 3]}, ShapeError, "axis 0 of x has length 3"),
        ({"W": [["a", 2]], "x": [1, 2]}, DomainError, "W"),
        ({"W": [[1, 2], [3]], "x": [1, 2]}, DomainError, "W"),
        ({"W": [[float("nan"), 2]], "x": [1, 2]}, DomainError, "W"),
    ],
)
def test_what_does_not_fit_is_named(values: dict[str, Any], error: type[Exception], word: str) -> None:
    with pytest.raises(error, match=word):
        (W @ x).evaluate(values)


def test_a_size_without_an_array_must_be_given() -> None:
    e = of("ones", "k").sum()
    with pytest.raises(MissingValue, match="size k"):
        e.evaluate()
    assert e.evaluate(k=4) == 4


@pytest.mark.parametrize(
    "e", [of("log", s - 2), 1 / (s - 1), of("sqrt", -s), of("logdet", A * 0), of("inv", A * 0)], ids=str
)
def test_outside_the_domain_is_an_error(e: Expr) -> None:
    with pytest.raises(DomainError):
        e.evaluate(s=1, A=[[1, 2], [3, 4]])


def test_a_branch_that_no_precision_decides_is_undecided() -> None:
    u = of("tanh", s)
    with pytest.raises(Undecided):
        of("relu", u * u - u**2).evaluate(s=Fraction(1, 3))


def test_opaque_functions_are_callables() -> None:
    J = OpaqueFunction("J", (size("n"),))
    assert J(x).evaluate(x=[1, 2], J=lambda v: v[0] * v[1]) == 2
    assert J(x, 1).evaluate(x=[1, 2], DJ=lambda v: [v[1], v[0]]).tolist() == [2, 1]
    with pytest.raises(MissingValue, match="DJ"):
        J(x, 1).evaluate(x=[1, 2], J=sum)


def test_reads_outside_a_tensor_do_not_matter_under_a_predicate() -> None:
    i, j = fresh("n", "i"), fresh("n", "j")
    before = intern(Iverson, affine(i) - 1) * (1 / access(x, affine(i) - 1))
    e = intern(Array, (i,), before)
    assert e.evaluate(x=[4, 2, 5]).tolist() == [0, Fraction(1, 4), Fraction(1, 2)]
    # the entry that is clamped to has no reciprocal, and is read only where the predicate fails
    total = intern(Sum, j, intern(Delta, affine(j), affine(1)) * of("log", access(x, j)))
    assert total.evaluate(x=[-1, 1, -1]) == 0


def test_sums_over_what_does_not_depend_on_the_index_count() -> None:
    k = fresh("n", "k")
    assert intern(Sum, k, s * s).evaluate(s=3, n=5) == 45


def test_quotients_and_remainders_of_subscripts() -> None:
    p = fresh(size("m") * size("n"), "p")
    e = intern(Array, (p,), access(W, affine(p) // size("n"), affine(p) % size("n")))
    assert e.evaluate(W=[[1, 2], [3, 4], [5, 6]]).tolist() == [1, 2, 3, 4, 5, 6]


def test_whole_numbers_of_a_tensor_are_subscripts() -> None:
    E, idx = matrix("E", "p", "k"), vector("idx", "n", "index(p)")
    e = of("gather", E, idx)
    assert e.evaluate(E=[[1, 2], [3, 4]], idx=[1, 1, 0]).tolist() == [[3, 4], [3, 4], [1, 2]]
    with pytest.raises(DomainError, match="whole number"):
        e.evaluate(E=[[1, 2], [3, 4]], idx=[1, 1, 0.5])


def test_partials_are_derivatives_by_one_entry() -> None:
    i, k, j = fresh("m", "i"), fresh("m", "k"), fresh("n", "j")
    jacobian = intern(Array, (i, k, j), intern(Partial, access(W @ x, i), access(W, k, j)))
    found = jacobian.evaluate(W=[[1, 2], [3, 4], [5, 6]], x=[7, 8])
    assert np.array_equal(found, np.einsum("ik,j->ikj", np.eye(3, dtype=int), np.array([7, 8])))


def test_partials_by_an_intermediate_treat_it_as_independent() -> None:
    h = of("square", x)
    i, j = fresh("n", "i"), fresh("n", "j")
    e = intern(Array, (i, j), intern(Partial, access(h * h * x, i), access(h, j)))  # x is held
    found = e.evaluate(x=[2, 3])
    assert found.tolist() == [[2 * 4 * 2, 0], [0, 2 * 9 * 3]]


def test_second_partials_nest() -> None:
    i, j = fresh("n", "i"), fresh("n", "j")
    first = intern(Partial, x.T @ A @ x, access(x, i))
    e = intern(Array, (i, j), intern(Partial, first, access(x, j)))
    a = np.array([[1, 2], [3, 5]])
    assert np.array_equal(e.evaluate(A=a, x=[1, 7]), a + a.T)


def test_partial_by_what_does_not_occur_is_zero() -> None:
    i = fresh("n", "i")
    e = intern(Array, (i,), intern(Partial, s * s, access(x, i)))
    assert e.evaluate(s=2, x=[1, 1]).tolist() == [0, 0]


def test_the_determinant_by_minors_and_by_elimination_agree() -> None:
    rng = np.random.default_rng(0)
    for n in (1, 2, 5, 8, 9, 11):
        a = rng.integers(-5, 6, (n, n))
        assert abs(float(of("det", A).evaluate(A=a)) - np.linalg.det(a)) < 1e-6 * (1 + abs(np.linalg.det(a)))


def test_inverse_and_cholesky_are_what_defines_them() -> None:
    a = np.array([[4, 2, 1], [2, 5, 3], [1, 3, 7]])
    inverse = of("inv", A).evaluate(A=a)
    assert np.array_equal(a @ inverse, np.eye(3))
    factor = of("cholesky", A).evaluate(A=a)
    assert all(v.overlaps(arb(int(w))) for v, w in zip((factor @ factor.T).flat, a.flat, strict=True))


def test_pivots_that_are_zero_are_exchanged() -> None:
    assert of("inv", A).evaluate(A=[[0, 1], [1, 0]]).tolist() == [[0, 1], [1, 0]]
    assert of("det", A).evaluate(A=[[0, 1], [1, 0]]) == -1


def test_free_indices_have_no_value_of_their_own() -> None:
    with pytest.raises(ShapeError, match="free"):
        evaluate(access(x, fresh("n")), {"x": [1]})


def test_a_thousand_layers_are_no_recursion() -> None:
    e: Expr = x
    for _ in range(1000):
        e = of("relu", A @ e)
    assert e.evaluate(A=[[0, 1], [1, 0]], x=[2, 3]).tolist() == [2, 3]


def test_a_shared_graph_is_walked_once() -> None:
    e: Expr = s
    for _ in range(200):
        e = (e + e) * const(Fraction(1, 2))
    assert e.evaluate(s=Fraction(1, 3)) == Fraction(1, 3)


def test_axes_of_three_are_kept_in_order() -> None:
    T = tensor("T", "m", "n", "k")
    t = np.arange(24).reshape(2, 3, 4)
    assert np.array_equal(of("permute", T, (2, 0, 1)).evaluate(T=t), t.transpose(2, 0, 1))
    assert np.array_equal(of("sum", T, (0, 2)).evaluate(T=t), t.sum(axis=(0, 2)))
