"""Quotients that the expression has, found again in products of powers."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import cast

from chainrule.core.expr import Access, Apply, Expr, access
from chainrule.core.size import ONE as ONE_SIZE
from chainrule.primitives.arithmetic import div_p
from chainrule.rewrite.terms import Term, Terms, include


def fold_ratios(terms: Terms, ratios: Sequence[Apply]) -> Terms:
    """The terms with a_i / b_i written as the entry of a quotient a/b that has a name already."""
    out = [_folded(t, ratios) for t in terms]
    return terms if all(a is b for a, b in zip(out, terms, strict=True)) else out


def new_ratios(terms: Terms) -> list[Apply]:
    """Quotients worth a name: a_i and a_k both stand over one b, as in (a_i/b)(a_k/b)."""
    out: dict[Apply, None] = {}
    for t in terms:
        below = [f for f, x in t.factors.items() if x <= -2]
        read: dict[Expr, Fraction] = {}
        for f, x in t.factors.items():
            if isinstance(f, Access) and x >= 1 and not f.tensor.free:
                read[f.tensor] = read.get(f.tensor, Fraction(0)) + x
        for a in (a for a, x in read.items() if x >= 2):
            for f in below:
                b = f.tensor if isinstance(f, Access) else f
                if not b.free and _divides(b, a):
                    out[cast("Apply", div_p(a, b))] = None
    return list(out)


def _divides(b: Expr, a: Expr) -> bool:
    """Whether a/b has the shape of a."""
    if not b.shape:
        return True
    return (
        b.ndim == a.ndim and b.row == a.row and all(n in (m, ONE_SIZE) for m, n in zip(a.shape, b.shape, strict=True))
    )


def _folded(t: Term, ratios: Sequence[Apply]) -> Term:
    for node in ratios:
        a, b = node.args
        for f in [f for f in t.factors if isinstance(f, Access) and f.tensor is a]:
            below = access(b, *f.subs) if b.shape else b
            while t.factors.get(f, 0) >= 1 and t.factors.get(below, 0) <= -1:
                factors = dict(t.factors)
                for base, x in ((f, -1), (below, 1), (access(node, *f.subs), 1)):
                    include(factors, base, Fraction(x))
                t = Term(t.coeff, factors, t.sums)
    return t
