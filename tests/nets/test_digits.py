"""Numbers in writing: every printed digit is right, and ≈ stands exactly where something was rounded."""

from __future__ import annotations

from fractions import Fraction

import pytest
from flint import arb
from hypothesis import given, strategies as st

from chainrule.nets.digits import decimal, exactly
from chainrule.nets.numerals import number, rounded, with_decimal

fractions = st.fractions(max_denominator=10**30) | st.integers(-(10**40), 10**40).map(Fraction)


def read(text: str) -> Fraction:
    """A number as it is printed, read back."""
    text = text.replace("−", "-").translate(str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-"))
    return Fraction(text.replace(" · 10", "e"))


@given(fractions)
def test_a_number_is_itself_or_is_said_to_be_rounded(q: Fraction) -> None:
    shown = read(str(number(q)))
    assert (shown == q) or rounded(q)
    assert abs(shown - q) <= abs(q) / 10**5


@given(fractions)
def test_a_decimal_beside_a_fraction_has_the_right_sign_before_it(q: Fraction) -> None:
    shown = str(with_decimal(q))
    if " = " in shown:
        left, right = shown.split(" = ")
        assert read(left) == read(right) == q
    elif "≈" in shown:
        assert read(shown.split("≈")[1].strip()) != q
    else:
        assert read(shown) == q


@given(st.fractions(min_value=-1000, max_value=1000, max_denominator=10**9), st.integers(1, 60))
def test_every_digit_of_a_ball_is_right(q: Fraction, bits: int) -> None:
    ball = arb(arb(q.numerator) / q.denominator, arb(2) ** -bits)
    shown = decimal(ball, 12)
    if shown not in ("?", "0"):
        _, _, places = shown.partition("e")[0].partition(".")
        exponent = int(shown.partition("e")[2] or 0)
        assert abs(Fraction(shown) - q) <= Fraction(10) ** (exponent - len(places))


@pytest.mark.parametrize(
    ("q", "shown"),
    [
        (Fraction(2) / 3, "2/3 ≈ 0.666667"),
        (Fraction(225, 32), "225/32 = 7.03125"),
        (Fraction("505012.5"), "505012.5"),
        (Fraction(6015530357730432), "6015530357730432"),
        (Fraction(10**20 + 1), "≈ 1 · 10²⁰"),
        (Fraction("5050205802323208.04"), "≈ 5.05021 · 10¹⁵"),
    ],
)
def test_a_loss_is_written_as_by_hand(q: Fraction, shown: str) -> None:
    assert str(with_decimal(q)) == shown


def test_balls_far_from_one_are_written_at_once() -> None:
    assert decimal(arb(-10).exp()) == "0.0000453999"
    assert decimal((-(arb(10) ** 30)).exp()) == "0"
    assert decimal(arb(1000).exp()) == "1.97007e434"
    assert exactly(Fraction(7, 10**5000)).endswith("0" * 5000)
