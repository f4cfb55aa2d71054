"""Numbers as text: fractions exactly, balls as decimals of which every printed digit is right."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from fractions import Fraction
from typing import Any

import numpy as np
from flint import arb

DIGITS = 6
NOTHING = Fraction(1, 10**20)
WHOLE = 10**12  # below it, no digit before the point is rounded away
SMALLEST = -100_000  # the exponent of a ball whose digits are still worked out, in bits


def exactly(x: Any, digits: int = 12) -> str:
    """A number: "-61/100" where it is rational, else a decimal.

    Examples:
        >>> exactly(Fraction(-61, 100))
        '-61/100'
    """
    if not isinstance(x, Fraction):
        return decimal(x, digits)
    return _whole(x.numerator) + ("" if x.denominator == 1 else f"/{_whole(x.denominator)}")


def _whole(n: int) -> str:
    """The digits of a whole number, also of one that Python calls too long to write."""
    return format(Decimal(n), "f")


def nested(x: Any, digits: int = 12) -> Any:
    """An array of numbers as nested lists of text."""
    a = np.asarray(x, dtype=object)
    if not a.ndim:
        return exactly(a[()], digits)
    return [nested(row, digits) for row in a]


def decimal(x: Any, digits: int = DIGITS) -> str:
    """A decimal with at most so many significant digits, and no more than are certain.

    Before the point there are all digits, of numbers below 10¹². What is around 0, and certainly closer to it than
    10⁻²⁰, is 0; "?" is a number of which not even one digit is known.

    Examples:
        >>> decimal(Fraction(2, 3))
        '0.666667'
        >>> decimal(Fraction(1, 8))
        '0.125'
        >>> decimal(Fraction(109))
        '109'
    """
    low, high = _bounds(x)
    if low <= 0 <= high and high - low < NOTHING:
        return "0"
    for n in range(digits, 0, -1):
        a, b = _rounded(low, n), _rounded(high, n)
        if a == b:
            return _plain(a)
    return "?"


def _bounds(x: Any) -> tuple[Fraction, Fraction]:
    if not isinstance(x, arb):
        q = Fraction(x)
        return q, q
    if int(x.abs_upper().man_exp()[1]) < SMALLEST:
        return Fraction(0), Fraction(0)
    mid, radius = (_fraction(part) for part in (x.mid(), x.rad()))
    return mid - radius, mid + radius


def _fraction(x: arb) -> Fraction:
    mantissa, exponent = map(int, x.man_exp())
    return Fraction(mantissa) * Fraction(2) ** exponent if exponent > 4 * SMALLEST else Fraction(0)


def _rounded(q: Fraction, digits: int) -> Decimal:
    with localcontext() as context:
        whole = abs(q.numerator) // q.denominator
        context.prec = max(digits, len(str(whole)) if whole < WHOLE else 0)
        context.rounding = ROUND_HALF_EVEN
        return (Decimal(q.numerator) / Decimal(q.denominator)).normalize()


def _plain(d: Decimal) -> str:
    if not d:
        return "0"
    _, digits, exponent = d.as_tuple()
    assert isinstance(exponent, int)
    if -7 <= exponent + len(digits) - 1 < 12:
        return format(d, "f")
    return format(d, "e").replace("e+", "e")
