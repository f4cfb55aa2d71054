"""Expressions that differ only between two thresholds are told apart; those that agree off the kinks are not."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings, strategies as st

from chainrule.judge.branches import branch_points
from chainrule.judge.judge import equal
from chainrule.judge.kinks import on_kink
from chainrule.judge.points import Problem
from chainrule.judge.verdict import Verdict
from chainrule.notation.parser import parse

BETWEEN_THRESHOLDS = [
    ("step(a - 3)", "step(a - 2)", "a: scalar"),
    ("step(a - 30)", "step(a - 20)", "a: scalar"),
    ("step(a - 0.1)", "step(a)", "a: scalar"),
    ("step(x - 1000)", "step(x - 1001)", "x: n"),
    ("step(x - 0.5)", "step(x - 0.7)", "x: n"),
    ("-t*step(1 - t*x)", "-t*step(2 - t*x)", "t: scalar; x: scalar"),
    ("where(a > 2, a, 0)", "where(a >= 3, a, 0)", "a: scalar"),
    ("where(a*a > 4, 1, 0)", "where(a*a > 5, 1, 0)", "a: scalar"),
    ("sign(a + 1.5)", "sign(a + 1.9)", "a: scalar"),
    ("step(exp(a) - 3)", "step(a - 1.1)", "a: scalar"),
    ("step(p - 3)", "step(p - 2)", "p: scalar positive"),
    ("step(u - 0.3)", "step(u - 0.31)", "u: scalar unit"),
    ("step(tr(S) - 3)", "step(tr(S) - 2)", "S: n n spd"),
    ("step(A*x - 3)", "step(A*x - 2)", "A: m n; x: n"),
    ("hardtanh(x) + 0*relu(x - 1)", "minimum(maximum(x, -1), 1.01)", "x: n"),
    ("where(x > 3, leaky_relu(x - 3.5), 0)", "where(x > 3, (x - 3.5)/100, 0) + 0.99*relu(x - 3.6)", "x: n"),
    (
        "step(where(x + y > 2, x^3, x + y) - 0.5)*sign(x - 1)*(x + y)",
        "step(where(x + y > 2, x^3, x + y) - 0.5)*sign(x - 0.7)*(x + y)",
        "x: scalar; y: scalar",
    ),
    (
        "minimum(where(x > -2, tanh(y), x), tanh(y))",
        "minimum(where(x > -1.9, tanh(y), x), tanh(y))",
        "x: scalar; y: scalar",
    ),
    ("step(maximum(exp(x), exp(x)) - 3)", "step(maximum(exp(x), exp(x)) - 3.1)", "x: scalar"),
    ("norm1(x - 3)", "norm1(x - 3) + relu(min(x) - 2)*step(2.5 - max(x))", "x: n"),
    ("maxpool1d(x, 2)", "maxpool1d(x - step(x - 3), 2) + maxpool1d(step(x - 3), 2)", "x: 4"),
    ("where((x - 5)^2 < 0.01, 1, 0)", "0*x", "x: scalar"),
    ("where((x - 517.25)^2 + (y + 3)^2 < 0.01, 1, 0)", "0*x*y", "x: scalar; y: scalar"),
]
AT_WORKED_OUT_CONSTANTS = [
    ("step(min(x) - 10^6)", "0*min(x)", "x: n"),
    ("step(min(x) - 2^40)", "0*min(x)", "x: n"),
    ("step(min(x) - exp(30))*step(y - 10^12)", "0*min(x)", "x: n; y: scalar"),
    ("step(abs(x) - 10^40)", "0*x", "x: n"),
    ("step(x - 7*10^399)", "0*x", "x: scalar"),
    ("step(u - 2^(-20))", "0*u + 1", "u: scalar unit"),
    ("step(sum(u) - 2 - 1.99999)", "0*sum(u)", "u: 4 unit"),
    ("step(p - 1000*1000)", "0*p", "p: scalar positive"),
]
CLOSE_TO_KINKS = [
    ("max(x)", "logsumexp(1000000*x)/1000000", "x: n"),
    ("relu(x)", "where(x > 0.000001, x, 0)", "x: n"),
    ("abs(x - 3)", "maximum(abs(x - 3), 0.000001)", "x: scalar"),
]
EQUAL = [
    ("relu(x)", "maximum(x, 0)", "x: n"),
    ("relu(x)", "x.*step(x)", "x: n"),
    ("relu(x - 3)", "(abs(x - 3) + x - 3)/2", "x: n"),
    ("abs(x)", "maximum(x, -x)", "x: n"),
    ("where(x > 2, x, 0)", "where(x >= 2, x, 0)", "x: n"),
    ("where(x > 2, x, 0)", "where(2*x > 4, x, 0)", "x: n"),
    ("where(x > 2, x, 0)", "where(x >= 2, x, 0)", "x: 97"),
    ("where(X > 2, X, 0)", "where(X >= 2, X, 0)", "X: 20 30"),
    ("where(x > 2, max(x), 0)", "where(x >= 2, max(x), 0)", "x: 300"),
    ("where(a*a > 4, 1, 0)", "where(abs(a) > 2, 1, 0)", "a: scalar"),
    ("where(exp(a) > 4, 1, 0)", "where(a > log(4), 1, 0)", "a: scalar"),
    ("step(a - 1/3)", "step(3*a - 1)", "a: scalar"),
    ("sign(a*b)", "sign(a)*sign(b)", "a: scalar; b: scalar"),
    ("sign(x)", "step(x) - step(-x)", "x: n"),
    ("max(abs(x))", "maximum(max(x), -min(x))", "x: n"),
    ("max(X)", "max(max(X, 0))", "X: m n"),
    ("norm1(x - y)", "sum(abs(y - x))", "x: n; y: n"),
    ("maximum(exp(x), exp(x))", "exp(x)", "x: n"),
    ("minimum(exp(x), exp(x))", "maximum(exp(x), exp(x))", "x: n"),
    ("relu(L)", "(L + abs(L))/2", "L: n n lower"),
    ("relu(p)", "p", "p: n simplex"),
    ("where(u > 1, 1, 0)", "0*u", "u: n unit"),
    ("relu(W2*relu(W1*x))", "where(W2*relu(W1*x) > 0, W2*maximum(W1*x, 0), 0)", "W1: m n; W2: k m; x: n"),
]


def verdict(left: str, right: str, declared: str) -> Verdict:
    p, q = parse(f"stack(0, {left}, {right})", declared).args  # type: ignore[attr-defined]
    return equal(p, q)


@pytest.mark.parametrize(
    ("left", "right", "declared"), BETWEEN_THRESHOLDS + AT_WORKED_OUT_CONSTANTS + CLOSE_TO_KINKS, ids=lambda s: s
)
def test_a_difference_between_thresholds_is_found_and_shown_off_the_kinks(left: str, right: str, declared: str) -> None:
    p, q = parse(f"stack(0, {left}, {right})", declared).args  # type: ignore[attr-defined]
    for a, b in ((p, q), (q, p)):
        found = equal(a, b)
        assert found.how == "different", str(found)
        assert found.counterexample is not None


@pytest.mark.parametrize(("left", "right", "declared"), EQUAL, ids=lambda s: s)
def test_what_agrees_off_the_kinks_is_equal(left: str, right: str, declared: str) -> None:
    for found in (verdict(left, right, declared), verdict(right, left, declared)):
        assert found.equal is True, str(found)


thresholds = st.fractions(-50, 50, max_denominator=30)
FORMS = ("step({} - ({}))", "relu({} - ({}))", "sign({} - ({}))", "where({} > ({}), 2, 3)", "abs({} - ({}))")


@given(st.sampled_from(FORMS), st.sampled_from(["x", "2*x", "x + y", "x*x*x", "x*y"]), thresholds, thresholds)
@settings(max_examples=80, deadline=None)
def test_thresholds_are_equal_exactly_if_they_are(form: str, u: str, a: Fraction, b: Fraction) -> None:
    found = verdict(form.format(u, a), form.format(u, b), "x: scalar; y: scalar")
    assert found.equal is (a == b), f"{found}"


@given(
    st.sampled_from(["x", "x*x*x", "x*y", "x + 3*y"]), thresholds, st.fractions(Fraction(1, 9), 9, max_denominator=9)
)
@settings(max_examples=60, deadline=None)
def test_one_threshold_written_twice_is_one(u: str, a: Fraction, factor: Fraction) -> None:
    plain, scaled = f"where({u} > ({a}), x, y)", f"where(({factor})*({u}) >= ({factor * a}), x, y)"
    assert verdict(plain, scaled, "x: scalar; y: scalar").equal is True


@given(st.integers(2, 5), thresholds, st.fractions(Fraction(1, 100), 1, max_denominator=100))
@settings(max_examples=40, deadline=None)
def test_a_bump_is_found_wherever_it_stands(n: int, a: Fraction, width: Fraction) -> None:
    bump = f"relu(x - ({a}))*relu({a + width} - x)"
    assert verdict(f"x^{n} + {bump}", f"x^{n}", "x: scalar").equal is False


def test_a_point_on_a_kink_is_no_counterexample() -> None:
    for form in ("step(a - {})", "sign(a + {})", "where(a > {}, 1, 0)"):
        found = verdict(form.format(2), form.format(3), "a: scalar")
        assert found.counterexample is not None
        assert abs(found.counterexample.values["a"]) not in (2, 3)
    assert verdict("where(a > 1, 1, 0)", "where(a >= 1, 1, 0)", "a: scalar").equal


def test_without_branches_no_points_are_added() -> None:
    problem = Problem(parse("tanh(A*x) + exp(x)", "A: n n; x: n"))
    assert branch_points(problem) == []
    point = problem.point(0)
    assert point is not None
    assert not on_kink(problem, point)


def test_points_on_branches_are_the_same_every_time() -> None:
    e = parse("step(x - 1) + max(x) + where(y > 2, x, 0)", "x: n; y: n")
    first, second = ([{k: v.tolist() for k, v in p.values.items()} for p in branch_points(Problem(e))] for _ in "ab")
    assert first == second
    assert len(first) > 5
