"""Symbols in formulas: variables, their entries, and letters that mean something by themselves."""

from __future__ import annotations

from chainrule.checker import syntax as s
from chainrule.checker.evaluation import Evaluation
from chainrule.checker.labels import Key, bare
from chainrule.checker.nodes import Named
from chainrule.checker.powers import power
from chainrule.checker.symbols import Definition
from chainrule.checker.values import NotUnderstoodError, Val, delta
from chainrule.core.expr import SizeValue, access, const, intern
from chainrule.core.graph import at
from chainrule.core.index import fresh
from chainrule.core.size import Size
from chainrule.primitives.arithmetic import mul_p
from chainrule.primitives.functions import table


def symbol(m: Evaluation, node: s.Symbol | s.Scripted) -> Val:
    """A symbol with what stands below and above it."""
    found = m.symbols.split(node, m.bind)
    if found is None:
        assert isinstance(node, s.Scripted)
        inner = m.value(node.base)
        if node.subs:
            inner = _entry_of_value(m, inner, node.subs)
        return inner if node.sup is None else power(m, inner, node.sup)
    key, subs, exponent = found
    value = _variable(m, key, subs, node)
    return value if exponent is None else power(m, value, exponent)


def _variable(m: Evaluation, key: Key, subs: tuple[s.Node, ...], node: s.Node) -> Val:
    if key.base in m.locals and not key.labels and not subs:
        return m.locals[key.base]
    if not m.symbols.knows(key):
        special = _special(m, key, subs, node)
        if special is not None:
            return special
    return entry(m, m.world.named(key), subs, key)


def entry(m: Evaluation, named: Named, subs: tuple[s.Node, ...], key: Key) -> Val:
    """A variable, or the entry of one."""
    if not subs:
        return named.value()
    return Val(access(named.node, *m.letters.places(subs, named.axes, str(key))))


def defined(m: Evaluation, d: Definition) -> Val:
    """The symbol of a definition, as it stands on the left of it."""
    return entry(m, m.world.named(d.key), tuple(s.Symbol(x) for x in d.letters), d.key)


def _entry_of_value(m: Evaluation, v: Val, subs: tuple[s.Node, ...]) -> Val:
    """The entry of an expression, (Wᵀ)_jk or [W x]_i."""
    if len(subs) != v.ndim:
        raise NotUnderstoodError(f"{len(subs)} subscripts on {v.describe()}")
    places = [m.letters.subscript(n, i.size) for n, i in zip(subs, v.axes, strict=True)]
    return Val(at(v.body, dict(zip(v.axes, places, strict=True))))


def _special(m: Evaluation, key: Key, subs: tuple[s.Node, ...], node: s.Node) -> Val | None:
    """Letters that mean something by themselves: δ_ij, I, the vector of ones, π, a size."""
    if key.base == "delta" and len(subs) == 2 and key.above is None:
        return m.letters.kronecker(*subs)
    base = bare(node)
    if key.base == "I" and not key.above and _unused(m, "I"):
        n = _size_below(m, subs, node)
        i, j = fresh(n, "i"), fresh(n, "j")
        return Val(delta(i, j), (i, j))
    if key.base == "1" or (base is not None and base[0] == "1"):
        return Val(const(1), (fresh(_size_below(m, subs, node), "i"),))
    if key == Key("pi") and not subs:
        return Val(mul_p(const(4), table["atan"](const(1))))
    if not subs and not key.labels and key.base in m.symbols.size_names | m.symbols.survey.bounds:
        return Val(intern(SizeValue, m.symbols.size_of(node, m.bind)))
    return None


def _unused(m: Evaluation, name: str) -> bool:
    return name not in m.symbols.survey.by and name not in m.symbols.survey.derived


def _size_below(m: Evaluation, subs: tuple[s.Node, ...], node: s.Node) -> Size:
    """The size that I_n names, else one that is not known yet."""
    if len(subs) == 1:
        return m.symbols.sizes.resolve(m.symbols.size_of(subs[0], m.bind))
    return m.letters.unknown(str(id(node)))
