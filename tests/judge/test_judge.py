"""The judge never calls equal things different, and finds the differences that people make."""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from chainrule.core.expr import Delta, Expr, Iverson, Sum, Var, access, const, intern
from chainrule.core.index import affine, fresh
from chainrule.core.size import size
from chainrule.judge.judge import equal, judge_step
from chainrule.judge.points import GENERIC, Problem
from chainrule.notation.parser import parse
from chainrule.primitives.variables import matrix, scalar, tensor, vector

EQUAL = [
    ("relu(x)", "maximum(x, 0)", "x: n"),
    ("abs(x)", "relu(x) + relu(-x)", "x: n"),
    ("hardtanh(x)", "minimum(maximum(x, -1), 1)", "x: n"),
    ("where(x > y, x, y)", "maximum(x, y)", "x: n; y: n"),
    ("logsumexp(x)", "log(sum(exp(x)))", "x: n"),
    ("logsumexp(x)", "logsumexp(x - 100) + 100", "x: n"),
    ("logsumexp(x)", "log(sum(exp(x - max(x)))) + max(x)", "x: n"),
    ("softmax(x)", "softmax(x + c)", "x: n; c: scalar"),
    ("log_softmax(x)", "log(softmax(x))", "x: n"),
    ("tr(A*B*C)", "tr(C*A*B)", "A: m n; B: n k; C: k m"),
    ("tr(A*B*C)", "tr(B*C*A)", "A: m n; B: n k; C: k m"),
    ("tr(A'*B)", "sum(A .* B)", "A, B: m n"),
    ("S*x", "S'*x", "S: n n symmetric; x: n"),
    ("x'*A*x", "x'*A'*x", "A: n n; x: n"),
    ("sigmoid(x) .* (1 - sigmoid(x))", "exp(-x) ./ (1 + exp(-x)).^2", "x: n"),
    ("1 - tanh(x).^2", "1 ./ cosh(x).^2", "x: n"),
    ("sin(x).^2 + cos(x).^2", "vector(1)", "x: n"),
    ("inv(A*B)", "inv(B)*inv(A)", "A, B: n n"),
    ("det(A*B)", "det(A)*det(B)", "A, B: n n"),
    ("logdet(X'*X)", "2*log(abs(det(X)))", "X: n n"),
    ("logdet(X'*X)", "log(det(X'*X))", "X: m n"),
    ("cholesky(S)*cholesky(S)'", "S", "S: n n spd"),
    ("Q'*Q", "eye(n)", "Q: n n orthogonal"),
    ("sum(p)", "1", "p: n simplex"),
    ("t .* t", "t", "t: n onehot"),
    ("b .* b", "b", "b: n binary"),
    ("b .* b", "vector(1)", "b: n pm1"),
    ("abs(u)", "u", "u: n unit"),
    ("sqrt(u.^2)", "u", "u: n positive"),
    ("abs(det(L))", "abs(prod(diag(L)))", "L: n n lower"),
    ("D*x", "diag(D) .* x", "D: n n diagonal; x: n"),
    ("log(det(P))", "logdet(P)", "P: n n posdet"),
    ("diag(D)", "zeros(n)", "D: n n distances"),
    ("kron(a*b', c)", "kron(a, c)*b'", "a: m; b: n; c: k"),
    ("vec(A*X*B)", "kron(B', A)*vec(X)", "A: m n; X: n k; B: k l"),
    ("x*y'", "outer(x, y)", "x: m; y: n"),
    ("s(x + x)", "s(2*x)", "s: elementwise; x: n"),
    ("D2J(x)", "D2J(x)'", "J: function(n); x: n"),
    ("DJ(A*x + b)", "DJ(b + A*x)", "J: function(m); A: m n; x: n; b: m"),
    ("asin(x) + acos(x)", "asin(y) + acos(y)", "x: scalar; y: scalar"),
    ("sqrt(1 - x'*x)", "(1 - norm2(x)^2)^0.5", "x: n"),
    ("conv1d(X, K)", "conv1d(X, K, 1, 0)", "X: c l; K: o c k"),
    ("std(x)", "sqrt(var(x))", "x: n"),
    ("gelu(x)", "x - gelu(-x) .* (-1) + (gelu(x) - x - gelu(-x))", "x: n"),
]
DIFFERENT = [
    ("relu(x - 1000)", "0*x", "x: n"),
    ("relu(x - 9000)", "0*x", "x: n"),
    ("relu(0.001 - abs(x))", "0*x", "x: scalar"),
    ("A*x", "A'*x", "A: n n; x: n"),
    ("A*B", "B*A", "A, B: n n"),
    ("tr(A*B*C)", "tr(A*C*B)", "A, B, C: n n"),
    ("sigmoid(x) .* (1 - sigmoid(x))", "sigmoid(x) .* (1 + sigmoid(x))", "x: n"),
    ("sigmoid(x) .* (1 - sigmoid(x))", "x .* (1 - x)", "x: n"),
    ("mean(x)", "sum(x)", "x: n"),
    ("var(x)", "sum((x - mean(x)).^2)/(n - 1)", "x: n"),
    ("abs(x)", "x", "x: n"),
    ("sqrt(x.^2)", "x", "x: n"),
    ("softmax(X, 0)", "softmax(X, 1)", "X: n n"),
    ("DJ(x)", "DJ(2*x)", "J: function(n); x: n"),
    ("J(x) + J(y)", "J(x + y)", "J: function(n); x: n; y: n"),
    ("s(x)", "r(x)", "s: elementwise; r: elementwise; x: n"),
    ("kron(a, b)", "kron(b, a)", "a: m; b: n"),
    ("exp(x)", "1 + x + x.^2/2", "x: n"),
    ("exp(-1000*abs(x))", "2*exp(-1000*abs(x))", "x: n"),
    ("log(1 + exp(-1000*u))", "0*u", "u: scalar positive"),
    ("x", "x + 0.000000000000000000000000000001", "x: n"),
    ("tanh(x)", "tanh(x) + exp(-100)", "x: n"),
    ("max(X, 0)", "max(X, 1)", "X: n n"),
    ("sum(p)", "0*sum(p) + 2", "p: n simplex"),
]


def pair(left: str, right: str, given_: str) -> tuple[Expr, Expr]:
    whole = parse(f"stack(0, {left}, {right})", given_)  # sizes inferred together
    p, q = whole.args  # type: ignore[attr-defined]
    return p, q


@pytest.mark.parametrize(("left", "right", "given_"), EQUAL, ids=lambda s: s)
def test_equal_things_are_never_called_different(left: str, right: str, given_: str) -> None:
    p, q = pair(left, right, given_)
    for verdict in (equal(p, q), equal(q, p)):
        assert verdict.how in ("judged", "proved"), str(verdict)


@pytest.mark.parametrize(("left", "right", "given_"), DIFFERENT, ids=lambda s: s)
def test_differences_are_found_and_shown(left: str, right: str, given_: str) -> None:
    p, q = pair(left, right, given_)
    verdict = equal(p, q)
    assert verdict.how == "different"
    example = verdict.counterexample
    assert example is not None
    if not any(name in given_ for name in ("function", "elementwise")):
        values = {**example.sizes, **example.values}
        at = [e.evaluate(values, precision=2048) for e in (p, q)]
        left_, right_ = (np.asarray(v, dtype=object)[example.entry] for v in at)
        assert not left_.overlaps(right_)


@pytest.mark.parametrize("scale", [1, 30, 1000, 10**4, 10**6])
def test_thresholds_are_crossed_wherever_they_lie(scale: int) -> None:
    p, q = pair(f"relu(x - {scale})", "0*x", "x: n")
    assert equal(p, q).how == "different"
    p, q = pair(f"where(x < -{scale}, 1, 0)", "0*x", "x: scalar")
    assert equal(p, q).how == "different"


def test_a_counterexample_is_small_and_simple() -> None:
    p, q = pair("A*x", "A'*x", "A: n n; x: n")
    assert str(equal(p, q)).splitlines()[0] == "different"
    example = equal(p, q).counterexample
    assert example is not None
    assert set(example.sizes.values()) <= {2, 3}
    assert all(abs(v) <= 4 and v.denominator == 1 for v in example.values["x"])


def test_one_node_is_proved_equal_to_itself() -> None:
    x = vector("x", "n")
    assert equal(x + x, x + x).how == "proved"
    assert str(equal(x, x)).startswith("proved equal")


@pytest.mark.parametrize(
    ("p", "q", "word"),
    [
        (vector("x", "n"), matrix("A", "n", "n"), r"\(n,\).*\(n, n\)"),
        (vector("x", "n"), vector("y", "m"), r"\(n,\).*\(m,\)"),
        (vector("x", "n").sum(), matrix("x", "n", "n").sum(), "x has 1 axes"),
        (vector("x", 2), vector("y", 3), r"\(2,\).*\(3,\)"),
    ],
)
def test_shapes_that_differ_are_a_reason(p: Expr, q: Expr, word: str) -> None:
    import re

    verdict = equal(p, q)
    assert verdict.how == "different"
    assert re.search(word, verdict.reason)


def test_variables_of_one_name_are_one() -> None:
    plain, spd = matrix("S", "n", "n"), matrix("S", "n", "n", "spd")
    assert equal(plain @ vector("x", "n"), spd.T @ vector("x", "n")).equal
    assert equal(vector("x", "n").sum(), vector("x", "m").sum()).equal
    assert equal(vector("x", "n") * 2, vector("x", "m") + vector("x", "m")).equal


def test_without_a_common_point_it_is_undecided() -> None:
    x = scalar("x")
    never = parse("log(-x^2)", "x: scalar")
    verdict = equal(never, x)
    assert verdict.how == "undecided"
    assert verdict.equal is None
    assert "log of a negative number" in str(verdict)
    assert not verdict


def test_free_indices_are_compared_over_all_their_values() -> None:
    A, x = matrix("A", "m", "n"), vector("x", "n")
    i, j, k = fresh("m", "i"), fresh("n", "j"), fresh("n", "k")
    sifted = intern(Sum, k, intern(Delta, affine(k), affine(j)) * access(A, i, k))
    assert judge_step(sifted, access(A, i, j)).equal
    assert judge_step(sifted, access(A, i, 0)).equal is False
    assert judge_step(access(A, i, j) * access(x, j), access(x, j) * access(A, i, j)).equal
    assert judge_step(intern(Delta, affine(j), affine(k)), intern(Delta, affine(k), affine(j))).equal


def test_predicates_guard_what_they_multiply() -> None:
    x = vector("x", "n")
    i, k = fresh("n", "i"), fresh("n", "k")
    shifted = intern(Sum, k, intern(Iverson, affine(i) - affine(k) - 1) * access(x, k))
    cumulated = parse("cumsum(x)", "x: n")
    assert judge_step(shifted, access(cumulated, i) - access(x, i)).equal


def test_points_obey_the_facts() -> None:
    facts = {
        "symmetric": lambda a: np.array_equal(a, a.T),
        "diagonal": lambda a: all(a[i, j] == 0 for i, j in np.ndindex(*a.shape) if i != j),
        "lower": lambda a: all(a[i, j] == 0 for i, j in np.ndindex(*a.shape) if i < j),
        "upper": lambda a: all(a[i, j] == 0 for i, j in np.ndindex(*a.shape) if i > j),
        "positive": lambda a: all(v > 0 for v in a.flat),
        "unit": lambda a: all(0 < v < 1 for v in a.flat),
        "pm1": lambda a: all(v * v == 1 for v in a.flat),
        "binary": lambda a: all(v * v == v for v in a.flat),
        "simplex": lambda a: all(sum(r) == 1 and min(r) > 0 for r in a),
        "onehot": lambda a: all(sum(r) == 1 and all(v * v == v for v in r) for r in a),
        "orthogonal": lambda a: np.array_equal(a @ a.T, np.eye(len(a))),
        "distances": lambda a: np.array_equal(a, a.T) and all(a[i, i] == 0 for i in range(len(a))) and a.min() >= 0,
        "spd": lambda a: np.array_equal(a, a.T) and np.linalg.eigvalsh(a.astype(float)).min() > 0,
        "posdet": lambda a: np.linalg.det(a.astype(float)) > 0,
    }
    for prop, holds in facts.items():
        problem = Problem(matrix("A", "n", "n", prop) * 1)
        for attempt in range(len(GENERIC) + 5):
            point = problem.point(attempt)
            assert point is not None
            a = np.vectorize(lambda v: Fraction(int(v.p), int(v.q)), otypes=[object])(point.values["A"])
            assert holds(a), (prop, attempt)


def test_sizes_are_different_and_leave_room() -> None:
    e = parse("conv1d(X, K)", "X: c l; K: o c k")
    for attempt in range(10):
        point = Problem(e).point(attempt)
        assert point is not None
        n = point.sizes
        assert len(set(n.values())) == 4
        assert min(n.values()) >= 2
        assert n["l"] >= n["k"]


def test_declared_arithmetic_of_sizes_is_kept() -> None:
    v, u = vector("v", size("l") - size("k")), vector("v", "r")
    verdict = equal(v.sum() + tensor("K", "k").sum(), u.sum() + tensor("K", "k").sum())
    assert verdict.equal


def test_the_same_question_has_the_same_answer_under_any_hash_seed() -> None:
    code = (
        "from chainrule.notation.parser import parse; from chainrule.judge.judge import equal\n"
        "e = parse(\"stack(0, A*x, A'*x)\", 'A: n n; x: n'); print(equal(*e.args))"
    )
    texts = {
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            env={"PYTHONHASHSEED": seed, **_env()},
        ).stdout
        for seed in ("0", "1", "2")
    }
    assert len(texts) == 1


def _env() -> dict[str, str]:
    import os

    return {k: v for k, v in os.environ.items() if k != "PYTHONHASHSEED"} | {"PYTHONPATH": ":".join(sys.path)}


# Random expressions: sums and products of two variables, and of their images under smooth functions.

leaves = st.sampled_from(["x", "y", "2", "(1/3)"])


def larger(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    binary = st.tuples(inner, st.sampled_from("+-*"), inner).map(lambda t: f"({t[0]} {t[1]} {t[2]})")
    unary = st.tuples(st.sampled_from(["tanh", "sigmoid", "sin", "abs", "square"]), inner).map(
        lambda t: f"{t[0]}({t[1]})"
    )
    return binary | unary


formulas = st.recursive(leaves, larger, max_leaves=8)


def formula(text: str) -> Expr:
    return parse(text, "x: scalar; y: scalar")


@given(formulas, formulas, formulas)
@settings(max_examples=60, deadline=None)
def test_distributing_changes_no_value(a: str, b: str, c: str) -> None:
    assert equal(formula(f"{a}*({b} + {c})"), formula(f"{a}*{b} + {c}*{a}")).equal


@given(formulas, st.integers(1, 10**9))
@settings(max_examples=60, deadline=None)
def test_a_small_constant_is_noticed(a: str, n: int) -> None:
    assert equal(formula(a), formula(a) + const(Fraction(1, n))).equal is False


def test_judging_a_deep_net_is_linear() -> None:
    A = matrix("A", "n", "n")
    e: Any = vector("x", "n")
    for _ in range(300):
        e = _tanh(A @ e)
    assert equal(e, e + 0).equal


def _tanh(e: Expr) -> Expr:
    from chainrule.primitives import function

    return function("tanh")(e)


def test_the_name_of_a_variable_is_all_that_counts() -> None:
    x = intern(Var, "x", (), frozenset(["positive"]), None)
    assert equal(_tanh(x), _tanh(scalar("x"))).equal
