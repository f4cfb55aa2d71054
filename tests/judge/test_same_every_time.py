"""A verdict and its counterexample depend on the question alone: not on hash seeds, nor on what was asked before."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

QUESTIONS = [
    ("A*x", "A'*x", "A: n n; x: n"),
    ("step(x - 3) + max(y)", "step(x - 2) + max(y)", "x: n; y: m"),
    ("max(X, 0)", "max(X, 1)", "X: n n"),
    ("where(x > y, x, y)", "maximum(x, y) + 0*step(x - 4)", "x: n; y: n"),
    ("norm1(x - 3)", "norm1(x - 3) + relu(min(x) - 2)*step(2.5 - max(x))", "x: n"),
    ("relu(W2*relu(W1*x))", "where(W2*relu(W1*x) > 0, W2*maximum(W1*x, 0), 0)", "W1: m n; W2: k m; x: n"),
    ("relu(concat(0, x, y) + z)", "maximum(concat(0, x, y) + z, 0)", "x: 300; y: 200; z: 500"),
    ("tr(A*B)", "tr(A*B')", "A, B: 60 60"),
    ("J(x) + s(t)", "J(x) + s(2*t)", "J: function(n); s: elementwise; x: n; t: scalar"),
    ("x/0", "x", "x: n"),
]
PROGRAM = """
from chainrule.judge.judge import equal
from chainrule.notation.parser import parse
for left, right, declared in {questions}:
    print((left, right), equal(*parse(f"stack(0, {{left}}, {{right}})", declared).args))
    print("---")
"""


@pytest.fixture(scope="module")
def answers() -> list[list[str]]:
    out: list[list[str]] = []
    for seed, questions in (("0", QUESTIONS), ("1", QUESTIONS[::-1]), ("2", QUESTIONS[5:] + QUESTIONS[:5])):
        run = subprocess.run(
            [sys.executable, "-c", PROGRAM.format(questions=questions)],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
        )
        out.append(sorted(run.stdout.split("---\n")))
    return out


def test_answers_do_not_depend_on_the_hash_seed_or_on_earlier_questions(answers: list[list[str]]) -> None:
    first, *others = answers
    assert len(first) == len(QUESTIONS) + 1
    for other in others:
        assert other == first
