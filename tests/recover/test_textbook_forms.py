"""Derivatives come out in the form in which textbooks print them."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

import chainrule as cr
from chainrule.explain.derivation import Derivation
from chainrule.notation.operations import operations


@dataclass(frozen=True, slots=True)
class Form:
    """A derivative and its known form. `other` where ours may be another one: of as few operations, and equal."""

    expression: str
    given: str
    wrt: str
    known: str
    order: int = 1
    other: bool = False

    def derive(self) -> Derivation:
        return cr.derive(cr.parse(self.expression, given=self.given), wrt=self.wrt, order=self.order)


LOGISTIC = "p = sigmoid(X*w); -sum(y.*log(p) + (1 - y).*log(1 - p))/m"
FORMS = (
    Form("tr(X^5)", "X: n n", "X", "5*(X^4)'"),
    Form("mean(X)", "X: m n", "X", "ones(m, n)/(m*n)"),
    Form(LOGISTIC, "X: m n; w: n; y: m", "w", "p = sigmoid(X*w); X'*(p - y)/m"),
    Form(LOGISTIC, "X: m n; w: n; y: m", "w", "p = sigmoid(X*w); X'*diag(p.*(1 - p))*X/m", order=2),
    Form("0.5*x'*A*x", "A: n n; x: n", "x", "0.5*(A + A')*x"),
    Form("0.5*x'*A*x", "A: n n symmetric; x: n", "x", "A*x"),
    Form("x'*A*x", "A: n n; x: n", "x", "(A + A')*x"),
    Form("x'*A*x", "A: n n symmetric; x: n", "x", "2*A*x"),
    Form("x'*A*x", "A: n n; x: n", "x", "A + A'", order=2),
    Form("x'*A*x", "A: n n; x: n", "A", "x*x'"),
    Form("a'*x", "a: n; x: n", "x", "a"),
    Form("a'*X*b", "a: m; b: n; X: m n", "X", "a*b'"),
    Form("a'*X'*b", "a: n; b: m; X: m n", "X", "b*a'"),
    Form("tr(X)", "X: n n", "X", "eye(n)"),
    Form("tr(A*X)", "A: n m; X: m n", "X", "A'"),
    Form("tr(X'*A*X)", "A: m m; X: m n", "X", "(A + A')*X"),
    Form("tr(A*X'*B*X*C)", "A: m n; X: k n; B: k k; C: n m", "X", "B'*X*A'*C' + B*X*C*A", other=True),
    Form("norm2(A*x - b)^2", "A: m n; x: n; b: m", "x", "2*A'*(A*x - b)"),
    Form("norm2(X)^2", "X: m n", "X", "2*X"),
    Form("norm2(x)", "x: n", "x", "x/norm2(x)"),
    Form("norm2(A*x - b)^2 + c*norm2(x)^2", "A: m n; x: n; b: m; c: scalar", "x", "2*(A'*(A*x - b) + c*x)", other=True),
    Form("det(X)", "X: n n", "X", "det(X)*inv(X)'"),
    Form("logdet(X)", "X: n n posdet", "X", "inv(X)'"),
    Form("a'*inv(X)*b", "a: n; b: n; X: n n", "X", "-inv(X)'*a*b'*inv(X)'", other=True),
    Form("tr(inv(X)*A)", "A: n n; X: n n", "X", "-inv(X)'*A'*inv(X)'", other=True),
    Form("x'*inv(S)*x", "x: n; S: n n spd", "x", "2*inv(S)*x"),
    Form("softmax(x)", "x: n", "x", "p = softmax(x); diag(p) - p*p'"),
    Form("softmax(β*x)", "β: scalar; x: n", "x", "p = softmax(β*x); β*(diag(p) - p*p')"),
    Form("logsumexp(x)", "x: n", "x", "softmax(x)"),
    Form("logsumexp(x)", "x: n", "x", "p = softmax(x); diag(p) - p*p'", order=2),
    Form("logsumexp(A*x)", "A: m n; x: n", "x", "A'*softmax(A*x)"),
    Form("log_softmax(x)", "x: n", "x", "eye(n) - ones(n)*softmax(x)'"),
    Form("-sum(y .* log_softmax(z))", "y: n simplex; z: n", "z", "softmax(z) - y"),
    Form("-sum(y .* log(softmax(z)))", "y: n simplex; z: n", "z", "softmax(z) - y"),
    Form("-sum(y .* log_softmax(z))", "y: n onehot; z: n", "z", "softmax(z) - y"),
    Form("-sum(y .* log_softmax(z))", "y: n; z: n", "z", "sum(y)*softmax(z) - y"),
    Form("sum(log(1 + exp(-(y .* (X*w)))))", "X: m n; w: n; y: m", "w",
         "-X'*(y .* sigmoid(-(y .* (X*w))))", other=True),
    Form("sum(softplus(X*w) - y .* (X*w))", "X: m n; w: n; y: m", "w", "X'*(sigmoid(X*w) - y)"),
    Form("sum(softplus(X*w) - y .* (X*w))", "X: m n; w: n; y: m", "w",
         "s = sigmoid(X*w); X'*diag(s .* (1 - s))*X", order=2),
    Form("J(W*x + b)", "W: m n; x: n; b: m; J: function(m)", "W", "DJ(W*x + b)*x'"),
    Form("J(W*x + b)", "W: m n; x: n; b: m; J: function(m)", "x", "W'*DJ(W*x + b)"),
    Form("J(W*x + b)", "W: m n; x: n; b: m; J: function(m)", "b", "DJ(W*x + b)"),
    Form("sum(G .* (X*W))", "G: m k; X: m n; W: n k", "W", "X'*G"),
    Form("sum(G .* (X*W))", "G: m k; X: m n; W: n k", "X", "G*W'"),
    Form("sum(G .* (X*W + ones(m)*b'))", "G: m k; X: m n; W: n k; b: k", "b", "sum(G, 0)"),
    Form("A*x", "A: m n; x: n", "x", "A"),
    Form("x .* x", "x: n", "x", "2*diag(x)"),
    Form("tanh(W*x)", "W: m n; x: n", "x", "diag(1 - tanh(W*x).^2)*W"),
    Form("mean(x)", "x: n", "x", "1/n*ones(n)"),
    Form("var(x)", "x: n", "x", "2*(x - mean(x))/n"),
    Form("-0.5*(logdet(S) + (x - mu)'*inv(S)*(x - mu))", "S: n n spd; x: n; mu: n", "S",
         "u = inv(S)*(x - mu); 0.5*(u*u' - inv(S))"),
    Form("-0.5*(logdet(S) + (x - mu)'*inv(S)*(x - mu))", "S: n n spd; x: n; mu: n", "mu", "inv(S)*(x - mu)"),
    Form("sum(G .* (softmax(Q*K'/sqrt(d), 1)*V))", "Q: m d; K: n d; V: n k; G: m k", "V",
         "softmax(Q*K'/sqrt(d), 1)'*G"),
    Form("sum(G .* (softmax(Q*K'/sqrt(d), 1)*V))", "Q: m d; K: n d; V: n k; G: m k", "Q",
         "P = softmax(Q*K'/sqrt(d), 1); U = G*V'; (P .* (U - sum(U .* P, 1, keep)))*K/sqrt(d)", other=True),
    Form("sum(G .* (softmax(Q*K'/sqrt(d), 1)*V))", "Q: m d; K: n d; V: n k; G: m k", "K",
         "P = softmax(Q*K'/sqrt(d), 1); U = G*V'; (P .* (U - sum(U .* P, 1, keep)))'*Q/sqrt(d)", other=True),
    Form("sum(G .* ((X - mean(X, 1, keep)) ./ std(X, 1, keep)))", "X: m n; G: m n", "X",
         "s = std(X, 1, keep); H = (X - mean(X, 1, keep)) ./ s;"
         "(G - mean(G, 1, keep) - H .* mean(G .* H, 1, keep)) ./ s", other=True),
    Form("sum(G .* ((X - mean(X, 0, keep)) ./ std(X, 0, keep)))", "X: m n; G: m n", "X",
         "s = std(X, 0, keep); H = (X - mean(X, 0, keep)) ./ s;"
         "(G - mean(G, 0, keep) - H .* mean(G .* H, 0, keep)) ./ s", other=True),
)  # fmt: skip

KRONECKER = (
    Form("A*X*B", "A: k m; X: m n; B: n d", "X", "kron(B', A)"),
    Form("A*X", "A: k m; X: m n", "X", "kron(eye(n), A)"),
    Form("X*B", "X: m n; B: n d", "X", "kron(B', eye(m))"),
    Form("relu(W*h)", "W: q p; h: p", "W", "diag(step(W*h))*kron(h', eye(q))"),
    Form("W*x + b", "W: m n; x: n; b: m", "W", "kron(x', eye(m))"),
    Form("inv(X)", "X: n n", "X", "-kron(inv(X)', inv(X))"),
    Form("tr(A*X*B*X')", "A: m m; B: n n; X: m n", "X", "kron(B', A) + kron(B, A')", order=2, other=True),
)


def name(f: Form) -> str:
    return f"{f.expression} by {f.wrt}{', twice' if f.order == 2 else ''}"


def known(f: Form) -> cr.Expr:
    return cr.parse(f.known, given=f.given)


@pytest.mark.parametrize("f", FORMS, ids=name)
def test_the_known_form_comes_out(f: Form) -> None:
    d = f.derive()
    want = known(f)
    assert d.is_matrix
    if d.result is not want:
        assert f.other, f"{d.text()} for {f.known}"
        assert cr.equal(d.result, want).equal, d.text()
        assert operations(d.result) <= operations(want), d.text()


@pytest.mark.parametrize("f", KRONECKER, ids=name)
def test_matrices_by_matrices_are_kronecker_products(f: Form) -> None:
    d = f.derive()
    assert d.vec is not None
    want = known(f)
    if d.vec is not want:
        assert cr.equal(d.vec, want).equal, d.text()
        assert operations(d.vec) <= operations(want), d.text()


@pytest.mark.parametrize(
    ("expression", "given", "wrt"),
    [
        ("X .* X", "X: m n", "X"),  # no entry of the result is a product of two matrices
        ("conv1d(X, K)", "X: c l; K: o c w", "X"),
    ],
)
def test_where_there_is_no_matrix_form_it_is_said(expression: str, given: str, wrt: str) -> None:
    d = cr.derive(cr.parse(expression, given=given), wrt=wrt)
    if d.vec is None:
        assert not d.is_matrix
        assert "there is no matrix form" in str(d)
        assert d.to_dict()["result"]["matrix"] is None
    assert d.text("index").startswith("array[")


@pytest.mark.parametrize(
    ("expression", "given", "wrt", "text"),
    [
        ("sum(maximum(0, 1 - t.*x))", "t: n; x: n", "x", "-0.5*(1 + sign(1 - t.*x)).*t"),
        ("sum(maximum(x, -1))", "x: n", "x", "0.5*(1 + sign(x + 1))"),
        ("sum(A*zeros(3))", "A: m 3", "A", "zeros(m, 3)"),
        ("mean(X)", "X: m n", "X", "ones(m, n)/(m*n)"),
    ],
)
def test_nothing_is_left_as_it_came_about(expression: str, given: str, wrt: str, text: str) -> None:
    assert cr.derive(cr.parse(expression, given=given), wrt).text() == text
