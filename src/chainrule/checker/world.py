"""Symbols as nodes of the engine, under one reading of what a document leaves open."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from flint import arb, fmpq

from chainrule.backends.interpreter import arr
from chainrule.checker import syntax as s
from chainrule.checker.labels import BIG_GREEK, NO_BIND, Bind, Key, Label
from chainrule.checker.printed import written
from chainrule.checker.symbols import Definition, Symbols
from chainrule.checker.values import Algebra, MisfitError, NotUnderstoodError, Val
from chainrule.core.expr import Access, Array, Expr, Var, access, const, intern
from chainrule.core.graph import walk
from chainrule.core.index import Index, fresh
from chainrule.core.size import ONE, Size, size
from chainrule.primitives.arithmetic import add_p
from chainrule.primitives.opaque import OpaqueFunction

SCALARS = re.compile(r"scalar|skalar|스칼라|标量|標量|スカラ|escalar|scalaire", re.IGNORECASE)

# Letters that stand for numbers where nothing else is said of them.
GREEK = frozenset(
    [
        "alpha",
        "beta",
        "gamma",
        "delta",
        "sigma",
        "phi",
        "varphi",
        "psi",
        "epsilon",
        "varepsilon",
        "zeta",
        "eta",
        "theta",
        "kappa",
        "lambda",
        "mu",
        "nu",
        "xi",
        "rho",
        "tau",
        "omega",
        "chi",
    ]
)


@dataclass(frozen=True)
class Reading:
    """What a document may leave open.

    rows: a gradient lies (numerator layout). inputs_first: a Jacobian is input × output. direct: ∂c/∂a is by what
    stands in the definition of c itself, all else in it held. sigmoid: σ, of which nothing is said, is the logistic
    function. targets: vectors called t, y or q sum to one. symmetric: square matrices are symmetric.
    """

    rows: bool = False
    inputs_first: bool = False
    sigmoid: bool = False
    direct: bool = False
    targets: bool = False
    symmetric: bool = False


COMPOUND = (s.Product, s.Sum, s.Quotient, s.Call, s.BigOperator)
TARGETS = frozenset(["t", "y", "q", "y_true", "hat_p", "bar_y", "y_star"])


@dataclass(frozen=True)
class Named:
    """A symbol as a node: a variable or an array; scalars that are defined are arrays of one entry."""

    node: Expr
    axes: tuple[Size, ...]
    row: bool

    def value(self) -> Val:
        ix = tuple(fresh(n, "i") for n in self.axes)
        return Val(self.entry(*ix), ix, self.row)

    def entry(self, *subs: Index) -> Expr:
        if not self.axes:
            return access(self.node, 0) if self.node.shape else self.node
        return access(self.node, *subs)


@dataclass
class World:
    """Names as nodes. `claimed`: what wrong lines gave to expressions, by how these are written."""

    symbols: Symbols
    reading: Reading = Reading()
    claimed: Mapping[str, Val] = field(default_factory=dict[str, Val])
    rounded: Fraction | None = None
    known: dict[Expr, tuple[tuple[int, ...], tuple[Fraction, ...]]] = field(
        default_factory=dict[Expr, "tuple[tuple[int, ...], tuple[Fraction, ...]]"]
    )
    guessed: set[str] = field(default_factory=set[str])
    assumed: set[Key] = field(default_factory=set[Key])

    def __post_init__(self) -> None:
        self.algebra = Algebra(self.symbols.sizes)
        self._memo: dict[Key, Named] = {}
        self._open: list[Key] = []
        self._keys: dict[s.Node, str] = {}
        self.aliases: dict[str, Definition] = {}
        for d in self.symbols.defined.values():
            if d.body is not None and not d.arguments and isinstance(d.body, COMPOUND):
                self.aliases.setdefault(written(d.body), d)

    def key(self, node: s.Node) -> str:
        """How a part is written, whatever its place."""
        found = self._keys.get(node)
        if found is None:
            found = self._keys[node] = written(node)
        return found

    def alias(self, node: s.Node) -> Definition | None:
        """The symbol that a formula is the definition of: W x is u where u = W x."""
        d = self.aliases.get(self.key(node))
        return d if d is not None and self.alias_open(d) else None

    def alias_open(self, d: Definition) -> bool:
        """Whether a symbol may stand for its formula: not within its own definition."""
        return d.key not in self._open

    def named(self, key: Key) -> Named:
        """The node of a symbol.

        Raises:
            NotUnderstoodError: nothing is known of it, or it is defined by itself.
        """
        if key in self._memo:
            return self._memo[key]
        if key in self._open:
            raise NotUnderstoodError(f"{key} is defined by itself")
        if len(self._open) > 60:
            raise NotUnderstoodError("definitions that go too deep")
        self._open.append(key)
        try:
            found = self._memo[key] = self._make(key)
        finally:
            self._open.pop()
        return found

    def held(self, of: Expr, by: Expr) -> list[Expr]:
        """The symbols that a derivative by what stands in the definition itself holds."""
        return [n.node for n in self._memo.values() if isinstance(n.node, Array) and n.node not in (of, by)]

    def _make(self, key: Key) -> Named:
        claimed = self.claimed.get(str(key))
        if claimed is not None:
            return _as_named(claimed.renewed())
        if key in self.symbols.numbers:
            return self._number(key)
        d = self.symbols.definition(key)
        if d is not None and not self._cut(d[0], d[1]):
            return self._defined(key, *d)
        declared = self.symbols.declaration(key)
        if declared is not None:
            shape, row = self.symbols.shape_of(*declared)
            return Named(self._var(key, shape, declared[0].facts), shape, row)
        if d is not None:
            return self._base(key, d[0])
        return self._guess(key)

    def _var(self, key: Key, shape: tuple[Size, ...], facts: frozenset[str] = frozenset()) -> Var:
        if self.reading.targets and key.base in TARGETS and shape and not facts:
            facts = frozenset({"simplex"})
        if self.reading.symmetric and len(shape) == 2 and self.symbols.sizes.same_already(*shape):
            facts |= {"symmetric"}
        return intern(Var, str(key), shape, facts, None)

    def _number(self, key: Key) -> Named:
        shape, entries = self.symbols.numbers[key]
        dims = tuple(size(n) for n in shape)
        row = len(dims) == 2 and dims[0] is ONE and dims[1] is not ONE
        kept = tuple(d for d in dims if d is not ONE)
        v = self._var(key, kept)
        self.known[v] = tuple(n for n in shape if n != 1), entries
        return Named(v, kept, row)

    def number(self, value: Fraction, places: int | None) -> Expr:
        """A number as it is printed: where rounding counts, anything that is printed so."""
        if not self.rounded or places is None or abs(value) in self.symbols.exact:
            return const(value)
        v = intern(Var, f"about {value} {places} {self.rounded}", (), frozenset[str](), None)
        if v not in self.symbols.balls:
            radius = self.rounded / 10**places
            self.symbols.balls[v] = arr(arb(_ball(value), _ball(radius)))
        return v

    def _cut(self, d: Definition, bind: Bind) -> bool:
        """Whether unfolding a layer in general would lead to layers that the document does not speak of."""
        if d.body is None or not bind:
            return False
        survey = self.symbols.survey
        for n in s.walk(d.body):
            if not isinstance(n, s.Scripted):
                continue
            found = self.symbols.split(n, bind)
            if found is None:
                continue
            for letter, offset in found[0].labels:
                low, high = survey.offsets.get(letter, (offset, offset)) if letter else (0, offset)
                if not low <= offset <= high:
                    return True
        return False

    def _defined(self, key: Key, d: Definition, bind: Bind) -> Named:
        if d.body is None:
            return self._opaque(key, d, bind)
        from chainrule.checker.meaning import Meaning

        m = Meaning(self, bind, scope=f"def {key}")
        value = m.value(d.body)
        if d.letters:
            if value.ndim:
                raise NotUnderstoodError(f"an entry of {key} is said to be {value.describe()}")
            letters = tuple(m.letter(x) for x in d.letters)
            value = Val(value.body, letters)
        if value.letters:
            raise NotUnderstoodError(f"the definition of {key} leaves a letter open")
        declared = self.symbols.declaration(key)
        if declared is not None:
            value = self._as_declared(key, value, *self.symbols.shape_of(*declared))
        return _as_named(value)

    def _as_declared(self, key: Key, value: Val, shape: tuple[Size, ...], row: bool) -> Val:
        if len(shape) != value.ndim or not all(
            self.symbols.sizes.same(a, i.size) for a, i in zip(shape, value.axes, strict=True)
        ):
            raise NotUnderstoodError(f"{key} is declared with another shape than its definition has")
        return Val(value.body, value.axes, row)

    def _opaque(self, key: Key, d: Definition, bind: Bind) -> Named:
        total: Expr | None = None
        for n, a in enumerate(d.arguments):
            found = self.symbols.split(a, bind)
            if found is None:
                raise NotUnderstoodError(f"{key} depends on something that is no symbol")
            part = self.part(key, n, self.named(found[0]))
            total = part if total is None else add_p(total, part)
        assert total is not None
        return _as_named(Val(total))

    def part(self, key: Key, n: int, argument: Named, guessed: bool = False) -> Expr:
        """An unknown function of one argument; of several, their sum stands for any: the derivatives are as general."""
        name = f"{key} of argument {n}"
        if guessed:
            self.guessed.add(name)
        return OpaqueFunction(name)(argument.node)

    def _unknown(self, name: str) -> Size:
        """A size that is not known yet, or what it has turned out to be."""
        return self.symbols.sizes.resolve(size(f"?{name}"))

    def _base(self, key: Key, d: Definition) -> Named:
        """A layer that is not unfolded: a variable of the shape that its definition would give."""
        if d.letters:
            dims = tuple(self._unknown(f"{key}:{n}") for n in range(len(d.letters)))
            return Named(self._var(key, dims), dims, False)
        dims = (self._unknown(str(key)),)
        return Named(self._var(key, dims), dims, False)

    def _guess(self, key: Key) -> Named:
        survey = self.symbols.survey
        base = key.base
        if base in survey.by and not key.below:
            return self._loss(key)
        slots = max((n for n in survey.slots.get(base, ()) if base in survey.lettered), default=0) - len(key.below)
        if slots > 0:
            self.assumed.add(key)
            dims = tuple(self._unknown(f"{key}:{n}") for n in range(slots))
            return Named(self._var(key, dims), dims, False)
        beside = self._beside(key)
        if beside is not None:
            self.assumed.add(key)
            return beside
        used = self._by_use(key)
        if used is not None:
            self.assumed.add(key)
            return used
        if key in self.symbols.loose or self._is_number(key):
            if not key.base.islower() or survey.vectors or survey.matrices:
                self.assumed.add(key)  # else there is nothing but numbers
            return Named(self._var(key, ()), (), False)
        raise NotUnderstoodError(f"nothing says what {show_name(key)} is")

    def _by_use(self, key: Key) -> Named | None:
        """A matrix or a vector, by the letter and by how it is used: W and x of W x."""
        survey = self.symbols.survey
        if key.base in survey.divisors or key in self.symbols.loose or SCALARS.search(survey.text):
            return None
        if key.base in survey.matrices and (len(key.base) == 1 or key.base in BIG_GREEK):
            dims = self._unknown(f"{key}:0"), self._unknown(f"{key}:1")
            return Named(self._var(key, dims), dims, False)
        if key.base in survey.vectors:
            dims = (self._unknown(str(key)),)
            return Named(self._var(key, dims), dims, False)
        return None

    def _is_number(self, key: Key) -> bool:
        """A Greek letter that is no function, a divisor, a small letter where no vectors are about."""
        survey = self.symbols.survey
        if key.base in survey.functions or (key.base in survey.lettered and not key.labels):
            return False
        if (key.base in GREEK and key.base not in survey.vectors) or key.base in survey.divisors:
            return True
        small = len(key.base) == 1 and key.base.islower()
        if SCALARS.search(survey.text):
            return small
        return small and not key.labels and not survey.vectors and not survey.matrices

    def _beside(self, key: Key) -> Named | None:
        """The shape of what a symbol is added to: a − y."""
        from chainrule.checker.meaning import Meaning

        for own, node in self.symbols.survey.siblings.get(key.base, ()):
            found = self.symbols.split(own)
            if found is None or found[1] or found[2] is not None:
                continue
            bind = NO_BIND if found[0] == key else self.symbols.instance(found[0], key)
            if bind is None:
                continue
            try:
                value = Meaning(self, bind, scope=f"beside {key}").value(node)
            except (NotUnderstoodError, MisfitError):
                continue
            if not value.letters:
                dims = tuple(i.size for i in value.axes)
                return Named(self._var(key, dims), dims, value.row)
        return None

    def _loss(self, key: Key) -> Named:
        """A loss of which nothing is said: an unknown function of what is computed last."""
        sinks, upstream = self._sinks(key)
        if len(sinks) > 1:
            self.assumed.add(key)
        total: Expr | None = None
        for n, node in enumerate(sinks):
            part = self.part(key, n, node)
            total = part if total is None else add_p(total, part)
        for k, by in enumerate(self.symbols.survey.by[key.base]):
            found = self.symbols.split(by)
            if found is None:
                continue
            try:
                node = self.named(found[0])
            except NotUnderstoodError:
                continue
            if node.node in upstream:
                continue
            upstream.add(node.node)
            part = self.part(key, len(sinks) + k, node, guessed=True)
            total = part if total is None else add_p(total, part)
        if total is None:
            raise NotUnderstoodError(f"nothing says what {show_name(key)} depends on")
        return _as_named(Val(total))

    def of_layers(self, key: Key) -> Named:
        """A loss as an unknown function of the last of the layers in general, whatever it is of layer L."""
        mark = Key(key.base, (("layers", 0),), key.above)
        if mark not in self._memo:
            self._memo[mark] = self._loss(key)
        return self._memo[mark]

    def _sinks(self, loss: Key) -> tuple[list[Named], set[Expr]]:
        """What is defined and goes into nothing else, and all that lies below it."""
        found: dict[Key, Named] = {}
        for key, d in self.symbols.defined.items():
            if d.body is None or key.base == loss.base or _speaks_of_slopes(d.body, loss.base):
                continue
            for instance in self._instances(key):
                try:
                    found[instance] = self.named(instance)
                except (NotUnderstoodError, MisfitError):
                    continue
        below: set[Expr] = set()
        for n in found.values():
            if isinstance(n.node, Array):
                below |= set(walk(n.node)) - {n.node}
        sinks = [n for n in found.values() if n.node not in below and isinstance(n.node, Array) and _varies(n.node)]
        return sinks, set(walk(*(n.node for n in sinks)))

    def _instances(self, key: Key) -> list[Key]:
        """The last layer that the document speaks of, for a definition of layers in general."""
        survey = self.symbols.survey
        if key.above is not None and key.above[0] in survey.layers:
            letter = key.above[0]
            top: Label = (letter, survey.offsets[letter][1])
            return [Key(key.base, key.below, top)]
        return [key]


def _ball(x: Fraction) -> arb:
    return arb(fmpq(x.numerator, x.denominator))


def _speaks_of_slopes(body: s.Node, loss: str) -> bool:
    return any(isinstance(n, s.Derivative) or (isinstance(n, s.Symbol) and n.name == loss) for n in s.walk(body))


def _varies(node: Expr) -> bool:
    return any(isinstance(n, Var) for n in walk(node))


def _as_named(value: Val) -> Named:
    axes = tuple(i.size for i in value.axes)
    if isinstance(value.body, Access) and not axes and not value.body.free:
        return Named(value.tensor(), (), False)
    return Named(value.tensor(), axes, value.row)


def show_name(key: Key) -> str:
    """A symbol for people."""
    return str(key)


__all__ = ["NO_BIND", "Named", "Reading", "World", "show_name"]
