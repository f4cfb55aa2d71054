"""Statements and words that say what is true of a variable: it sums to one, is symmetric, is orthogonal."""

from __future__ import annotations

import re

from chainrule.checker import syntax as s
from chainrule.checker.labels import Key
from chainrule.checker.printed import written
from chainrule.checker.symbols import Declaration, Symbols

SIMPLEX = re.compile(
    r"one.?hot|원.?핫|sums? to (one|1)|probability (vector|distribution)|확률 ?(벡터|분포)", re.IGNORECASE
)


def told(words: str) -> frozenset[str]:
    """What the prose about a shape says of the values."""
    return frozenset({"simplex"}) if SIMPLEX.search(words) else frozenset()


def fact(symbols: Symbols, left: s.Node, right: s.Node) -> bool:
    """`Σ_k t_k = 1`, `Aᵀ = A`, `QᵀQ = I` of a variable; whether that is what it says."""
    return (
        _sums_to_one(symbols, left, right)
        or _is_symmetric(symbols, left, right)
        or _is_orthogonal(symbols, left, right)
    )


def _sums_to_one(symbols: Symbols, left: s.Node, right: s.Node) -> bool:
    if not (isinstance(right, s.Number) and right.value == 1 and isinstance(left, s.BigOperator)):
        return False
    if left.operator != "sum" or len(left.indices) != 1 or not isinstance(left.body, s.Scripted):
        return False
    found = symbols.split(left.body)
    if found is None or found[2] is not None or not found[1] or written(found[1][-1]) != written(left.indices[0]):
        return False
    return _noted(symbols, found[0], "simplex", len(found[1]))


def _is_symmetric(symbols: Symbols, left: s.Node, right: s.Node) -> bool:
    for a, b in ((left, right), (right, left)):
        if isinstance(a, s.Transposed) and written(a.body) == written(b):
            found = symbols.split(b)
            return found is not None and not found[1] and found[2] is None and _noted(symbols, found[0], "symmetric", 2)
    return False


def _is_orthogonal(symbols: Symbols, left: s.Node, right: s.Node) -> bool:
    match left, right:
        case s.Product(factors=(a, b), signs=("",)), s.Symbol(name="I") | s.Scripted(base=s.Symbol(name="I")):
            one = a.body if isinstance(a, s.Transposed) else a
            other = b.body if isinstance(b, s.Transposed) else b
            found = symbols.split(one)
            if isinstance(a, s.Transposed) == isinstance(b, s.Transposed) or written(one) != written(other):
                return False
            if found is None or found[1] or found[2] is not None:
                return False
            d = symbols.declared.get(found[0])
            square = d is not None and len({written(x) for x in d.dims}) == 1
            return square and _noted(symbols, found[0], "orthogonal", 2)
        case _:
            return False


def _noted(symbols: Symbols, key: Key, fact: str, axes: int) -> bool:
    """Note a fact about a variable; whether it is one that has so many axes."""
    d = symbols.declared.get(key)
    if symbols.definition(key) is not None or (d is not None and len(d.dims) != axes):
        return False
    lengths = d.dims if d is not None else tuple(s.Symbol(f"?{key}:{n}") for n in range(axes))
    before = d.facts if d is not None else frozenset[str]()
    symbols.declare(key, Declaration(lengths, d.line if d is not None else 0, before | {fact}))
    return True
