"""Subscripts that are more than a letter, read as slices, reshaped vectors and Kronecker products."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from chainrule.core.expr import Access, Delta, Expr, Iverson, intern
from chainrule.core.index import Affine, Index, Quotient, Remainder, affine, fresh
from chainrule.core.size import ONE, ZERO, Size
from chainrule.primitives.arithmetic import mul_p, transpose_p
from chainrule.primitives.axes import concat_p, reshape_p, slice_p
from chainrule.primitives.linalg import kron_p, vec_p, zeros_p
from chainrule.recover.build import Context, flip, ones
from chainrule.recover.factor import Piece
from chainrule.rewrite.sifting import bounds, non_negative, row_major
from chainrule.rewrite.terms import Term, Terms, moved

Part = Callable[[Term, tuple[Index, ...]], "Piece | None"]


def plain(t: Term) -> Term:
    """The term with x_{i+c} read from a slice or a padding of x, and x_{n·i+j} from x laid out in rows."""
    predicates: set[Expr] = {f for f in t.factors if isinstance(f, Iverson)}
    met: set[Expr] = set()
    factors: dict[Expr, Fraction] = {}
    for f, x in t.factors.items():
        new = _plain_entry(f, predicates, met) if isinstance(f, Access) and not f.tensor.free else f
        factors[new] = factors.get(new, Fraction(0)) + x
    return Term(t.coeff, {f: x for f, x in factors.items() if f not in met}, t.sums)


def _plain_entry(f: Access, predicates: set[Expr], met: set[Expr]) -> Access:
    """The entry read at plain letters if it can be. `met` collects the predicates that zeros around it stand for."""
    tensor, subs = f.tensor, list(f.subs)
    for axis, s in enumerate(subs):
        extent = tensor.shape[axis]
        if extent is ONE or (s.index is not None and s.index.size is extent):
            continue
        if not s.terms:
            tensor = slice_p(tensor, params=(axis, s.constant, s.constant + 1))
            subs[axis] = affine(0)
            continue
        limits = bounds(s, extent)
        if limits:
            if not set(limits) <= predicates or (padded := _padded(tensor, axis, s)) is None:
                return f
            tensor, subs[axis] = padded
            met.update(limits)
            continue
        if len(s.terms) == 1 and isinstance(s.terms[0][0], Index) and s.terms[0][1] is ONE:
            i = s.terms[0][0]
            tensor = slice_p(tensor, params=(axis, s.constant, s.constant + i.size))
            subs[axis] = affine(i)
        elif tensor.ndim == 1 and (rows := row_major(s, extent)) is not None:
            i, j = rows
            tensor = reshape_p(tensor, params=((i.size, j.size),))
            subs = [affine(i), affine(j)]
            break
        else:
            return f
    return intern(Access, tensor, tuple(subs))


def _padded(tensor: Expr, axis: int, s: Affine) -> tuple[Expr, Affine] | None:
    """x_{i+c} as the entry at i of x with zeros before and after it."""
    if len(s.terms) != 1 or not isinstance(s.terms[0][0], Index) or s.terms[0][1] is not ONE:
        return None
    i = s.terms[0][0]
    before = ZERO - s.constant
    after = i.size - before - tensor.shape[axis]
    if not (non_negative(before) and non_negative(after)):
        return None

    def zeros(n: Size) -> list[Expr]:
        shape = tuple(n if a == axis else m for a, m in enumerate(tensor.shape))
        return [zeros_p(params=shape)] if n is not ZERO else []

    parts = [*zeros(before), tensor, *zeros(after)]
    return concat_p(*parts, params=(axis,)), affine(i)


def blocks(terms: Terms, out: tuple[Index, ...]) -> tuple[Terms, dict[Index, tuple[Index, Index]]]:
    """The terms with result indices p that occur as ⌊p/d⌋ or p mod d split in two: a block, and a place in it."""
    found: dict[Index, Size] = {}
    for t in terms:
        for f in t.factors:
            for s in _subscripts(f):
                for a, _ in s.terms:
                    p = a.value.index if isinstance(a, (Quotient, Remainder)) else None
                    if isinstance(a, (Quotient, Remainder)) and p is not None and p in out:
                        found.setdefault(p, a.divisor)
    parts: dict[Index, tuple[Index, Index]] = {}
    for p, d in found.items():
        rows = p.size.divide(d)
        if rows is not None:
            parts[p] = fresh(rows, p.hint), fresh(d, p.hint)
    values = {p: affine(i).scaled(j.size) + affine(j) for p, (i, j) in parts.items()}
    return moved(terms, values), parts


def _subscripts(f: Expr) -> tuple[Affine, ...]:
    match f:
        case Access(subs=subs):
            return subs
        case Delta(left=a, right=b):
            return a, b
        case Iverson(value=a):
            return (a,)
        case _:
            return ()


def block_piece(t: Term, out: tuple[Index, ...], parts: dict[Index, tuple[Index, Index]], part: Part) -> Piece | None:
    """One term over split result indices: a vector as the columns of a matrix, a matrix as a Kronecker product."""
    if len(out) == 1:
        i, j = parts[out[0]]
        found = part(t, (i, j))
        return None if found is None else _over(found, lambda e: vec_p(flip(e, Context())), (i.size, j.size))
    from chainrule.recover.kronecker import components

    (p, q), left, right = out, Term(t.coeff, {}), Term(Fraction(1), {})
    outer = {parts[k][0] if k in parts else k for k in out}
    inner = {parts[k][1] for k in out if k in parts}
    for factors, bound in components(t):
        ends = {i for f in factors for i in f.free} & (outer | inner)
        here = {f: t.factors[f] for f in factors}
        if ends <= outer - inner:
            left = Term(left.coeff, {**left.factors, **here}, (*left.sums, *bound))
        elif ends <= inner | {k for k in out if k not in parts}:
            right = Term(right.coeff, {**right.factors, **here}, (*right.sums, *bound))
        else:
            return None
    return _kron(left, right, (p, q), parts, part)


def _kron(
    left: Term, right: Term, out: tuple[Index, Index], parts: dict[Index, tuple[Index, Index]], part: Part
) -> Piece | None:
    def axes(side: int, t: Term) -> tuple[Index, ...]:
        return tuple(parts[k][side] if k in parts else k for k in out if k in parts or k in t.free)

    a_axes, b_axes = axes(0, left), axes(1, right)
    if sum(k in t.free for t in (left, right) for k in out if k not in parts) > sum(k not in parts for k in out):
        return None
    a, b = part(left, a_axes), part(right, b_axes)
    if a is None or b is None or len(a_axes) + len(b_axes) != 4 - sum(k not in parts for k in out):
        return None
    cx = Context()
    one = (Fraction(1), ())
    body = kron_p(
        _oriented(Piece(*one, a.items).expr(cx), a_axes, out, parts),
        _oriented(Piece(*one, b.items).expr(cx), b_axes, out, parts),
    )
    return Piece(a.coeff * b.coeff, a.scalars + b.scalars, ((body, Fraction(1)),))


def _oriented(
    e: Expr, axes: tuple[Index, ...], out: tuple[Index, Index], parts: dict[Index, tuple[Index, Index]]
) -> Expr:
    """A vector along the result's rows stays a column; along its columns it becomes a row."""
    if e.ndim != 1 or not axes:
        return e
    columns = {out[1], *parts.get(out[1], ())}
    return transpose_p(e) if axes[0] in columns and not e.row else e


def _over(p: Piece, f: Callable[[Expr], Expr], shape: tuple[Size, Size]) -> Piece:
    body = Piece(Fraction(1), (), p.items).expr(Context())
    if body.shape != shape:
        body = mul_p(body, ones(*shape))
    return Piece(p.coeff, p.scalars, ((f(body), Fraction(1)),))
