"""What introduces a symbol: `x ∈ ℝᵈ`, `τ > 0`, `z = W x + b`, `L = L(y)`, `σ(z) = 1/(1 + e^{−z})`, numbers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from chainrule.checker import syntax as s
from chainrule.checker.labels import Key, bare
from chainrule.checker.printed import written
from chainrule.checker.symbols import Declaration, Definition, Symbols
from chainrule.checker.values import NotUnderstoodError

WHOLE = frozenset(["norm", "norm1", "norm2", "sum", "tr", "trace", "det", "logdet", "diag", "softmax", "inv", "mean"])
FUNCTION_LETTERS = frozenset(["sigma", "phi", "varphi", "psi", "f", "g"])
SIMPLEX = re.compile(
    r"one.?hot|원.?핫|sums? to (one|1)|probability (vector|distribution)|확률 ?(벡터|분포)", re.IGNORECASE
)


@dataclass
class Definitions:
    """Reads statements into the table of symbols."""

    symbols: Symbols

    # Shapes

    def declares(self, left: s.Node, right: s.Node, line: int, words: str = "") -> bool:
        """`x ∈ ℝ^{m × d}`: note the shape of what stands on the left; whether that is what it says."""
        lengths = dims(right)
        if lengths is None:
            return _is_range(right)
        if self._family(left, lengths, line):
            return True
        for item in _listed(left):
            if isinstance(item, s.Symbol) and item.name in ("1", "0"):
                continue  # the vector of ones, of this length
            found = self._named(item)
            if found is None:
                return False
            key, subs = found
            if subs:
                if lengths or not all(isinstance(x, s.Symbol) for x in subs):
                    return False
                continue
            facts = _facts(right) | self._told(key, words)
            self.symbols.declare(key, Declaration(lengths, line, facts))
        return True

    def _family(self, left: s.Node, lengths: tuple[s.Node, ...], line: int) -> bool:
        """`x_1, …, x_N ∈ ℝ`: a vector of N entries; of vectors, a matrix that holds one in each row."""
        items = _listed(left)
        if len(items) < 3 or not any(isinstance(x, s.Dots) for x in items):
            return False
        first, last = items[0], items[-1]
        match first, last:
            case s.Scripted(base=s.Symbol(name=a), subs=(s.Number(),)), s.Scripted(base=s.Symbol(name=b), subs=(n,)):
                if a != b:
                    return False
                self.symbols.declare(Key(a), Declaration((n, *lengths), line))
                return True
            case _:
                return False

    def _told(self, key: Key, words: str) -> frozenset[str]:
        """What the prose about a shape says of the values."""
        del key
        return frozenset({"simplex"}) if SIMPLEX.search(words) else frozenset()

    def fact(self, left: s.Node, right: s.Node) -> bool:
        """`Σ_k t_k = 1`, `Aᵀ = A`, `QᵀQ = I` of a variable; whether that is what it says."""
        return self._sums_to_one(left, right) or self._is_symmetric(left, right) or self._is_orthogonal(left, right)

    def _sums_to_one(self, left: s.Node, right: s.Node) -> bool:
        if not (isinstance(right, s.Number) and right.value == 1 and isinstance(left, s.BigOperator)):
            return False
        if left.operator != "sum" or len(left.indices) != 1 or not isinstance(left.body, s.Scripted):
            return False
        found = self.symbols.split(left.body)
        if found is None or found[2] is not None or not found[1] or written(found[1][-1]) != written(left.indices[0]):
            return False
        return self._noted(found[0], "simplex", len(found[1]))

    def _is_symmetric(self, left: s.Node, right: s.Node) -> bool:
        for a, b in ((left, right), (right, left)):
            if isinstance(a, s.Transposed) and written(a.body) == written(b):
                found = self.symbols.split(b)
                return found is not None and not found[1] and found[2] is None and self._noted(found[0], "symmetric", 2)
        return False

    def _is_orthogonal(self, left: s.Node, right: s.Node) -> bool:
        match left, right:
            case s.Product(factors=(a, b), signs=("",)), s.Symbol(name="I") | s.Scripted(base=s.Symbol(name="I")):
                one = a.body if isinstance(a, s.Transposed) else a
                other = b.body if isinstance(b, s.Transposed) else b
                found = self.symbols.split(one)
                if isinstance(a, s.Transposed) == isinstance(b, s.Transposed) or written(one) != written(other):
                    return False
                if found is None or found[1] or found[2] is not None:
                    return False
                d = self.symbols.declared.get(found[0])
                square = d is not None and len({written(x) for x in d.dims}) == 1
                return square and self._noted(found[0], "orthogonal", 2)
            case _:
                return False

    def _noted(self, key: Key, fact: str, axes: int) -> bool:
        """Note a fact about a variable; whether it is one that has so many axes."""
        d = self.symbols.declared.get(key)
        if self.symbols.definition(key) is not None or (d is not None and len(d.dims) != axes):
            return False
        lengths = d.dims if d is not None else tuple(s.Symbol(f"?{key}:{n}") for n in range(axes))
        before = d.facts if d is not None else frozenset[str]()
        self.symbols.declare(key, Declaration(lengths, d.line if d is not None else 0, before | {fact}))
        return True

    def _named(self, item: s.Node) -> tuple[Key, tuple[s.Node, ...]] | None:
        """The key of a symbol of which the shape is said: subscripts are labels, unless it is known with axes."""
        found = self.symbols.split(item)
        if found is None or found[2] is not None:
            return None
        key, subs, _ = found
        if subs and not self.symbols.known_with_axes(key):
            labels = self._as_labels(subs)
            if labels is not None:
                return Key(key.base, key.below + labels, key.above), ()
        return key, subs

    def _as_labels(self, subs: tuple[s.Node, ...]) -> tuple[tuple[str, int], ...] | None:
        from chainrule.checker.labels import label_of

        labels = [label_of(x) for x in subs]
        return None if None in labels else tuple(x for x in labels if x is not None)

    def bounds(self, left: s.Node, sign: str, right: s.Node, line: int) -> bool:
        """`τ > 0`: a number, and positive; whether that is what it says."""
        if sign not in (">", ">=", "<", "<=") or not isinstance(right, s.Number):
            return False
        for item in _listed(left):
            found = self.symbols.split(item)
            if found is None:
                return False
            key, subs, power = found
            if not subs and power is None and not self.symbols.knows(key) and not key.labels:
                positive = sign in (">", ">=") and right.value >= 0
                facts = frozenset({"positive"}) if positive else frozenset[str]()
                self.symbols.declare(key, Declaration((), line, facts))
        return True

    # Definitions

    def defines(self, left: s.Node, sign: str, right: s.Node, line: int) -> bool:
        """Note what `left` is, if it is a symbol that is not defined yet; whether it was."""
        made = self._function(left, sign, right, line) or self._symbol(left, sign, right, line)
        if made is None:
            return False
        if isinstance(made, Definition):
            self.symbols.define(made)
        return True

    def names(self, left: s.Node, right: s.Node, line: int) -> bool:
        """`∂L/∂p = u` where nothing is known of u: u is what stands on the left."""
        found = self.symbols.split(right)
        if found is None or found[2] is not None or found[0].base in self.symbols.survey.by:
            return False
        if self.symbols.split(left) is not None or self._taken(found[0]):
            return False
        made = self._symbol(right, "=", left, line)
        if not isinstance(made, Definition):
            return False
        self.symbols.define(made)
        return True

    def _taken(self, key: Key) -> bool:
        return self.symbols.knows(key) or key.base in self.symbols.size_names or key.base in ("1", "I", "e")

    def _symbol(self, left: s.Node, sign: str, right: s.Node, line: int) -> Definition | bool | None:
        found = self.symbols.split(left)
        if found is None or _is_application(left):
            return None
        key, subs, power = found
        if power is not None:
            if not (isinstance(power, s.Number) and power.value == 2 and not self.symbols.knows(key)):
                return None
            right = s.Call("sqrt", (right,), start=right.start, end=right.end)  # σ² = … says what σ is
        if key in self.symbols.numbers and sign != ":=":
            return None
        d = self.symbols.definition(key)
        if d is not None and sign != ":=":
            return None
        if key.base == "delta" and len(subs) == 2 and key.above is None:
            return None
        arguments = self._own_arguments(key, right)
        if arguments is not None:
            return Definition(key, None, (), arguments, line)
        if self._mentions(right, key):
            return None
        letters: list[str] = []
        for x in subs:
            if not isinstance(x, s.Symbol) or x.name in letters:
                return None
            letters.append(x.name)
        if not subs:
            numbers = literal(right)
            if numbers is not None:
                self.symbols.numbers[key] = numbers
                self.symbols.given[key] = line
                return True
        if isinstance(right, (s.Unread, s.Words)):
            raise NotUnderstoodError(right.reason if isinstance(right, s.Unread) else "words in place of a formula")
        return Definition(key, right, tuple(letters), (), line)

    def _own_arguments(self, key: Key, right: s.Node) -> tuple[s.Node, ...] | None:
        """`L = L(y)`: what L is said to depend on."""
        applied = _application(right)
        if applied is None:
            return None
        found = self.symbols.split(applied[0])
        return applied[1] if found is not None and found[0] == key and not found[1] else None

    def _mentions(self, node: s.Node, key: Key) -> bool:
        for n in s.walk(node):
            if isinstance(n, (s.Symbol, s.Scripted)) and not isinstance(n, s.Symbol):
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
        pointwise = (
            len(arguments) == 1 and isinstance(arguments[0], s.Symbol) and _depends_only(right, arguments[0].name)
        )
        if pointwise and (key.base in FUNCTION_LETTERS or not self.symbols.knows(Key(arguments[0].name))):  # type: ignore[attr-defined]
            self.symbols.functions.add(key.base)
            self.symbols.functions |= _heads(right)
            return Definition(key, right, (), arguments, line, elementwise=True)
        return Definition(key, right, (), arguments, line)


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


def _is_application(node: s.Node) -> bool:
    return _application(node) is not None


def _application(node: s.Node) -> tuple[s.Node, tuple[s.Node, ...]] | None:
    match node:
        case s.Product(factors=(f, s.Group(items=items, kind="(")), signs=("",)) if bare(f) is not None:
            return f, items
        case _:
            return None


def _listed(node: s.Node) -> tuple[s.Node, ...]:
    """The items of `b_2, y`."""
    return node.items if isinstance(node, s.Group) and len(node.items) > 1 else (node,)


def dims(node: s.Node) -> tuple[s.Node, ...] | None:
    """The lengths of axes in ℝ^{m × d}; none for ℝ; None if it is another set."""
    match node:
        case s.Symbol(name="R" | "bb_R"):
            return ()
        case s.Transposed(body=s.Symbol(name="R" | "bb_R")):  # ℝ^T, T a number of steps or classes
            return (s.Symbol("T"),)
        case s.Scripted(base=s.Symbol(name="R" | "bb_R"), subs=_, sup=sup):
            match sup:
                case None:
                    return ()
                case s.Symbol(name="+" | "*"):
                    return ()
                case s.Product(factors=factors, signs=signs) if "times" in signs:
                    return _split(factors, signs)
                case _:
                    return (sup,)
        case s.Group(items=(inner,)) if node.kind != "{":
            return dims(inner)
        case s.Scripted(base=s.Group(kind="{" | "(" | "["), sup=sup) if sup is not None:
            return dims(s.Scripted(s.Symbol("R"), (), sup))
        case s.Group(items=items, kind="{") if all(number(x) is not None for x in items):
            return ()
        case s.Group(items=(a, b), kind="(" | "[") if number(a) is not None and number(b) is not None:
            return ()
        case (
            s.Scripted(base=s.Symbol(name="Delta"), subs=(n,), sup=None)
            | s.Scripted(base=s.Symbol(name="Delta"), subs=(), sup=s.Symbol() as n)
        ):
            return (n,)
        case _:
            return None


def _facts(node: s.Node) -> frozenset[str]:
    match node:
        case s.Scripted(base=s.Symbol(name="Delta")):
            return frozenset({"simplex"})
        case s.Scripted(base=s.Symbol(name="R"), subs=(_, *_)):
            return frozenset({"positive"})
        case _:
            return frozenset()


def _is_range(node: s.Node) -> bool:
    """{1, …, K}: what an index letter runs over."""
    return isinstance(node, s.Group) and any(isinstance(x, s.Dots) for x in node.items)


def _split(factors: tuple[s.Node, ...], signs: tuple[str, ...]) -> tuple[s.Node, ...]:
    """The factors between the × signs."""
    groups: list[list[s.Node]] = [[factors[0]]]
    for sign, f in zip(signs, factors[1:], strict=True):
        if sign == "times":
            groups.append([f])
        else:
            groups[-1].append(f)
    return tuple(g[0] if len(g) == 1 else s.Product(tuple(g), ("",) * (len(g) - 1)) for g in groups)


def literal(node: s.Node) -> tuple[tuple[int, ...], tuple[Fraction, ...]] | None:
    """A number or a matrix of numbers: its shape and its entries."""
    match node:
        case s.Matrix(rows=rows):
            entries = [number(x) for r in rows for x in r]
            if len({len(r) for r in rows}) != 1 or None in entries:
                return None
            return (len(rows), len(rows[0])), tuple(x for x in entries if x is not None)
        case s.Group(items=(s.Matrix() as inner,)):
            return literal(inner)
        case s.Transposed(body=s.Group(items=(_, _, *_)) as listed):
            return literal(listed)  # (1, 2)ᵀ is a column, written in a line
        case s.Transposed(body=body):
            found = literal(body)
            if found is None or len(found[0]) != 2:
                return None
            (m, n), flat = found
            return (n, m), tuple(flat[i * n + j] for j in range(n) for i in range(m))
        case s.Group(items=items) if len(items) > 1:
            entries = [number(x) for x in items]
            return None if None in entries else ((len(items), 1), tuple(x for x in entries if x is not None))
        case _:
            x = number(node)
            return None if x is None else ((), (x,))


def number(node: s.Node) -> Fraction | None:
    """The value of a number as it is written, with its sign or as a fraction."""
    match node:
        case s.Number(value=v):
            return v
        case s.Group(items=(inner,)):
            return number(inner)
        case s.Sum(terms=((sign, t),)) if sign:
            x = number(t)
            return None if x is None else sign * x
        case s.Quotient(over=a, under=b):
            x, y = number(a), number(b)
            return None if x is None or y is None or not y else x / y
        case _:
            return None
