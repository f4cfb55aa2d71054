"""Shapes, orientations and axes: what is accepted, and what a refusal says."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from chainrule.core.expr import Apply, Expr, const
from chainrule.core.size import ONE, inferring, size
from chainrule.errors import AxisError, NameClash, NotDifferentiable, ShapeError, UnknownName
from chainrule.primitives import function, variables
from chainrule.primitives.elementwise import gt_p
from chainrule.primitives.opaque import OpaqueFunction, opaque_p
from chainrule.primitives.variables import matrix, scalar, tensor, vector

M, N = size("m"), size("n")
A, B, S = matrix("A", "m", "n"), matrix("B", "n", "k"), matrix("S", "n", "n")
x, y, z = vector("x", "n"), vector("y", "m"), vector("z", "n")
T = tensor("T", "m", "n", "k")


def f(name: str, *args: object) -> Expr:
    return function(name)(*args)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: x + y, r"\(n,\).*\(m,\).*sizes n and m differ"),
        (lambda: x + x.T, "row with a column"),
        (lambda: A + x, "2 axes against 1"),
        (lambda: A @ A, "sizes n and m differ"),
        (lambda: A @ x.T, "by a row"),
        (lambda: T.T, "transpose needs a vector or a matrix"),
        (lambda: f("tr", A), r"trace needs a square matrix, not shape \(m, n\)"),
        (lambda: f("inv", x), "square matrix"),
        (lambda: f("diag", A), "square matrix"),
        (lambda: f("diag", T), "vector or a square matrix"),
        (lambda: f("vec", T), "vec needs a matrix"),
        (lambda: f("kron", T, x), "kron needs matrices"),
        (lambda: f("outer", A, x), "two vectors"),
        (lambda: f("softmax", A), "needs an axis"),
        (lambda: f("softmax", A, 2), "axis 2"),
        (lambda: f("sum", A, 2), "axis 2"),
        (lambda: f("sum", A, (0, -2)), "twice"),
        (lambda: f("max", x, const(0)), "whole numbers"),
        (lambda: f("cumsum", A), "needs an axis"),
        (lambda: f("permute", A, (0, 0)), "twice"),
        (lambda: f("permute", A, (0,)), "each axis"),
        (lambda: f("reshape", A, ("k",)), r"m\*n entries against k"),
        (lambda: f("unsqueeze", x, 3), "new axis 3"),
        (lambda: f("slice", x, 0, 2, 2), "too small"),
        (lambda: f("slice", vector("v", 3), 0, 1, 4), "too small"),
        (lambda: f("slice", x, 0, -1, 2), "too small"),
        (lambda: f("concat", 0, A, B), "cannot join"),
        (lambda: f("concat", 0, x, A), "cannot join"),
        (lambda: f("concat", 0), "something to join"),
        (lambda: f("stack", 0, x, y), "cannot stack"),
        (lambda: f("gather", A, x), "whole numbers"),
        (lambda: f("gather", A, vector("i", "k", "index(n)")), "below n, but axis 0 has size m"),
        (lambda: f("einsum", "ij,jk->ik", A, A), "'j'.*size n and one of size m"),
        (lambda: f("einsum", "ij->k", A), "'k' of the result"),
        (lambda: f("einsum", "ijk->k", A), "3 axes"),
        (lambda: f("einsum", "ij,jk->ik", A), "2 operands, 1"),
        (lambda: f("einsum", "...j->j", A), "not a letter"),
        (lambda: f("conv1d", A, B), "conv1d needs"),
        (lambda: f("conv1d", A, T), "channels"),
        (lambda: f("conv1d", tensor("X", 2, 3), tensor("K", 1, 2, 4)), "does not fit"),
        (lambda: f("conv1d", A, tensor("K", "k", "m", 2), 0), "stride"),
        (lambda: f("maxpool1d", vector("v", 3), 4), "does not fit"),
        (lambda: f("maxpool2d", x, 2), "over 2 axes"),
        (lambda: f("where", x, x, x), "must be a comparison"),
    ],
)
def test_what_does_not_fit_is_refused_with_a_reason(make: Callable[[], Expr], says: str) -> None:
    with pytest.raises(ShapeError, match=says):
        make()


def test_a_wrong_axis_is_an_axis_error() -> None:
    with pytest.raises(AxisError):
        f("sum", A, 2)


def test_the_axes_of_a_maximum_hint_at_the_elementwise_one() -> None:
    with pytest.raises(AxisError, match="whole numbers") as caught:
        f("max", x, const(0))
    assert "maximum(a, b)" in str(caught.value)


@pytest.mark.parametrize(
    ("e", "shape", "row"),
    [
        (f("tanh", x.T), "n", True),
        (f("sum", A, 0), "n", False),
        (f("sum", A.T, 0), "m", False),
        (f("sum", x.T, 0, True), "1", True),
        (f("sum", A, 1, True), "m 1", False),
        (f("softmax", x.T), "n", True),
        (f("kron", x.T, y.T), "m*n", True),
        (f("kron", x, y), "m*n", False),
        (f("kron", x, y.T), "n m", False),
        (f("kron", x.T, A), "m n*n", False),
        (f("outer", x, y), "n m", False),
        (y.T @ A, "n", True),
        (x.T @ z, "", False),
        (f("concat", 0, x.T, y.T), "m+n", True),
        (f("vec", A), "m*n", False),
        (f("reshape", A, ("n", "m")), "n m", False),
        (f("conv2d", tensor("X", 2, 5, 7), tensor("K", 4, 2, 3, 3), 2, 1), "4 3 4", False),
        (f("maxpool2d", tensor("X", 2, 5, 7), 2), "2 2 3", False),
        (f("gather", B, tensor("i", "l", "m", "index(n)")), "l m k", False),
        (f("einsum", "ii->i", S), "n", False),
    ],
)
def test_shapes_and_orientations(e: Expr, shape: str, row: bool) -> None:
    assert " ".join(map(str, e.shape)) == shape
    assert e.row is row


def test_a_reduction_over_all_axes_by_name_is_the_reduction_over_everything() -> None:
    assert f("sum", A, (0, 1)) is f("sum", A)
    assert A.sum(axis=-1) is f("sum", A, 1)
    assert f("einsum", "ij,jk", A, B) is f("einsum", "ij,jk->ik", A, B)


def test_sizes_that_are_being_inferred_may_become_one() -> None:
    with inferring(lambda a, b: True):
        assert (x + y).shape
        assert f("tr", A).shape == ()
    with pytest.raises(ShapeError):
        f("det", A)


def test_a_length_that_is_not_divided_by_the_window_drops_the_rest() -> None:
    e = f("avgpool1d", vector("v", "l"), "w")
    assert str(e.shape[0]) == "l//w"


# Opaque functions


def test_an_opaque_function_has_derivatives_of_its_argument_s_shape() -> None:
    J = variables.function("J", "m", out=("k",))
    assert [str(n) for n in J(y).shape] == ["k"]
    assert [str(n) for n in J(y, 1).shape] == ["k", "m"]
    assert [str(n) for n in J(y, 2).shape] == ["k", "m", "m"]
    s = variables.elementwise("s")
    assert s(A, 2).shape == A.shape
    assert s(x.T).row


def test_the_first_use_settles_the_argument_of_an_opaque_function() -> None:
    J = variables.function("J")
    e = J(y)
    assert isinstance(e, Apply)
    assert e.params[0] == OpaqueFunction("J", (M,))
    assert J(y) is e
    with pytest.raises(ShapeError, match=r"J takes an argument of shape \(m,\), not \(n,\)"):
        J(x)
    with pytest.raises(ShapeError, match="takes an argument"):
        variables.function("J", "m")(A)


def test_a_derivative_of_an_opaque_function_is_one_order_more_and_the_third_is_refused() -> None:
    from chainrule.core.expr import access
    from chainrule.core.index import affine, fresh

    J = variables.function("J", "m")
    i, j, k = (affine(fresh(M)) for _ in range(3))
    rule = opaque_p.jacobian
    assert rule is not None
    first = rule((y,), (J, 0), J(y), (), 0, (i,))
    assert first is access(J(y, 1), i)
    assert rule((y,), (J, 1), J(y, 1), (i,), 0, (j,)) is access(J(y, 2), i, j)
    with pytest.raises(NotDifferentiable, match="third derivative of the opaque function J is refused"):
        rule((y,), (J, 2), J(y, 2), (i, j), 0, (k,))


def test_an_unknown_scalar_function_is_differentiated_as_elementwise_functions_are() -> None:
    from chainrule.core.expr import access
    from chainrule.core.index import fresh
    from chainrule.diff.entry import partial

    s, i = variables.elementwise("s"), fresh(N)
    entry = access(x, i)
    at_entry = s(entry)
    assert isinstance(at_entry, Apply)
    assert partial(at_entry.op, 0, at_entry.args, at_entry) is s(entry, 1)
    last = s(entry, 2)
    assert isinstance(last, Apply)
    with pytest.raises(NotDifferentiable, match="third"):
        partial(last.op, 0, last.args, last)


# Variables


def test_variables_of_one_declaration_are_one_object() -> None:
    assert vector("x", "n") is x
    assert vector("x", "n", "positive") is not x
    assert tensor("T", "m", "n", "k") is T
    assert vector("W₁", "n₁") is vector("W1", "n1")
    assert matrix("X", 1, "n").shape == (ONE, N)


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (lambda: vector("tanh", "n"), NameClash),
        (lambda: vector("2x", "n"), NameClash),
        (lambda: vector("x²", "n"), NameClash),
        (lambda: vector("keep", "n"), NameClash),
        (lambda: vector("x", "n+1"), ShapeError),
        (lambda: vector("x", 0), ShapeError),
        (lambda: vector("x", "n", "symmetrical"), UnknownName),
        (lambda: vector("x", "n", "symmetric"), ShapeError),
        (lambda: matrix("X", "m", "n", "spd"), ShapeError),
        (lambda: scalar("t", "simplex"), ShapeError),
        (lambda: function("softmaks"), UnknownName),
    ],
)
def test_a_wrong_declaration_is_refused(make: Callable[[], object], error: type[Exception]) -> None:
    with pytest.raises(error):
        make()


def test_a_comparison_is_an_expression_for_where_alone() -> None:
    e = f("where", gt_p(x, const(0)), x, 0)
    assert e.shape == x.shape
