"""Symbols by their definitions: a formula, an unknown function of arguments, or a layer that is not unfolded."""

from __future__ import annotations

from chainrule.checker import syntax as s
from chainrule.checker.labels import Bind, Key
from chainrule.checker.nodes import Named, Nodes, of_parts
from chainrule.checker.symbols import Definition, Symbols
from chainrule.checker.values import NotUnderstoodError, Val
from chainrule.core.size import Size


def leads_astray(symbols: Symbols, d: Definition, bind: Bind) -> bool:
    """Whether unfolding a layer in general would lead to layers that the document does not speak of."""
    if d.body is None or not bind:
        return False
    for n in s.walk(d.body):
        found = symbols.split(n, bind) if isinstance(n, s.Scripted) else None
        for letter, offset in found[0].labels if found is not None else ():
            low, high = symbols.survey.offsets.get(letter, (offset, offset)) if letter else (0, offset)
            if not low <= offset <= high:
                return True
    return False


def unfolded(nodes: Nodes, key: Key, d: Definition, bind: Bind) -> Named:
    """The node of what a symbol is defined as.

    Raises:
        NotUnderstoodError: the definition is not understood, or is of another shape than was declared.
    """
    if d.body is None:
        return _unknown_function(nodes, key, d, bind)
    m = nodes.evaluator(bind, f"def {key}")
    value = m.value(d.body)
    if d.letters:
        if value.ndim:
            raise NotUnderstoodError(f"an entry of {key} is said to be {value.describe()}")
        value = Val(value.body, tuple(m.letter(x) for x in d.letters))
    if value.letters:
        raise NotUnderstoodError(f"the definition of {key} leaves a letter open")
    declared = nodes.symbols.declaration(key)
    if declared is not None:
        value = _as_declared(nodes.symbols, key, value, *nodes.symbols.shape_of(*declared))
    return Named.of(value)


def _as_declared(symbols: Symbols, key: Key, value: Val, shape: tuple[Size, ...], row: bool) -> Val:
    if len(shape) != value.ndim or not all(
        symbols.sizes.same(a, i.size) for a, i in zip(shape, value.axes, strict=True)
    ):
        raise NotUnderstoodError(f"{key} is declared with another shape than its definition has")
    return Val(value.body, value.axes, row)


def _unknown_function(nodes: Nodes, key: Key, d: Definition, bind: Bind) -> Named:
    """`L = L(y, w)`."""
    arguments = [nodes.symbols.split(a, bind) for a in d.arguments]
    if None in arguments:
        raise NotUnderstoodError(f"{key} depends on something that is no symbol")
    return of_parts(nodes.part(key, n, nodes.named(x[0])) for n, x in enumerate(arguments) if x is not None)


def folded(nodes: Nodes, key: Key, d: Definition) -> Named:
    """A layer that is not unfolded: a variable of the shape that its definition would give."""
    return nodes.with_axes(key, len(d.letters)) if d.letters else nodes.vector(key)
