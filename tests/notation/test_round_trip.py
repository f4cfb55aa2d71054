"""What is printed parses back to the same object."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from chainrule.core.expr import Expr, SizeValue, const, intern
from chainrule.core.size import size
from chainrule.errors import ChainruleError
from chainrule.notation.declarations import declarations
from chainrule.notation.latex import to_latex
from chainrule.notation.naming import Names
from chainrule.notation.operations import operations
from chainrule.notation.parser import parse
from chainrule.notation.pretty import pretty
from chainrule.notation.text import to_text
from chainrule.notation.words import functions
from chainrule.primitives.arithmetic import add_p, div_p, matmul, matpow_p, mul_p, neg_p, pow_p, sub_p, transpose_p
from chainrule.primitives.elementwise import ge_p, gt_p, le_p, lt_p, where

GIVEN = (
    "a: scalar; s1: scalar positive; x, y: n; w: m; A: m n; B: n m; S: n n symmetric; X3: m n k; i: n index(m); "
    "f: elementwise; J: function(n); F: function(n)->(m); H: function(m, n)"
)
DECLARED = declarations(GIVEN)
M, N, K = size("m"), size("n"), size("k")
NUMBERS = [
    Fraction(v) for v in ("0", "1", "2", "-2", "1/2", "-1/2", "1/3", "-2/3", "0.001", "1e-9", "1000000", "7/128")
]
SIZES = [M, N, M * N, N - M + 1, M + 1, N // 2, (M + N) // 3, 2 * M, N * -1]
LEAVES: list[Expr] = [
    *DECLARED.variables.values(),
    *map(const, NUMBERS),
    *(intern(SizeValue, s) for s in SIZES),
    functions()["eye"].build(N),
    functions()["ones"].build(M),
    functions()["zeros"].build(M, N),
]
TWO = [add_p, sub_p, mul_p, div_p, pow_p, matmul]
CALLS = sorted(functions())


def _value(draw: Any, kind: str, pool: list[Expr]) -> list[Any]:
    match kind:
        case "expr":
            return [draw(st.sampled_from(pool))]
        case "exprs":
            return draw(st.lists(st.sampled_from(pool), min_size=1, max_size=2))
        case "axis":
            return [draw(st.integers(-1, 1))]
        case "axes":
            return [draw(st.sampled_from([None, (0,), (1,), (0, 2)])), draw(st.booleans())]
        case "size":
            return [draw(st.sampled_from([0, 1, size(2), N]))]
        case "sizes":
            return draw(st.lists(st.sampled_from([M, N, size(3), M * N]), min_size=1, max_size=2))
        case "shape":
            return [draw(st.sampled_from([(N, M), (M * N,), (N, 1, M)]))]
        case "permutation":
            return [draw(st.sampled_from([(1, 0), (2, 0, 1)]))]
        case "string":
            return [draw(st.sampled_from(["ij,jk->ik", "i,j->ij", "ij->j", "ij,ij->"]))]
        case _:
            return [Fraction(1, 2)]


def _step(draw: Any, pool: list[Expr]) -> Expr:
    pick = st.sampled_from(pool)
    match draw(st.integers(0, 7)):
        case 0 | 1 | 2:
            return draw(st.sampled_from(TWO))(draw(pick), draw(pick))
        case 3:
            return draw(st.sampled_from([neg_p, transpose_p]))(draw(pick))
        case 4:
            return matpow_p(draw(pick), params=(draw(st.integers(-2, 3)),))
        case 5:
            test = draw(st.sampled_from([gt_p, ge_p, lt_p, le_p]))(draw(pick), draw(pick))
            return where(test, draw(pick), draw(pick))
        case 6:
            fn = DECLARED.functions[draw(st.sampled_from(sorted(DECLARED.functions)))]
            return fn(draw(pick), draw(st.integers(0, 2)))
        case _:
            function = functions()[draw(st.sampled_from(CALLS))]
            values = [v for kind in function.kinds for v in _value(draw, kind, pool)]
            return function.build(*values)


@st.composite
def expressions(draw: Any) -> Expr:
    """Well-shaped expressions, with sharing: each step applies something to what is there."""
    pool = list(LEAVES)
    last = draw(st.sampled_from(pool))
    for _ in range(draw(st.integers(1, 12))):
        try:
            last = _step(draw, pool)
        except (ChainruleError, IndexError, TypeError):
            continue
        pool += [last] * 3
    return last


@given(e=expressions())
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_text_parses_back_to_the_same_object(e: Expr) -> None:
    names = Names()
    names.avoid = frozenset(DECLARED.places) | frozenset(DECLARED.sizes)
    assert parse(to_text(e, names), GIVEN) is e
    assert parse(to_text(e, share=False), GIVEN) is e


@given(e=expressions())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_every_expression_can_be_shown(e: Expr) -> None:
    assert pretty(e)
    latex = to_latex(e)
    assert latex.count("{") == latex.count("}")
    assert "<" not in latex.replace(r"\lt", "")
    assert "None" not in latex
    assert operations(e) >= 0


@pytest.mark.parametrize(
    "text",
    [
        "a - (s1 - a)", "-2", "-(2)", "a*(-2)", "a*-2", "a^-2", "a^(-(2))", "1/3", "1/(3)", "-1/3*a", "(1/3)*a",
        "a^(1/3)", "m*n", "(m)*n", "2*(m*n)*a", "-n", "-(n)", "(n) + 1", "-a^2", "a^-s1", "a^s1^2", "(a^s1)^2",
        "a/(s1/a)", "a*(s1*a)", "(n//2)*a", "x'*(y*x')*y", "x.^2./y", "2./x", "where(x > y, x, 0)", "--a", "a - -a",
        "f(x) + Df(y) + D2f(x)", "DJ(x) + D2J(y)*x", "gather(A, i)", "softmax(x)", "softmax(A, 1)",
        "slice(x, 0, 0, n)", "sum(A, 0, keep)", "reshape(A, [m*n])", "1e-7*a", "S^3*S^-1", "maximum(x, -2)",
        "(A*x).*w", "A*(x.*y)", "r = x - y; r'*S*r", "p = softmax(x); diag(p) - p*p'",
    ],
)  # fmt: skip
def test_these_texts_are_printed_as_they_were_typed(text: str) -> None:
    assert to_text(parse(text, GIVEN)) == text


INDEX_FORMS = [
    "A[i, k]*x[k]", "sum[k](A[j, k]*x[k])", "delta[j, l]*x[j]*y[l]", "x[2*j+l-1]*y[j]*x[l]", "array[l, j](A[j, l])",
    "sum[l: m](x[l+1])", "where[j-2 >= 0]*x[j]", "partial[A[j, l]](J(A'*sum(A, 1)))", "S[i[j], l]*x[j]*y[l]",
    "(x.*y)[j]", "DJ(x)[j]*y[l]", "sum[l](x[l])*sum[l](y[l])", "x[j//2]*y[j] + x[(j+1)%3]", "array[j](x[j]*a)[l]",
    "p = softmax(x); p[j]*delta[j, l] - p[j]*p[l]",
]  # fmt: skip


@pytest.mark.parametrize("text", INDEX_FORMS[1:])
def test_index_expressions_are_printed_as_they_were_typed(text: str) -> None:
    assert to_text(parse(text, GIVEN)) == text


@pytest.mark.parametrize("depth", [1000, 3000])
def test_deep_nests_print_and_parse_without_recursion(depth: int) -> None:
    e: Expr = DECLARED.variables["x"]
    for _ in range(depth):
        e = functions()["tanh"].build(matmul(DECLARED.variables["S"], e))
    assert parse(to_text(e), GIVEN) is e
    assert pretty(e).count("tanh") == depth
    assert to_latex(e).count(r"\tanh") == depth


def test_a_shared_tower_is_printed_in_linear_size() -> None:
    e: Expr = DECLARED.variables["x"]
    for _ in range(200):
        e = add_p(neg_p(e), mul_p(e, e))
    text = to_text(e)
    assert len(text) < 200 * 40
    assert parse(text, GIVEN) is e
