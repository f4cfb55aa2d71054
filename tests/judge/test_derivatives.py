"""Derivatives checked by dual numbers: textbook forms pass, and what is nearly right does not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cases import cases

from chainrule.core.expr import Array, Expr, Partial, Var, access, const, intern
from chainrule.core.index import affine, fresh
from chainrule.core.primitive import registry
from chainrule.core.size import size
from chainrule.errors import ShapeError
from chainrule.judge.derivatives import adjoint_check, gradient_check
from chainrule.notation.parser import parse
from chainrule.primitives import function
from chainrule.primitives.opaque import OpaqueFunction
from chainrule.primitives.variables import matrix, scalar, vector

ORACLE = Path(__file__).parent.parent / "oracle"


def declared(p: dict[str, Any]) -> str:
    parts: list[str] = []
    for name, v in p["vars"].items():
        props = " ".join(f"index({q[6:]})" if q.startswith("index=") else q for q in v.get("props", []))
        parts.append(f"{name}: {' '.join(map(str, v['shape'])) or 'scalar'} {props}")
    for name, f in p.get("opaque", {}).items():
        out = f"->({', '.join(f['out'])})" if f.get("out") else ""
        kind = "elementwise" if f.get("elementwise") else f"function({', '.join(f['args'][0])}){out}"
        parts.append(f"{name}: {kind}")
    return "; ".join(parts)


def known_forms() -> list[dict[str, Any]]:
    problems: list[dict[str, Any]] = []
    for name in ("cases.json", "more.json"):
        data = json.loads((ORACLE / name).read_text())
        problems += data["problems"] if isinstance(data, dict) else data
    return [p for p in problems if p.get("known") and p["known"]["layout"] != "vec"]


@pytest.mark.parametrize("p", known_forms(), ids=lambda p: p["id"])
def test_textbook_forms_are_what_dual_numbers_say(p: dict[str, Any]) -> None:
    e = parse(p["expr"], declared(p))
    names = p["wrt"] if isinstance(p["wrt"], list) else [p["wrt"]]
    variables = {v.name: v for v in e.variables}
    if not set(names) <= variables.keys():
        pytest.skip("does not depend on the variable")
    result = parse(p["known"]["expr"], declared(p))
    wrt = [variables[name] for name in names]
    assert gradient_check(e, wrt, result, order=p["order"]).how == "judged"
    zero = gradient_check(e, wrt, result * 0, order=p["order"]).equal
    assert gradient_check(e, wrt, result * 2, order=p["order"]).equal is zero


def jacobian(e: Expr, a: Expr, k: int | None = None) -> Expr:
    """Of a node by an argument: as its primitive declares it, or by `Partial`."""
    ix, jx = tuple(fresh(n) for n in e.shape), tuple(fresh(n) for n in a.shape)
    if k is None:
        return intern(Array, ix + jx, intern(Partial, access(e, *ix), access(a, *jx)))
    op, args, params = e.op, e.args, e.params  # type: ignore[attr-defined]
    return intern(Array, ix + jx, op.jacobian(args, params, e, tuple(map(affine, ix)), k, tuple(map(affine, jx))))


@pytest.mark.parametrize("name", sorted(registry))
def test_jacobians_are_what_dual_numbers_say(name: str) -> None:
    for e in cases(name):
        for k, a in enumerate(e.args):
            if isinstance(a, Var) and a.index_size is None and e.args.count(a) == 1 and e.op.jacobian is not None:
                assert gradient_check(e, a, jacobian(e, a, k), points=2).equal, f"argument {k} of {e}"


@pytest.mark.parametrize("name", sorted(set(registry) - {"conv2d"}))
def test_partials_of_any_primitive_evaluate(name: str) -> None:
    for e in cases(name)[:3]:
        for a in e.variables:
            if a.index_size is None:
                assert gradient_check(e, a, jacobian(e, a), points=1).equal, f"{a.name} in {e}"


x, c, W = vector("x", "n"), vector("c", "m"), matrix("W", "m", "n")


def test_adjoints_of_a_linear_layer() -> None:
    y: Any = W @ x
    assert adjoint_check(y, c, [(W, c @ x.T), (x, W.T @ c)]).how == "judged"
    assert adjoint_check(y, c, [(W, c @ x.T), (x, W.T @ c * 2)]).how == "different"
    assert adjoint_check(y, c, [(W, c @ x.T), (x, x * 0)]).how == "different"
    assert adjoint_check(y, c, [(W, c @ x.T)]).how == "judged"  # x is held fixed
    assert adjoint_check(y, c, [(W, c @ x.T), (c, c)]).how == "different"  # c is no argument


def test_adjoints_do_not_look_below_the_arguments() -> None:
    z = function("log")(W @ x - 10**9)  # no point of it would be found
    y: Any = function("tanh")(z)
    assert adjoint_check(y, c, [(z, c * (1 - y * y))]).how == "judged"
    assert adjoint_check(y, c, [(z, c * (1 - z * z))]).equal is not True


def test_adjoints_of_one_argument_used_twice() -> None:
    y: Any = x * x
    g = vector("g", "n")
    assert adjoint_check(y, g, [(x, g * x), (x, g * x)]).equal
    assert adjoint_check(y, g, [(x, g * x)]).equal is False


def test_contributions_may_use_parts_of_an_argument_or_of_the_cotangent() -> None:
    g = vector("g", "n")
    y: Any = function("exp")(function("log")(x))
    assert adjoint_check(y, g, [(y.args[0], g * x)]).equal  # x = exp(log x)
    assert adjoint_check(x * 3, -x, [(x, x * -3)]).equal


def test_adjoints_within_a_domain() -> None:
    A, S = matrix("A", "n", "n"), matrix("S", "n", "n")
    inverse = function("inv")(A)
    assert adjoint_check(function("logdet")(A), const(1), [(A, inverse.T)]).equal
    assert adjoint_check(inverse, S, [(A, -(inverse.T @ S @ inverse.T))]).equal
    assert adjoint_check(inverse, S, [(A, -(inverse @ S @ inverse))]).equal is False


def test_adjoints_of_reads_by_whole_numbers() -> None:
    E, idx, g = matrix("E", "p", "k"), vector("idx", "n", "index(p)"), matrix("G", "n", "k")
    y: Any = function("gather")(E, idx)
    i, j, r = fresh("p", "i"), fresh("k", "j"), fresh("n", "r")
    from chainrule.core.expr import Delta, Sum
    from chainrule.core.index import lookup

    hits = intern(Delta, affine(i), lookup(access(idx, r)))
    scattered = intern(Array, (i, j), intern(Sum, r, hits * access(g, r, j)))
    assert adjoint_check(y, g, [(E, scattered)]).equal


def test_opaque_functions_have_symmetric_second_derivatives() -> None:
    J = OpaqueFunction("J", (size("m"),))
    assert gradient_check(J(W @ x), x, W.T @ J(W @ x, 1)).equal
    assert gradient_check(J(W @ x), W, J(W @ x, 1) @ x.T).equal
    hessian = W.T @ J(W @ x, 2) @ W
    assert gradient_check(J(W @ x), x, hessian, order=2).equal
    assert gradient_check(J(W @ x), x, hessian * 2, order=2).equal is False


def test_mixed_second_derivatives() -> None:
    A, y = matrix("A", "n", "m"), vector("y", "m")
    assert gradient_check(x.T @ A @ y, (x, y), A).equal
    assert gradient_check(x.T @ A @ y, (y, x), A.T).equal
    s = scalar("s")
    assert gradient_check(s**3 * x.sum(), (s, s), 6 * s * x.sum()).equal


def test_a_fact_about_a_variable_does_not_bend_the_directions() -> None:
    S, A = matrix("S", "n", "n", "symmetric"), matrix("A", "n", "n")
    tr = function("tr")
    assert gradient_check(tr(A @ S), S, A.T).equal
    assert gradient_check(tr(A @ S), S, A).equal is False
    assert gradient_check(tr(A @ S.T), S, A).equal


def test_points_on_a_kink_do_not_count() -> None:
    # the entries of b are 0 or 1, so that most points lie on the kink of relu at 0
    b = vector("b", "n", "binary")
    relu = function("relu")(b).sum()
    assert gradient_check(relu, b, function("step")(b)).equal
    assert gradient_check(relu, b, function("step")(b) * 2).equal is False
    assert (
        gradient_check(function("relu")(b - b).sum(), b, 0 * b).how == "judged"
    )  # constant: there is no kink to cross
    assert gradient_check(function("abs")(b * (1 - b)).sum(), b, 1 - 2 * b).how == "undecided"


def test_axes_are_those_of_the_output_and_then_of_the_variable() -> None:
    with pytest.raises(ShapeError, match="axes"):
        gradient_check(W @ x, x, x)
    assert gradient_check(W @ x, x, W).equal


def test_gradients_of_peers_that_went_wrong() -> None:
    """A sum of traces, a function of a determinant, softmax without −ppᵀ, a factor held constant in a quotient."""
    given_ = "A: n n; X: n n; x: n; y: n"
    wrong = [
        ("tr(A*X) + tr(X)", "X", "zeros(n,n)"),
        ("det(X)^2", "X", "zeros(n,n)"),
        ("softmax(x)", "x", "diag(softmax(x))"),
        ("x ./ sum(x)", "x", "eye(n)/sum(x)"),
    ]
    for text, name, claim in wrong:
        e = parse(text, given_)
        v = next(v for v in e.variables if v.name == name)
        assert gradient_check(e, v, parse(claim, given_)).equal is False


def test_a_deep_net_is_checked_in_linear_time() -> None:
    A = matrix("A", "n", "n")
    y: Expr = x
    back: list[Expr] = []
    for _ in range(300):
        y = function("tanh")(A @ y)
        back.append(y)
    delta: Expr = function("ones")("n")
    for h in reversed(back):
        delta = A.T @ (delta * (1 - h * h))
    assert gradient_check(y.sum(), x, delta, points=1).equal
    assert gradient_check(y.sum(), x, delta * 2, points=1).equal is False
