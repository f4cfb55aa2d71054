"""Derivatives within the symmetric (and other) matrices, against differences along the space; layouts."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

import chainrule as cr
from chainrule.core.expr import Expr

CASES = (
    ("logdet(S)", "S: n n spd"),
    ("a'*inv(S)*b", "a: n; b: n; S: n n spd"),
    ("tr(A*S*S)", "A: n n; S: n n symmetric"),
    ("sum(exp(A*S) .* B)", "A: m n; B: m n; S: n n symmetric"),
    ("tr(A*S*A')", "A: m n; S: n n diagonal"),
    ("a'*S*S*b", "a: n; b: n; S: n n lower"),
    ("sum(tanh(S*a))", "a: n; S: n n upper"),
    ("sum(exp(-S) .* A)", "A: n n; S: n n distances"),
    ("S*a", "a: n; S: n n symmetric"),
)
BASES = {
    "symmetric": lambda i, j: {(i, j), (j, i)},
    "spd": lambda i, j: {(i, j), (j, i)},
    "diagonal": lambda i, j: {(i, j)} if i == j else set(),
    "lower": lambda i, j: {(i, j)} if i >= j else set(),
    "upper": lambda i, j: {(i, j)} if i <= j else set(),
    "distances": lambda i, j: {(i, j), (j, i)} if i != j else set(),
}
SIZES = {"m": 2, "n": 3}


def parsed(expression: str, given: str) -> Expr:
    return cr.parse(expression, given=given)


def values(e: Expr, rng: np.random.Generator) -> dict[str, np.ndarray]:
    out = {v.name: rng.normal(size=[int(n.evaluate(SIZES)) for n in v.shape]) for v in e.variables}
    s = 0.3 * out["S"]
    fact = next(v.props for v in e.variables if v.name == "S")
    if "spd" in fact:
        s = s @ s.T + 2 * np.eye(3)
    elif "symmetric" in fact:
        s = s + s.T
    elif "distances" in fact:
        s = np.abs(s + s.T) * (1 - np.eye(3))
    elif "diagonal" in fact:
        s = np.diag(np.diag(s))
    else:
        s = np.tril(s) if "lower" in fact else np.triu(s)
    out["S"] = s
    return out


def moved_along(f, at: dict[str, np.ndarray], entries: set[tuple[int, int]], step: float) -> np.ndarray:
    s = at["S"].copy()
    for entry in entries:
        s[entry] += step
    return np.asarray(f(**at | {"S": s}))


@pytest.mark.parametrize(("expression", "given"), CASES, ids=[c[0] for c in CASES])
def test_a_constrained_derivative_is_the_difference_along_the_space(expression: str, given: str) -> None:
    e = parsed(expression, given)
    d = cr.derive(e, wrt="S", constrained=True)
    f, g = cr.compile(e, backend="numpy"), cr.compile(d.result, backend="numpy")
    at = values(e, np.random.default_rng(7))
    fact = next(p for v in e.variables if v.name == "S" for p in v.props)
    got = np.asarray(g(**at))
    for i in range(3):
        for j in range(3):
            entries = BASES[fact](i, j)
            slope = (moved_along(f, at, entries, 1e-5) - moved_along(f, at, entries, -1e-5)) / 2e-5
            assert got[..., i, j] == pytest.approx(slope if entries else 0 * slope, rel=1e-6, abs=1e-8)
    assert all(s.verdict in ("proved", "judged") for s in d.steps)
    assert sum(s.rule == "constrained" for s in d.steps) == 1


def test_the_second_constrained_derivative_counts_each_pair_of_entries_once() -> None:
    e = parsed("tr(S*S)", "S: n n symmetric")
    h = np.asarray(cr.compile(cr.derive(e, "S", order=2, constrained=True).result, backend="numpy")(n=3))
    for i, j, k, l in np.ndindex(3, 3, 3, 3):
        # tr S² = Σ_i S_ii² + 2 Σ_{i<j} S_ij²
        assert h[i, j, k, l] == (0 if {i, j} != {k, l} else 2 if i == j else 4)


@pytest.mark.parametrize("given", ["S: n n; a: n", "S: n n orthogonal; a: n"])
def test_where_no_fact_says_which_entries_vary_together_there_is_no_constrained_derivative(given: str) -> None:
    with pytest.raises(cr.NotDifferentiable, match="vary together"):
        cr.derive(parsed("a'*S*a", given), "S", constrained=True)


def test_a_constrained_step_that_is_wrong_is_refused() -> None:
    from chainrule.core.expr import access
    from chainrule.core.index import fresh
    from chainrule.diff.reverse import closed
    from chainrule.explain.constrained import check, within
    from chainrule.rewrite.terms import terms_of

    s = cr.matrix("S", "n", "n", "symmetric")
    ix = tuple(fresh(n, "i") for n in s.shape)
    free = terms_of(access(cr.matrix("G", "n", "n"), *ix), closed)
    right = within(free, ix, "symmetric")
    assert check(free, right, ix, "symmetric", s)() in ("proved", "judged")
    assert check(free, right[:2], ix, "symmetric", s)() == "different"


# ---------------------------------------------------------------- layouts

LAYOUTS = (
    ("norm2(W*x)^2", "W: m n; x: n", "W", "2*x*x'*W'", "2*W*x*x'"),
    ("norm2(W*x)^2", "W: m n; x: n", "x", "2*x'*W'*W", "2*W'*W*x"),
    ("W*sin(x)", "W: m n; x: n", "x", "W*diag(cos(x))", "diag(cos(x))*W'"),
    ("W*X*A", "W: m n; X: n p; A: p q", "X", "kron(A', W)", "kron(A, W')"),
    ("t*W", "W: m n; t: scalar", "t", "W", "W'"),
    ("t*x", "x: n; t: scalar", "t", "x", "x'"),
    ("x'*A*x", "x: n; A: n n", ("x", "x"), "A + A'", "A' + A"),
    ("x'*y*z", "x: n; y: n; z: m", "x", "z*y'", "y*z'"),
    ("t^2", "t: scalar", "t", "2*t", "2*t"),
)


@pytest.mark.parametrize(("expression", "given", "wrt", "numerator", "denominator"), LAYOUTS)
def test_layouts_write_a_derivative_one_way_or_the_other(
    expression: str, given: str, wrt: str, numerator: str, denominator: str
) -> None:
    e = parsed(expression, given)
    plain = cr.derive(e, wrt)
    for layout, want in (("numerator", numerator), ("denominator", denominator)):
        d = cr.derive(e, wrt, layout=layout)
        assert d.text() == want
        assert d.result is plain.result or cr.equal(d.result, plain.result).equal
        assert layout in str(d)
        result = d.to_dict()["result"]
        assert result["layout"] == layout
        assert result["matrix_layout"] in ("jac", "vec")
        assert cr.derive(e, wrt).to_dict()["result"]["layout"] is None


@pytest.mark.parametrize(("expression", "given", "wrt", "_n", "_d"), LAYOUTS)
def test_one_layout_is_the_transpose_of_the_other(expression: str, given: str, wrt: str, _n: str, _d: str) -> None:
    e = parsed(expression, given)
    one, other = (cr.derive(e, wrt, layout=layout).shown for layout in ("numerator", "denominator"))
    assert cr.equal(one.T if one.shape else one, other).equal


def test_what_has_more_axes_than_a_matrix_has_no_layout() -> None:
    e = parsed("X .* X", "X: m n")
    with pytest.raises(cr.ChainruleError, match="4 axes"):
        cr.derive(parsed("X'", "X: m n"), "X", layout="numerator")
    assert cr.derive(e, "X").result.ndim == 4
    with pytest.raises(cr.ChainruleError, match="no layout"):
        cr.derive(e, "X", layout="row")


# ---------------------------------------------------------------- multiples of the whole


@pytest.mark.parametrize("factor", [Fraction(3), Fraction(-1), Fraction(1, 2)])
def test_a_constant_multiple_stays_in_every_line(factor: Fraction) -> None:
    x = cr.vector("x", "n")
    d = cr.derive(cr.const(factor) * x**2, wrt=x)
    assert all(s.verdict in ("proved", "judged") for s in d.steps)
    assert cr.equal(d.result, cr.diag(cr.const(2 * factor) * x)).equal
