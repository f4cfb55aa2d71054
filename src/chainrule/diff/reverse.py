"""Reverse mode on the shared graph: each node is visited once, its cotangent pulled back to its arguments."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from itertools import pairwise
from operator import mul
from typing import TypeAlias, cast

from chainrule.core.expr import Access, Apply, Array, Delta, Expr, Sum, Var, access, intern
from chainrule.core.graph import at, below, walk
from chainrule.core.index import Affine, Index, affine, fresh
from chainrule.core.primitive import Subs
from chainrule.core.size import ONE
from chainrule.diff.entry import derivative, partial
from chainrule.errors import NotDifferentiable
from chainrule.primitives.arithmetic import HIGHEST_POWER, matpow_p, transpose_p
from chainrule.primitives.linalg import inv_p
from chainrule.rewrite.readable import never, tidy
from chainrule.rewrite.terms import Term, Terms, moved, product, terms_of


@dataclass(frozen=True, slots=True, eq=False)
class Cotangent:
    """∂(output)/∂(entry at `indices`), as terms whose further free indices are the output's axes."""

    indices: tuple[Index, ...]
    terms: Terms

    def at(self, ix: Sequence[Affine]) -> Terms:
        return moved(self.terms, {i: s for i, s in zip(self.indices, ix, strict=True) if s.index is not i})


@dataclass(frozen=True, slots=True, eq=False)
class Pullback:
    """One visit of the sweep: the cotangent of `node`, and what it gives to each argument that matters."""

    node: Apply | Array
    cotangent: Cotangent
    parts: tuple[tuple[Expr, Cotangent], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Sweep:
    """The result of reverse mode: visits in order, and the cotangents of the variables asked for."""

    output: tuple[Index, ...]
    visits: tuple[Pullback, ...]
    cotangents: dict[Expr, Cotangent]
    totals: dict[Expr, tuple[Cotangent, Cotangent]]  # node → (sum of what came in, what went on)


LETTERS = "ijklmnpqrstuvw"
Freeze: TypeAlias = "Callable[[Cotangent, Expr], Cotangent]"
Use: TypeAlias = "Callable[[Expr], bool]"


def closed(e: Apply) -> bool:
    """Unfold transposes alone: every other tensor node is a name."""
    return e.op is transpose_p


def seed(e: Expr, output: tuple[Index, ...] | None = None) -> tuple[tuple[Index, ...], Cotangent]:
    """The output's indices, fresh unless given, and ∂e/∂e: a Kronecker delta an axis."""
    out = output or tuple(fresh(n, h) for n, h in zip(e.shape, LETTERS, strict=False))
    own = tuple(fresh(n, i.hint) for n, i in zip(e.shape, out, strict=True))
    deltas: dict[Expr, Fraction] = {
        intern(Delta, affine(a), affine(b)): Fraction(1) for a, b in zip(out, own, strict=True)
    }
    return out, Cotangent(own, [Term(Fraction(1), deltas)])


def dependent(e: Expr, wrt: Sequence[Expr]) -> set[Expr]:
    """The nodes of `e` that depend on one of `wrt`."""
    targets = set(wrt)
    out: set[Expr] = set()
    for node in walk(e):
        if node in targets or any(c in out for c in below(node)):
            out.add(node)
    return out


def sweep(
    e: Expr, wrt: Sequence[Expr], start: Cotangent, output: tuple[Index, ...], freeze: Freeze, use: Use = never
) -> Sweep:
    """Pull `start`, the cotangent of `e`, back to each of `wrt`. Facts are used of the variables that `use` admits."""
    active = dependent(e, wrt)
    targets = set(wrt)
    incoming: dict[Expr, list[Cotangent]] = {e: [start]}
    visits: list[Pullback] = []
    found: dict[Expr, Cotangent] = {}
    totals: dict[Expr, tuple[Cotangent, Cotangent]] = {}
    for node in reversed(list(walk(e))):
        if node not in active or node not in incoming:
            continue
        total = _total(node, incoming.pop(node), use)
        going = freeze(total, node) if node is not e else total
        totals[node] = (total, going)
        if not going.terms and node not in targets:
            continue
        if node in targets:
            found[node] = going
            if isinstance(node, Var):
                continue
        visit = _visit(node, going, active)
        if visit is not None:
            visits.append(visit)
            for arg, part in visit.parts:
                incoming.setdefault(arg, []).append(part)
    for v in wrt:
        if v not in found:
            found[v] = Cotangent(tuple(fresh(n, "j") for n in v.shape), [])
    return Sweep(output, tuple(visits), found, totals)


def _total(node: Expr, parts: list[Cotangent], use: Use) -> Cotangent:
    first = parts[0]
    if len(parts) == 1 and use is never:
        return first
    terms = list(first.terms)
    for other in parts[1:]:
        terms += other.at(tuple(map(affine, first.indices)))
    return Cotangent(first.indices, tidy(terms, use))


def _visit(node: Expr, ct: Cotangent, active: set[Expr]) -> Pullback | None:
    if isinstance(node, Var):
        return None
    if not isinstance(node, Apply):
        arguments = arguments_of(node)
        parts = [(a, _through_entries(node, ct, a, frozenset(arguments) - {a})) for a in arguments if a in active]
        return Pullback(cast("Array", node), ct, tuple(parts))  # an index expression is an array without axes
    parts = [(a, pull(node, ct, a)) for a in dict.fromkeys(node.args) if a in active]
    return Pullback(node, ct, tuple(parts))


def arguments_of(node: Expr) -> list[Expr]:
    """The tensors and scalars that an array, or an index expression without free letters, is made of."""
    found: dict[Expr, None] = {}
    stack = [node.body if isinstance(node, Array) else node]
    seen: set[Expr] = set()
    while stack:
        e = stack.pop()
        if e in seen:
            continue
        seen.add(e)
        if isinstance(e, Access) and not e.tensor.free:
            found[e.tensor] = None
        elif not e.free and (isinstance(e, Var) or (isinstance(e, Apply) and not e.op.elementwise)):
            found[e] = None
        else:
            stack += reversed(below(e))
    return list(found)


def _through_entries(node: Expr, ct: Cotangent, arg: Expr, fixed: frozenset[Expr]) -> Cotangent:
    jx = tuple(fresh(n, "j") for n in arg.shape)
    body = node
    if isinstance(node, Array):
        body = at(node.body, {i: affine(k) for i, k in zip(node.indices, ct.indices, strict=True)})
    at_jx = tuple(affine(0) if j.size is ONE else affine(j) for j in jx)
    d = derivative(body, arg, at_jx, fixed)
    terms = [] if d is None else product(ct.terms, terms_of(d, closed))
    return Cotangent(jx, tidy([Term(t.coeff, t.factors, t.sums + ct.indices) for t in terms]))


def pull(node: Apply, ct: Cotangent, arg: Expr) -> Cotangent:
    """What the cotangent of `node` gives to one argument: Σ over the node's entries of cotangent · ∂entry/∂argument."""
    if isinstance(arg, Var) and arg.index_size is not None:
        raise NotDifferentiable(
            f"{arg.name} holds whole numbers: there is no derivative by it", hint="another variable"
        )
    if node.op.elementwise:
        return _pull_elementwise(node, ct, arg)
    if node.op is matpow_p and abs(node.params[0]) > HIGHEST_POWER:
        raise NotDifferentiable(
            f"the derivative of the power {node.params[0]} of a matrix is a sum of as many products: too long to write",
            hint=f"powers up to {HIGHEST_POWER}",
        )
    jx = tuple(fresh(n, h) for n, h in zip(arg.shape, LETTERS, strict=False))
    entry = access(node, *ct.indices)
    d = jacobian(node, entry, arg, tuple(affine(0) if j.size is ONE else affine(j) for j in jx))
    terms = [] if d is None else product(ct.terms, terms_of(d, closed))
    return Cotangent(jx, tidy([Term(t.coeff, t.factors, t.sums + ct.indices) for t in terms]))


def jacobian(node: Apply, entry: Expr, arg: Expr, jx: tuple[Affine, ...]) -> Expr | None:
    """∂entry/∂arg[jx] of a node that is not elementwise, deltas and all, its other arguments held."""
    subs = entry.subs if isinstance(entry, Access) else ()
    op = node.op
    if op is matpow_p and node.params[0] < 0:
        return _of_negative_power(node, subs, arg, jx)
    if op.jacobian is None:
        return derivative(entry, arg, jx, frozenset(node.args) - {arg})
    total: Expr | None = None
    for k, a in enumerate(node.args):
        if a is arg:
            d = op.jacobian(node.args, node.params, node, subs, k, jx)
            total = d if total is None else total + d
    return total


def _of_negative_power(node: Apply, subs: Subs, arg: Expr, jx: tuple[Affine, ...]) -> Expr:
    """∂(X⁻ⁿ)[subs]/∂X[jx]: the product rule on inverses, of which each that varies gives −X⁻¹ on either side."""
    inverse, n = inv_p(arg), -node.params[0]

    def chain(start: Affine, end: Affine, length: int) -> tuple[list[Expr], list[Index]]:
        bound = [fresh(arg.shape[0], "k") for _ in range(length - 1)]
        places = [start, *map(affine, bound), end]
        return [access(inverse, a, b) for a, b in pairwise(places)], bound

    total: Expr | None = None
    for left in range(1, n + 1):
        before, outer = chain(subs[0], jx[0], left)
        after, inner = chain(jx[1], subs[1], n + 1 - left)
        one = reduce(mul, [*before, *after])
        for i in reversed(outer + inner):
            one = intern(Sum, i, one)
        total = -one if total is None else total - one
    assert total is not None
    return total


def _pull_elementwise(node: Apply, ct: Cotangent, arg: Expr) -> Cotangent:
    ix = ct.indices
    args = tuple(access(a, *ix) if a.shape else a for a in node.args)
    y = access(node, *ix) if node.shape else node
    slope: Terms = []
    for k, a in enumerate(node.args):
        if a is arg:
            slope += _slope_terms(partial(node.op, k, args, y))
    terms = product(ct.terms, slope)
    if not arg.shape:
        own: tuple[Index, ...] = ()
        summed = ix
    else:
        summed = tuple(i for i, n in zip(ix, arg.shape, strict=True) if n is ONE and i.size is not ONE)
        own = tuple(fresh(1, i.hint) if i in summed else i for i in ix)
    return Cotangent(own, tidy([Term(t.coeff, t.factors, t.sums + summed) for t in terms]))


def _slope_terms(slope: Expr) -> Terms:
    """The slope as one factor where it is a sum of functions of entries: 1 − y² is not multiplied out."""
    from chainrule.rewrite.terms import factor_terms

    return factor_terms(slope, closed)
