"""Matrix notation recovered from index notation: the way from terms back to the language."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from functools import partial

from chainrule.core.expr import Apply, Array, Const, Expr, SizeValue, intern
from chainrule.core.index import Index
from chainrule.core.size import ONE, Size
from chainrule.primitives.arithmetic import matmul_p, mul_p, transpose_p
from chainrule.primitives.linalg import diag_p, eye_p
from chainrule.primitives.reductions import mean_p, sum_p
from chainrule.recover.build import (
    Context,
    Items,
    flip,
    hadamard,
    joined,
    multiply,
    ones,
    size_value,
    split,
    variables_known,
    widen,
)
from chainrule.recover.einsum import contraction, pointwise
from chainrule.recover.factor import Piece, assemble
from chainrule.recover.network import Network, network, reduce
from chainrule.recover.subscripts import block_piece, blocks, plain
from chainrule.rewrite.terms import Term, Terms, expr_of

U = Fraction(1)


def recover(terms: Terms, out: Sequence[Index], cx: Context | None = None) -> Expr:
    """The tensor with entry Σ terms at `out`, in matrix notation where there is one, else as an einsum or an array."""
    cx = cx or Context()
    out = tuple(out)
    found = matrix_form(terms, out, cx)
    return found if found is not None else tensor_form(terms, out, cx)


def matrix_form(terms: Terms, out: tuple[Index, ...], cx: Context) -> Expr | None:
    """The tensor with up to two axes in matrix notation, or None."""
    if not terms:
        return _zero(out)
    if len(out) > 2:
        return pointwise(terms, out)
    terms, parts = blocks(terms, out)
    pieces: list[Piece] = []
    for t in terms:
        p = block_piece(t, out, parts, partial(piece, cx=cx)) if parts else piece(t, out, cx)
        if p is None:
            return None
        pieces.append(p)
        if cx.search and len(terms) > 1:  # what one term needs costs the next ones nothing
            made = variables_known([e for e, _ in (*p.items, *p.scalars)])
            cx = replace(cx, known=cx.known | made) if cx.reuse else cx
    whole = assemble(pieces, cx).expr(cx)
    return shaped(whole, out)


def tensor_form(terms: Terms, out: tuple[Index, ...], cx: Context) -> Expr:
    """The tensor as a sum of einsums where every term is a plain contraction, else entry by entry."""
    found = contraction(terms, out)
    return found if found is not None else intern(Array, out, expr_of(terms))


def _zero(out: tuple[Index, ...]) -> Expr:
    from chainrule.core.expr import const
    from chainrule.primitives.linalg import zeros_p

    return zeros_p(params=tuple(i.size for i in out)) if out else const(0)


def shaped(e: Expr, out: tuple[Index, ...]) -> Expr:
    """The expression stretched to the shape of the result, should every term have been constant along an axis."""
    want = tuple(i.size for i in out)
    if e.shape == want:
        return flip(e, Context()) if e.row else e
    return ones(*want) if isinstance(e, Const) and e.value == 1 else mul_p(e, ones(*want))


def piece(t: Term, out: tuple[Index, ...], cx: Context) -> Piece | None:
    """One term in matrix notation."""
    start = network(plain(t), cx)
    if start is None:
        return None
    net = reduce(start, cx)
    if net is None:
        return None
    wide = tuple(i for i in out if i.size is not ONE)
    if len(out) == 2 and len(wide) == 2:
        items = _two_axes(net, (out[0], out[1]), cx)
    elif wide:
        items = _one_axis(net, wide[0], cx)
        if items is not None and len(out) == 2:
            axis = 0 if out[0].size is ONE else 1
            items = [(net.wide(e, axis) or widen(e, axis, cx)[0], x) for e, x in items]
    else:
        items = []
    if items is None:
        return None
    return _means(Piece(net.coeff, tuple(_by_kind(net.scalars)), tuple(joined(items))), cx)


def _by_kind(scalars: Items) -> Items:
    """Scalars with equal ones joined; sizes last, as people divide by n last."""
    kept = joined(scalars)
    return [p for p in kept if not isinstance(p[0], SizeValue)] + [p for p in kept if isinstance(p[0], SizeValue)]


def _one_axis(net: Network, i: Index, cx: Context) -> Items | None:
    if net.matrices or any(k is not i for k in net.vectors):
        return None
    return net.vectors.get(i, [])


def _two_axes(net: Network, out: tuple[Index, Index], cx: Context) -> Items | None:
    i, j = out
    if any(k not in (i, j) for k in net.vectors) or any({m.row, m.column} != {i, j} for m in net.matrices):
        return None
    if net.delta is not None:
        return _diagonal(net, i, cx)
    items = joined([p for m in net.matrices for p in split(m.oriented(i, cx), cx)])
    rows, columns = net.vectors.get(i, []), net.vectors.get(j, [])
    if not items:
        return _outer(net, rows, columns, out, cx)
    hung_left, items = _stretched(net, rows, 1, items, cx)
    hung_right, items = _stretched(net, columns, 0, items, cx)
    if hung_left is None and hung_right is None:
        return items
    body = hadamard(items)
    assert body is not None
    if hung_left is not None:
        body = multiply(diag_p(hung_left), body, cx)
    if hung_right is not None:
        body = multiply(body, diag_p(hung_right), cx)
    return [(body, U)]


def _stretched(net: Network, vectors: Items, axis: int, items: Items, cx: Context) -> tuple[Expr | None, Items]:
    """Vectors that stretch over the matrix for nothing join its items; the others make a diagonal matrix."""
    rest: Items = []
    for v, x in vectors:
        own = net.wide(v, axis)
        wide, free = (own, True) if own is not None else widen(v, axis, cx)
        if free:
            items = [*items, (wide, x)]
        else:
            rest.append((v, x))
    return hadamard(rest), items


def _outer(net: Network, rows: Items, columns: Items, out: tuple[Index, Index], cx: Context) -> Items:
    i, j = out
    if not rows and not columns:
        return [(ones(i.size, j.size), U)]
    if not rows or not columns:
        # constant along an axis: it stretches where it is added, and at the last where it stands alone
        axis, vectors = (0, columns) if not rows else (1, rows)
        hung, items = _stretched(net, vectors, axis, [], cx)
        if hung is None:
            return items
    left, right = hadamard(rows), hadamard(columns)
    left = ones(i.size) if left is None else left
    right = ones(j.size) if right is None else right
    if left is right and cx.reuse and isinstance(left, Apply):  # g gᵀ: the factor is worked out once
        return [(matmul_p(left, transpose_p(left)), U)]
    return [(multiply(left, flip(right, cx), cx), U)]


def _diagonal(net: Network, i: Index, cx: Context) -> Items | None:
    if net.matrices:
        return None
    assert net.delta is not None
    items = [p for k in net.delta for p in net.vectors.get(k, [])]
    eye = eye_p(params=(i.size,))
    if not items:
        return [(eye, U)]
    if len(items) == 1 and items[0][1] == 1 and _reads_diagonal(items[0][0]):
        return [(items[0][0].args[0], U), (eye, U)]  # type: ignore[attr-defined]
    body = hadamard(items)
    assert body is not None
    return [(diag_p(body), U)]


def _reads_diagonal(e: Expr) -> bool:
    return isinstance(e, Apply) and e.op is diag_p and e.args[0].ndim == 2


def _means(p: Piece, cx: Context) -> Piece:
    """A sum along an axis divided by its size is a mean."""
    scalars = dict(p.scalars)

    def along(e: Expr) -> tuple[Expr, list[Size]] | None:
        if isinstance(e, Apply) and e.op is sum_p and e not in cx.known:
            axes = e.params[0] if e.params[0] is not None else range(e.args[0].ndim)
            return mean_p(e.args[0], params=e.params), [e.args[0].shape[a] for a in axes]
        return None

    def divided(found: tuple[Expr, list[Size]] | None) -> bool:
        if found is None or not found[1]:
            return False
        left = dict(scalars)
        for n in found[1]:
            s = size_value(n)
            if isinstance(s, Const) or left.get(s, Fraction(0)) > -1:
                return False
            left[s] += 1
        scalars.clear()
        scalars.update({e: x for e, x in left.items() if x})
        return True

    items = [((f[0], x) if x == 1 and divided(f := along(e)) and f else (e, x)) for e, x in p.items]
    for e, x in list(scalars.items()):
        found = along(e)
        if x == 1 and divided(found) and found is not None:
            del scalars[e]
            scalars = {found[0]: U, **scalars}
    return Piece(p.coeff, tuple(scalars.items()), tuple(items))
