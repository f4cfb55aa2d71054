"""Expressions as graphs: walked, rebuilt, replaced, compared and packed, without recursion where they may be deep."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from typing import Any

from chainrule.core.expr import (
    DEEP,
    Access,
    Apply,
    Array,
    Const,
    Delta,
    Expr,
    Iverson,
    Partial,
    SizeValue,
    Sum,
    Var,
    intern,
)
from chainrule.core.index import Affine, Index, Quotient, Remainder, affine


def children(e: Expr) -> tuple[Expr, ...]:
    """The nodes directly below, lookups in subscripts aside."""
    match e:
        case Apply(args=args):
            return args
        case Array(body=b) | Sum(body=b):
            return (b,)
        case Access(tensor=t):
            return (t,)
        case Partial(of=of, by=by):
            return (of, by)
        case _:
            return ()


def walk(*roots: Expr, stop: Container[Expr] = ()) -> Iterable[Expr]:
    """Every node below the roots once, parts before wholes, in a fixed order; without recursion.

    What lies below nodes in `stop` is not looked at.
    """
    seen: set[Expr] = set()
    out: list[Expr] = []
    stack: list[tuple[Expr, bool]] = [(r, False) for r in reversed(roots)]
    while stack:
        e, done = stack.pop()
        if done:
            out.append(e)
            continue
        if e in seen:
            continue
        seen.add(e)
        stack.append((e, True))
        if e in stop:
            continue
        stack.extend((c, False) for c in reversed(below(e)) if c not in seen)
    return out


def below(e: Expr) -> tuple[Expr, ...]:
    """The nodes directly below, those that lookups read included."""
    kids = children(e)
    if isinstance(e, (Access, Delta, Iverson)):
        kids += tuple(entry for s in subscripts(e) for entry in _lookups(s))
    return kids


def subscripts(e: Expr) -> tuple[Affine, ...]:
    """The subscripts of an entry, a delta or an Iverson bracket."""
    match e:
        case Access(subs=subs):
            return subs
        case Delta(left=a, right=b):
            return (a, b)
        case Iverson(value=a):
            return (a,)
        case _:
            return ()


def _lookups(s: Affine) -> Iterable[Expr]:
    from chainrule.core.index import Lookup

    for atom, _ in s.terms:
        match atom:
            case Lookup(entry):
                yield entry
            case Quotient(v, _) | Remainder(v, _):
                yield from _lookups(v)
            case _:
                pass


def rebuild(e: Expr, parts: Mapping[Expr, Expr]) -> Expr:
    """The same node on other parts."""
    match e:
        case Apply(op, args, params):
            return intern(Apply, op, tuple(parts[a] for a in args), params)
        case Array(indices, body):
            return intern(Array, indices, parts[body])
        case Access(tensor, subs):
            return intern(Access, parts[tensor], tuple(s.at({}, parts) for s in subs))
        case Sum(index, body):
            return intern(Sum, index, parts[body])
        case Partial(of, by):
            return intern(Partial, parts[of], parts[by])
        case Delta(a, b):
            return intern(Delta, a.at({}, parts), b.at({}, parts))
        case Iverson(a):
            return intern(Iverson, a.at({}, parts))
        case _:
            return e


def replace(e: Expr, values: Mapping[Expr, Expr]) -> Expr:
    """`e` with whole nodes replaced. Bound indices are left alone: the new nodes must not use them."""
    if not values:
        return e
    done: dict[Expr, Expr] = dict(values)
    for node in walk(e, stop=values):
        if node not in done:
            kids = below(node)
            done[node] = node if all(done[k] is k for k in kids) else rebuild(node, done)
    return done[e]


def at(e: Expr, values: Mapping[Index, Affine]) -> Expr:
    """`e` with free indices replaced by subscripts; bound indices are renamed where they would capture one."""
    values = {i: v for i, v in values.items() if i in e.free and v.index is not i}
    if not values:
        return e
    used = frozenset[Index]().union(*(v.free for v in values.values()))
    done: dict[Expr, Expr] = {}
    if e.depth > DEEP:
        for node in _below_free(e, values, used):
            done[node] = _at(node, values, used, done)
    return _at(e, values, used, done)


def _at(e: Expr, values: Mapping[Index, Affine], used: frozenset[Index], done: dict[Expr, Expr]) -> Expr:
    found = done.get(e)
    if found is not None:
        return found
    if values.keys().isdisjoint(e.free):
        return e
    match e:
        case Access(tensor, subs):
            new = intern(
                Access, _at(tensor, values, used, done), tuple(s.at(values, _entries(s, values)) for s in subs)
            )
        case Delta(a, b):
            new = intern(Delta, a.at(values, _entries(a, values)), b.at(values, _entries(b, values)))
        case Iverson(a):
            new = intern(Iverson, a.at(values, _entries(a, values)))
        case Apply(op, args, params):
            new = intern(Apply, op, tuple([_at(a, values, used, done) for a in args]), params)
        case Sum(index, body):
            if _binds((index,), values, used):
                (index,), body = _fresh_binder((index,), body, used)
                new = intern(Sum, index, at(body, {i: v for i, v in values.items() if i is not e.index}))
            else:
                new = intern(Sum, index, _at(body, values, used, done))
        case Array(indices, body):
            if _binds(indices, values, used):
                indices, body = _fresh_binder(indices, body, used)
                new = intern(Array, indices, at(body, {i: v for i, v in values.items() if i not in e.indices}))
            else:
                new = intern(Array, indices, _at(body, values, used, done))
        case Partial(of, by):
            new = intern(Partial, _at(of, values, used, done), _at(by, values, used, done))
        case _:
            return e
    done[e] = new
    return new


def _binds(bound: tuple[Index, ...], values: Mapping[Index, Affine], used: frozenset[Index]) -> bool:
    """Whether a binder hides an index that is replaced, or would capture one."""
    return any(i in values or i in used for i in bound)


def _below_free(e: Expr, values: Mapping[Index, Affine], used: frozenset[Index]) -> Iterable[Expr]:
    """The nodes of `e` in which `values` replace something as they do in `e`, parts before wholes."""
    stack, seen = [(e, False)], set[Expr]()
    while stack:
        node, done = stack.pop()
        if done:
            yield node
            continue
        if node in seen:
            continue
        seen.add(node)
        stack.append((node, True))
        bound = (node.index,) if isinstance(node, Sum) else node.indices if isinstance(node, Array) else ()
        if _binds(bound, values, used):
            continue
        stack += [(c, False) for c in children(node) if c not in seen and not values.keys().isdisjoint(c.free)]


def alike(a: Expr, b: Expr) -> bool:
    """Whether two expressions are one but for the names of bound indices."""
    stack: list[tuple[Expr, Expr, dict[Index, Affine]]] = [(a, b, {})]
    while stack:
        a, b, names = stack.pop()
        if a is b and names.keys().isdisjoint(a.free):
            continue
        if type(a) is not type(b) or a.shape != b.shape:
            return False
        match a, b:
            case (Apply(), Apply()) if a.op is b.op and a.params == b.params and len(a.args) == len(b.args):
                stack += [(x, y, names) for x, y in zip(a.args, b.args, strict=True)]
            case (Sum(), Sum()) if a.index.size is b.index.size:
                stack.append((a.body, b.body, {**names, a.index: affine(b.index)}))
            case (Array(), Array()):
                bound = {i: affine(j) for i, j in zip(a.indices, b.indices, strict=True)}
                stack.append((a.body, b.body, {**names, **bound}))
            case (Access(), Access()) | (Delta(), Delta()) | (Iverson(), Iverson()):
                if any(list(_lookups(s)) for s in subscripts(a)):
                    return False
                moved, there = [s.at(names, {}) for s in subscripts(a)], list(subscripts(b))
                if moved != there and not (isinstance(a, Delta) and moved == there[::-1]):
                    return False
                stack += [(x, y, names) for x, y in zip(children(a), children(b), strict=True)]
            case (Partial(), Partial()):
                stack += [(a.of, b.of, names), (a.by, b.by, names)]
            case _:
                return False
    return True


def _entries(s: Affine, values: Mapping[Index, Affine]) -> dict[Expr, Expr]:
    return {entry: at(entry, values) for entry in _lookups(s)}


def _fresh_binder(bound: tuple[Index, ...], body: Expr, used: frozenset[Index]) -> tuple[tuple[Index, ...], Expr]:
    from chainrule.core.index import fresh

    clash = {i: fresh(i.size, i.hint) for i in bound if i in used}
    if not clash:
        return bound, body
    return tuple(clash.get(i, i) for i in bound), at(body, {i: affine(j) for i, j in clash.items()})


def packed(e: Expr) -> list[tuple[type[Expr], tuple[int, ...], tuple[Any, ...]]]:
    """The nodes of an expression in a row, parts before wholes: kind, places of the parts, the rest."""
    place: dict[Expr, int] = {}
    out: list[tuple[type[Expr], tuple[int, ...], tuple[Any, ...]]] = []
    for node in walk(e):
        match node:
            case Var(name=name, dims=dims, props=props, index_size=extent):
                rest: tuple[Any, ...] = (name, dims, props, extent)
            case Const(value=value):
                rest = (value,)
            case SizeValue(size=s):
                rest = (s,)
            case Apply(op=op, params=params):
                rest = (op, params)
            case Array(indices=indices):
                rest = (indices,)
            case Sum(index=index):
                rest = (index,)
            case _:
                rest = subscripts(node)
        place[node] = len(out)
        out.append((type(node), tuple(place[c] for c in children(node)), rest))
    return out


def unpacked(nodes: list[tuple[type[Expr], tuple[int, ...], tuple[Any, ...]]]) -> Expr:
    """The expression of `packed`, interned."""
    done: list[Expr] = []
    for kind, places, rest in nodes:
        parts = tuple(done[n] for n in places)
        if kind is Apply:
            done.append(intern(Apply, rest[0], parts, rest[1]))
        elif kind is Access:
            done.append(intern(Access, *parts, rest))
        else:
            done.append(intern(kind, *rest, *parts))
    return done[-1]
