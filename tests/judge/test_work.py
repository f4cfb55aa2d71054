"""Work is counted in operations, so that what takes long exactly is looked at in other ways."""

from __future__ import annotations

from math import prod

import pytest

from chainrule.core.graph import walk
from chainrule.judge.judge import equal
from chainrule.judge.work import operations
from chainrule.notation.parser import parse

COUNTS = [
    ("A*B", "A: m n; B: n k", 200 * 300 * 400),
    ("A*x", "A: m n; x: n", 200 * 300),
    ("x'*A", "A: n m; x: n", 200 * 300),
    ("x*y'", "x: m; y: n", 200 * 300),
    ('einsum("ij,jk->ik", A, B)', "A: m n; B: n k", 200 * 300 * 400),
    ("inv(S)", "S: n n", 300**3),
    ("det(S)", "S: n n", 300**3),
    ("cholesky(S)", "S: n n spd", 300**3),
    ("conv1d(X, K)", "X: m 300; K: n m 100", 300 * 201 * 200 * 100),
]


@pytest.mark.parametrize(("text", "declared", "least"), COUNTS, ids=lambda s: str(s))
def test_sums_and_eliminations_are_counted(text: str, declared: str, least: int) -> None:
    e = parse(text, declared)
    assert least <= operations(walk(e), {"m": 200, "n": 300, "k": 400}) <= 16 * least


@pytest.mark.parametrize(
    ("left", "right", "declared"),
    [
        ("A*B", "B*A", "A, B: 400 400"),
        ("inv(A)", "A'", "A: 120 120"),
        ("inv(A)*B", "B*inv(A)", "A, B: 120 120"),
    ],
)
def test_what_takes_long_exactly_differs_at_small_sizes_and_in_floating_point(
    left: str, right: str, declared: str
) -> None:
    found = equal(*parse(f"stack(0, {left}, {right})", declared).args)  # type: ignore[attr-defined]
    assert found.how == "different"
    assert found.counterexample is not None
    (n,) = found.counterexample.sizes.values()
    assert n <= 3
    assert "in floating point" in found.reason


def test_what_is_worked_out_again_at_its_own_sizes_takes_little() -> None:
    p, q = parse("stack(0, tr(A*B), tr(A*B'))", "A, B: 60 60").args  # type: ignore[attr-defined]
    example = equal(p, q).counterexample
    assert example is not None
    assert prod((len(example.values["A"]), len(example.values["B"]))) == 3600
