"""Symbols as nodes of the engine: what making the node of one symbol needs of all others."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from typing import Protocol

from chainrule.checker import syntax as s
from chainrule.checker.conventions import Reading
from chainrule.checker.labels import Bind, Key
from chainrule.checker.symbols import Symbols
from chainrule.checker.values import Val
from chainrule.core.expr import Access, Expr, Var, access, intern
from chainrule.core.index import Index, fresh
from chainrule.core.size import Size, size
from chainrule.primitives.arithmetic import add_p
from chainrule.primitives.opaque import OpaqueFunction

TARGETS = frozenset(["t", "y", "q", "y_true", "hat_p", "bar_y", "y_star"])


@dataclass(frozen=True)
class Named:
    """A symbol as a node: a variable or an array; scalars that are defined are arrays of one entry."""

    node: Expr
    axes: tuple[Size, ...]
    row: bool = False

    @classmethod
    def of(cls, value: Val) -> Named:
        """A value as the node of a symbol."""
        axes = tuple(i.size for i in value.axes)
        if isinstance(value.body, Access) and not axes and not value.body.free:
            return cls(value.tensor(), ())
        return cls(value.tensor(), axes, value.row)

    def value(self) -> Val:
        ix = tuple(fresh(n, "i") for n in self.axes)
        return Val(self.entry(*ix), ix, self.row)

    def entry(self, *subs: Index) -> Expr:
        if not self.axes:
            return access(self.node, 0) if self.node.shape else self.node
        return access(self.node, *subs)


class Evaluator(Protocol):
    """What gives formulas their values. locals: letters that stand for a value within them."""

    locals: dict[str, Val]

    def letter(self, name: str) -> Index:
        """The index that a letter is."""
        ...

    def value(self, node: s.Node) -> Val:
        """The value of a formula."""
        ...


class Nodes(ABC):
    """The nodes of a document's symbols under one reading.

    guessed: the names of functions that were made up here. assumed: symbols of which nothing was said.
    """

    def __init__(self, symbols: Symbols, reading: Reading) -> None:
        self.symbols, self.reading = symbols, reading
        self.guessed: set[str] = set()
        self.assumed: set[Key] = set()

    @abstractmethod
    def named(self, key: Key) -> Named:
        """The node of a symbol.

        Raises:
            NotUnderstoodError: nothing is known of it, or it is defined by itself.
        """

    @abstractmethod
    def evaluator(self, bind: Bind, scope: str) -> Evaluator:
        """What gives formulas their values, with letters of layers bound."""

    def variable(
        self, key: Key, shape: tuple[Size, ...], facts: frozenset[str] = frozenset(), row: bool = False
    ) -> Named:
        """A variable, with the facts that this reading adds."""
        if self.reading.targets and key.base in TARGETS and shape and not facts:
            facts = frozenset({"simplex"})
        if self.reading.symmetric and len(shape) == 2 and self.symbols.sizes.same_already(*shape):
            facts |= {"symmetric"}
        return Named(intern(Var, str(key), shape, facts, None), shape, row)

    def vector(self, key: Key) -> Named:
        """A vector of which the length is not known yet."""
        return self.variable(key, (self._unknown(str(key)),))

    def with_axes(self, key: Key, n: int) -> Named:
        """A variable with so many axes, of which the lengths are not known yet."""
        return self.variable(key, tuple(self._unknown(f"{key}:{k}") for k in range(n)))

    def _unknown(self, name: str) -> Size:
        """A size that is not known yet, or what it has turned out to be."""
        return self.symbols.sizes.resolve(size(f"?{name}"))

    def part(self, key: Key, n: int, argument: Named, guessed: bool = False) -> Expr:
        """An unknown function of one argument; of several, their sum stands for any: the derivatives are as general."""
        name = f"{key} of argument {n}"
        if guessed:
            self.guessed.add(name)
        return OpaqueFunction(name)(argument.node)


def of_parts(parts: Iterable[Expr]) -> Named:
    """A number that is the sum of unknown functions."""
    return Named.of(Val(reduce(add_p, parts)))
