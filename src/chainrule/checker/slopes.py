"""Derivatives that a document speaks of, worked out by the engine from the definitions in force."""

from __future__ import annotations

from collections.abc import Sequence

from chainrule.checker.conventions import Reading
from chainrule.checker.nodes import Named
from chainrule.checker.values import NotUnderstoodError, Val
from chainrule.core.expr import Array, Expr, Var, intern
from chainrule.core.graph import at, replace, walk
from chainrule.core.index import affine, fresh
from chainrule.diff.reverse import Cotangent, seed, sweep
from chainrule.rewrite.terms import expr_of


def slope(of: Val, by: Named, reading: Reading | None = None, held: Sequence[Expr] = ()) -> Val:
    """∂of/∂by: the axes of `of`, then those of `by`; nodes in `held` are kept as they are.

    Raises:
        NotUnderstoodError: nothing says how the one depends on the other.
    """
    letters = tuple(sorted(of.letters, key=lambda i: i.uid))
    out_axes = letters + of.axes
    e: Expr = intern(Array, out_axes or (fresh(1, "o"),), of.body)
    node = by.node
    kept = {n: intern(Var, f"held {k}", n.shape, frozenset[str](), None) for k, n in enumerate(held)}
    e = replace(e, kept) if kept else e
    if node not in set(walk(e)):
        raise NotUnderstoodError("nothing says how the one depends on the other")
    v = node
    if not isinstance(node, Var):
        v = intern(Var, "held", node.shape, frozenset[str](), None)
        e = replace(e, {node: v})
    out, start = seed(e)
    cotangent = sweep(e, [v], start, out, _as_it_is).cotangents[v]
    jx = tuple(fresh(n, "j") for n in by.axes)
    at_jx = tuple(map(affine, jx)) if by.axes else (affine(0),) * len(node.shape)
    body = expr_of(cotangent.at(at_jx))
    if v is not node:
        body = replace(body, {v: node})
    if kept:
        body = replace(body, {v: n for n, v in kept.items()})
    if out_axes:
        moves = {i: affine(j) for i, j in zip(out, out_axes, strict=True)}
    else:
        moves = {i: affine(0) for i in out}
    body = at(body, moves)
    return arranged(Val(body, of.axes + jx), of, by, reading or Reading())


def arranged(d: Val, of: Val, by: Named, reading: Reading) -> Val:
    """The derivative as a document lays it out."""
    n, m = of.ndim, len(by.axes)
    if n == 0 and m == 1:
        return Val(d.body, d.axes, by.row != reading.rows)
    if n == 0 and m == 2 and reading.rows:
        return Val(d.body, d.axes[::-1])
    if n == 1 and m == 0:
        return Val(d.body, d.axes, of.row)
    if n == 1 and m == 1 and reading.inputs_first:
        return Val(d.body, d.axes[::-1])
    return d


def _as_it_is(ct: Cotangent, node: Expr) -> Cotangent:
    return ct
