"""Laws of derivations: folding, letters, names, and cost."""

from __future__ import annotations

import itertools
import re
from itertools import pairwise

import pytest

import chainrule as cr
from chainrule.core.expr import Expr, Partial, Sum
from chainrule.core.graph import walk
from chainrule.explain.derivation import Derivation
from chainrule.explain.lettering import parts
from chainrule.explain.lines import Lines
from chainrule.explain.show import folded, read_steps

EXAMPLES = (
    ("J(W*x + b)", "W: m n; x: n; b: m; J: function(m)", "W"),
    ("softmax(β*x)", "β: scalar; x: n", "x"),
    ("J(tanh(W*tanh(W*h + U*x) + U*z))", "W: m m; U: m n; h: m; x: n; z: n; J: function(m)", "W"),
    ("x'*A*x + a'*x", "A: n n; a: n; x: n", "x"),
    ("sum(G .* (softmax(Q*K', 1)*V))", "Q: m d; K: n d; V: n k; G: m k", "K"),
    ("a'*inv(X)*b", "a: n; b: n; X: n n", "X"),
    ("mean(conv1d(X, K, 2, 1))", "X: c l; K: o c w", "K"),
    ("sum((X - mean(X, 0, keep)) ./ std(X, 0, keep) .* G)", "X: m n; G: m n", "X"),
    ("cumsum(x)", "x: n", "x"),
    ("W + W'", "W: n n", "W"),
    ("2*a^3 - a", "a: scalar", "a"),
)


def derive(example: tuple[str, str, str]) -> Derivation:
    expression, given, wrt = example
    return cr.derive(cr.parse(expression, given=given), wrt=wrt)


def network(depth: int) -> Expr:
    h: Expr = cr.vector("x", "n")
    for k in range(1, depth + 1):
        h = cr.tanh(cr.matrix(f"W{k}", "n", "n") @ h)
    return cr.function("J")(h)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda e: e[0])
def test_folding_keeps_the_ends_and_the_chain(example: tuple[str, str, str]) -> None:
    d = derive(example)
    short = folded(d.steps)
    assert short[0].before is d.steps[0].before
    assert short[-1].after is d.steps[-1].after
    assert all(a.after is b.before for a, b in pairwise(short))
    assert len(short) <= len(d.steps)
    assert {s.verdict for s in short} <= {"proved", "judged"}
    assert d.text_steps(fold=True).count("\n") <= str(d).count("\n")


def test_a_linear_layer_folds_to_one_line_an_operation() -> None:
    d = derive(EXAMPLES[0])
    assert [s.rule for s in folded(d.steps)] == ["chain-rule", "linearity", "matrix-form"]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda e: e[0])
def test_no_letter_is_free_and_bound_at_once(example: tuple[str, str, str]) -> None:
    lines = Lines(derive(example))
    for line in (
        lines.start,
        *(r.line for r in lines.rows),
        *(e for r in lines.rows for pair in r.shown for e in pair),
    ):
        for node in parts([line.formula]):
            if isinstance(node, Sum):
                others = (node.body.free | node.free) - {node.index}
                assert line.letters[node.index] not in {line.letters[i] for i in others}
            if isinstance(node, Partial):
                bound = {line.letters[s.index] for s in parts([node.of]) if isinstance(s, Sum)}
                assert not bound & {line.letters[i] for i in node.by.free}


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda e: e[0])
def test_the_letters_of_the_result_mean_nothing_else(example: tuple[str, str, str]) -> None:
    d = derive(example)
    lines = Lines(d)
    own = {lines.start.letters[i] for i in d.indices if i in lines.start.letters}
    assert len(own) == len([i for i in d.indices if i in lines.start.letters])
    for row in lines.rows:
        for line in (row.line, *(e for pair in row.shown for e in pair)):
            assert not own & {c for i, c in line.letters.items() if i not in d.indices}


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda e: e[0])
def test_equations_beside_a_step_are_true(example: tuple[str, str, str]) -> None:
    from chainrule.explain import checks

    for s in derive(example).steps:
        for left, right in s.shown:
            if not any(isinstance(n, Partial) for n in walk(left, right)):
                assert checks.equation(left, right) in checks.GOOD, (left, right)


def test_error_signals_are_numbered_from_the_input_and_defined_below() -> None:
    text = str(cr.derive(network(3), wrt="W1"))
    where = text[text.index("\n  where") :]
    assert re.findall(r"δ(.) = ", where) == ["₂", "₁"]
    assert "= δ₁ xᵀ" in text


def test_a_named_hidden_layer_has_the_number_of_its_layer() -> None:
    where = str(cr.derive(network(3), wrt="W1")).split("\n  where")[1]
    assert "u₂ = W₂ h₁" in where
    assert "h₂ = tanh(u₂)" in where


def test_the_proof_of_a_closed_form_is_given_once() -> None:
    d = cr.derive(cr.parse("sum(softmax(W*softmax(W*x)) .* t)", given="W: n n; x: n; t: n"), wrt="x")
    assert sum("quotient rule (u/v)′" in s.reason for s in d.steps) == 1


def test_steps_grow_in_proportion_to_depth() -> None:
    def size(depth: int) -> tuple[int, int]:
        d = cr.derive(network(depth), wrt="W1")
        return len(d.steps), len(str(d))

    (a, n), (b, m), (c, k) = size(4), size(8), size(16)
    assert (b - a) * 2 == c - b
    assert k - m < 2.5 * (m - n)


@pytest.mark.parametrize("bad", ["W_ij/∂W_ij = 1 ", "None", "object at"])
def test_nothing_odd_is_printed(bad: str) -> None:
    assert all(bad not in str(derive(e)) for e in EXAMPLES)


@pytest.mark.parametrize(
    ("text", "given", "wrt", "order"),
    [
        ("(x - mean(x))/sqrt(var(x) + c)", "x: n; c: scalar positive", "x", 1),
        ("x'*y/(norm2(x)*norm2(y))", "x: n; y: n", ("x", "y"), 1),
        ("J(s(W*x))", "J: function(m); s: elementwise; W: m n; x: n", "x", 2),
        ("softmax(x)'*A*softmax(x)", "x: n; A: n n", "x", 2),
        ("sum(maxpool1d(x, 2).^2)", "x: n", "x", 1),
        ("maxpool1d(x, 2)", "x: 4", "x", 1),
    ],
)
def test_no_step_leaves_everything_as_it_was(text: str, given: str, wrt: str | tuple[str, ...], order: int) -> None:
    d = cr.derive(cr.parse(text, given=given), wrt, order)
    assert all(s.before is not s.after for s in d.steps)
    assert all(a.after is b.before for a, b in itertools.pairwise(d.steps))
    assert d.steps[-1].after is d.result
    assert all(s["before"] != s["after"] for s in d.to_dict()["steps"])
    read = [line.partition(".  =")[2].split("     ")[0].strip() for line in str(d).splitlines() if ".  =" in line]
    assert all(a != b for a, b in itertools.pairwise(read))


@pytest.mark.parametrize("fold", [False, True])
@pytest.mark.parametrize(
    ("text", "given", "wrt", "order"),
    [("sum(x.*x.*x)", "x: n", "x", 2), ("x'*y/(norm2(x)*norm2(y))", "x: n; y: n", ("x", "y"), 1)],
)
def test_a_step_has_one_number_wherever_it_is_printed_or_spoken_of(
    text: str, given: str, wrt: str | tuple[str, ...], order: int, fold: bool
) -> None:
    d = cr.derive(cr.parse(text, given=given), wrt, order)
    for doubtful in d.steps:
        before = doubtful.verdict
        doubtful._verdict = "undecided"
        steps = read_steps(d, fold)
        numbers = [n for n, s in enumerate(steps, 1) if s.verdict == "undecided"]
        assert len(numbers) == 1
        printed = d.text_steps(fold)
        assert re.findall(r"^ *(\d+)\.  = ", printed, re.MULTILINE) == [str(n) for n in range(1, len(steps) + 1)]
        assert sum(map(int, re.findall(r"(\d+) (?:judged|proved|given|undecided)", printed))) == len(steps)
        if not fold:
            assert re.findall(r"\\text\{(\d+)\. ", d.latex()) == [str(n) for n in range(1, len(steps) + 1)]
            verdicts = [s["verdict"] for s in d.to_dict()["steps"]]
            assert [n for n, how in enumerate(verdicts, 1) if how == "undecided"] == numbers
        doubtful._verdict = before
