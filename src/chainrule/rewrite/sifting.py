"""Sums over Kronecker deltas done, ranges of subscripts, and what a sum does not depend on."""

from __future__ import annotations

from chainrule.core.expr import Delta, Expr, Iverson, intern
from chainrule.core.graph import subscripts
from chainrule.core.index import Affine, Index, IndexAtom, Quotient, Remainder, affine, fresh
from chainrule.core.size import ONE as ONE_SIZE, ZERO, Size, size
from chainrule.rewrite.terms import ONE, Term, factors_moved, include, size_terms, times


def non_negative(s: Size) -> bool:
    """Whether a size expression is ≥ 0 whatever its names are, each being at least 1."""
    shifted = s.substitute({n: size(n) + 1 for n in s.names})
    return all(c >= 0 for _, c in shifted.terms)


def extremes(a: Affine) -> tuple[Size, Size] | None:
    """The least and the largest value of a subscript over its indices, where they are plain."""
    low = high = a.constant
    for atom_, c in a.terms:
        ends = _ends(atom_)
        if ends is None:
            return None
        if non_negative(c):
            low, high = low + c * ends[0], high + c * ends[1]
        elif non_negative(size(0) - c):
            low, high = low + c * ends[1], high + c * ends[0]
        else:
            return None
    return low, high


def _ends(x: IndexAtom) -> tuple[Size, Size] | None:
    match x:
        case Index(size=n):
            return ZERO, n - 1
        case Remainder(divisor=d):
            return ZERO, d - 1
        case Quotient(value=v, divisor=d):
            inner = extremes(v)
            return None if inner is None or inner[0] is not ZERO else (ZERO, inner[1] // d)
        case _:
            return None


def in_range(a: Affine, extent: Size) -> tuple[bool, bool]:
    """Whether 0 ≤ a, and whether a < extent, are certain."""
    if a.index is not None and a.index.size is extent:
        return True, True
    ends = extremes(a)
    if ends is None:
        return False, False
    return non_negative(ends[0]), non_negative(extent - 1 - ends[1])


def bounds(a: Affine, extent: Size) -> list[Expr]:
    """The predicates that are needed to say that a lies on an axis."""
    low, high = in_range(a, extent)
    out: list[Expr] = []
    if not low:
        out.append(intern(Iverson, a))
    if not high:
        out.append(intern(Iverson, affine(extent - 1) - a))
    return out


def sift(t: Term) -> Term | None:
    """Sums over Kronecker deltas done: Σ_j δ_ij a_j = a_i. None if the term is zero."""
    while True:
        step = _sift_once(t)
        if step is t:
            return t
        if step is None:
            return None
        t = step


def _sift_once(t: Term) -> Term | None:
    for f in t.factors:
        if isinstance(f, Delta):
            done = _use_delta(t, f)
            if done is not t:
                return done
        elif isinstance(f, Iverson):
            ends = extremes(f.value)
            if ends is not None:
                if non_negative(ends[0]):
                    return _without(t, f)
                if non_negative(size(-1) - ends[1]):
                    return None
    return _split_sum(t)


def _without(t: Term, f: Expr) -> Term:
    return Term(t.coeff, {b: x for b, x in t.factors.items() if b is not f}, t.sums)


def _use_delta(t: Term, d: Delta) -> Term | None:
    if d.left is d.right:
        return _without(t, d)
    for one, other in ((d.left, d.right), (d.right, d.left)):
        pair = row_major(other, one.index.size) if one.index is not None else None
        if pair is not None and all(k in t.sums for k in pair):  # p = i·n + j: i = ⌊p/n⌋ and j = p mod n
            i, j = pair
            rest = _without(t, d)
            factors = factors_moved(rest.factors, {i: one // j.size, j: one % j.size})
            return Term(t.coeff, factors, tuple(k for k in t.sums if k not in pair))
    difference = d.left - d.right
    if not difference.terms:
        return None if difference.constant.constant else t
    for atom_, c in difference.terms:
        if isinstance(atom_, Index) and atom_ in t.sums and c.constant in (1, -1):
            value = affine(atom_) - difference.scaled(c)
            if atom_ in value.free:
                continue
            return _substituted(_without(t, d), atom_, value)
    # a delta between free indices: name one entry the same way everywhere
    a, b = d.left.index, d.right.index
    if a is not None and b is not None and a.size is b.size:
        keep, drop = (a, b) if a.uid < b.uid else (b, a)
        rest = _without(t, d)
        if any(drop in f.free for f in rest.factors):
            factors = factors_moved(rest.factors, {drop: affine(keep)})
            include(factors, d, ONE)
            return Term(t.coeff, factors, t.sums)
    return t


def row_major(s: Affine, extent: Size) -> tuple[Index, Index] | None:
    """i and j where the subscript is i·n + j, j runs over n, and both over the whole axis."""
    if len(s.terms) != 2 or s.constant is not ZERO:
        return None
    for (i, n), (j, one) in (s.terms, s.terms[::-1]):
        if isinstance(i, Index) and isinstance(j, Index) and one is ONE_SIZE and j.size is n and i.size * n is extent:
            return i, j
    return None


def _substituted(t: Term, k: Index, value: Affine) -> Term:
    factors = factors_moved(t.factors, {k: value})
    for predicate in bounds(value, k.size):
        include(factors, predicate, ONE)
    return Term(t.coeff, factors, tuple(i for i in t.sums if i is not k))


def _split_sum(t: Term) -> Term:
    """Σ_p over an axis of size m·d in which ⌊p/d⌋ or p mod d occurs becomes Σ_i Σ_j with p = i·d + j."""
    for f in t.factors:
        for s in subscripts(f):
            for atom_, _ in s.terms:
                if isinstance(atom_, (Quotient, Remainder)) and atom_.value.index in t.sums:
                    p, d = atom_.value.index, atom_.divisor
                    assert p is not None
                    rows = p.size.divide(d)
                    if rows is None:
                        continue
                    i, j = fresh(rows, p.hint), fresh(d, p.hint)
                    value = affine(i).scaled(d) + affine(j)
                    sums = tuple(x for k in t.sums for x in ((i, j) if k is p else (k,)))
                    return Term(t.coeff, factors_moved(t.factors, {p: value}), sums)
    return t


def sizes_out(t: Term) -> Term:
    """Bound indices that no factor uses become factors: Σ_k 1 is the size of k."""
    used = frozenset[Index]().union(*(f.free for f in t.factors))
    idle = [k for k in t.sums if k not in used]
    for k in idle:
        t = Term(t.coeff, t.factors, tuple(i for i in t.sums if i is not k))
        for s in size_terms(k.size):
            t = times(t, s)
    return t
