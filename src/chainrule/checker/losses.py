"""A loss of which nothing is said: an unknown function of what is computed last."""

from __future__ import annotations

from chainrule.checker import syntax as s
from chainrule.checker.labels import Key, Label
from chainrule.checker.nodes import Named, Nodes, of_parts
from chainrule.checker.symbols import Symbols
from chainrule.checker.values import MisfitError, NotUnderstoodError
from chainrule.core.expr import Array, Expr, Var
from chainrule.core.graph import walk


def loss(nodes: Nodes, key: Key) -> Named:
    """The loss as a function of what goes into nothing else, and of all that it is differentiated by.

    Raises:
        NotUnderstoodError: there is nothing that it may depend on.
    """
    last, upstream = _last(nodes, key)
    if len(last) > 1:
        nodes.assumed.add(key)
    parts = [nodes.part(key, n, node) for n, node in enumerate(last)]
    for k, by in enumerate(nodes.symbols.survey.by[key.base]):
        found = nodes.symbols.split(by)
        if found is None:
            continue
        try:
            named = nodes.named(found[0])
        except NotUnderstoodError:
            continue
        if named.node not in upstream:
            upstream.add(named.node)
            parts.append(nodes.part(key, len(last) + k, named, guessed=True))
    if not parts:
        raise NotUnderstoodError(f"nothing says what {key} depends on")
    return of_parts(parts)


def _last(nodes: Nodes, loss: Key) -> tuple[list[Named], set[Expr]]:
    """What is defined and goes into nothing else, and all that lies below it."""
    found: dict[Key, Named] = {}
    for general, d in nodes.symbols.defined.items():
        if d.body is None or general.base == loss.base or _speaks_of_slopes(d.body, loss.base):
            continue
        key = _last_layer(nodes.symbols, general)
        try:
            found[key] = nodes.named(key)
        except (NotUnderstoodError, MisfitError):
            continue
    below: set[Expr] = set()
    for n in found.values():
        if isinstance(n.node, Array):
            below |= set(walk(n.node)) - {n.node}
    last = [n for n in found.values() if n.node not in below and isinstance(n.node, Array) and _varies(n.node)]
    return last, set(walk(*(n.node for n in last)))


def _last_layer(symbols: Symbols, key: Key) -> Key:
    """Of layers in general, the last one that the document speaks of."""
    if key.above is None or key.above[0] not in symbols.survey.layers:
        return key
    letter = key.above[0]
    top: Label = (letter, symbols.survey.offsets[letter][1])
    return Key(key.base, key.below, top)


def _speaks_of_slopes(body: s.Node, loss: str) -> bool:
    return any(isinstance(n, s.Derivative) or (isinstance(n, s.Symbol) and n.name == loss) for n in s.walk(body))


def _varies(node: Expr) -> bool:
    return any(isinstance(n, Var) for n in walk(node))
