"""Statements that say what kind of thing a symbol is: `x ∈ ℝᵈ`, `x_1, …, x_N ∈ ℝ`, `τ > 0`."""

from __future__ import annotations

from chainrule.checker import syntax as s
from chainrule.checker.facts import told
from chainrule.checker.labels import Key, label_of
from chainrule.checker.sets import dims, facts_of, is_range
from chainrule.checker.symbols import Declaration, Symbols


def declares(symbols: Symbols, left: s.Node, right: s.Node, line: int, words: str = "") -> bool:
    """`x ∈ ℝ^{m × d}`: note the shape of what stands on the left; whether that is what it says."""
    lengths = dims(right)
    if lengths is None:
        return is_range(right)
    if _family(symbols, left, lengths, line):
        return True
    for item in _listed(left):
        if isinstance(item, s.Symbol) and item.name in ("1", "0"):
            continue  # the vector of ones, of this length
        found = _named(symbols, item)
        if found is None:
            return False
        key, subs = found
        if subs:
            if lengths or not all(isinstance(x, s.Symbol) for x in subs):
                return False
            continue
        symbols.declare(key, Declaration(lengths, line, facts_of(right) | told(words)))
    return True


def _family(symbols: Symbols, left: s.Node, lengths: tuple[s.Node, ...], line: int) -> bool:
    """`x_1, …, x_N ∈ ℝ`: a vector of N entries; of vectors, a matrix that holds one in each row."""
    items = _listed(left)
    if len(items) < 3 or not any(isinstance(x, s.Dots) for x in items):
        return False
    match items[0], items[-1]:
        case s.Scripted(base=s.Symbol(name=a), subs=(s.Number(),)), s.Scripted(base=s.Symbol(name=b), subs=(n,)) if (
            a == b
        ):
            symbols.declare(Key(a), Declaration((n, *lengths), line))
            return True
        case _:
            return False


def bounds(symbols: Symbols, left: s.Node, sign: str, right: s.Node, line: int) -> bool:
    """`τ > 0`: a number, and positive; whether that is what it says."""
    if sign not in (">", ">=", "<", "<=") or not isinstance(right, s.Number):
        return False
    for item in _listed(left):
        found = symbols.split(item)
        if found is None:
            return False
        key, subs, power = found
        if not subs and power is None and not symbols.knows(key) and not key.labels:
            positive = sign in (">", ">=") and right.value >= 0
            facts = frozenset({"positive"}) if positive else frozenset[str]()
            symbols.declare(key, Declaration((), line, facts))
    return True


def _named(symbols: Symbols, item: s.Node) -> tuple[Key, tuple[s.Node, ...]] | None:
    """The key of a symbol of which the shape is said: subscripts are labels, unless it is known with axes."""
    found = symbols.split(item)
    if found is None or found[2] is not None:
        return None
    key, subs, _ = found
    if subs and not symbols.known_with_axes(key):
        labels = tuple(x for x in map(label_of, subs) if x is not None)
        if len(labels) == len(subs):
            return Key(key.base, key.below + labels, key.above), ()
    return key, subs


def _listed(node: s.Node) -> tuple[s.Node, ...]:
    """The items of `b_2, y`."""
    return node.items if isinstance(node, s.Group) and len(node.items) > 1 else (node,)
