"""The Python interface: what it takes, what it says to what it does not take, and copies that stay one object."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.core.expr import const
from chainrule.errors import ChainruleError

x, y = cr.vector("x", "n"), cr.vector("y", "n")
A, W, b = cr.matrix("A", "n", "n"), cr.matrix("W", "m", "n"), cr.vector("b", "m")
PROGRAMS = (
    ("p = softmax(A*x); p'*y", "A: n n; x: n; y: n"),
    ("sum[k](A[i, k]*x[k]) + delta[i, j]*y[j]", "A: n n; x: n; y: n"),
    ("J(W*x)", "W: m n; x: n; J: function(m)"),
    ("sum(gather(E, i))", "E: p k; i: n index(p)"),
    ("exp(" * 2000 + "c" + ")" * 2000, "c: scalar"),
)


@pytest.mark.parametrize(("text", "given"), PROGRAMS)
def test_a_copy_of_an_expression_is_the_expression(text: str, given: str) -> None:
    e = cr.parse(text, given=given)
    assert copy.copy(e) is e
    assert copy.deepcopy({"a": [e]})["a"][0] is e
    assert pickle.loads(pickle.dumps(e)) is e


def test_what_another_process_pickled_has_its_meaning_here() -> None:
    code = "import chainrule as cr, pickle, sys; e = cr.grad(cr.parse('sum(softmax(A*x).^2)'), 'x')"
    done = subprocess.run(
        [sys.executable, "-c", f"{code}; sys.stdout.buffer.write(pickle.dumps(e))"], capture_output=True, check=True
    )
    assert pickle.loads(done.stdout).text() == cr.grad(cr.parse("sum(softmax(A*x).^2)"), "x").text()


def test_a_list_of_variables_gives_one_result_for_each() -> None:
    e = W @ x + b
    for found in (cr.vjp(e, wrt=["W", "b"], cotangent=b), cr.jacobian(e, ["W", b]), cr.grad(e.sum(), [W, b])):
        assert isinstance(found, tuple)
        assert len(found) == 2
    assert cr.vjp(e, wrt=["W", "b"], cotangent=b)[0] is cr.vjp(e, wrt=W, cotangent=b)


def test_a_text_is_parsed_where_an_expression_is_wanted() -> None:
    assert cr.derive("x'*x", "x").text() == "2*x"
    assert cr.grad("x'*x", "x").text() == "2*x"  # type: ignore[union-attr]
    assert cr.hessian("x'*x", "x").text() == "2*eye(n)"


def test_texts_and_numbers_are_taken_beside_an_expression_and_mean_its_variables() -> None:
    assert cr.equal("x'*A*x", "x'*A'*x").equal
    assert cr.equal(x @ y, "y'*x").equal
    assert cr.equal("y'*x", x @ y).equal
    assert cr.equal(Decimal("0.5"), 0.5).equal
    assert cr.jvp(x @ A @ x, {"x": "v"}) is cr.jvp(x @ A @ x, {"x": cr.vector("v", "n")})
    assert cr.jvp("3*a^2", {"a": 1}).text() == "6*a"
    assert cr.jvp(W @ x, {"x": "ones(n)"}).shape == b.shape
    assert cr.vjp(W @ x, "x", "W*ones(n)").shape == x.shape
    assert cr.vjp(x @ x, "x", 1) is cr.grad(x @ x, "x")


@pytest.mark.parametrize("number", ["0.1", "-2.50", "1e99", "1e-7"])
def test_a_decimal_is_exactly_the_number_that_it_shows(number: str) -> None:
    assert const(Decimal(number)) is const(Fraction(number))
    assert (Decimal(number) * x).evaluate(x=[1])[0] == Fraction(number)


@pytest.mark.parametrize(
    ("call", "word"),
    [
        (lambda: cr.derive(x.sum(), ["x"]), "list"),  # type: ignore[arg-type]
        (lambda: cr.hessian(x.sum(), ["x"]), "one variable"),  # type: ignore[arg-type]
        (lambda: cr.derive(x.sum(), 3), "name is wanted"),  # type: ignore[arg-type]
        (lambda: cr.compile("x"), "expression is wanted"),  # type: ignore[arg-type]
        (lambda: cr.emit([x, 3]), "expression is wanted"),  # type: ignore[list-item]
        (lambda: cr.parse(5), "text is wanted"),  # type: ignore[arg-type]
        (lambda: x + np.ones(3), "ndarray"),  # type: ignore[operator]
        (lambda: np.ones(3) + x, "ndarray"),  # type: ignore[operator]
        (lambda: np.ones((3, 3)) @ x, "ndarray"),  # type: ignore[operator]
        (lambda: x * "a", "a text"),  # type: ignore[operator]
        (lambda: x * float("nan"), "nan"),
        (lambda: cr.equal(3, None), "NoneType"),  # type: ignore[arg-type]
        (lambda: cr.jvp(x @ x, {"x": 1}), "the tangent of x has shape"),
        (lambda: cr.jvp(x @ x, "x"), "tangents by variable"),  # type: ignore[arg-type]
        (lambda: cr.grad(x @ x, None), "NoneType"),  # type: ignore[call-overload]
        (lambda: cr.jacobian(x, 3), "not int"),  # type: ignore[call-overload]
        (lambda: cr.derive(x @ x, "x", order=2.0), "order must be 1 or 2"),  # type: ignore[arg-type]
        (lambda: cr.compile([]), "the list is empty"),
        (lambda: cr.emit(3), "an expression is wanted"),  # type: ignore[arg-type]
        (lambda: cr.emit({"x": x}), "not dict"),  # type: ignore[arg-type]
        (lambda: cr.emit(x, name="a b"), "name of a function"),
        (lambda: cr.emit(x, name="np"), "a meaning"),
        (lambda: cr.compile(x)([1, 2]), "by name"),
        (lambda: x * Decimal("nan"), "real number"),
        (lambda: x * Decimal("1e999999999"), "written exactly"),
        (lambda: cr.parse("x", given=3), "declarations"),  # type: ignore[arg-type]
        (lambda: x.evaluate(3), "values by variable"),  # type: ignore[arg-type]
        (lambda: x.evaluate(x=[Decimal("inf")]), "finite numbers"),
        (lambda: x.evaluate(x=[1], precision=-1), "number of bits"),
        (lambda: cr.vector("x", 3.5), "whole number"),  # type: ignore[arg-type]
        (lambda: cr.vector(3, 3), "a name is wanted"),  # type: ignore[arg-type]
        (lambda: cr.sizes(3), "names of sizes"),  # type: ignore[arg-type]
        (lambda: cr.zeros(None), "a size is"),
    ],
)
def test_what_cannot_be_used_is_refused_in_words(call: Callable[[], Any], word: str) -> None:
    with pytest.raises(ChainruleError, match=word):
        call()


def test_products_follow_numpy() -> None:
    assert (x @ y).text() == "x'*y"
    assert (x @ A @ y).shape == ()
    assert cr.equal(x @ A, A.T @ x).equal
    assert (x @ y.T).ndim == 2
    assert (np.float64(0.5) * x).text() == "0.5*x"
    assert (np.int64(2) * x).text() == "2*x"  # type: ignore[operator]
    with pytest.raises(ChainruleError, match="inner product") as found:
        _ = W @ x.T
    assert "@" in found.value.hint
