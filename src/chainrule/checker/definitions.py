"""Statements that say what a symbol is: `z = W x + b`, `L = L(y)`, `σ(z) = 1/(1 + e^{−z})`, `x = 2`."""

from __future__ import annotations

from dataclasses import dataclass

from chainrule.checker import syntax as s
from chainrule.checker.labels import Key, bare
from chainrule.checker.numerals import literal, number
from chainrule.checker.symbols import Definition, Symbols
from chainrule.checker.values import NotUnderstoodError

WHOLE = frozenset(["norm", "norm1", "norm2", "sum", "tr", "trace", "det", "logdet", "diag", "softmax", "inv", "mean"])
"""Functions of vectors and matrices as a whole."""
FUNCTION_LETTERS = frozenset(["sigma", "phi", "varphi", "psi", "f", "g"])


@dataclass
class Definitions:
    """Reads statements into the table of symbols."""

    symbols: Symbols

    def defines(self, left: s.Node, sign: str, right: s.Node, line: int) -> bool:
        """Note what `left` is, if it is a symbol that is not defined yet; whether it was."""
        made = self._function(left, sign, right, line) or self._symbol(left, sign, right, line)
        if made is not None:
            self._put(made)
        return made is not None

    def names(self, left: s.Node, right: s.Node, line: int) -> bool:
        """`∂L/∂p = u` where nothing is known of u: u is what stands on the left."""
        found = self.symbols.split(right)
        if found is None or found[2] is not None or found[0].base in self.symbols.survey.by:
            return False
        if self.symbols.split(left) is not None or self._taken(found[0]):
            return False
        made = self._symbol(right, "=", left, line)
        return made is not None and self._put(made)

    def _put(self, d: Definition) -> bool:
        """Put a definition in force, as numbers if it is made of these; whether it is a formula."""
        numbers = literal(d.body) if d.body is not None and not d.letters and not d.arguments else None
        if numbers is None:
            self.symbols.define(d)
            return True
        self.symbols.numbers[d.key] = numbers
        self.symbols.given[d.key] = d.line
        return False

    def _taken(self, key: Key) -> bool:
        return self.symbols.knows(key) or key.base in self.symbols.size_names or key.base in ("1", "I", "e")

    def _symbol(self, left: s.Node, sign: str, right: s.Node, line: int) -> Definition | None:
        """`z = W x`, `z_i = W_ij x_j`, `L = L(y)`."""
        found = self.symbols.split(left)
        if found is None or _application(left) is not None:
            return None
        key, subs, power = found
        if power is not None:
            if not (isinstance(power, s.Number) and power.value == 2 and not self.symbols.knows(key)):
                return None
            right = s.Call("sqrt", (right,), start=right.start, end=right.end)  # σ² = … says what σ is
        defined = key in self.symbols.numbers or self.symbols.definition(key) is not None
        kronecker = key.base == "delta" and len(subs) == 2 and key.above is None
        if (defined and sign != ":=") or kronecker:
            return None
        arguments = self._own_arguments(key, right)
        if arguments is not None:
            return Definition(key, None, (), arguments, line)
        letters = tuple(x.name for x in subs if isinstance(x, s.Symbol))
        if self._mentions(right, key) or len(set(letters)) != len(subs):
            return None
        if isinstance(right, (s.Unread, s.Words)):
            raise NotUnderstoodError(right.reason if isinstance(right, s.Unread) else "words in place of a formula")
        return Definition(key, right, letters, (), line)

    def _own_arguments(self, key: Key, right: s.Node) -> tuple[s.Node, ...] | None:
        """`L = L(y)`: what L is said to depend on."""
        applied = _application(right)
        if applied is None:
            return None
        found = self.symbols.split(applied[0])
        return applied[1] if found is not None and found[0] == key and not found[1] else None

    def _mentions(self, node: s.Node, key: Key) -> bool:
        for n in s.walk(node):
            if isinstance(n, s.Scripted):
                found = self.symbols.split(n)
                if found is not None and found[0] == key:
                    return True
            elif isinstance(n, s.Symbol) and not key.labels and n.name == key.base:
                return True
        return False

    def _function(self, left: s.Node, sign: str, right: s.Node, line: int) -> Definition | None:
        """`f(x) = …`, `L(w) = …`, `σ(z) = …`."""
        applied = _application(left)
        if applied is None:
            return None
        f, arguments = applied
        found = self.symbols.split(f)
        if found is None or found[1] or found[2] is not None or (isinstance(f, s.Scripted) and f.primes):
            return None  # f′(x) = … is a claim
        key = found[0]
        if self.symbols.knows(key) and sign != ":=":
            return None
        own = self._own_arguments(key, right)
        if own is not None or any(number(x) is not None for x in arguments):
            return None
        if self._is_pointwise(key, arguments, right):
            self.symbols.functions.add(key.base)
            self.symbols.functions |= _heads(right)
            return Definition(key, right, (), arguments, line, elementwise=True)
        return Definition(key, right, (), arguments, line)

    def _is_pointwise(self, key: Key, arguments: tuple[s.Node, ...], right: s.Node) -> bool:
        """Whether a function is one of a number, to be taken entry by entry of a vector."""
        match arguments:
            case (s.Symbol(name=name),):
                free = key.base in FUNCTION_LETTERS or not self.symbols.knows(Key(name))
                return free and _depends_only(right, name)
            case _:
                return False


def _depends_only(node: s.Node, name: str) -> bool:
    """Whether a formula is one of a single number: of no other letters but those of functions, and of no entries."""
    if any(isinstance(n, (s.BigOperator, s.Transposed)) for n in s.walk(node)):
        return False
    if any(isinstance(n, s.Call) and n.name in WHOLE for n in s.walk(node)):
        return False
    applied = {id(x) for n in s.walk(node) if (a := _application(n)) is not None for x in s.walk(a[0])}
    return all(n.name in (name, "e") for n in s.walk(node) if isinstance(n, s.Symbol) and id(n) not in applied)


def _heads(node: s.Node) -> set[str]:
    """The letters of functions in a formula."""
    found = [bare(a[0]) for n in s.walk(node) if (a := _application(n)) is not None]
    return {x[0] for x in found if x is not None}


def _application(node: s.Node) -> tuple[s.Node, tuple[s.Node, ...]] | None:
    match node:
        case s.Product(factors=(f, s.Group(items=items, kind="(")), signs=("",)) if bare(f) is not None:
            return f, items
        case _:
            return None
