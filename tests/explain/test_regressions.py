"""Expressions on which something once went wrong: derivatives by dual numbers, every step, every form read back."""

from __future__ import annotations

import pytest

import chainrule as cr
from chainrule.judge.derivatives import gradient_check

CASES = (
    ("sum((X - mean(X, 0, keep)).^3)", "X: m n", "X", 2),
    ("sum(x ./ sum(x.^2, 0, keep))", "x: n positive", "x", 2),
    ("sum(sum(A.*X, 1, keep).^2)", "A: m 1; X: m n", "X", 2),
    ("sum(cholesky(S))", "S: n n spd", "S", 1),
    ("a'*cholesky(S)*b", "a: n; b: n; S: n n spd", "S", 2),
    ("sum(concat(0, x, y).^2 .* a)", "x: n; y: n; a: 2*n", "x", 1),
    ("concat(0, x.^2, y)", "x: n; y: n", "x", 1),
    ("sum(concat(0, x, x).*c)", "x: n; c: 2*n", "x", 1),
    ("prod(x)", "x: n", "x", 1),
    ("prod(x - x)*sum(x)", "x: n", "x", 1),
    ("p*softmax(x)'*softmax(x)", "p: scalar; x: n", "x", 1),
    ("v*u*sum(tanh(x))*sum(tanh(x))", "u: scalar; v: scalar; x: n", "x", 1),
    ("k*sum(A*x)*sum(i.*x)", "k: scalar; i: n; A: m n; x: n", "x", 1),
    ("J(A*x).*x", "J: function(m); A: m n; x: n", "x", 1),
    ("J(sigmoid(z))", "J: function(n); z: n", "z", 2),
    ("3*x.^2", "x: n", "x", 1),
    ("norm2(X*w - y)^2 + c*norm2(w)^2", "X: m n; w: n; y: m; c: scalar positive", "w", 2),
    ("sum(x.^3)", "x: n binary", "x", 2),
    ("sum(exp(x*x'))", "x: n", "x", 2),
    ("tr(X^3)", "X: n n", "X", 2),
    ("sum(maxpool1d(x, 2))", "x: 1 4", "x", 1),
    ("sum(maxpool1d(x, 2).^2)", "x: c 2*l", "x", 1),
    ("var(x)/std(y)", "x: n; y: m", "y", 2),
    ("sum((X + ones(m)*w').^2)", "X: m n; w: n", "w", 1),
    ("sum((X + y).^2)", "X: m n; y: 1 n", "y", 1),
    ("sum(C' .* K)", "C: m p; K: p 1", "C", 1),
    ("K*R + R.*R", "K: m 1; R: 1 n", "K", 1),
    ("sum(A', 1)'*sum(B, 1)*norm2(A)^2", "A: m n; B: n p", "A", 2),
    ("diag(x)", "x: 1", "x", 1),
    ("x'*A*x", "x: 1; A: 1 1", "x", 2),
    ("J(W*x + b)", "W: 1 n; x: n; b: 1; J: function(1)", "W", 2),
    ("sum((X*Y).^2)", "X: n 1; Y: 1 m", "X", 1),
    ("softmax(x)'*A*y", "x: 1; A: 1 n; y: n", "x", 2),
)


def verdicts(d: cr.Derivation) -> set[str]:
    return {s.verdict for s in d.steps}


@pytest.mark.parametrize(("expression", "given", "wrt", "order"), CASES, ids=[f"{c[0]}-{c[3]}" for c in CASES])
def test_it_is_right_and_reads_back(expression: str, given: str, wrt: str, order: int) -> None:
    e = cr.parse(expression, given=given)
    d = cr.derive(e, wrt=wrt, order=order)
    v = next(x for x in e.variables if x.name == wrt)
    assert gradient_check(e, v, d.result, order=order).how in ("judged", "proved")
    assert verdicts(d) <= {"proved", "judged", "given"}, d
    for form in ("index", "einsum", *(["matrix"] if not d.is_vec else [])):
        again = cr.parse(d.text(form), given=given)
        assert cr.equal(again, d.result).equal, f"{form}: {d.text(form)}"


def test_a_form_that_would_be_wrong_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    from chainrule.recover import strategy

    true = strategy.matrix_form

    def false(*args):  # type: ignore[no-untyped-def]
        found = true(*args)
        return None if found is None else found + found

    monkeypatch.setattr(strategy, "matrix_form", false)
    e = cr.parse("0.5*norm2(A*x)^2", given="A: m n; x: n")
    d = cr.derive(e, wrt="x")
    assert cr.equal(d.result, cr.parse("A'*A*x", given="A: m n; x: n")).equal
    assert verdicts(d) <= {"proved", "judged", "given"}


@pytest.mark.parametrize(
    ("expression", "given", "wrt", "result"),
    [
        ("x'*A*x", "x: 1; A: 1 1", "x", "(A + A')*x"),
        ("x'*A*x", "x: 1; A: 1 1", "A", "x*x'"),
        ("x'*x", "x: 1", "x", "2*x"),
        ("norm2(W*x + b)^2", "W: 1 n; x: n; b: 1", "W", "2*(W*x + b)*x'"),
        ("logdet(X)", "X: 1 1 spd", "X", "inv(X)"),
        ("inv(X)", "X: 1 1", "X", "M = inv(X); -kron(M', M)"),
        ("sum((x + y).^2)", "x: 1; y: n", "x", None),
    ],
)
def test_products_stay_products_where_an_axis_has_size_one(
    expression: str, given: str, wrt: str, result: str | None
) -> None:
    e = cr.parse(expression, given=given)
    d = cr.derive(e, wrt)
    assert result is None or d.text() == result
    assert cr.jacobian(e, wrt) is d.result
    v = next(x for x in e.variables if x.name == wrt)
    assert gradient_check(e, v, d.result).how in ("judged", "proved")
