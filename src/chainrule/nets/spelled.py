"""Formulas with the numbers put in, as they are written by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.core.expr import Apply, Const, Expr, SizeValue, Var, const
from chainrule.core.graph import replace, walk
from chainrule.nets.numerals import LARGEST, array, number, rational, rounded
from chainrule.nets.stages import Stage
from chainrule.pages.math import Math
from chainrule.primitives.arithmetic import add_p, div_p, matmul_p, mul_p, neg_p, sub_p, transpose_p
from chainrule.primitives.reductions import sum_p

Valued = Callable[[Expr], Any]
"""The value of an expression at the point of a worked example."""


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
            return Math.scaled(Math.of(const(1 / rational(value(b)))), _factor(a, value))
        case _:
            return array(value(e), e.row)


def _factor(e: Expr, value: Valued) -> Math:
    m = spelled(e, value)
    inner = isinstance(e, Apply) and (e.op in (add_p, sub_p, neg_p) or (e.op in (mul_p, matmul_p) and bool(e.shape)))
    return Math.bracket(m) if inner and m.parts else m


def entrywise(s: Stage, z: Any) -> Math | None:
    """a = σ(z) as σ of each number, where z is rational and a is not: (σ(11/8), σ(−1))."""
    a = np.asarray(z, dtype=object)
    if s.out is s.z or rounded(a) or max(a.shape, default=0) > LARGEST:
        return None
    if any(isinstance(n, Apply) and not n.op.elementwise for n in (s.out,)):
        return None
    grid = a.reshape(-1, 1) if a.ndim == 1 else a
    return Math.matrix([[Math.of(replace(s.out, {s.z: const(rational(v))})) for v in row] for row in grid])


def summed(e: Expr, value: Valued) -> Math | None:
    """A sum over entries term by term: ½ ((15 − 2)² + (−4 − 3)²); None where it is long or not rational."""
    sums = [n for n in walk(e) if isinstance(n, Apply) and n.op is sum_p]
    if len(sums) != 1:
        return None
    body, tensors = sums[0].args[0], [v for v in sums[0].variables if v.shape]
    values = {v: np.asarray(value(v), dtype=object) for v in tensors}
    shapes = {a.shape for a in values.values()}
    plain = not any(map(rounded, values.values()))
    entrywise = all(not isinstance(n, Apply) or n.op.elementwise for n in walk(body))
    if len(shapes) != 1 or not plain or not entrywise or len(next(iter(values.values())).flat) > LARGEST:
        return None
    terms: list[Math] = []
    for at in np.ndindex(*next(iter(shapes))):
        term = Math.of(replace(body, {v: const(rational(values[v][at])) for v in tensors}))
        terms += [Math.sign("+"), term] if terms else [term]
    coefficient = value(replace(e, {sums[0]: const(1)}))
    total = Math.row(*terms)
    if coefficient == 1:
        return total
    inner = Math.bracket(total)
    return Math.row(MINUS, inner) if coefficient == -1 else Math.scaled(Math.of(const(rational(coefficient))), inner)


MINUS = Math.sign("−")
