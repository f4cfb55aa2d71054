"""Forward mode on the shared graph: tangents pushed from the variables to the expression."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from chainrule.core.expr import Apply, Array, Expr, access
from chainrule.core.graph import at, walk
from chainrule.core.index import Index, affine, fresh
from chainrule.core.size import ONE
from chainrule.diff.entry import derivative, partial
from chainrule.diff.reverse import arguments_of, closed, dependent, jacobian
from chainrule.rewrite.readable import tidy
from chainrule.rewrite.terms import Term, Terms, factor_terms, product, terms_of

Name = Callable[[Terms, tuple[Index, ...]], Expr]


def pushforward(e: Expr, tangents: Mapping[Expr, Expr], name: Name) -> tuple[tuple[Index, ...], Terms]:
    """The tangent of `e` as terms at fresh indices; `name` gives the tensor of an intermediate tangent."""
    active = dependent(e, list(tangents))
    dots: dict[Expr, Expr] = dict(tangents)
    for node in walk(e):
        if node in active and node not in dots:
            ix, terms = _push(node, dots, active)
            if node is e:
                return ix, terms
            dots[node] = name(terms, ix)
    ix = tuple(fresh(n, "i") for n in e.shape)
    return ix, terms_of(access(dots[e], *ix), closed) if e in dots else []


def _push(node: Expr, dots: Mapping[Expr, Expr], active: set[Expr]) -> tuple[tuple[Index, ...], Terms]:
    ix = tuple(fresh(n, h) for n, h in zip(node.shape, "ijklmnpq", strict=False))
    terms: Terms = []
    arguments = node.args if isinstance(node, Apply) else arguments_of(node)
    for a in dict.fromkeys(arguments):
        if a in active:
            terms += _through(node, a, dots[a], ix)
    return ix, tidy(terms)


def _through(node: Expr, a: Expr, a_dot: Expr, ix: tuple[Index, ...]) -> Terms:
    if isinstance(node, Apply) and node.op.elementwise:
        args = tuple(access(b, *ix) if b.shape else b for b in node.args)
        y = access(node, *ix) if node.shape else node
        out: Terms = []
        for k, b in enumerate(node.args):
            if b is a:
                slope = factor_terms(partial(node.op, k, args, y), closed)
                out += product(slope, terms_of(access(a_dot, *ix) if a.shape else a_dot, closed))
        return out
    jx = tuple(fresh(n, "p") for n in a.shape)
    subs = tuple(affine(0) if j.size is ONE else affine(j) for j in jx)
    entry = access(node, *ix)
    if isinstance(node, Apply):
        d = jacobian(node, entry, a, subs)
    else:
        body = node
        if isinstance(node, Array):
            body = at(node.body, {i: affine(j) for i, j in zip(node.indices, ix, strict=True)})
        d = derivative(body, a, subs, frozenset(arguments_of(node)) - {a})
    if d is None:
        return []
    moved = product(terms_of(d, closed), terms_of(access(a_dot, *jx), closed))
    return [Term(t.coeff, t.factors, t.sums + jx) for t in moved]
