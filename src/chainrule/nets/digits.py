"""Numbers as text: fractions exactly, balls as decimals of which every printed digit is right."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from fractions import Fraction
from typing import Any

import numpy as np
from flint import arb

DIGITS = 6
NOTHING = Fraction(1, 10**20)


def exactly(x: Any, digits: int = 12) -> str:
    """A number: "-61/100" where it is rational, else a decimal.

    Examples:
        >>> exactly(Fraction(-61, 100))
        '-61/100'
    """
    return str(x) if isinstance(x, Fraction) else decimal(x, digits)


def nested(x: Any, digits: int = 12) -> Any:
    """An array of numbers as nested lists of text."""
    a = np.asarray(x, dtype=object)
    if not a.ndim:
        return exactly(a[()], digits)
    return [nested(row, digits) for row in a]


def decimal(x: Any, digits: int = DIGITS) -> str:
    """A decimal with at most so many significant digits, and no more than are certain; whole numbers keep all digits.

    What is certainly closer to 0 than 10⁻²⁰ is 0; "?" is a number of which not even one digit is known.

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
    mid, radius = (_fraction(part) for part in (x.mid(), x.rad()))
    return mid - radius, mid + radius


def _fraction(x: arb) -> Fraction:
    mantissa, exponent = x.man_exp()
    return Fraction(int(mantissa)) * Fraction(2) ** int(exponent)


def _rounded(q: Fraction, digits: int) -> Decimal:
    with localcontext() as context:
        context.prec = max(digits, len(str(abs(q.numerator // q.denominator))))
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
