"""Letters with brackets behind them that are functions and no factors: σ(z), f′(x), L(y, t)."""

from __future__ import annotations

from dataclasses import replace

from chainrule.checker import syntax as s
from chainrule.checker.derivatives import derived
from chainrule.checker.evaluation import Evaluation
from chainrule.checker.labels import Key
from chainrule.checker.names import entry
from chainrule.checker.pointwise import POINTWISE, elementwise
from chainrule.checker.powers import power
from chainrule.checker.printed import written
from chainrule.checker.symbols import Definition
from chainrule.checker.values import NotUnderstoodError, Val
from chainrule.core import graph
from chainrule.core.expr import Expr, Var


def application(m: Evaluation, f: s.Node, group: s.Group) -> Val | None:
    """f(z) where f is a function: unknown, defined, or a loss with its arguments; None if it is a product."""
    primes = f.primes if isinstance(f, s.Scripted) else 0
    plain = replace(f, primes=0) if isinstance(f, s.Scripted) and primes else f
    found = m.symbols.split(plain, m.bind)
    if found is None or group.kind not in ("(", "["):
        return None
    key, subs, exponent = found
    d = m.symbols.definition(key)
    if d is None or d[0].elementwise:
        value = _of_letter(m, key, subs, primes, group)
    elif not d[0].arguments:
        return None
    elif primes:
        value = _primed(m, key, d[0], primes, group)
    else:
        value = _taken_at(m, entry(m, m.world.named(key), subs, key), d[0], group.items)
    return value if value is None or exponent is None else power(m, value, exponent)


def _of_letter(m: Evaluation, key: Key, subs: tuple[s.Node, ...], primes: int, group: s.Group) -> Val | None:
    """A function that works entry by entry, or a loss; None if it is neither."""
    if key in m.symbols.declared or key in m.symbols.numbers or subs:
        return None
    known = key.base in m.symbols.functions or key.base in POINTWISE or m.symbols.definition(key) is not None
    if not known and not primes:
        return m.world.named(key).value() if key.base in m.symbols.survey.by else None
    if len(group.items) != 1:
        raise NotUnderstoodError(f"{key} is taken of {len(group.items)} arguments")
    return elementwise(m, key, primes, m.value(group.items[0]))


def _primed(m: Evaluation, key: Key, d: Definition, primes: int, group: s.Group) -> Val:
    """f′(x) of a function of one argument that holds other letters too: f(x) = a log x."""
    if len(d.arguments) != 1 or len(group.items) != 1 or d.body is None:
        raise NotUnderstoodError("a prime on a function of several arguments")
    value = m.world.named(key).value()
    node = s.Derivative(s.Symbol(key.base), d.arguments)
    for _ in range(primes):
        value = derived(m, value, d.arguments[0], node)
    if value.ndim:
        raise NotUnderstoodError("a prime on a function of something that is no number")
    return _taken_at(m, value, d, group.items)


def _taken_at(m: Evaluation, value: Val, d: Definition, items: tuple[s.Node, ...]) -> Val:
    """f(1, 2) where f(x, y) = …: other values put in for the arguments of the definition."""
    if d.body is None or [written(x) for x in items] == [written(x) for x in d.arguments]:
        return value
    if len(items) != len(d.arguments):
        raise NotUnderstoodError(f"{d.key} is taken of {len(items)} arguments")
    put: dict[Expr, Expr] = {}
    for x, own in zip(items, d.arguments, strict=True):
        found = m.symbols.split(own, m.bind)
        if found is None or found[1] or found[2] is not None:
            raise NotUnderstoodError(f"{d.key} is defined of something that is no symbol")
        node, new = m.world.named(found[0]), m.value(x)
        if not isinstance(node.node, Var) or len(node.axes) != new.ndim:
            raise NotUnderstoodError(f"{d.key} is taken of something of another kind than in its definition")
        for n, i in zip(node.axes, new.axes, strict=True):
            m.symbols.sizes.same(n, i.size)
        put[node.node] = new.tensor() if new.ndim else new.body
    return Val(graph.replace(value.body, put), value.axes, value.row)
