"""What holds a constant part without a value is neither equal nor different to anything."""

from __future__ import annotations

import pytest

from chainrule.judge.constants import magnitudes, valueless
from chainrule.judge.judge import equal
from chainrule.judge.points import Problem
from chainrule.notation.parser import parse

UNDEFINED = [
    ("a + 0*log(-1)", "a: scalar", "log(-1) has no value: log of a negative number"),
    ("0/0*x", "x: n", "0/0 has no value: division by zero"),
    ("x/0", "x: n", "x/0 has no value: division by zero"),
    ("log(0)*x", "x: n", "log(0) has no value: log of 0"),
    ("x + 0*log(zeros(n))", "x: n", "log(zeros(n)) has no value: log of 0"),
    ("inv(zeros(2, 2))*x", "x: 2", "inv(zeros(2, 2)) has no value: the inverse of a singular matrix"),
    ("x*0^(-1)", "x: n", "0^-1 has no value: division by zero"),
    ("x + 0*asin(2)", "x: n", "asin(2) has no value: asin outside (-1, 1)"),
    ("x + 0/(acos(-1) - acos(-1))", "x: n", "division by what may be zero"),
    ("where(x > log(0), x, 0)", "x: n", "log(0) has no value: log of 0"),
]
DEFINED = [
    ("x*sqrt(2)*sqrt(2)", "2*x", "x: n"),
    ("where(x > 0, x, log(-1))", "where(x > 0, x, log(-1)) + 0", "x: n"),
    ("where(1 > 0, x, 0/0)", "x", "x: n"),
    ("x*(0^0)", "x", "x: n"),
    ("x/(3 - 2)", "x", "x: n"),
    ("log(x)*0", "0*x", "x: n positive"),
]


@pytest.mark.parametrize(("text", "declared", "why"), UNDEFINED, ids=lambda s: s)
def test_nothing_is_said_of_what_has_no_value(text: str, declared: str, why: str) -> None:
    e = parse(text, declared)
    for found in (equal(e, e), equal(e, e + 0), equal(e * 0, e), equal(e, e + 1)):
        assert found.how == "undecided", str(found)
        assert why in found.reason


@pytest.mark.parametrize(("left", "right", "declared"), DEFINED, ids=lambda s: s)
def test_constants_with_a_value_do_no_harm(left: str, right: str, declared: str) -> None:
    p, q = parse(f"stack(0, {left}, {right})", declared).args  # type: ignore[attr-defined]
    assert equal(p, q).equal is True


def test_the_part_without_a_value_is_named() -> None:
    e = parse("x*(1 + log(2 - 3))", "x: n")
    found = valueless(e)
    assert found is not None
    assert found[0] is parse("log(2 - 3)", "")


def test_constants_are_worked_out_as_far_as_they_go() -> None:
    e = parse("relu(x - 10^6)*(2*3) + 3*log(-1) + 0*x + ones(n)*exp(0)", "x: n")
    assert magnitudes(Problem(e)) == [1, 6, 10**6]
    assert magnitudes(Problem(parse("x .* y", "x: n; y: n"))) == []
