"""Ways to undo a typical mistake: from a part of a wrong side to what may have been meant there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from chainrule.checker import syntax as s
from chainrule.checker.edit_context import Context
from chainrule.checker.places import Place, changed, places
from chainrule.checker.printed import written
from chainrule.checker.product_edits import diagonal_edits, product_edits
from chainrule.checker.symbol_edits import symbol_edits
from chainrule.checker.term_edits import term_edits
from chainrule.checker.trees import anew, spliced


@dataclass(frozen=True)
class Edit:
    """A repair: the kind of mistake it undoes, the whole side after it, and what of the text it replaces by what."""

    kind: str
    old: s.Node
    new: s.Node
    whole: s.Node


def edits(side: s.Node, c: Context) -> Iterator[Edit]:
    """Everything that can be undone in one step."""
    yield from _everywhere(side, c)
    for p in places(side):
        for kind, new in _at(p, c):
            if p.inner and isinstance(new, s.Sum) and not isinstance(p.node, s.Sum):
                new = s.Group((new,))
            yield Edit(kind, p.node, new, p.put(new))


def _everywhere(side: s.Node, c: Context) -> Iterator[Edit]:
    """One symbol replaced by another wherever it stands, where that is more than once: z (1 − z) for a (1 − a)."""
    found: dict[str, list[s.Node]] = {}
    for p in places(side):
        if isinstance(p.node, (s.Symbol, s.Scripted)):
            found.setdefault(written(p.node), []).append(p.node)
    for same in found.values():
        if len(same) < 2:
            continue
        for other in c.alike(same[0]):
            whole = changed(side, lambda n, same=same, other=other: other if n in same else None)
            kind = c.confusion(same[0], other)
            yield Edit("sigma-prime-argument" if kind == "other" else kind, side, whole, whole)


def _at(p: Place, c: Context) -> Iterator[tuple[str, s.Node]]:
    """Kinds of mistakes at one place, each with what may have been meant."""
    node = p.node
    match node:
        case s.Product():
            yield from product_edits(node, c)
        case s.Sum(terms=terms):
            yield from _sums(terms)
        case s.Cases(rows=((a, x), (b, y))):
            yield "swapped-kronecker-cases", anew(node, rows=((b, x), (a, y)))
        case s.Quotient(over=a, under=b):
            yield "missing-factor", a
            yield "missing-factor", anew(node, over=b, under=a)
        case s.Number(value=v):
            yield from _numbers(v)
        case s.Symbol() | s.Scripted():
            yield from symbol_edits(node, c)
        case s.Transposed(body=body):
            yield "missing-transpose", body
        case s.BigOperator(body=body):
            yield "sum-not-collapsed", body
        case _:
            pass
    if isinstance(node, (s.Symbol, s.Scripted, s.Group, s.Derivative)) and c.is_tensor(node):
        yield "missing-transpose", s.Transposed(node)
    if isinstance(node, s.Call) and node.name == "diag" and len(node.args) == 1:
        for inner in diagonal_edits(node.args[0], c):
            yield "diagonal-only-jacobian", inner
    if p.term and not isinstance(node, s.Number):
        yield from term_edits(node, c)


def _sums(terms: tuple[tuple[int, s.Node], ...]) -> Iterator[tuple[str, s.Node]]:
    """A sign, all of them, a term too many."""
    for k, (sign, t) in enumerate(terms):
        yield "sign", s.Sum(spliced(terms, k, (-sign, t)))
    if len(terms) > 1:
        yield "sign", s.Sum(tuple((-sign, t) for sign, t in terms))
        for k in range(len(terms)):
            yield "dropped-term", s.Sum(spliced(terms, k))


def _numbers(v: Fraction) -> Iterator[tuple[str, s.Node]]:
    """A sign, a factor of 2, one more or less."""
    for x in dict.fromkeys((-v, 2 * v, v / 2, v - 1, v + 1)):
        if x:
            new = s.Number(x) if x >= 0 else s.Sum(((-1, s.Number(-x)),))
            yield ("sign" if x == -v else "missing-factor"), new
