"""A small evaluator of expressions in floating point, entry by entry: slow, and independent of the backends.

A primitive that has a definition is computed from it and from nothing else.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from reference import ELEMENTWISE, IMPLICIT

from chainrule.core.expr import Access, Apply, Array, Const, Delta, Expr, Iverson, SizeValue, Sum, Var
from chainrule.core.index import Affine, Index, Lookup, Quotient, Remainder, affine, fresh


class Floats:
    """Values of expressions at one point."""

    def __init__(self, values: Mapping[str, Any], sizes: Mapping[str, int]) -> None:
        self.values, self.sizes = values, sizes
        self.memo: dict[Expr, np.ndarray] = {}

    def tensor(self, e: Expr, at: Mapping[Index, int] | None = None) -> np.ndarray:
        """The array of all entries of `e`."""
        at = at or {}
        if e in self.memo:
            return self.memo[e]
        out = self._tensor(e, at)
        if not e.free:
            self.memo[e] = out
        return out

    def _tensor(self, e: Expr, at: Mapping[Index, int]) -> np.ndarray:
        match e:
            case Var(name=name):
                return np.asarray(self.values[name])
            case Apply(op=op, args=args, params=params) if op.name in IMPLICIT:
                given = [self.extents(p) for p in params]
                return np.asarray(IMPLICIT[op.name](*(self.tensor(a, at) for a in args), *given))
            case Apply(op=op, args=args, params=params) if e.shape:
                indices = tuple(fresh(n) for n in e.shape)
                return self.entries(indices, op.define(args, params, tuple(map(affine, indices))), at)
            case Array(indices=indices, body=body):
                return self.entries(indices, body, at)
            case _:
                return np.asarray(self.number(e, at))

    def entries(self, indices: tuple[Index, ...], body: Expr, at: Mapping[Index, int] | None = None) -> np.ndarray:
        """The array of `body` over indices."""
        shape = tuple(i.size.evaluate(self.sizes) for i in indices)
        out = np.zeros(shape)
        for place in itertools.product(*map(range, shape)):
            out[place] = self.number(body, {**(at or {}), **dict(zip(indices, place, strict=True))})
        return out

    def extents(self, p: Any) -> Any:
        if isinstance(p, tuple):
            return tuple(map(self.extents, p))
        return p.evaluate(self.sizes) if hasattr(p, "evaluate") else p

    def number(self, e: Expr, at: Mapping[Index, int]) -> float:
        """The value of an index expression."""
        match e:
            case Const(value=v):
                return float(v)
            case SizeValue(size=n):
                return float(n.evaluate(self.sizes))
            case Delta(left=a, right=b):
                return float(self.whole(a, at) == self.whole(b, at))
            case Iverson(value=a):
                return float(self.whole(a, at) >= 0)
            case Sum(index=k, body=body):
                return math.fsum(self.number(body, {**at, k: i}) for i in range(k.size.evaluate(self.sizes)))
            case Access(tensor=t, subs=subs):
                a = self.tensor(t, at)
                place = tuple(min(max(self.whole(s, at), 0), n - 1) for s, n in zip(subs, a.shape, strict=True))
                return float(a[place])
            case Apply(op=op, args=args) if op.elementwise:
                if op.name == "mul" and any(isinstance(a, (Iverson, Delta)) and not self.number(a, at) for a in args):
                    return 0.0
                return float(self.elementwise(op, args, at))
            case Apply(op=op, args=args, params=params) if op.name not in IMPLICIT:
                return self.number(op.define(args, params, ()), at)
            case _:
                return float(self.tensor(e, at))

    def elementwise(self, op: Any, args: tuple[Expr, ...], at: Mapping[Index, int]) -> float:
        if op.expand is not None:
            return self.number(op.expand(*args), at)
        return ELEMENTWISE[op.name](*(self.number(a, at) for a in args))

    def whole(self, s: Affine, at: Mapping[Index, int]) -> int:
        """The whole number that a subscript is."""
        total = s.constant.evaluate(self.sizes)
        for atom, c in s.terms:
            match atom:
                case Index():
                    n = at[atom]
                case Quotient(value=v, divisor=d):
                    n = self.whole(v, at) // d.evaluate(self.sizes)
                case Remainder(value=v, divisor=d):
                    n = self.whole(v, at) % d.evaluate(self.sizes)
                case Lookup(entry=entry):
                    n = round(self.number(entry, at))
            total += n * c.evaluate(self.sizes)
        return total
