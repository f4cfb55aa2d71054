"""Derivatives in formulas: ∂y/∂x, ∇L, ∇²f; by variables, by their entries, by what stands in a definition."""

from __future__ import annotations

from chainrule.checker import syntax as s
from chainrule.checker.arrays import of_entries
from chainrule.checker.evaluation import Evaluation
from chainrule.checker.labels import Key
from chainrule.checker.nodes import Named
from chainrule.checker.slopes import slope
from chainrule.checker.values import NotUnderstoodError, Val
from chainrule.core.expr import Expr
from chainrule.core.graph import at, walk


def derivative(m: Evaluation, node: s.Derivative) -> Val:
    """The value of a derivative, laid out as the document does."""
    by = node.by
    if not by:
        by = _arguments(m, node.of)
        if len(by) > 1:
            return _by_numbers(m, node, by)
    if len(by) == 1 and node.order == 2:
        by = by * 2
    if len(by) > 2 or (node.order == 2 and len(by) != 2):
        raise NotUnderstoodError("a derivative of an order that is not understood")
    of = m.value(node.of)
    if isinstance(node.of, s.Symbol | s.Scripted) and of.ndim == 0:
        of = Val(of.body)
    for b in by:
        of = derived(m, of, b, node)
    return of


def _by_numbers(m: Evaluation, node: s.Derivative, by: tuple[s.Node, ...]) -> Val:
    """∇f of f(x, y): the column of its derivatives; ∇²f, the matrix."""
    of = m.value(node.of)
    first = [derived(m, of, b, node) for b in by]
    if any(v.ndim for v in (of, *first)):
        raise NotUnderstoodError("∇ by several arguments that are not numbers")
    if node.order == 1:
        return of_entries([[v] for v in first])
    return of_entries([[derived(m, v, b, node) for b in by] for v in first])


def _arguments(m: Evaluation, of: s.Node) -> tuple[s.Node, ...]:
    """What ∇L is a derivative by: the argument that L is written with, or defined with."""
    match of:
        case s.Product(factors=(_, s.Group(items=items)), signs=("",)):
            return items
        case s.Symbol() | s.Scripted():
            found = m.symbols.split(of, m.bind)
            d = m.symbols.definition(found[0]) if found is not None else None
            if d is not None and d[0].arguments:
                return d[0].arguments
        case _:
            pass
    raise NotUnderstoodError("∇ without a word on what it is taken by")


def derived(m: Evaluation, of: Val, by: s.Node, node: s.Derivative) -> Val:
    """The derivative of a value by a symbol, by the transpose of one or by an entry; `node` is what is written."""
    flipped = isinstance(by, s.Transposed)
    found = m.symbols.split(by.body if isinstance(by, s.Transposed) else by, m.bind)
    if found is None or found[2] is not None:
        raise NotUnderstoodError("a derivative by something that is no symbol")
    key, subs, _ = found
    named = m.world.named(key)
    of = _of_layers(m, of, named, key, node)
    held = _held(m, node, named)
    d = slope(of, named, m.world.reading, held)
    if not subs:
        return m.algebra.transpose(d) if flipped else d
    places = m.letters.places(subs, named.axes, str(key))
    plain = slope(of, named, held=held)
    return Val(at(plain.body, dict(zip(plain.axes[of.ndim :], places, strict=True))), of.axes, of.row)


def _of_layers(m: Evaluation, of: Val, by: Named, key: Key, node: s.Derivative) -> Val:
    """A loss that is said of layer L, where the derivative is by layers in general."""
    if not any(letter in m.symbols.counters for letter, _ in key.labels) or by.node in set(walk(of.body)):
        return of
    found = m.symbols.split(node.of, m.bind)
    if found is None or found[1] or found[0].labels or found[0].base not in m.symbols.survey.by:
        return of
    return m.world.of_layers(found[0]).value()


def _held(m: Evaluation, node: s.Derivative, by: Named) -> list[Expr]:
    """What is held where a derivative is by what stands in a definition itself."""
    if not m.world.reading.direct or node.kind != "partial" or node.order > 1:
        return []
    found = m.symbols.split(node.of, m.bind)
    return [] if found is None else m.world.held(m.world.named(found[0]).node, by.node)
