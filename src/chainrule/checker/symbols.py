"""What a document has said, so far, about its letters: shapes, definitions, values."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TypeAlias, TypeVar

from chainrule.backends.interpreter import Arr
from chainrule.checker import syntax as s
from chainrule.checker.alphabet import GREEK_INDICES
from chainrule.checker.labels import NO_BIND, Bind, Key, Label, bare, label_of, show
from chainrule.checker.sizes import Sizes
from chainrule.checker.survey import Survey
from chainrule.checker.values import NotUnderstoodError
from chainrule.core.expr import Expr
from chainrule.core.size import ONE, Size, size

Entry = TypeVar("Entry")
Numbers: TypeAlias = "tuple[tuple[int, ...], tuple[Fraction, ...]]"
"""A number or a matrix of numbers: its shape and its entries."""


@dataclass(frozen=True)
class Declaration:
    """A shape, as it is written: it may name layers that are bound when it is used. facts: as `Var` has them."""

    dims: tuple[s.Node, ...]
    line: int = 0
    facts: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Definition:
    """What a symbol is: a formula; entry by entry where it has `letters`; a function where it has arguments.

    body None: an unknown function of the arguments.
    """

    key: Key
    body: s.Node | None
    letters: tuple[str, ...] = ()
    arguments: tuple[s.Node, ...] = ()
    line: int = 0
    elementwise: bool = False


@dataclass
class Symbols:
    """The table. Entries are in force from where they were made."""

    survey: Survey
    sizes: Sizes = field(default_factory=Sizes)
    declared: dict[Key, Declaration] = field(default_factory=dict[Key, Declaration])
    defined: dict[Key, Definition] = field(default_factory=dict[Key, Definition])
    numbers: dict[Key, Numbers] = field(default_factory=dict[Key, "Numbers"])
    given: dict[Key, int] = field(default_factory=dict[Key, int])
    """The lines where numbers were given."""
    size_names: set[str] = field(default_factory=set[str])
    functions: set[str] = field(default_factory=set[str])
    loose: set[Key] = field(default_factory=set[Key])
    """Letters that stand for any number, for a while: the t of σ′(t) = …"""
    others: dict[Key, list[Definition]] = field(default_factory=dict[Key, "list[Definition]"])
    """Definitions that were in force before, and other forms of what is defined."""
    columns: set[Key] = field(default_factory=set[Key])
    """Vectors that are said to stand: x = (x₁, …, xₙ)ᵀ."""
    balls: dict[Expr, Arr] = field(default_factory=dict["Expr", "Arr"])
    """Stand-ins for numbers that are rounded."""
    until: float = float("inf")
    """When the time for the statement at hand is over."""

    def check_time(self) -> None:
        """Stop where a statement has had its time.

        Raises:
            NotUnderstoodError: it has.
        """
        if time.process_time() > self.until:
            raise NotUnderstoodError("it takes too long to work out")

    @property
    def exact(self) -> set[Fraction]:
        """The numbers that are given, and not worked out."""
        return {abs(x) for _, entries in self.numbers.values() for x in entries}

    def declare(self, key: Key, d: Declaration) -> None:
        self.declared[key] = d
        for node in d.dims:
            for n in s.walk(node):
                if isinstance(n, s.Symbol):
                    self.size_names.add(n.name)

    def define(self, d: Definition) -> None:
        """Put a definition in force; the one before it may still be meant somewhere."""
        before = self.defined.get(d.key)
        if before is not None and before.body is not None:
            self.others.setdefault(d.key, []).append(before)
        self.defined[d.key] = d

    # What a symbol with scripts is

    def split(self, node: s.Node, bind: Bind = NO_BIND) -> tuple[Key, tuple[s.Node, ...], s.Node | None] | None:
        """A symbol's key, its index subscripts, and what is above it if that is a power; None if it is no symbol."""
        found = bare(node)
        if found is None:
            return None
        base, subs, sup, scripted = found
        above: Label | None = None
        power: s.Node | None = None
        if scripted is not None and sup is not None:
            if self.survey.is_label_above(scripted):
                above = label_of(sup, bind)
            else:
                power = sup
        taken = self._labels_below(base, subs, above, bind)
        below = tuple(x for x in (label_of(n, bind) for n in subs[:taken]) if x is not None)
        return Key(base, below, above), subs[taken:], power

    def _labels_below(self, base: str, subs: tuple[s.Node, ...], above: Label | None, bind: Bind) -> int:
        """How many of the subscripts, from the first, are labels."""
        for n in range(len(subs), 0, -1):
            labels = [label_of(x, bind) for x in subs[:n]]
            if None in labels:
                continue
            key = Key(base, tuple(x for x in labels if x is not None), above)
            if self.knows(key):
                return n
        first = label_of(subs[0], bind) if subs else None
        if first is not None and self._is_word(subs[0]):
            return 1
        if subs and not self.known_with_axes(Key(base, (), above)):
            if first is not None and first[0] in self.survey.steps:
                return 1
            if len(subs) == 1 and isinstance(subs[0], s.Number) and base not in self.survey.lettered:
                return 1
        return 0

    @staticmethod
    def _is_word(node: s.Node) -> bool:
        if isinstance(node, s.Symbol):
            return node.upright or (len(node.name) > 1 and node.name not in GREEK_INDICES)
        return isinstance(node, s.Words)

    def known_with_axes(self, key: Key) -> bool:
        """Whether the symbol without these subscripts is a vector or more."""
        found = self.declaration(key)
        if found is not None and found[0].dims:
            return True
        d = self.definition(key)
        return d is not None and bool(d[0].letters)

    def knows(self, key: Key) -> bool:
        return self.declaration(key) is not None or self.definition(key) is not None or key in self.numbers

    def declaration(self, key: Key) -> tuple[Declaration, Bind] | None:
        """The declaration of a symbol, or of the layers in general that it is one of."""
        return self._in_force(self.declared, key)

    def definition(self, key: Key) -> tuple[Definition, Bind] | None:
        """The definition of a symbol, or of the layers in general that it is one of."""
        return self._in_force(self.defined, key)

    def _in_force(self, table: Mapping[Key, Entry], key: Key) -> tuple[Entry, Bind] | None:
        found = table.get(key)
        if found is not None:
            return found, NO_BIND
        for general, entry in table.items():
            bind = self.instance(general, key)
            if bind is not None:
                return entry, bind
        return None

    def instance(self, general: Key, key: Key) -> Bind | None:
        """How the letter of a layer in general is to be read so that it is this one."""
        if general.base != key.base or len(general.below) != len(key.below):
            return None
        if (general.above is None) != (key.above is None):
            return None
        bind: dict[str, Label] = {}
        for a, b in zip(general.labels, key.labels, strict=True):
            if a == b and a[0] not in self.counters:
                continue
            letter, n = a
            if letter not in self.counters or (b[0] and b[0] not in self.counters):
                return None
            moved = (b[0], b[1] - n)
            if bind.setdefault(letter, moved) != moved:
                return None
        return bind

    @property
    def counters(self) -> set[str]:
        """Letters that count layers or steps in general."""
        return (self.survey.layers - {"L"}) | self.survey.steps

    # Sizes

    def size_of(self, node: s.Node, bind: Bind = NO_BIND) -> Size:
        """The size that an expression in a shape is."""
        match node:
            case s.Number(value=v) if v.denominator == 1 and v > 0:
                return size(int(v))
            case s.Symbol(name=name):
                return self.sizes.resolve(size(name if name in self.size_names else f"?{name}"))
            case s.Scripted(base=s.Symbol(name=name), subs=subs, sup=sup):
                labels = [label_of(n, bind) for n in (*subs, *(() if sup is None else (sup,)))]
                if None not in labels:
                    known = "" if name in self.size_names else "?"
                    return self.sizes.resolve(
                        size(f"{known}{name}_" + "_".join(show(x) for x in labels if x is not None))
                    )
            case s.Sum(terms=terms) if all(sign for sign, _ in terms):
                total = size(0)
                for sign, t in terms:
                    total = total + self.size_of(t, bind) * sign
                return total
            case s.Product(factors=factors):
                out = ONE
                for f in factors:
                    out = out * self.size_of(f, bind)
                return out
            case s.Group(items=(inner,)):
                return self.size_of(inner, bind)
            case _:
                pass
        raise NotUnderstoodError("a size that is no letter and no number")

    def shape_of(self, d: Declaration, bind: Bind) -> tuple[tuple[Size, ...], bool]:
        """The shape without axes of length 1 (a column is a vector), and whether it lies."""
        dims = tuple(self.size_of(n, bind) for n in d.dims)
        if len(dims) == 2 and dims[0] is ONE:
            return ((), False) if dims[1] is ONE else ((dims[1],), True)
        if len(dims) == 2 and dims[1] is ONE:
            return dims[:1], False
        if dims == (ONE,):
            return (), False
        return dims, False
