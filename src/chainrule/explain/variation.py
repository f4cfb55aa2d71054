"""One differentiation written out: what an entry is, how each varying part of it varies, and what deltas leave."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from fractions import Fraction

from chainrule.core.expr import DEEP, Access, Apply, Const, Delta, Expr, Iverson, SizeValue, Sum, const, intern
from chainrule.core.graph import at
from chainrule.core.index import Affine, Index, affine, fresh
from chainrule.core.size import ONE
from chainrule.diff.entry import partial
from chainrule.primitives.arithmetic import add_p, div_p, mul_p, neg_p, pow_p, sub_p, transpose_p
from chainrule.rewrite.sifting import sift
from chainrule.rewrite.terms import Term, Terms, expr_of

Leaf = Callable[[Expr], Expr | None]
"""The derivative of an entry of an argument, or None if it is held fixed."""


def definition(e: Expr, opened: Collection[Expr], done: dict[Expr, Expr] | None = None) -> Expr:
    """An index expression with the entries of these nodes, and of transposes, replaced by what they mean."""
    done = {} if done is None else done
    if e not in done:
        done[e] = _defined(e, opened, done)
    return done[e]


def _defined(e: Expr, opened: Collection[Expr], done: dict[Expr, Expr]) -> Expr:
    while isinstance(e, Access) and isinstance(node := e.tensor, Apply):
        if node.op.define is None or not (node in opened or node.op is transpose_p):
            break
        e = node.op.define(node.args, node.params, e.subs)
    if e.depth > DEEP and not e.free and e not in opened:
        return e
    match e:
        case Apply(op=op, args=args, params=params) if not e.shape and e in opened and op.define is not None:
            return _defined(op.define(args, params, ()), [n for n in opened if n is not e], done)
        case Apply(op=op, args=args, params=params) if op.elementwise and not e.shape:
            return intern(Apply, op, tuple([definition(a, opened, done) if not a.shape else a for a in args]), params)
        case Sum(index=k, body=body):
            return intern(Sum, k, definition(body, opened, done))
        case _:
            return e


def arguments(nodes: Sequence[Apply]) -> tuple[Expr, ...]:
    """What the definitions of these nodes read, transposes looked through."""
    out: dict[Expr, None] = {}
    for node in nodes:
        for a in node.args:
            while isinstance(a, Apply) and a.op is transpose_p:
                a = a.args[0]
            if a not in nodes:
                out[a] = None
    return tuple(out)


def variations(e: Expr, leaves: Collection[Expr], leaf: Leaf) -> list[Expr] | None:
    """The derivative of an index expression, one summand for each part that varies, left where it stands.

    None where the expression is more than sums, products, quotients and scalar functions of entries of `leaves`.
    """
    if e in leaves or (isinstance(e, Access) and e.tensor in leaves):
        d = leaf(e)
        return [] if d is None else [d]
    match e:
        case Const() | SizeValue() | Delta() | Iverson():
            return []
        case Sum(index=k, body=body):
            inner = variations(body, leaves, leaf)
            return None if inner is None else [intern(Sum, k, v) for v in inner]
        case Apply(op=op) if op.elementwise and not e.shape:
            return _of_function(e, leaves, leaf)
        case _:
            return None


def _of_function(e: Apply, leaves: Collection[Expr], leaf: Leaf) -> list[Expr] | None:
    varied: list[list[Expr]] = []
    for a in e.args:
        found = variations(a, leaves, leaf)
        if found is None:
            return None
        varied.append(found)
    op = e.op
    if op is mul_p:
        a, b = e.args
        return [times(v, b) for v in varied[0]] + [times(a, v) for v in varied[1]]
    if op is add_p:
        return varied[0] + varied[1]
    if op is sub_p:
        return varied[0] + [neg_p(v) for v in varied[1]]
    if op is neg_p:
        return [neg_p(v) for v in varied[0]]
    if op is div_p:
        return _of_quotient(e, varied[0], varied[1])
    out: list[Expr] = []
    for k, found in enumerate(varied):
        if found:
            slope = partial(op, k, e.args, e)
            out += [times(slope, v) for v in found]
    return out


def _of_quotient(e: Apply, over: list[Expr], under: list[Expr]) -> list[Expr]:
    """(u′v − uv′)/v²"""
    u, v = e.args
    if not under:
        return [div_p(d, v) for d in over]
    square = pow_p(refreshed(v), const(2))
    if not over:
        return [neg_p(div_p(times(u, total(under)), square))]
    return [div_p(sub_p(times(total(over), v), times(u, refreshed(total(under)))), square)]


def times(a: Expr, b: Expr) -> Expr:
    """The product, a factor 1 left out."""
    return b if a is const(1) else a if b is const(1) else mul_p(a, b)


def total(summands: Sequence[Expr]) -> Expr:
    out = summands[0]
    for e in summands[1:]:
        out = add_p(out, e)
    return out


# ---------------------------------------------------------------- sums over deltas


def factors(e: Expr) -> list[Expr]:
    """The factors of a product, in order."""
    out: list[Expr] = []
    stack = [e]
    while stack:
        node = stack.pop()
        if isinstance(node, Apply) and node.op is mul_p and not node.shape:
            stack += reversed(node.args)
        else:
            out.append(node)
    return out


def product(parts: Sequence[Expr]) -> Expr:
    out: Expr = const(1)
    for e in parts:
        out = times(out, e)
    return out


def moved_out(e: Expr) -> list[Expr]:
    """A product with what does not depend on the index of a sum put before the sum."""
    if not isinstance(e, Sum):
        return [f for part in factors(e) for f in (moved_out(part) if isinstance(part, Sum) else [part])]
    inner = moved_out(e.body)
    outside = [f for f in inner if e.index not in f.free]
    inside = [f for f in inner if e.index in f.free]
    return [*outside, intern(Sum, e.index, product(inside))] if inside else [e]


def sifted(t: Term) -> list[tuple[Expr, Expr]]:
    """The equations Σ_k δ_ki a_k = a_i by which the sums of a term over deltas are done."""
    out: list[tuple[Expr, Expr]] = []
    for k in t.sums:
        found = _one_sum(k, [f for f, x in t.factors.items() if x == 1 and k in f.free], t)
        if found is not None:
            out.append(found)
    for f in t.factors:
        if isinstance(f, Sum):
            inner = _one_sum(f.index, factors(f.body))
            if inner is not None:
                out.append(inner)
    return out


def _one_sum(k: Index, having: list[Expr], t: Term | None = None) -> tuple[Expr, Expr] | None:
    deltas = [f for f in having if isinstance(f, Delta)]
    if t is not None and any(x != 1 and k in f.free for f, x in t.factors.items()):
        return None
    if len(deltas) != 1 or any(isinstance(f, Sum) for f in having):
        return None
    inner = Term(Fraction(1), dict.fromkeys(having, Fraction(1)), (k,))
    done = sift(inner)
    if done is None or done.sums:
        return None
    left, right = intern(Sum, k, product(having)), expr_of([done])
    return None if left is right else (left, right)


def deltas_of(subs: Sequence[Affine], jx: Sequence[Index]) -> Expr:
    """∂a[subs]/∂a[jx]: a Kronecker delta for each axis longer than 1."""
    out: Expr = const(1)
    for s, j in zip(subs, jx, strict=True):
        if j.size is not ONE and s.index is not j:
            out = times(out, intern(Delta, s, affine(j)))
    return out


def weighted(terms: Terms, over: tuple[Index, ...], body: Expr) -> Terms:
    """The terms times a product, summed over further indices; deltas of the terms sifted, nothing else tidied."""
    out: Terms = []
    for t in terms:
        kept, left, values = settled(t, over)
        found: dict[Expr, Fraction] = dict(kept.factors)
        coeff = t.coeff
        for p in factors(at(body, values)):
            if isinstance(p, Const):
                coeff *= p.value
            elif isinstance(p, (Delta, Iverson)):
                found[p] = Fraction(1)
            else:
                found[p] = found.get(p, Fraction(0)) + 1
        out.append(Term(coeff, {f: x for f, x in found.items() if x}, t.sums + left))
    return out


def settled(t: Term, over: tuple[Index, ...]) -> tuple[Term, tuple[Index, ...], dict[Index, Affine]]:
    """The term without the deltas that fix an index of `over`, the indices left, and what the others become."""
    values: dict[Index, Affine] = {k: affine(0) for k in over if k.size is ONE}
    for f in t.factors:
        if isinstance(f, Delta):
            for one, other in ((f.left, f.right), (f.right, f.left)):
                k = one.index
                if k is not None and k in over and k not in values and not (other.free & {*over, *t.sums}):
                    values[k] = other
                    break
    if not values:
        return t, over, values
    rest = {f: x for f, x in t.factors.items() if not _fixes(f, values)}
    return (
        Term(t.coeff, {at(f, values): x for f, x in rest.items()}, t.sums),
        tuple(k for k in over if k not in values),
        values,
    )


def _fixes(f: Expr, values: Mapping[Index, Affine]) -> bool:
    return isinstance(f, Delta) and any(
        one.index is not None and values.get(one.index) is other
        for one, other in ((f.left, f.right), (f.right, f.left))
    )


def refreshed(e: Expr) -> Expr:
    """The same sums over new indices, so that they are not taken for one shared value."""
    match e:
        case Sum(index=k, body=body):
            new = fresh(k.size, k.hint)
            return intern(Sum, new, at(body, {k: affine(new)}))
        case Apply(op=op, args=args, params=params) if op.elementwise and not e.shape:
            return intern(Apply, op, tuple(refreshed(a) for a in args), params)
        case _:
            return e


def common(terms: Terms) -> Terms | None:
    """A sum of products with the factors that all of them share put before the bracket; None if there are none."""
    if len(terms) < 2 or any(t.sums for t in terms):
        return None
    first = terms[0]
    shared = {f: x for f, x in first.factors.items() if all(t.factors.get(f) == x for t in terms)}
    coeff = abs(first.coeff) if all(abs(t.coeff) == abs(first.coeff) for t in terms) else Fraction(1)
    if not shared:
        return None
    shared = dict(sorted(shared.items(), key=lambda f: bool(f[0].free)))
    rest = [Term(t.coeff / coeff, {f: x for f, x in t.factors.items() if f not in shared}) for t in terms]
    return [Term(coeff, {**shared, expr_of(rest): Fraction(1)})]
