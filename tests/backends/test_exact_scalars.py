"""Dual numbers and scalar functions, against closed forms of calculus and against differences in balls."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import flint
import pytest
from flint import arb, fmpq
from hypothesis import given, strategies as st

from chainrule.backends.functions import FUNCTIONS
from chainrule.backends.scalars import ONE, ZERO, Dual, Undefined, divide, new_level, power, sign, tangent

CALCULUS: dict[str, Callable[[Any], Any]] = {
    "exp": lambda x: x.exp(),
    "log": lambda x: 1 / x,
    "sqrt": lambda x: 1 / (2 * x.sqrt()),
    "sin": lambda x: x.cos(),
    "cos": lambda x: -x.sin(),
    "tan": lambda x: 1 / x.cos() ** 2,
    "asin": lambda x: 1 / (1 - x * x).sqrt(),
    "acos": lambda x: -1 / (1 - x * x).sqrt(),
    "atan": lambda x: 1 / (1 + x * x),
    "sinh": lambda x: x.cosh(),
    "cosh": lambda x: x.sinh(),
    "tanh": lambda x: 1 / x.cosh() ** 2,
    "erf": lambda x: 2 / arb.pi().sqrt() * (-x * x).exp(),
    "sigmoid": lambda x: x.exp() / (1 + x.exp()) ** 2,
    "softplus": lambda x: 1 / (1 + (-x).exp()),
    "logsigmoid": lambda x: 1 / (1 + x.exp()),
    "square": lambda x: 2 * x,
}
SMOOTH = sorted(CALCULUS)
points = st.fractions(min_value="1/50", max_value="49/50", max_denominator=50).map(
    lambda q: fmpq(q.numerator, q.denominator)
)


def close(a: Any, b: Any, bits: int = 100) -> bool:
    with flint.ctx.workprec(400):
        gap = abs(arb(a) - arb(b))
        return bool(gap < arb(2) ** -bits * (1 + abs(arb(b))))


@given(points, st.sampled_from(SMOOTH))
def test_the_first_coefficient_is_the_derivative_of_calculus(x: fmpq, name: str) -> None:
    with flint.ctx.workprec(200):
        level = new_level()
        found = tangent(FUNCTIONS[name](Dual(level, x, fmpq(3))), level)
        assert close(found, 3 * CALCULUS[name](arb(x)))


@given(points, st.sampled_from(SMOOTH))
def test_two_levels_give_the_second_derivative(x: fmpq, name: str) -> None:
    with flint.ctx.workprec(600):
        inner, outer = new_level(), new_level()
        y = FUNCTIONS[name](Dual(outer, Dual(inner, x, ONE), ONE))
        h = arb(2) ** -150
        difference = (CALCULUS[name](x + h) - CALCULUS[name](x - h)) / (2 * h)
        assert close(tangent(tangent(y, outer), inner), difference)


@given(points, st.integers(-4, 6))
def test_powers_of_dual_numbers_follow_the_power_rule(x: fmpq, n: int) -> None:
    level = new_level()
    y = power(Dual(level, x, ONE), n)
    assert tangent(y, level) == (n * x ** (n - 1) if n else 0) or (n == 0 and tangent(y, level) is ZERO)


@given(points, points)
def test_division_undoes_multiplication(x: fmpq, y: fmpq) -> None:
    level = new_level()
    u, v = Dual(level, x, fmpq(2)), Dual(level, y, fmpq(-5))
    back = divide(u * v, v)
    assert (back.a, back.b) == (x, 2)


def test_the_epsilon_of_one_level_is_a_constant_for_another() -> None:
    # d/dx (x · d/dy (x + y)) = 1: the classic confusion gives 2
    outer, inner = new_level(), new_level()
    x = Dual(outer, fmpq(1), ONE)
    slope = tangent(x + Dual(inner, fmpq(1), ONE), inner)
    assert tangent(x * slope, outer) == 1


def test_a_failed_predicate_absorbs_what_is_undefined() -> None:
    lost = FUNCTIONS["log"](fmpq(-1))
    assert isinstance(lost, Undefined)
    assert ZERO * lost is ZERO
    assert lost * ZERO is ZERO
    assert isinstance(lost * fmpq(0), Undefined)
    assert isinstance(fmpq(1) + lost, Undefined)


def test_what_is_undefined_spreads_to_every_coefficient() -> None:
    level = new_level()
    lost, x = Undefined("nothing there", undecided=True), Dual(level, fmpq(2), ONE)
    for found in (x + lost, lost + x, x - lost, lost - x, x * lost, lost * x, divide(x, lost), divide(lost, x)):
        assert tangent(found, level) is lost


def test_a_ball_across_the_kink_is_undecided() -> None:
    across = arb(0, 1)
    for name in ("relu", "abs", "sign", "step"):
        found = FUNCTIONS[name](across)
        assert isinstance(found, Undefined)
        assert found.undecided


def test_the_kink_itself_has_a_value_but_no_derivative() -> None:
    assert FUNCTIONS["relu"](fmpq(0)) == 0
    found = FUNCTIONS["relu"](Dual(new_level(), fmpq(0), ONE))
    assert isinstance(found, Undefined)
    assert found.undecided
    assert sign(Dual(new_level(), fmpq(0), fmpq(0))) == 0


@pytest.mark.parametrize(
    ("name", "args", "value"),
    [("sqrt", ["4/9"], "2/3"), ("pow", ["8/27", "2/3"], "4/9"), ("pow", ["-2", "-3"], "-1/8"), ("exp", ["0"], "1")],
)
def test_what_is_rational_stays_rational(name: str, args: list[str], value: str) -> None:
    found = FUNCTIONS[name](*(fmpq(*map(int, a.split("/"))) for a in args))
    assert type(found) is fmpq
    assert str(found) == value


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("log", [0]),
        ("log", [-1]),
        ("sqrt", [-1]),
        ("div", [1, 0]),
        ("asin", [2]),
        ("pow", [-1, "1/2"]),
        ("pow", [0, -1]),
    ],
)
def test_outside_the_domain_there_is_no_value(name: str, args: list[Any]) -> None:
    found = FUNCTIONS[name](*(fmpq(1, 2) if a == "1/2" else fmpq(a) for a in args))
    assert isinstance(found, Undefined)
    assert not found.undecided
