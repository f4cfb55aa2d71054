"""Tidying sums of products: deltas sifted, sums done, products of functions recognised, equal terms collected.

Every rule makes a term shorter or removes a bound index or a delta, so the rewriting ends.
"""

from __future__ import annotations

from collections.abc import Callable

from chainrule.core.expr import Access, Apply, Expr, Var
from chainrule.core.index import Index
from chainrule.primitives.arithmetic import add_p, sub_p
from chainrule.rewrite import facts
from chainrule.rewrite.collecting import collect
from chainrule.rewrite.products import functions, inverses
from chainrule.rewrite.sifting import sift, sizes_out
from chainrule.rewrite.terms import Term, Terms, terms_of


def never(e: Expr) -> bool:
    return False


def tidy(terms: Terms, use: Callable[[Expr], bool] = never) -> Terms:
    """The terms made short. `use` says for which variables facts may be used."""
    out: Terms = []
    for t in terms:
        if not t.coeff:
            continue
        sifted = sift(t)
        if sifted is not None and len(sifted.sums) and len(sifted.factors) > 1:
            sifted = inverses(sifted, use)
        if sifted is None:
            continue
        done = _sums_done(functions(sizes_out(sifted), use), use)
        if done is not None:
            out.append(done)
    return collect(out, lambda e: use is not never and facts.symmetric(e) and all(use(v) for v in e.variables))


# ---------------------------------------------------------------- sums over an index that one factor has alone


def _sums_done(t: Term, use: Callable[[Expr], bool]) -> Term | None:
    for k in t.sums:
        holders = [f for f in t.factors if k in f.free]
        if len(holders) != 1 or t.factors[holders[0]] != 1 or not isinstance(holders[0], Access):
            continue
        f = holders[0]
        axes = [n for n, s in enumerate(f.subs) if k in s.free]
        if len(axes) != 1 or f.subs[axes[0]].index is not k:
            continue
        if facts.sums_to_one(f.tensor, axes[0]) and (not isinstance(f.tensor, Var) or use(f.tensor)):
            factors = {b: x for b, x in t.factors.items() if b is not f}
            others = [i for i in t.sums if i is not k]
            return _sums_done(sizes_out(Term(t.coeff, factors, tuple(others))), use)
        if _vanishes(f, k):
            return None
    return t


_zero_sums: dict[tuple[Expr, int], bool] = {}


def _vanishes(f: Access, k: Index) -> bool:
    """Whether Σ_k f is zero because f is a deviation from a mean: Σ (x − mean x) = 0."""
    node = f.tensor
    if not isinstance(node, Apply) or node.op not in (add_p, sub_p):
        return False
    axis = next(n for n, s in enumerate(f.subs) if s.index is k)
    found = _zero_sums.get((node, axis))
    if found is None:
        if len(_zero_sums) > 5_000:  # only a memo
            _zero_sums.clear()
        terms = terms_of(
            f, lambda n: n is node or n.op.name in ("mean", "sum", "unsqueeze", "ones", "mul", "add", "sub")
        )
        left: Terms = []
        for t in terms:
            sifted = sift(Term(t.coeff, t.factors, (*t.sums, k)))
            if sifted is not None:
                left.append(sizes_out(sifted))
        found = _zero_sums[node, axis] = not collect(left)
    return found
