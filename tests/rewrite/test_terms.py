"""Terms keep their value: read, sifted, collected and written back, they are the expression that they came from."""

from __future__ import annotations

from fractions import Fraction

import pytest

import chainrule as cr
from chainrule.core.expr import Array, Delta, Expr, Iverson, Sum, access, intern
from chainrule.core.index import affine, fresh
from chainrule.core.size import size
from chainrule.rewrite.collecting import collect, key
from chainrule.rewrite.products import functions
from chainrule.rewrite.readable import tidy
from chainrule.rewrite.sifting import non_negative, sift
from chainrule.rewrite.terms import Term, expr_of, renamed, terms_of

PROGRAMS = [
    ("x'*A*y + 2*sum(x)", "A: n m; x: n; y: m"),
    ("tr(A*B') - 3*tr(B'*A)", "A, B: m n"),
    ("(A*x).*(A*x)./(1 + exp(A*x))", "A: m n; x: n"),
    ("diag(x)*A*diag(y)", "A: m n; x: m; y: n"),
    ("kron(A, B)*vec(X)", "A: m n; B: k l; X: l n"),
    ("mean(X.*X, 0, keep).*X", "X: m n"),
    ("concat(0, x, y)", "x: m; y: n"),
    ("slice(x, 0, 1, n) - slice(x, 0, 0, n-1)", "x: n"),
    ("conv1d(X, K)", "X: c l; K: o c k"),
    ("reshape(X, [n, m])*y", "X: m n; y: m"),
    ("cumsum(x, 0)", "x: n"),
    ("inv(A)*A*x", "A: n n; x: n"),
    ("Q*Q'*x", "Q: n n orthogonal; x: n"),
]


def entrywise(e: Expr, opened: bool) -> Expr:
    """The expression read as terms and written back."""
    ix = tuple(fresh(n, h) for n, h in zip(e.shape, "ijkl", strict=False))
    terms = tidy(
        terms_of(access(e, *ix), lambda n: opened and n.op.define is not None and n.op.jacobian is None),
        lambda v: True,
    )
    return intern(Array, ix, expr_of(terms)) if ix else expr_of(terms)


@pytest.mark.parametrize("opened", [False, True])
@pytest.mark.parametrize(("text", "given"), PROGRAMS, ids=[t for t, _ in PROGRAMS])
def test_reading_and_tidying_keep_the_value(text: str, given: str, opened: bool) -> None:
    e = cr.parse(text, given=given)
    assert cr.equal(e, entrywise(e, opened)).equal is True


def test_a_sum_over_a_delta_is_one_term() -> None:
    n = size("n")
    x = cr.vector("x", "n")
    i, j = fresh(n, "i"), fresh(n, "j")
    t = Term(Fraction(1), {access(x, j): Fraction(1), intern(Delta, affine(i), affine(j)): Fraction(1)}, (j,))
    assert sift(t).factors == {access(x, i): 1}  # type: ignore[union-attr]


def test_a_delta_that_points_outside_leaves_a_predicate() -> None:
    """Σ_j δ_(i−1)j x_j is x_(i−1) where there is one, and 0 where there is none."""
    x = cr.vector("x", "n")
    i, j = fresh(size("n"), "i"), fresh(size("n"), "j")
    delta = intern(Delta, affine(i) - 1, affine(j))
    t = sift(Term(Fraction(1), {access(x, j): Fraction(1), delta: Fraction(1)}, (j,)))
    assert t is not None
    assert any(isinstance(f, Iverson) for f in t.factors)
    whole = intern(Array, (i,), expr_of([t]))
    shifted = cr.parse("concat(0, zeros(1), slice(x, 0, 0, n-1))", given="x: n")
    assert cr.equal(whole, shifted).equal is True


def test_deltas_that_cannot_meet_are_zero() -> None:
    i = fresh(size("n"), "i")
    t = Term(Fraction(1), {intern(Delta, affine(i), affine(i) + 1): Fraction(1)}, (i,))
    assert sift(t) is None


def test_bound_letters_do_not_matter_and_free_ones_do() -> None:
    n = size("n")
    A, B = cr.matrix("A", "n", "n"), cr.matrix("B", "n", "n")
    i, j, k, m = (fresh(n, h) for h in "ijkm")
    one = Fraction(1)
    t = Term(one, {access(A, i, k): one, access(B, k, j): one}, (k,))
    same = renamed(t, {k: m})
    other = Term(one, {access(A, j, k): one, access(B, k, i): one}, (k,))
    assert key(t) == key(same)
    assert key(t) != key(other)
    assert [u.coeff for u in collect([t, same, other])] == [2, 1]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("exp(x)./(1 + exp(x))", "sigmoid(x)"),
        ("1./(1 + exp(-x))", "sigmoid(x)"),
        ("exp(x).*sigmoid(-x)", "sigmoid(x)"),
        ("abs(x).*sign(x)", "x"),
        ("sign(x).*sign(x)", "x.^0"),
        ("x.*step(x)", "relu(x)"),
        ("relu(x).*step(x)", "relu(x)"),
        ("exp(x)/sum(exp(x))", "softmax(x)"),
        ("sinh(x)./cosh(x)", "tanh(x)"),
        ("sin(x)./cos(x)", "tan(x)"),
        ("x./sqrt(x)", "sqrt(x)"),
        ("x.*x.^(y - 1)", "x.^y"),
        ("(1 + sign(y - x)).*minimum(x, y)", "(1 + sign(y - x)).*x"),
        ("sigmoid(-(-x))", "sigmoid(x)"),
    ],
)
def test_products_of_functions_are_recognised_and_keep_their_value(text: str, expected: str) -> None:
    given = "x, y: n positive" if "sqrt" in text or "^(" in text else "x, y: n"
    e, want = cr.parse(text, given=given), cr.parse(expected, given=given)
    i = fresh(size("n"), "i")
    (before,) = terms_of(access(e, i), lambda n: n.op.name in ("mul", "div", "neg"))
    after = functions(before, lambda v: True)
    assert len(after.factors) <= len(before.factors)
    assert after is not before
    assert cr.equal(intern(Array, (i,), expr_of([after])), want).equal is True


def test_a_size_is_at_least_one() -> None:
    n, m = size("n"), size("m")
    assert non_negative(n - 1)
    assert non_negative(n * m - 1)
    assert not non_negative(n - 2)
    assert not non_negative(n - m)


def test_an_unused_bound_index_counts_its_size() -> None:
    k = fresh(size("n"), "k")
    assert expr_of(tidy(terms_of(intern(Sum, k, cr.scalar("a")), lambda n: False))).text() in ("a*n", "n*a")
