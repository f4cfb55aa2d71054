"""Terms without δ where an index can be eliminated: Σ_j δ_ij a_j is a_i."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from chainrule.backends.bounds import extent, inside, surely
from chainrule.backends.numpy_terms import Call, Labels, Read, Term, substitute
from chainrule.core.index import Affine, Index, Quotient, Remainder, affine, fresh
from chainrule.core.size import ONE, Size


def solve(a: Affine, b: Affine, i: Index) -> Affine | None:
    """The value of `i` that makes two subscripts equal, where it is a subscript again."""
    d = a - b
    c = dict(d.terms).get(i)
    if c is None or c.constant not in (1, -1):
        return None
    rest = d - affine(i).scaled(c)
    if i in rest.free:
        return None
    return rest.scaled(-1) if c.constant == 1 else rest


def sift(t: Term, out: Labels = ()) -> Term | None:
    """A term without the δ that bound indices can absorb; None where it is certainly zero.

    `out` are indices of a result in memory: a δ with one of them may stay, to say where entries go.
    """
    t = _split_digits(_unsifted(t))
    while True:
        new = _sift_once(t, out)
        if new is None:
            return None
        if new is t:
            return replace(t, masks=tuple(m for m in t.masks if not _certain(m)))
        t = new


def _certain(mask: Affine) -> bool:
    r = extent(mask)
    return r is not None and surely(r[0])


def _unsifted(t: Term) -> Term:
    """a[s] [0 ≤ s < n] with a difference s is Σ_d δ(d, s) a[d] again, so that the best index may be eliminated."""
    for k, r in enumerate(t.reads):
        if isinstance(r, Call):
            continue
        for axis, (s, n) in enumerate(zip(r.subs, r.code.actual, strict=True)):
            if len(s.terms) < 2 or _forward(s) or inside(s, n) or not _guarded(t, s, n):
                continue
            d = fresh(n, "d")
            subs = (*r.subs[:axis], affine(d), *r.subs[axis + 1 :])
            guards = (s, affine(n - 1) - s)
            t = replace(
                t,
                reads=(*t.reads[:k], Read(r.code, subs), *t.reads[k + 1 :]),
                deltas=(*t.deltas, (affine(d), s)),
                masks=tuple(m for m in t.masks if m not in guards),
                bound=(*t.bound, d),
            )
            return _unsifted(t)
    return t


def _forward(s: Affine) -> bool:
    """Whether a subscript goes up with each of its indices, as a window's does: stride · t + d."""
    return all(surely(c) for _, c in s.terms)


def _guarded(t: Term, s: Affine, n: Size) -> bool:
    r = extent(s)
    if r is None:
        return False
    return (surely(r[0]) or s in t.masks) and (surely(n - 1 - r[1]) or affine(n - 1) - s in t.masks)


def _split_digits(t: Term) -> Term:
    """A bound index that is read by its digits ⌊i/d⌋ and i mod d becomes these two."""
    for i in t.bound:
        divisors = {d for s in t.subscripts for d in _divisors(s, i)}
        if len(divisors) != 1:
            continue
        (d,) = divisors
        q = i.size.divide(d)
        if q is None:
            continue
        high, low = fresh(q, i.hint), fresh(d, i.hint)
        bound = tuple(x for j in t.bound for x in ((high, low) if j is i else (j,)))
        return _split_digits(substitute(replace(t, bound=bound), {i: affine(high).scaled(d) + low}))
    return t


def _divisors(s: Affine, i: Index) -> Iterable[Size]:
    for atom, _ in s.terms:
        if isinstance(atom, (Quotient, Remainder)) and atom.value.index is i:
            yield atom.divisor


def _sift_once(t: Term, out: Labels) -> Term | None:
    for k, (a, b) in enumerate(t.deltas):
        rest = replace(t, deltas=t.deltas[:k] + t.deltas[k + 1 :])
        d = a - b
        if not d.terms:
            if d.constant.constant is not None:
                return rest if d.constant.constant == 0 else None
            return replace(rest, masks=(*rest.masks, d, d.scaled(-1)))
        found = [(i, v) for i in t.bound if i in d.free and (v := solve(a, b, i)) is not None]
        if any((v := solve(a, b, o)) is not None and _forward(v) for o in out):
            # placing entries beats a gather over a wide difference
            found = [(i, v) for i, v in found if _forward(v) or len(i.size.terms) > 1]
        if not found:
            continue
        i, v = max(found, key=lambda f: (inside(f[1], f[0].size), _forward(f[1]), len(f[0].size.terms)))
        rest = substitute(replace(rest, bound=tuple(j for j in t.bound if j is not i)), {i: v})
        return guard(rest, v, i.size)
    return _join_digits(t)


def guard(t: Term, v: Affine, n: Size) -> Term:
    """A term that is zero unless 0 ≤ v < n."""
    if inside(v, n):
        return t
    r = extent(v)
    low = () if r is not None and surely(r[0]) else (v,)
    high = () if r is not None and surely(n - 1 - r[1]) else (affine(n - 1) - v,)
    return replace(t, masks=t.masks + low + high)


def _join_digits(t: Term) -> Term:
    """δ(a, ⌊k/d⌋) δ(b, k mod d) under Σ_k is k = a·d + b."""
    quotients = [(k, *q) for k, d in enumerate(t.deltas) if (q := _digit(d, Quotient)) is not None]
    remainders = [(k, *r) for k, d in enumerate(t.deltas) if (r := _digit(d, Remainder)) is not None]
    for k1, i, d, a in quotients:
        for k2, j, d2, b in remainders:
            if i is j and d is d2 and i in t.bound and i not in a.free | b.free:
                v = a.scaled(d) + b
                rest = replace(
                    t,
                    deltas=tuple(x for k, x in enumerate(t.deltas) if k not in (k1, k2)),
                    bound=tuple(x for x in t.bound if x is not i),
                )
                return guard(guard(substitute(rest, {i: v}), v, i.size), b, d)
    return t


def _digit(delta: tuple[Affine, Affine], kind: type) -> tuple[Index, Size, Affine] | None:
    for one, other in (delta, delta[::-1]):
        if len(one.terms) == 1 and one.constant.constant == 0 and one.terms[0][1] is ONE:
            atom = one.terms[0][0]
            if isinstance(atom, kind) and isinstance(atom, (Quotient, Remainder)) and atom.value.index is not None:
                return atom.value.index, atom.divisor, other
    return None
