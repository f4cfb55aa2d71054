"""Numbers and matrices of numbers, by how they are written."""

from __future__ import annotations

from fractions import Fraction

from chainrule.checker import syntax as s
from chainrule.checker.symbols import Numbers


def literal(node: s.Node) -> Numbers | None:
    """A number or a matrix of numbers: its shape and its entries."""
    match node:
        case s.Matrix(rows=rows):
            entries = [number(x) for r in rows for x in r]
            if len({len(r) for r in rows}) != 1 or None in entries:
                return None
            return (len(rows), len(rows[0])), tuple(x for x in entries if x is not None)
        case s.Group(items=(s.Matrix() as inner,)):
            return literal(inner)
        case s.Transposed(body=s.Group(items=(_, _, *_)) as listed):
            return literal(listed)  # (1, 2)ᵀ is a column, written in a line
        case s.Transposed(body=body):
            found = literal(body)
            if found is None or len(found[0]) != 2:
                return None
            (m, n), flat = found
            return (n, m), tuple(flat[i * n + j] for j in range(n) for i in range(m))
        case s.Group(items=items) if len(items) > 1:
            entries = [number(x) for x in items]
            return None if None in entries else ((len(items), 1), tuple(x for x in entries if x is not None))
        case _:
            x = number(node)
            return None if x is None else ((), (x,))


def number(node: s.Node) -> Fraction | None:
    """The value of a number as it is written, with its sign or as a fraction."""
    match node:
        case s.Number(value=v):
            return v
        case s.Group(items=(inner,)):
            return number(inner)
        case s.Sum(terms=((sign, t),)) if sign:
            x = number(t)
            return None if x is None else sign * x
        case s.Quotient(over=a, under=b):
            x, y = number(a), number(b)
            return None if x is None or y is None or not y else x / y
        case _:
            return None
