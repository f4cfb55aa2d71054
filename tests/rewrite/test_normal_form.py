"""The normal form proves what arithmetic and facts show, and never says equal of what differs."""

from __future__ import annotations

import random

import pytest

import chainrule as cr
from chainrule.rewrite.normal import normal_form

EQUAL = [
    ("tr(A*B*C)", "tr(C*A*B)", "A, B, C: n n"),
    ("tr(A*B)", "tr(A'*B')", "A, B: n n"),
    ("(A*B)'", "B'*A'", "A: m n; B: n k"),
    ("x'*A*x", "x'*A'*x", "A: n n; x: n"),
    ("(x + y).^3", "x.^3 + 3*x.^2.*y + 3*x.*y.^2 + y.^3", "x, y: n"),
    ("sigmoid(x).*(1 - sigmoid(x))", "sigmoid(x) - sigmoid(x).^2", "x: n"),
    ("S", "S'", "S: n n symmetric"),
    ("1./(x + y)", "1./(y + x)", "x, y: n"),
    ("exp(2*x + y)", "exp(y + x + x)", "x, y: n"),
    ("sum(softmax(x))", "1", "x: n"),
    ("sum(x - mean(x))", "0*sum(x)", "x: n"),
    ("diag(x)*A", "unsqueeze(x, 1).*A", "x: m; A: m n"),
    ("kron(A, B)*vec(X)", "vec(B*X*A')", "A: m n; B: k l; X: l n"),
    ("Q*Q'*x", "x", "Q: n n orthogonal; x: n"),
    ("exp(x)./(1 + exp(x))", "sigmoid(x)", "x: n"),
    ('einsum("ij,jk->ik", A, B)', "A*B", "A: m n; B: n k"),
    ("reshape(reshape(X, [m*n]), [m, n])", "X", "X: m n"),
    ("A^3", "A*A*A", "A: n n"),
]
DIFFERENT = [
    ("tr(A*B*C)", "tr(A*C*B)", "A, B, C: n n"),
    ("x'*A*x", "y'*A*y", "A: n n; x, y: n"),
    ("A", "A'", "A: n n"),
    ("sum(y)", "1", "y: n"),
    ("kron(a, b)", "kron(b, a)", "a, b: n"),
    ("exp(x + y)", "exp(x - y)", "x, y: n"),
    ("tr(A)*tr(A)", "tr(A*A)", "A: n n"),
    ("(x + y).^2", "x.^2 + y.^2", "x, y: n"),
    ("sum(X, 0)", "sum(X, 1)", "X: n n"),
    ("diag(x)", "x*x'", "x: n"),
]


@pytest.mark.parametrize(("left", "right", "given"), EQUAL, ids=[a for a, _, _ in EQUAL])
def test_equal_expressions_have_one_form(left: str, right: str, given: str) -> None:
    p, q = cr.parse(left, given=given), cr.parse(right, given=given)
    assert normal_form(p) is not None
    assert normal_form(p) == normal_form(q)
    assert cr.equal(p, q).how == "proved"


@pytest.mark.parametrize(("left", "right", "given"), DIFFERENT, ids=[f"{a} and {b}" for a, b, _ in DIFFERENT])
def test_different_expressions_have_different_forms(left: str, right: str, given: str) -> None:
    p, q = cr.parse(left, given=given), cr.parse(right, given=given)
    assert normal_form(p) != normal_form(q)
    assert cr.equal(p, q).how == "different"


@pytest.mark.parametrize("seed", range(20))
def test_the_form_does_not_see_the_order_of_terms_and_factors(seed: int) -> None:
    """Random sums of traces and chains, written in two random orders, have one form; a changed sign has another."""
    rng = random.Random(seed)
    letters = "ABC"
    terms = [[rng.choice(letters) + rng.choice(["", "'"]) for _ in range(rng.randint(1, 3))] for _ in range(4)]

    def written(signs: list[str]) -> str:
        out = []
        for sign, chain in zip(signs, terms, strict=True):
            turn = rng.randrange(len(chain))
            out.append(f"{sign} tr({'*'.join(chain[turn:] + chain[:turn])})")
        rng.shuffle(out)
        return "0*tr(A) " + " ".join(out)

    signs = [rng.choice("+-") for _ in terms]
    given = "A, B, C: n n"
    form = normal_form(cr.parse(written(signs), given=given))
    assert form == normal_form(cr.parse(written(signs), given=given))
    signs[0] = "-" if signs[0] == "+" else "+"
    assert form != normal_form(cr.parse(written(signs), given=given))


def test_a_form_that_would_grow_too_long_is_refused() -> None:
    e = cr.parse("(a + b + c + d + f + g)^6*(a - b + c - d + f - g)^6")
    assert normal_form(e) is None


def test_a_deep_net_has_a_form() -> None:
    h = cr.vector("x", "n")
    for layer in range(300):
        h = cr.tanh(cr.matrix(f"W{layer}", "n", "n") @ h)
    assert normal_form(h) == normal_form(h + 0 * h)
