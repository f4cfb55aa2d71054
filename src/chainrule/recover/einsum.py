"""Results beyond matrices: functions entry by entry, and plain contractions as einsum."""

from __future__ import annotations

from fractions import Fraction

from chainrule.core.expr import Access, Delta, Expr, const
from chainrule.core.index import Index
from chainrule.core.size import ONE
from chainrule.primitives.arithmetic import add_p, div_p, mul_p, neg_p, pow_p, sub_p
from chainrule.primitives.axes import reshape_p
from chainrule.primitives.contraction import einsum_p
from chainrule.primitives.linalg import eye_p, ones_p
from chainrule.recover.subscripts import plain
from chainrule.rewrite.lift import lift, pointwise_indices
from chainrule.rewrite.sifting import sizes_out
from chainrule.rewrite.terms import Term, Terms, expr_of

LETTERS = "ijklmnpqrstuvwabcdefghoxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


def pointwise(terms: Terms, out: tuple[Index, ...]) -> Expr | None:
    """The tensor as a function of entries, where no sum and no delta is left."""
    e = expr_of(terms)
    used = pointwise_indices(e)
    if used is None or not set(used) <= set(out):
        return None
    wide = tuple(i for i in out if i.size is not ONE)
    if set(used) != set(wide) or len(wide) != len(out):
        return None
    return lift(e, out)


def contraction(terms: Terms, out: tuple[Index, ...]) -> Expr | None:
    """A sum of einsums, or None where a subscript is more than a letter."""
    total: Expr | None = None
    for t in terms:
        one = _one(sizes_out(plain(t)), out)
        if one is None:
            return None
        body, negative = one
        if total is None:
            total = neg_p(body) if negative else body
        else:
            total = sub_p(total, body) if negative else add_p(total, body)
    return total


def _one(t: Term, out: tuple[Index, ...]) -> tuple[Expr, bool] | None:
    letters: dict[Index, str] = {}
    operands: list[Expr] = []
    words: list[str] = []
    above: list[Expr] = []
    below: list[Expr] = []

    def word(indices: list[Index]) -> str:
        for i in indices:
            if i not in letters:
                letters[i] = LETTERS[len(letters)]
        return "".join(letters[i] for i in indices)

    word(list(out))
    if len(letters) + len(t.sums) > len(LETTERS):
        return None
    for f, x in t.factors.items():
        if not f.free:
            (above if x > 0 else below).append(_powered(f, abs(x)))
            continue
        read = _operand(f)
        if read is None:
            return None
        tensor, indices = read
        operands.append(_powered(tensor, x))
        words.append(word(indices))
    for i in out:
        if not any(letters[i] in w for w in words):
            operands.append(ones_p(params=(i.size,)))
            words.append(letters[i])
    spec = ",".join(words) + "->" + "".join(letters[i] for i in out)
    body = einsum_p(*operands, params=(spec,))
    return _scaled(body, abs(t.coeff), above, below), t.coeff < 0


def _powered(e: Expr, x: Fraction) -> Expr:
    return e if x == 1 else pow_p(e, const(x))


def _operand(f: Expr) -> tuple[Expr, list[Index]] | None:
    match f:
        case Access(tensor=t, subs=subs) if not t.free:
            axes = [s.index for s in subs if s.index is not None]
            if any(s.index is not None and s.index.size is not n for s, n in zip(subs, t.shape, strict=True)):
                return None  # a letter that runs over a part of its axis
            if len(axes) == t.ndim:
                return t, axes
            if len(axes) != sum(n is not ONE for n in t.shape) or any(s.terms and s.index is None for s in subs):
                return None
            return reshape_p(t, params=(tuple(i.size for i in axes),)), axes
        case Delta(left=a, right=b) if a.index is not None and b.index is not None and a.index.size is b.index.size:
            return eye_p(params=(a.index.size,)), [a.index, b.index]
        case _:
            return None


def _scaled(body: Expr, c: Fraction, above: list[Expr], below: list[Expr]) -> Expr:
    if c.numerator != 1:
        above = [const(c.numerator), *above]
    if c.denominator != 1:
        below = [const(c.denominator), *below]
    if above:
        scale = above[0]
        for s in above[1:]:
            scale = mul_p(scale, s)
        body = mul_p(scale, body)
    if below:
        under = below[0]
        for s in below[1:]:
            under = mul_p(under, s)
        body = div_p(body, under)
    return body
