"""All that is known where a statement is read: its symbols as nodes of the engine, and what stands for formulas."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import TypeAlias

from flint import arb, fmpq

from chainrule.backends.interpreter import arr
from chainrule.checker import syntax as s
from chainrule.checker.algebra import Algebra
from chainrule.checker.aliases import Aliases
from chainrule.checker.conventions import Reading
from chainrule.checker.guesses import guess
from chainrule.checker.labels import Bind, Key
from chainrule.checker.losses import loss
from chainrule.checker.nodes import Evaluator, Named, Nodes
from chainrule.checker.symbols import Definition, Numbers, Symbols
from chainrule.checker.unfolding import folded, leads_astray, unfolded
from chainrule.checker.values import NotUnderstoodError, Val
from chainrule.core.expr import Array, Expr, Var, const, intern
from chainrule.core.size import ONE, size

DEEPEST = 60
"""How many definitions may be unfolded within each other."""


class World(Nodes):
    """Names as nodes.

    evaluate: makes what gives formulas their values. claimed: what wrong lines gave to symbols and expressions, by how
    these are written. rounded: by how many units of its last digit a printed number may be off. known: variables that
    have a value.
    """

    def __init__(
        self,
        symbols: Symbols,
        reading: Reading,
        evaluate: Evaluate,
        claimed: Mapping[str, Val] | None = None,
        rounded: Fraction | None = None,
    ) -> None:
        super().__init__(symbols, reading)
        self.claimed, self.rounded = claimed or {}, rounded
        self.known: dict[Expr, Numbers] = {}
        self.algebra = Algebra(symbols.sizes)
        self._evaluate = evaluate
        self._made: dict[Key, Named] = {}
        self._open: list[Key] = []
        self._aliases = Aliases(symbols.defined.values())

    def evaluator(self, bind: Bind, scope: str) -> Evaluator:
        """What gives formulas their values, with letters of layers bound."""
        return self._evaluate(self, bind, scope)

    # Symbols

    def named(self, key: Key) -> Named:
        """The node of a symbol.

        Raises:
            NotUnderstoodError: nothing is known of it, or it is defined by itself.
        """
        if key in self._made:
            return self._made[key]
        if key in self._open:
            raise NotUnderstoodError(f"{key} is defined by itself")
        if len(self._open) > DEEPEST:
            raise NotUnderstoodError("definitions that go too deep")
        self._open.append(key)
        try:
            found = self._made[key] = self._make(key)
        finally:
            self._open.pop()
        return found

    def _make(self, key: Key) -> Named:
        claimed = self.claimed.get(str(key))
        if claimed is not None:
            return Named.of(claimed.renewed())
        if key in self.symbols.numbers:
            return self._number(key)
        d = self.symbols.definition(key)
        if d is not None and not leads_astray(self.symbols, *d):
            return unfolded(self, key, *d)
        declared = self.symbols.declaration(key)
        if declared is not None:
            shape, row = self.symbols.shape_of(*declared)
            return self.variable(key, shape, declared[0].facts, row)
        return folded(self, key, d[0]) if d is not None else guess(self, key)

    def _number(self, key: Key) -> Named:
        shape, entries = self.symbols.numbers[key]
        dims = tuple(size(n) for n in shape)
        row = len(dims) == 2 and dims[0] is ONE and dims[1] is not ONE
        named = self.variable(key, tuple(d for d in dims if d is not ONE), row=row)
        self.known[named.node] = tuple(n for n in shape if n != 1), entries
        return named

    def held(self, of: Expr, by: Expr) -> list[Expr]:
        """The symbols that a derivative by what stands in the definition itself holds."""
        return [n.node for n in self._made.values() if isinstance(n.node, Array) and n.node not in (of, by)]

    def of_layers(self, key: Key) -> Named:
        """A loss as an unknown function of the last of the layers in general, whatever it is of layer L."""
        mark = Key(key.base, (("layers", 0),), key.above)
        if mark not in self._made:
            self._made[mark] = loss(self, key)
        return self._made[mark]

    # What stands for formulas

    def alias(self, node: s.Node) -> Definition | None:
        """The symbol that a formula is the definition of: W x is u where u = W x."""
        return self._unless_open(self._aliases.of(node))

    def alias_of_run(self, factors: tuple[s.Node, ...], signs: tuple[str, ...]) -> Definition | None:
        """The same for factors side by side."""
        return self._unless_open(self._aliases.of_run(factors, signs))

    def _unless_open(self, d: Definition | None) -> Definition | None:
        """A symbol does not stand for its formula within its own definition."""
        return None if d is None or d.key in self._open else d

    def number(self, value: Fraction, places: int | None) -> Expr:
        """A number as it is printed: where rounding counts, anything that is printed so."""
        if not self.rounded or places is None or abs(value) in self.symbols.exact:
            return const(value)
        v = intern(Var, f"about {value} {places} {self.rounded}", (), frozenset[str](), None)
        if v not in self.symbols.balls:
            radius = self.rounded / 10**places
            self.symbols.balls[v] = arr(arb(_ball(value), _ball(radius)))
        return v


Evaluate: TypeAlias = Callable[[World, Bind, str], Evaluator]


def _ball(x: Fraction) -> arb:
    return arb(fmpq(x.numerator, x.denominator))
