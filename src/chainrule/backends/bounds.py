"""What is certain about subscripts: the least and the greatest value, whether they stay within an axis."""

from __future__ import annotations

from chainrule.core.index import Affine, Index, Lookup, Quotient, Remainder
from chainrule.core.size import Size, size


def surely(s: Size) -> bool:
    """Whether a size is certainly not negative, all named sizes being at least 1."""
    if all(c >= 0 for _, c in s.terms):
        return True
    shifted = s.substitute({n: size(n) + 1 for n in s.names})
    return all(c >= 0 for _, c in shifted.terms)


def extent(s: Affine) -> tuple[Size, Size] | None:
    """The least and the greatest value of a subscript, where they can be told."""
    low = high = s.constant
    for atom, c in s.terms:
        top = _top(atom)
        if top is None:
            return None
        if surely(c):
            high = high + c * top
        elif surely(c * -1):
            low = low + c * top
        else:
            return None
    return low, high


def _top(atom: object) -> Size | None:
    match atom:
        case Index():
            return atom.size - 1
        case Remainder(_, d):
            return d - 1
        case Quotient(v, d):
            inner = extent(v)
            if inner is None or not surely(inner[0]):
                return None
            q = (inner[1] + 1).divide(d)
            return q - 1 if q is not None else None
        case Lookup(e):
            bound = getattr(getattr(e, "tensor", e), "index_size", None)
            return bound - 1 if bound is not None else None
        case _:
            return None


def inside(s: Affine, n: Size) -> bool:
    """Whether 0 ≤ s < n is certain."""
    r = extent(s)
    return r is not None and surely(r[0]) and surely(n - 1 - r[1])
