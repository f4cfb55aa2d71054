"""Forward and reverse mode, first and second order: they agree with dual numbers and with each other.

Dual numbers use none of the rules that made the derivatives (judge/derivatives.py); forward and reverse mode are two
walks over the same graph, so that ⟨ȳ, J ẋ⟩ = ⟨Jᵀ ȳ, ẋ⟩ says that neither forgets a way through it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pytest

import chainrule as cr
from chainrule.core.expr import Expr, Sum, Var, access, intern
from chainrule.core.index import fresh
from chainrule.errors import NotDifferentiable, ShapeError, UnknownName
from chainrule.judge.derivatives import gradient_check


@dataclass(frozen=True, slots=True)
class Case:
    """An expression, and variables of it to differentiate by."""

    expression: str
    given: str
    wrt: tuple[str, ...]

    def parse(self) -> Expr:
        return cr.parse(self.expression, given=self.given)


SCALARS = (
    Case("0.5*norm2(W*x + b - t)^2", "W: m n; x: n; b: m; t: m", ("W", "x", "b", "t")),
    Case("J(W2*tanh(W1*x + b1) + b2)", "W1: k n; b1: k; W2: m k; b2: m; x: n; J: function(m)", ("W1", "b1", "W2", "x")),
    Case("logsumexp(A*x) - a'*x", "A: m n; x: n; a: n", ("A", "x", "a")),
    Case("-sum(y .* log_softmax(W*x))", "W: m n; x: n; y: m", ("W", "x", "y")),
    Case("tr(A*X'*B*X*C)", "A: m n; X: k n; B: k k; C: n m", ("A", "X", "B", "C")),
    Case("logdet(S) + x'*inv(S)*x", "S: n n spd; x: n", ("S", "x")),
    Case("sum(G .* (softmax(Q*K'/sqrt(d), 1)*V))", "Q: m d; K: n d; V: n k; G: m k", ("Q", "K", "V", "G")),
    Case("sum(G .* ((X - mean(X, 1, keep)) ./ std(X, 1, keep)))", "X: m n; G: m n", ("X", "G")),
    Case("sum(square(conv1d(X, K, 1, 1)))", "X: c l; K: o c w", ("X", "K")),
    Case("a^2*b + exp(a*b)/b", "a: scalar; b: scalar positive", ("a", "b")),
    Case("sum(gather(E, i) .* G)", "E: v d; i: m index(v); G: m d", ("E", "G")),
    Case("J(tanh(W*tanh(W*h + U*x) + U*z))", "W: m m; U: m n; h: m; x: n; z: n; J: function(m)", ("W", "U", "h")),
)
TENSORS = (
    Case("tanh(W*x + b)", "W: m n; x: n; b: m", ("W", "x", "b")),
    Case("softmax(X, 1)", "X: m n", ("X",)),
    Case("A*X*B", "A: k m; X: m n; B: n d", ("A", "X", "B")),
    Case("inv(X)*b", "X: n n; b: n", ("X", "b")),
    Case("x*y' + y*x'", "x: n; y: n", ("x", "y")),
    Case("f(W*x)", "W: m n; x: n; f: function(m)->(k)", ("W", "x")),
    Case("cumsum(x .* s)", "x: n; s: scalar", ("x", "s")),
    Case("x'*A", "x: m; A: m n", ("x", "A")),
    Case("concat(0, A*x, sigmoid(x))", "A: m n; x: n", ("A", "x")),
    Case("permute(X, [1, 0]) .* Y", "X: m n; Y: n m", ("X", "Y")),
)
TWICE = (
    Case("logsumexp(A*x)", "A: m n; x: n", ("x",)),
    Case("sum(softplus(X*w) - y .* (X*w))", "X: m n; w: n; y: m", ("w",)),
    Case("J(W*x + b)", "W: m n; x: n; b: m; J: function(m)", ("x",)),
    Case("tr(A*X*B*X')", "A: m m; B: n n; X: m n", ("X",)),
    Case("norm2(x)", "x: n", ("x",)),
    Case("logdet(X)", "X: n n posdet", ("X",)),
    Case("prod(x)", "x: n", ("x",)),
    Case("a^3*sin(a)", "a: scalar", ("a",)),
)
MIXED = (
    Case("x'*sin(A*y)", "A: m n; x: m; y: n", ("x", "y")),
    Case("norm2(W*x - t)^2", "W: m n; x: n; t: m", ("x", "W")),
    Case("J(W*x + b)", "W: m n; x: n; b: m; J: function(m)", ("W", "b")),
    Case("a'*inv(X)*b", "a: n; b: n; X: n n", ("X", "a")),
    Case("c*logsumexp(x/c)", "c: scalar positive; x: n", ("x", "c")),
)


def label(c: Case) -> str:
    return f"{c.expression} by {', '.join(c.wrt)}"


def variables(e: Expr, names: tuple[str, ...]) -> tuple[Var, ...]:
    found = {v.name: v for v in e.variables}
    return tuple(found[n] for n in names)


def like(e: Expr, name: str) -> Expr:
    """A variable of the shape of an expression, lying where it lies."""
    v = intern(Var, name, e.shape, frozenset[str](), None)
    return v.T if e.row else v


def inner(a: Expr, b: Expr) -> Expr:
    """⟨a, b⟩: the sum of the products of their entries, whether they lie or stand."""
    a, b = (x.T if x.row else x for x in (a, b))
    return (a * b).sum() if a.shape else a * b


def tangents(vs: tuple[Var, ...]) -> Mapping[Var | str, Expr]:
    return {v: like(v, f"{v.name}_dot") for v in vs}


@pytest.mark.parametrize("c", SCALARS, ids=label)
def test_gradients_of_one_sweep_are_what_dual_numbers_say(c: Case) -> None:
    e = c.parse()
    for v, g in zip(variables(e, c.wrt), cr.grad(e, list(c.wrt)), strict=True):
        assert g.shape == v.shape
        assert gradient_check(e, v, g).equal, g.text()


@pytest.mark.parametrize("c", SCALARS, ids=label)
def test_several_gradients_in_one_sweep_are_those_of_one_each(c: Case) -> None:
    e = c.parse()
    for name, g in zip(c.wrt, cr.grad(e, list(c.wrt)), strict=True):
        alone = cr.grad(e, name)
        assert g is alone or cr.equal(g, alone).equal
        derived = cr.derive(e, name).result
        assert derived is alone or cr.equal(derived, alone).equal


@pytest.mark.parametrize("c", TENSORS, ids=label)
def test_jacobians_are_what_dual_numbers_say(c: Case) -> None:
    e = c.parse()
    for v in variables(e, c.wrt):
        j = cr.jacobian(e, v)
        assert j.shape == e.shape + v.shape
        assert gradient_check(e, v, j).equal, j.text("index")


@pytest.mark.parametrize("c", [*SCALARS, *TENSORS], ids=label)
def test_forward_and_reverse_mode_are_adjoint(c: Case) -> None:
    e = c.parse()
    vs = variables(e, c.wrt)
    dots = tangents(vs)
    y_bar = like(e, "y_bar")
    forward = cr.jvp(e, dots)
    assert forward.shape == e.shape
    left = inner(y_bar, forward)
    right: Expr | None = None
    for v in vs:
        x_bar = cr.vjp(e, v, y_bar)
        assert x_bar.shape == v.shape
        part = inner(x_bar, dots[v])
        right = part if right is None else right + part
    assert right is not None
    assert cr.equal(left, right).equal


@pytest.mark.parametrize("c", TENSORS, ids=label)
def test_a_jvp_is_the_jacobian_times_the_tangent(c: Case) -> None:
    e = c.parse()
    for v in variables(e, c.wrt):
        dot = like(v, "v_dot")
        out = tuple(fresh(n, "i") for n in e.shape)
        over = tuple(fresh(n, "j") for n in v.shape)
        body = access(cr.jacobian(e, v), *out, *over) * access(dot, *over)
        for j in over:
            body = intern(Sum, j, body)
        assert cr.equal(access(cr.jvp(e, {v: dot}), *out), body).equal


@pytest.mark.parametrize("c", TWICE, ids=label)
def test_hessians_are_what_dual_numbers_say(c: Case) -> None:
    e = c.parse()
    (v,) = variables(e, c.wrt)
    h = cr.hessian(e, v)
    assert h.shape == v.shape + v.shape
    assert gradient_check(e, v, h, order=2).equal, h.text("index")


@pytest.mark.parametrize("c", TWICE, ids=label)
def test_a_hessian_is_symmetric(c: Case) -> None:
    e = c.parse()
    (v,) = variables(e, c.wrt)
    h = cr.hessian(e, v)
    first, second = (tuple(fresh(n, "i") for n in v.shape) for _ in range(2))
    assert cr.equal(access(h, *first, *second), access(h, *second, *first)).equal


@pytest.mark.parametrize("c", TWICE, ids=label)
def test_a_hessian_is_the_jacobian_of_the_gradient(c: Case) -> None:
    e = c.parse()
    (v,) = variables(e, c.wrt)
    assert cr.equal(cr.hessian(e, v), cr.jacobian(cr.grad(e, v), v)).equal  # type: ignore[arg-type]


@pytest.mark.parametrize("c", MIXED, ids=label)
def test_mixed_derivatives_are_what_dual_numbers_say_in_either_order(c: Case) -> None:
    e = c.parse()
    a, b = variables(e, c.wrt)
    one, other = cr.derive(e, (a, b)).result, cr.derive(e, (b, a)).result
    assert one.shape == a.shape + b.shape
    assert gradient_check(e, (a, b), one).equal
    first, second = tuple(fresh(n, "i") for n in a.shape), tuple(fresh(n, "j") for n in b.shape)
    left = access(one, *first, *second) if one.shape else one
    right = access(other, *second, *first) if other.shape else other
    assert cr.equal(left, right).equal


@pytest.mark.parametrize(
    ("expression", "given", "wrt"),
    [
        ("tr(A) + logdet(det(B)*A)", "A: n n; B: n n", "B"),  # a function of a determinant is not constant
        ("tr(A*X) + tr(X*B)", "A: n n; B: n n; X: n n", "X"),  # nor is a sum of traces
        ("kron(a, b)", "a: m; b: n", "a"),  # not symmetric in its factors
        ("kron(a, b)", "a: m; b: n", "b"),
        ("norm2(x)/sum(x)", "x: n positive", "x"),  # no factor inside a quotient is constant
        ("softmax(x)*sum(x)", "x: n", "x"),  # the term −p pᵀ is not lost
        ("x .* max(x)", "x: n", "x"),
    ],
)
def test_what_others_get_wrong(expression: str, given: str, wrt: str) -> None:
    e = cr.parse(expression, given=given)
    (v,) = variables(e, (wrt,))
    assert gradient_check(e, v, cr.derive(e, v).result).equal


def test_a_wrong_shape_or_name_is_said() -> None:
    e = cr.parse("A*x", given="A: m n; x: n; y: n; i: k index(n)")
    with pytest.raises(ShapeError, match="a gradient needs a scalar"):
        cr.grad(e, "x")
    with pytest.raises(ShapeError, match="the cotangent has shape"):
        cr.vjp(e, "x", cr.vector("g", "n"))
    with pytest.raises(ShapeError, match="the tangent of x"):
        cr.jvp(e, {"x": cr.vector("g", "m")})
    with pytest.raises(UnknownName, match="no variable 'z'"):
        cr.jacobian(e, "z")
    with pytest.raises(NotDifferentiable, match="holds whole numbers"):
        cr.jacobian(e, "i")


def test_what_does_not_depend_on_a_variable_has_the_derivative_zero() -> None:
    e = cr.parse("a'*b", given="a: n; b: n; X: m n")
    g = cr.derive(e, "X")
    assert g.result.text() == "zeros(m, n)"
    assert g.steps[0].rule == "constant"


def test_deep_networks_do_not_reach_the_recursion_limit() -> None:
    h: Expr = cr.vector("x", "n")
    for k in range(1, 401):
        h = cr.tanh(cr.matrix(f"W{k}", "n", "n") @ h)
    e = cr.function("J")(h)
    assert cr.grad(e, "W1").shape == cr.matrix("W1", "n", "n").shape
    assert cr.jvp(h, {"x": cr.vector("v", "n")}).shape == h.shape
