"""Numbers as mathematics: fractions that are short enough, else decimals, and ≈ where something was rounded."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
from flint import arb, fmpq

from chainrule.nets.digits import DIGITS, decimal
from chainrule.pages.math import Math

PLACES = 4  # a fraction that ends after so many decimals is written as a decimal
LONGEST = 16  # characters of a fraction, beyond which it is rounded
LARGEST = 8  # rows or columns of a matrix that is written out
SHOWN = 3  # of larger ones, before the last
EQUALS, APPROXIMATELY = Math.sign("="), Math.sign("≈")


def number(x: Any) -> Math:
    """A number: whole, a short decimal, a fraction, or a decimal of which every digit is right.

    Examples:
        >>> print(number(Fraction(24, 25)), number(Fraction(2, 3)), number(Fraction(10**20, 3)))
        0.96 2/3 3.33333 · 10¹⁹
    """
    whole = _unrounded(x)
    if whole is not None:
        return whole
    return Math.decimal(decimal(x if isinstance(x, (arb, float)) else rational(x)))


def _unrounded(x: Any) -> Math | None:
    """A rational number as it is, if it is short enough."""
    if isinstance(x, (arb, float)):
        return None
    q = rational(x)
    if 10**PLACES % q.denominator == 0 and q.denominator != 1 and abs(q) < 10**DIGITS:
        return Math.decimal(decimal(q, DIGITS + PLACES))
    bits = q.numerator.bit_length() + q.denominator.bit_length()
    if bits < 4 * LONGEST and len(str(q)) <= LONGEST:
        return Math.number(q)
    text = decimal(q)
    return Math.decimal(text) if Fraction(text) == q else None


def rounded(x: Any) -> bool:
    """Whether `number` rounds one of these."""
    return any(_unrounded(v) is None for v in np.asarray(x, dtype=object).flat)


def with_decimal(x: Any) -> Math:
    """A number, and beside a fraction the decimal that it is or is close to.

    Examples:
        >>> print(with_decimal(Fraction(225, 32)), with_decimal(Fraction(1, 3)), sep=", ")
        225/32 = 7.03125, 1/3 ≈ 0.333333
    """
    m = number(x)
    if _is_decimal(x):
        return Math.row(APPROXIMATELY, m) if rounded(x) else m
    text = decimal(x)
    return Math.row(m, EQUALS if Fraction(text) == Fraction(x) else APPROXIMATELY, Math.decimal(text))


def _is_decimal(x: Any) -> bool:
    """Whether `number` writes digits alone, and no fraction."""
    return rounded(x) or 10**PLACES % rational(x).denominator == 0


def array(x: Any, row: bool = False) -> Math:
    """Numbers in brackets: a vector is a column, or a row; a scalar is a number. Large ones lose their middle."""
    a = np.asarray(x, dtype=object)
    if not a.ndim:
        return number(a[()])
    if a.ndim == 1:
        a = a.reshape(1, -1) if row else a.reshape(-1, 1)
    dots = Math.sign("…")
    rows = [
        [dots if v is None else number(v) for v in _folded(list(line))] for line in _folded(list(a)) if line is not None
    ]
    if len(a) > LARGEST:
        rows.insert(SHOWN, [dots] * len(rows[0]))
    return Math.matrix(rows)


def _folded(items: list[Any]) -> list[Any]:
    """The first few and the last, with None for those left out."""
    return items if len(items) <= LARGEST else [*items[:SHOWN], None, items[-1]]


def rational(x: Any) -> Fraction:
    """A number of FLINT, perhaps in an array of one, as a fraction."""
    q: Any = np.asarray(x, dtype=object)[()]
    return Fraction(int(q.p), int(q.q)) if isinstance(q, fmpq) else Fraction(q)
