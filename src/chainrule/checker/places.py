"""The parts of a side that a repair may change, each with the side rebuilt around what takes its place."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from chainrule.checker import syntax as s
from chainrule.checker.trees import anew, spliced

Put = Callable[[s.Node], s.Node]


@dataclass(frozen=True)
class Place:
    """A part; `put` gives the whole with another part there.

    inner: it is a factor or has scripts, so that a sum needs brackets. term: it is a side, or a term of a sum.
    """

    node: s.Node
    put: Put
    inner: bool
    term: bool


def places(root: s.Node) -> Iterator[Place]:
    """Every part that has a value, from the outside in."""
    stack: list[Place] = [Place(root, lambda n: n, False, True)]
    while stack:
        p = stack.pop()
        yield p
        below = [replace(q, put=_then(p, q.put)) for q in _below(p.node)]
        stack.extend(reversed(below))


def changed(root: s.Node, f: Callable[[s.Node], s.Node | None]) -> s.Node:
    """The side with each part for which `f` gives another one replaced by it, from the outside in."""
    new = f(root)
    if new is not None:
        return new
    out = root
    for k in range(len(list(_below(root)))):
        p = list(_below(out))[k]
        part = changed(p.node, f)
        if part is not p.node:
            out = anew(p.put(part))
    return out


def _below(node: s.Node) -> Iterator[Place]:
    match node:
        case s.Sum(terms=terms):
            for k, (sign, t) in enumerate(terms):
                yield Place(t, _term(node, k, sign), len(terms) > 1 or sign < 0, True)
        case s.Product(factors=factors):
            for k, f in enumerate(factors):
                yield Place(f, _factor(node, k), True, False)
        case s.Quotient(over=a, under=b):
            yield Place(a, lambda n: replace(node, over=n), False, True)
            yield Place(b, lambda n: replace(node, under=n), False, False)
        case s.Transposed(body=b):
            yield Place(b, lambda n: replace(node, body=n), True, False)
        case s.Group(items=(x,)):
            yield Place(x, lambda n: replace(node, items=(n,)), False, True)
        case s.Scripted(base=b) if not isinstance(b, s.Symbol):
            yield Place(b, lambda n: replace(node, base=n), True, False)
        case s.BigOperator(body=b):
            yield Place(b, lambda n: replace(node, body=n), True, True)
        case s.Call(args=args):
            for k, a in enumerate(args):
                yield Place(a, _argument(node, k), False, False)
        case s.Cases(rows=rows):
            for k, (v, _) in enumerate(rows):
                yield Place(v, _row(node, k), False, True)
        case _:
            return


def _then(p: Place, make: Put) -> Put:
    return lambda n: p.put(make(n))


def _term(node: s.Sum, k: int, sign: int) -> Put:
    return lambda n: replace(node, terms=spliced(node.terms, k, (sign, n)))


def _factor(node: s.Product, k: int) -> Put:
    return lambda n: replace(node, factors=spliced(node.factors, k, n))


def _argument(node: s.Call, k: int) -> Put:
    return lambda n: replace(node, args=spliced(node.args, k, n))


def _row(node: s.Cases, k: int) -> Put:
    return lambda n: replace(node, rows=spliced(node.rows, k, (n, node.rows[k][1])))
