"""Branches that only larger sizes choose are looked at, or said to be out of reach."""

from __future__ import annotations

import pytest

from chainrule.judge.judge import equal
from chainrule.judge.larger import larger_sizes
from chainrule.judge.points import Problem
from chainrule.judge.verdict import Verdict
from chainrule.notation.parser import parse

DIFFERENT = [
    # thresholds on sizes alone
    ("minimum(n, 50)*x", "n*x", "x: n"),
    ("step(n - 50)*x", "step(n - 51)*x", "x: n"),
    ("where(n > 50, 1, 0)*x", "where(n >= 50, 1, 0)*x", "x: n"),
    ("step(n - 1000)*x", "0*x", "x: n"),
    ("step(m - n - 20)*A", "0*A", "A: m n"),
    ("maximum(1/n, 1/100)*x", "x/n", "x: n"),
    ("minimum(det(eye(n)*2), 1000)*x", "det(eye(n)*2)*x", "x: n"),
    # thresholds on sums of what is bounded
    ("minimum(sum(x), 6)", "sum(x)", "x: n unit"),
    ("minimum(sum(x), 6)", "minimum(sum(x), 6.5)", "x: n unit"),
    ("minimum(sum(sigmoid(x)), 300)", "sum(sigmoid(x))", "x: n"),
    ("relu(20 - sum(b))", "20 - sum(b)", "b: n binary"),
    ("minimum(sum(X .* X), 90)", "sum(X .* X)", "X: m n pm1"),
    ("minimum(tr(Q), 30)", "tr(Q)", "Q: n n orthogonal"),
]
OUT_OF_REACH = [
    ("step(n - 10^9)*x", "0*x", "x: n"),
    ("minimum(sum(ones(n)), 100000)*x", "n*x", "x: n"),
    ("minimum(sum(sigmoid(x)), 10^9)", "sum(sigmoid(x))", "x: n"),
    ("minimum(logsumexp(u), 20)", "logsumexp(u)", "u: n unit"),
]
EQUAL = [
    ("abs(n)*x", "n*x", "x: n"),
    ("relu(1/n)*x", "x/n", "x: n"),
    ("abs(n - m)*A", "maximum(n - m, m - n)*A", "A: m n"),
    ("minimum(n, 50)*x", "(n - relu(n - 50))*x", "x: n"),
    ("relu(sum(sigmoid(x)))", "sum(sigmoid(x))", "x: n"),
    ("minimum(sum(u), 6)", "sum(u) - relu(sum(u) - 6)", "u: n unit"),
    ("abs(x'*x)", "x'*x", "x: n"),
    ("relu(softmax(x))", "softmax(x)", "x: n"),
    ("abs(log_softmax(x))", "-log_softmax(x)", "x: n"),
    ("relu(sigmoid(A*x))", "sigmoid(A*x)", "A: m n; x: n"),
    ("minimum(mean(u), 1)", "mean(u)", "u: n unit"),
    ("minimum(sum(p), 2)", "sum(p)", "p: n simplex"),
    ("abs(det(S))", "det(S)", "S: n n spd"),
    ("relu(x'*inv(S)*x)", "x'*inv(S)*x", "x: n; S: n n spd"),
    ("abs(1/(1 + sum(u)))", "1/(1 + sum(u))", "u: n unit"),
    ("relu(std(x))", "std(x)", "x: n"),
]


def verdict(left: str, right: str, declared: str) -> Verdict:
    p, q = parse(f"stack(0, {left}, {right})", declared).args  # type: ignore[attr-defined]
    return equal(p, q)


@pytest.mark.parametrize(("left", "right", "declared"), DIFFERENT, ids=lambda s: s)
def test_thresholds_that_larger_sizes_cross_are_crossed(left: str, right: str, declared: str) -> None:
    for found in (verdict(left, right, declared), verdict(right, left, declared)):
        assert found.how == "different", str(found)
        assert found.counterexample is not None
        assert max(found.counterexample.sizes.values()) < 2000


@pytest.mark.parametrize(("left", "right", "declared"), OUT_OF_REACH, ids=lambda s: s)
def test_nothing_is_said_where_a_threshold_is_out_of_reach(left: str, right: str, declared: str) -> None:
    found = verdict(left, right, declared)
    assert found.how == "undecided", str(found)
    assert "changes its sign" in found.reason


@pytest.mark.parametrize(("left", "right", "declared"), EQUAL, ids=lambda s: s)
def test_what_no_size_changes_is_equal(left: str, right: str, declared: str) -> None:
    for found in (verdict(left, right, declared), verdict(right, left, declared)):
        assert found.equal is True, str(found)


def test_the_counterexample_has_the_least_size_that_tells() -> None:
    example = verdict("minimum(n, 50)*x", "n*x", "x: n").counterexample
    assert example is not None
    assert example.sizes == {"n": 51}


def test_sizes_that_are_one_grow_together() -> None:
    e = parse("step(n - 90)*x'*A*y", "x: m; A: m n; y: n")
    found = larger_sizes(Problem(e), {"m": 3, "n": 2}, Problem(e).conditions)
    assert found.sizes == [{"m": 3, "n": 90}, {"m": 3, "n": 91}]
    assert not found.doubt
