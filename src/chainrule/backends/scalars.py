"""Scalars of exact evaluation: rationals, balls, and dual numbers over either.

A scalar is an `fmpq` as long as everything is rational, an `arb` (a ball that certainly contains the value) after that,
a `Dual` where a derivative is wanted, `ZERO` for a Kronecker delta or a predicate that fails, or `Undefined`, which
spreads until `ZERO` absorbs it. They mix freely, so arrays of them work with plain + and *; beside an array, a scalar
leaves the work to the array.
"""

from __future__ import annotations

import itertools
from typing import Any

from flint import arb, fmpq
from numpy import ndarray

_levels = itertools.count(1)
ONE = fmpq(1)
NOUGHT = fmpq(0)


class Zero:
    """The 0 of a delta or a predicate: a product with it is 0, whatever else stands in it."""

    __slots__ = ()

    def __add__(self, other: Any) -> Any:
        return NotImplemented if type(other) is ndarray else other

    __radd__ = __add__

    def __mul__(self, other: Any) -> Any:
        return NotImplemented if type(other) is ndarray else self

    __rmul__ = __mul__

    def __neg__(self) -> Any:
        return self

    def __sub__(self, other: Any) -> Any:
        return -other

    def __rsub__(self, other: Any) -> Any:
        return other

    def __repr__(self) -> str:
        return "0"


ZERO = Zero()


class Undefined:
    """No value: outside the domain, or (`undecided`) not known well enough to choose a branch."""

    __slots__ = ("reason", "undecided")

    def __init__(self, reason: str, undecided: bool = False) -> None:
        self.reason, self.undecided = reason, undecided

    def _spread(self, other: Any) -> Any:
        return NotImplemented if type(other) is ndarray else self

    __add__ = __radd__ = __sub__ = __rsub__ = __rmul__ = _spread

    def __mul__(self, other: Any) -> Any:
        return ZERO if other is ZERO else self._spread(other)

    def __neg__(self) -> Any:
        return self

    def __repr__(self) -> str:
        return f"undefined ({self.reason})"


class Dual:
    """a + b·ε with ε² = 0, one ε for each level; a number of a lower level is a constant for it."""

    __slots__ = ("a", "b", "level")

    def __init__(self, level: int, a: Any, b: Any) -> None:
        self.level, self.a, self.b = level, a, b

    def __add__(self, other: Any) -> Any:
        if type(other) is Dual and other.level >= self.level:
            if other.level == self.level:
                return Dual(self.level, self.a + other.a, self.b + other.b)
            return Dual(other.level, self + other.a, other.b)
        if type(other) is ndarray:
            return NotImplemented
        return other if type(other) is Undefined else Dual(self.level, self.a + other, self.b)

    __radd__ = __add__

    def __neg__(self) -> Any:
        return Dual(self.level, -self.a, -self.b)

    def __sub__(self, other: Any) -> Any:
        return self + (-other)

    def __rsub__(self, other: Any) -> Any:
        return (-self) + other

    def __mul__(self, other: Any) -> Any:
        if type(other) is Dual and other.level >= self.level:
            if other.level == self.level:
                return Dual(self.level, self.a * other.a, self.a * other.b + self.b * other.a)
            return Dual(other.level, self * other.a, self * other.b)
        if other is ZERO:
            return ZERO
        if type(other) is ndarray:
            return NotImplemented
        return other if type(other) is Undefined else Dual(self.level, self.a * other, self.b * other)

    __rmul__ = __mul__

    def __repr__(self) -> str:
        return f"({self.a!r} + {self.b!r}·ε{self.level})"


def new_level() -> int:
    """A level above all that exist: its ε is a new one."""
    return next(_levels)


def tangent(x: Any, level: int) -> Any:
    """The coefficient of the ε of this level."""
    if type(x) is Dual:
        if x.level == level:
            return x.b
        if x.level > level:
            return Dual(x.level, tangent(x.a, level), tangent(x.b, level))
    return x if type(x) is Undefined else ZERO


def primal(x: Any) -> Any:
    """The constant term."""
    while type(x) is Dual:
        x = x.a
    return NOUGHT if x is ZERO else x


def depth(x: Any) -> int:
    """How many ε are in it."""
    n = 0
    while type(x) is Dual:
        n, x = n + 1, x.a
    return n


def is_constant(x: Any) -> bool:
    """Whether all coefficients but the constant term are exactly zero."""
    while type(x) is Dual:
        if not is_zero(x.b):
            return False
        x = x.a
    return True


def is_zero(x: Any) -> bool:
    """Whether it is exactly zero, with all its coefficients."""
    if type(x) is Dual:
        return is_zero(x.a) and is_zero(x.b)
    if type(x) is fmpq:
        return not x
    return x is ZERO or (type(x) is arb and x.is_zero())


def sign(x: Any) -> Any:
    """-1, 0 or 1 by the constant term, or `Undefined` where it is not decided: at a kink, or in too wide a ball."""
    c = primal(x)
    if type(c) is Undefined:
        return c
    if c > 0:
        return 1
    if c < 0:
        return -1
    if type(c) is arb and not c.is_zero():
        return Undefined("a branch that cannot be decided", undecided=True)
    if c is not x and not is_constant(x):
        return Undefined("the derivative at a kink", undecided=True)
    return 0


def ball(x: Any) -> Any:
    """The ball of a rational; balls and the rest as they are."""
    return arb(x) if type(x) is fmpq else x


def invert(x: Any) -> Any:
    """1/x"""
    c = primal(x)
    if type(c) is Undefined:
        return c
    if not c:
        return Undefined("division by zero")
    if type(c) is arb and c.contains(0):
        return Undefined("division by zero" if c.is_zero() else "division by what may be zero", not c.is_zero())
    if type(x) is not Dual:
        return ONE / x
    # x·y = 1 for y = y₀ + y₁ε: y₁ = -x₁·y₀²
    y = invert(x.a)
    return Dual(x.level, y, -(x.b * y * y))


def divide(x: Any, y: Any) -> Any:
    """x/y, with `Undefined` for division by zero."""
    if x is ZERO:
        return ZERO
    if type(y) is fmpq and y and type(x) in (fmpq, arb):
        return x / y
    return x * invert(y)


LONG = 100_000  # bits of a fraction that is too long to go on with
MOST_BITS = 1_000_000  # of a power that is worked out exactly


def power(x: Any, n: int) -> Any:
    """A whole power by repeated squaring."""
    if n < 0:
        return power(invert(x), -n)
    if type(x) is fmpq and n > 1 and n * (int(x.p).bit_length() + int(x.q).bit_length() - 2) > MOST_BITS:
        x = ball(x)  # exact, it would fill the memory
    if type(x) is fmpq or type(x) is arb:
        return x**n
    out: Any = ONE
    while n:
        if n & 1:
            out = x if out is ONE else out * x
        n >>= 1
        if n:
            x = x * x
    return out
