"""Sizes that are large numbers: judged at small ones, and what differs there is looked at again at its own."""

from __future__ import annotations

import re

import numpy as np
import pytest

import chainrule as cr
from chainrule.core.expr import Expr
from chainrule.core.graph import walk
from chainrule.judge.declared import steps_at_declared_sizes
from chainrule.judge.derivatives import gradient_check
from chainrule.judge.judge import equal
from chainrule.judge.points import Problem
from chainrule.judge.smaller import smaller
from chainrule.judge.verdict import Verdict, show
from chainrule.notation.parser import parse

EQUAL = [
    ("abs(A*x)", "maximum(A*x, -A*x)", "A: 3000 3000; x: 3000"),
    ("norm2(x)^2", "x'*x", "x: 100000"),
    ("mean(abs(x))", "norm1(x)/300", "x: 300"),
    ("mean(abs(x))", "norm1(x)/5000", "x: 5000"),
    ("relu(W2*relu(W1*x))", "maximum(W2*maximum(W1*x, 0), 0)", "W1: 128 784; W2: 10 128; x: 784"),
    ("relu(conv2d(X, K))", "maximum(conv2d(X, K), 0)", "X: 3 28 28; K: 8 3 5 5"),
    ("abs(reshape(X, [784]))", "reshape(abs(X), [784])", "X: 28 28"),
    ("relu(concat(0, x, y))", "concat(0, relu(x), relu(y))", "x: 300; y: 200"),
    ("relu(concat(0, x, y) + z)", "maximum(concat(0, x, y) + z, 0)", "x: 300; y: 200; z: 500"),
    ("abs(slice(x, 0, 20, 784))", "slice(abs(x), 0, 20, 784)", "x: 784"),
    ("maxpool1d(relu(x), 2)", "relu(maxpool1d(x, 2))", "x: 5000"),
    ("abs(gather(E, i, 0))", "gather(abs(E), i, 0)", "E: 10000 64; i: 50 index(10000)"),
]
DIFFERENT = [
    ("abs(A*x)", "abs(A'*x)", "A: 300 300; x: 300"),
    ("mean(abs(x))", "norm1(x)/301", "x: 300"),
    ("2*x", "3*x", "x: 20000"),
    ("step(sum(ones(300)) - 100)*x", "0*x", "x: 300"),
    ("tr(A*B)", "tr(A*B')", "A, B: 60 60"),
]


def pair(left: str, right: str, declared: str) -> tuple[Expr, Expr]:
    p, q = parse(f"stack(0, {left}, {right})", declared).args  # type: ignore[attr-defined]
    return p, q


@pytest.mark.parametrize(("left", "right", "declared"), EQUAL, ids=lambda s: s)
def test_what_is_equal_at_large_sizes_is_judged(left: str, right: str, declared: str) -> None:
    p, q = pair(left, right, declared)
    for found in (equal(p, q), equal(q, p)):
        assert found.equal is True, str(found)


@pytest.mark.parametrize(("left", "right", "declared"), DIFFERENT, ids=lambda s: s)
def test_a_counterexample_has_the_sizes_declared_and_is_shown_short(left: str, right: str, declared: str) -> None:
    p, q = pair(left, right, declared)
    found = equal(p, q)
    assert found.how == "different", str(found)
    example = found.counterexample
    assert example is not None
    for v in p.variables:
        assert np.shape(example.values[v.name]) == tuple(n.constant for n in v.shape)
    assert "…" in str(found)
    assert max(map(len, str(found).splitlines())) < 400


@pytest.mark.parametrize(
    ("text", "declared", "wrt"),
    [
        ("x'*x", "x: 100000", "x"),
        ("x'*A*x", "x: 3000; A: 3000 3000", "x"),
        (
            "0.5*norm2(W2*tanh(W1*x + b1) + b2 - t)^2",
            "W1: 128 784; b1: 128; W2: 10 128; b2: 10; x: 784; t: 10",
            "W1",
        ),
        ("sum(relu(conv2d(X, K)))", "X: 3 28 28; K: 8 3 5 5", "K"),
        ("mean(softmax(W*x) .* t)", "W: 1000 4096; x: 4096; t: 1000", "x"),
    ],
    ids=lambda s: s,
)
def test_steps_of_large_sizes_are_verified(text: str, declared: str, wrt: str) -> None:
    d = cr.derive(parse(text, declared), wrt=wrt)
    assert {step.verdict for step in d.steps} <= {"proved", "judged", "given"}


def test_a_gradient_of_large_sizes_is_checked() -> None:
    e = parse("sum(A*x .* tanh(x))", "A: 2000 2000; x: 2000")
    g = cr.grad(e, "x")
    assert isinstance(g, Expr)
    x = next(v for v in e.variables if v.name == "x")
    assert gradient_check(e, x, g).how == "judged"
    assert gradient_check(e, x, g * 2).how != "judged"


def test_equal_numbers_get_one_name_and_small_ones_stay() -> None:
    e = parse("W2*relu(W1*x)", "W1: 128 784; W2: 3 128; x: 784")
    found = smaller([e])
    assert found is not None
    shapes = {v.name: tuple(map(str, v.shape)) for v in found[0].variables}
    assert shapes == {"W1": ("128", "784"), "W2": ("3", "128"), "x": ("784",)}
    assert {n for v in found[0].variables for s in v.shape for n in s.names} == {"128", "784"}


def test_a_number_that_follows_from_others_becomes_their_arithmetic() -> None:
    e = parse("W*vec(relu(conv1d(X, K) + B))", "X: 9 100; K: 12 9 5; B: 12 96; W: 1000 1152")
    found = smaller([e])
    assert found is not None
    shapes = {v.name: tuple(map(str, v.shape)) for v in found[0].variables}
    assert shapes["B"] == ("12", "100-4")
    assert shapes["W"][1] == "100*12-4*12"


def test_numbers_that_are_tied_in_other_ways_stay() -> None:
    e = parse("reshape(X, [24, 300])*y + z", "X: 60 120; y: 300; z: 24")
    found = smaller([e])
    assert found is None or all(not s.names for node in walk(*found) for s in node.shape)
    assert equal(e, e * 1).equal is True


def test_without_large_numbers_nothing_changes() -> None:
    assert smaller([parse("A*x", "A: m n; x: n")]) is None
    assert smaller([parse("A*x", "A: 10 20; x: 20")]) is None


def test_a_step_that_differs_at_small_sizes_alone_is_looked_at_again() -> None:
    p, q = pair("mean(abs(x))", "norm1(x)/300", "x: 300")
    problem, small = Problem(p, q), Verdict("different")
    assert steps_at_declared_sizes(problem, small, lambda k: Verdict("judged", points=k)).how == "judged"
    assert steps_at_declared_sizes(problem, small, lambda _: Verdict("judged", points=1)).how == "undecided"
    p, q = pair("mean(abs(x))", "norm1(x)/100000", "x: 100000")
    assert steps_at_declared_sizes(Problem(p, q), small, lambda k: Verdict("judged", points=k)).how == "undecided"


def test_a_difference_too_large_for_exact_numbers_is_confirmed_in_floating_point() -> None:
    p, q = pair("2*(A*x)", "3*(A*x)", "A: 3000 3000; x: 3000")
    found = equal(p, q)
    assert found.how == "different"
    assert "in floating point" in found.reason
    assert re.search(r"^    \d for 3000$", str(found), re.MULTILINE)
    p, q = pair("mean(abs(A*x))", "norm1(A*x)/3000", "A: 3000 3000; x: 3000")
    assert equal(p, q).how == "undecided"  # they differ at small sizes alone


def test_what_is_too_large_even_for_that_is_undecided() -> None:
    p, q = pair("2*abs(X)", "3*abs(X)", "X: 90000 100000")
    assert equal(p, q).how == "undecided"


def test_long_lists_are_shown_by_their_ends() -> None:
    assert show([1, 2, 3, 4, 5, 6]) == "[1, 2, 3, 4, 5, 6]"
    assert show(list(range(100))) == "[0, 1, 2, 3, …, 99]"
    assert show([[0] * 9] * 9).count("…") == 6
