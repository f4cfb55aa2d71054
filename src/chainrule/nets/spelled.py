"""Formulas with the numbers put in, as they are written by hand."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
from flint import arb, fmpq

from chainrule.core.expr import Apply, Const, Expr, SizeValue, Var, const
from chainrule.core.graph import replace, walk
from chainrule.nets.digits import DIGITS, decimal
from chainrule.nets.network import Stage
from chainrule.pages.math import Math
from chainrule.primitives.arithmetic import add_p, div_p, matmul_p, mul_p, neg_p, sub_p, transpose_p
from chainrule.primitives.reductions import sum_p

PLACES = 4  # a fraction that ends after so many decimals is written as a decimal
LONGEST = 16  # characters of a fraction, beyond which it is rounded
LARGEST = 8  # rows or columns of a matrix that is written out
SHOWN = 3  # of larger ones, before the last

Valued = Callable[[Expr], Any]
"""The value of an expression at the point of a worked example."""


def number(x: Any) -> Math:
    """A number: whole, a short decimal, a fraction, or a decimal of which every digit is right.

    Examples:
        >>> print(number(Fraction(24, 25)), number(Fraction(2, 3)), number(Fraction(10**20, 3)))
        0.96 2/3 3.33333 · 10¹⁹
    """
    if isinstance(x, fmpq):
        x = Fraction(int(x.p), int(x.q))
    if isinstance(x, (arb, float)):
        return Math.decimal(decimal(x))
    q = Fraction(x)
    if q.denominator == 1 and len(str(q)) <= LONGEST:
        return Math.number(q)
    if 10**PLACES % q.denominator == 0 and abs(q) < 10**DIGITS:
        return Math.decimal(decimal(q, DIGITS + PLACES))
    return Math.number(q) if len(str(q)) <= LONGEST else Math.decimal(decimal(q))


def rounded(x: Any) -> bool:
    """Whether `number` rounds one of these."""
    return any(
        isinstance(v, (arb, float)) or (len(str(v)) > LONGEST and 10**PLACES % Fraction(v).denominator != 0)
        for v in np.asarray(x, dtype=object).flat
    )


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


def spelled(e: Expr, value: Valued) -> Math:
    """An expression with numbers for its variables: sums and products stand as they are, all else is worked out."""
    match e:
        case Const(value=q):
            return number(q)
        case SizeValue():
            return number(value(e))
        case Var():
            return array(value(e), e.row)
        case Apply(op=op, args=(a,)) if op is transpose_p:
            return array(value(e), e.row) if a.ndim == 2 else array(value(a), row=not a.row)
        case Apply(op=op, args=(a,)) if op is neg_p:
            return Math.row(Math.sign("−"), _factor(a, value))
        case Apply(op=op, args=(a, b)) if op in (add_p, sub_p) and (e.ndim or not a.ndim):
            right = _factor(b, value) if op is sub_p else spelled(b, value)
            return Math.row(spelled(a, value), Math.sign("+" if op is add_p else "−"), right)
        case Apply(op=op, args=(a, b)) if op is matmul_p:
            return Math.row(_factor(a, value), _factor(b, value))
        case Apply(op=op, args=(a, b)) if op is mul_p and not a.shape and b.shape:
            return Math.scaled(_factor(a, value), _factor(b, value))
        case Apply(op=op, args=(a, b)) if op is mul_p and a.shape and b.shape:
            return Math.row(_factor(a, value), Math.sign("⊙"), _factor(b, value))
        case Apply(op=op, args=(a, b)) if op is div_p and a.shape and not b.shape:
            return Math.scaled(Math.of(const(1 / _plain(value(b)))), _factor(a, value))
        case _:
            return array(value(e), e.row)


def _plain(x: Any) -> Fraction:
    q: Any = np.asarray(x, dtype=object)[()]
    return Fraction(int(q.p), int(q.q)) if isinstance(q, fmpq) else Fraction(q)


def _factor(e: Expr, value: Valued) -> Math:
    m = spelled(e, value)
    inner = isinstance(e, Apply) and (e.op in (add_p, sub_p, neg_p) or (e.op in (mul_p, matmul_p) and bool(e.shape)))
    return Math.bracket(m) if inner and m.parts else m


def entrywise(s: Stage, z: Any) -> Math | None:
    """a = σ(z) as σ of each number, where z is rational and a is not: (σ(11/8), σ(−1))."""
    a = np.asarray(z, dtype=object)
    if s.out is s.z or any(not isinstance(v, (Fraction, fmpq)) for v in a.flat) or max(a.shape, default=0) > LARGEST:
        return None
    if any(isinstance(n, Apply) and not n.op.elementwise for n in (s.out,)):
        return None
    grid = a.reshape(-1, 1) if a.ndim == 1 else a
    return Math.matrix([[Math.of(replace(s.out, {s.z: const(_plain(v))})) for v in row] for row in grid])


def summed(e: Expr, value: Valued) -> Math | None:
    """A sum over entries term by term: ½ ((15 − 2)² + (−4 − 3)²); None where it is long or not rational."""
    sums = [n for n in walk(e) if isinstance(n, Apply) and n.op is sum_p]
    if len(sums) != 1:
        return None
    body, tensors = sums[0].args[0], [v for v in sums[0].variables if v.shape]
    values = {v: np.asarray(value(v), dtype=object) for v in tensors}
    shapes = {a.shape for a in values.values()}
    plain = all(not isinstance(x, (arb, float)) for a in values.values() for x in a.flat)
    entrywise = all(not isinstance(n, Apply) or n.op.elementwise for n in walk(body))
    if len(shapes) != 1 or not plain or not entrywise or len(next(iter(values.values())).flat) > LARGEST:
        return None
    terms: list[Math] = []
    for at in np.ndindex(*next(iter(shapes))):
        term = Math.of(replace(body, {v: const(_plain(values[v][at])) for v in tensors}))
        terms += [Math.sign("+"), term] if terms else [term]
    coefficient = value(replace(e, {sums[0]: const(1)}))
    total = Math.row(*terms)
    if coefficient == 1:
        return total
    inner = Math.bracket(total)
    return Math.row(MINUS, inner) if coefficient == -1 else Math.scaled(Math.of(const(_plain(coefficient))), inner)


MINUS = Math.sign("−")
