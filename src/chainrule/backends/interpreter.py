"""The meaning of expressions: the value of every node as an array of exact scalars.

The value of a node is an array with one axis for each index that is in play and then the axes of the node itself, so a
whole index expression is evaluated at once. Nodes are visited once each and without recursion; only definitions of
primitives, which are shallow, are evaluated within the node that they define.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol
from weakref import WeakKeyDictionary

import numpy as np
from flint import fmpq

from chainrule.backends.functions import FUNCTIONS
from chainrule.backends.scalars import LONG, ONE, ZERO, Dual, ball, new_level, tangent
from chainrule.backends.tensors import DIRECT, Arr
from chainrule.core.expr import Access, Apply, Array, Const, Delta, Expr, Iverson, Partial, SizeValue, Sum, Var, const
from chainrule.core.graph import below, walk
from chainrule.core.index import Affine, Index, Lookup, Quotient, Remainder, affine, fresh
from chainrule.core.size import Size
from chainrule.errors import DomainError, MissingValue, NoRuleError

Axes = tuple[Index, ...]
Value = tuple[Axes, Arr]


def _total(a: Arr, place: int) -> Any:
    """The sum along an axis; of no entries at all, zeros of our own kind."""
    out = np.add.reduce(a, axis=place)
    return out if a.shape[place] else np.full(np.shape(out), ZERO, dtype=object)


_FACTS = np.array([ZERO, ONE], dtype=object)
_definitions: WeakKeyDictionary[Expr, tuple[Axes, Expr]] = WeakKeyDictionary()


class Model(Protocol):
    """A concrete function that stands in for an opaque one."""

    def derivative(self, y: Arr, order: int) -> Arr:
        """The value (order 0) or a derivative, output axes before argument axes; entry by entry if it works so."""
        ...


def arr(x: Any) -> Arr:
    """An object array of what NumPy may have unwrapped."""
    if isinstance(x, np.ndarray):
        return x
    out = np.empty((), dtype=object)
    out[()] = x
    return out


def _uid(i: Index) -> int:
    return i.uid


def union(*axes: Iterable[Index]) -> Axes:
    """All these indices once, in one order."""
    return tuple(sorted({i for some in axes for i in some}, key=_uid))


class Interpreter:
    """Evaluates expressions at one point. `values` gives the arrays of variables, or of any other tensor nodes."""

    def __init__(
        self,
        values: Mapping[Expr, Arr],
        sizes: Mapping[str, int],
        functions: Mapping[str, Model] | None = None,
    ) -> None:
        self.memo: dict[Expr, Value] = {e: ((), v) for e, v in values.items()}
        self.sizes = sizes
        self.functions = functions or {}
        self._extents: dict[Size, int] = {}

    def extent(self, s: Size) -> int:
        """The number that a size is."""
        found = self._extents.get(s)
        if found is None:
            try:
                found = self._extents[s] = s.evaluate(self.sizes)
            except KeyError as missing:
                raise MissingValue(
                    f"the size {missing.args[0]} is not known", hint=f"pass it by name: {missing.args[0]}=3"
                ) from None
        return found

    def tensor(self, e: Expr) -> Arr:
        """The array that a node without free indices is."""
        return self.over(e, ())

    def over(self, e: Expr, indices: Axes) -> Arr:
        """The value of a node as an array over the given indices, in that order, and then its own axes."""
        axes, a = self.value(e)
        return self._spread(axes, a, indices)

    def value(self, e: Expr) -> Value:
        """The value of a node, with the indices that its array has an axis for."""
        for node in self._pending(e):
            axes, a = self._compute(node)
            self.memo[node] = axes, _short(a)
        return self.memo[e]

    def _pending(self, root: Expr) -> Iterable[Expr]:
        stack: list[tuple[Expr, bool]] = [(root, False)]
        while stack:
            e, ready = stack.pop()
            if e in self.memo:
                continue
            if ready:
                yield e
            else:
                stack.append((e, True))
                stack.extend((c, False) for c in _needs(e) if c not in self.memo)

    def _compute(self, e: Expr) -> Value:
        match e:
            case Const(value=v):
                return (), arr(fmpq(v.numerator, v.denominator))
            case SizeValue(size=s):
                return (), arr(fmpq(self.extent(s)))
            case Apply():
                return self._apply(e)
            case Access(tensor=t, subs=subs):
                return self._read(*self.memo[t], subs)
            case Sum():
                return self._contract(e)
            case Array(indices=indices, body=body):
                axes, a = self.memo[body]
                batch = union(i for i in axes if i not in indices)
                return batch, self._spread(axes, a, batch + indices)
            case Delta(left=x, right=y):
                (axes, a), (_, b) = self._aligned((self._subscript(x), self._subscript(y)))
                return axes, arr(_FACTS[np.equal(a, b).astype(int)])
            case Iverson(value=x):
                axes, a = self._subscript(x)
                return axes, arr(_FACTS[np.greater_equal(a, 0).astype(int)])
            case Partial():
                return self._partial(e)
            case Var(name=name):
                raise MissingValue(f"the variable {name} has no value", hint=f"pass it by name: {name}=…")
            case _:
                raise NoRuleError(f"no exact value of a node {type(e).__name__}")

    # Axes

    def _spread(self, axes: Axes, a: Arr, wanted: Axes) -> Arr:
        """The array with axes for `wanted`, in that order; those it lacks are stretched."""
        if axes == wanted:
            return a
        own = a.shape[len(axes) :]
        position = {i: k for k, i in enumerate(axes)}
        order = [position[i] for i in wanted if i in position]
        a = a.transpose(order + list(range(len(axes), a.ndim)))
        if len(order) == len(wanted):
            return a
        shape = tuple(self.extent(i.size) for i in wanted)
        thin = tuple(n if i in position else 1 for i, n in zip(wanted, shape, strict=True))
        return np.broadcast_to(a.reshape(thin + own), shape + own)

    def _aligned(self, values: Sequence[Value], pad: int = 0) -> list[Value]:
        """The values with axes (some of length 1) for all indices of any of them; scalars get `pad` more axes."""
        axes = union(*(v[0] for v in values))
        out: list[Value] = []
        for own, a in values:
            shape = a.shape[len(own) :]
            if not shape:
                shape = (1,) * pad
            if own != axes or len(own) + len(shape) != a.ndim:
                length = dict(zip(own, a.shape, strict=False))
                a = a.reshape(tuple(length.get(i, 1) for i in axes) + shape)
            out.append((axes, a))
        return out

    # Subscripts

    def _subscript(self, s: Affine) -> tuple[Axes, Any]:
        """The whole numbers that a subscript runs through."""
        total: tuple[Axes, Any] = (), np.array(self.extent(s.constant))
        for atom, c in s.terms:
            axes, a = self._atom(atom)
            (axes, x), (_, y) = self._aligned((total, (axes, a * self.extent(c))))
            total = axes, x + y
        return total

    def _atom(self, atom: Index | Quotient | Remainder | Lookup) -> tuple[Axes, Any]:
        match atom:
            case Index():
                return (atom,), np.arange(self.extent(atom.size))
            case Quotient(value=v, divisor=d):
                axes, a = self._subscript(v)
                return axes, a // self.extent(d)
            case Remainder(value=v, divisor=d):
                axes, a = self._subscript(v)
                return axes, a % self.extent(d)
            case Lookup(entry=entry):
                axes, a = self.value(entry)
                return axes, np.array([_whole(x) for x in a.flat], dtype=int).reshape(a.shape)

    def _read(self, axes: Axes, a: Arr, subs: tuple[Affine, ...]) -> Value:
        """Entries of `a` at subscripts, those outside it clamped."""
        lead = len(axes)
        plain = [s.index for s in subs]
        if None not in plain and len({*plain, *axes}) == lead + len(plain):
            indices: list[Any] = [*axes, *plain]
            if all(self.extent(i.size) == n for i, n in zip(plain, a.shape[lead:], strict=True) if i):
                order = sorted(range(a.ndim), key=lambda k: indices[k].uid)
                return tuple(indices[k] for k in order), a.transpose(order)
        places = [((i,), np.arange(n)) for i, n in zip(axes, a.shape, strict=False)]
        places += [
            (own, np.minimum(np.maximum(k, 0), n - 1))
            for (own, k), n in zip(map(self._subscript, subs), a.shape[lead:], strict=True)
        ]
        aligned = self._aligned(places)
        return union(*(p[0] for p in places)), arr(a[tuple(k for _, k in aligned)])

    # Nodes

    def _apply(self, e: Apply) -> Value:
        op = e.op
        if op.elementwise and op.ball in FUNCTIONS:
            values = self._aligned([self.memo[a] for a in e.args], e.ndim)
            return values[0][0], _pointwise(op.ball, [a for _, a in values])
        if op.expand is not None:
            return self.value(op.expand(*e.args))
        if op.name == "opaque_elementwise":
            axes, a = self.memo[e.args[0]]
            return axes, self._opaque(e, a)
        if op.name == "opaque":
            return self._batched(e, lambda args: self._opaque(e, args[0]))
        direct = DIRECT.get(op.name)
        if direct is not None:
            return self._batched(e, lambda args: direct(args, e, self.extent))
        if op.define is None:
            raise NoRuleError(f"{op.name} has no definition, and exact evaluation does not know it")
        return self._defined(e)

    def _defined(self, e: Apply) -> Value:
        """The value by definition, entry by entry."""
        found = _definitions.get(e)
        if found is None:
            assert e.op.define is not None
            indices = tuple(fresh(n) for n in e.shape)
            found = _definitions[e] = indices, e.op.define(e.args, e.params, tuple(map(affine, indices)))
        indices, body = found
        axes, a = self.value(body)
        batch = union(i for i in axes if i not in indices)
        return batch, self._spread(axes, a, batch + indices)

    def _batched(self, e: Apply, f: Any) -> Value:
        """A function of whole tensors, for every value of the indices that the arguments depend on."""
        values = [self.memo[a] for a in e.args]
        batch = union(*(axes for axes, _ in values))
        if not batch:
            return (), arr(f([a for _, a in values]))
        full = [self._spread(axes, a, batch) for axes, a in values]
        shape = tuple(self.extent(i.size) for i in batch)
        out: Any = None
        for at in np.ndindex(*shape):
            part = arr(f([arr(a[at]) for a in full]))
            if out is None:
                out = np.empty(shape + part.shape, dtype=object)
            out[(*at, ...)] = part
        return batch, out

    def _opaque(self, e: Apply, y: Arr) -> Arr:
        function, order = e.params
        model = self.functions.get(function.name)
        if model is None:
            raise MissingValue(f"the function {function.name} has no value", hint=f"pass it by name: {function.name}=…")
        return model.derivative(y, order)

    def _contract(self, e: Sum) -> Value:
        """A sum of products, one bound index after the other, the cheapest first."""
        bound, factors = _flatten(e)
        items: list[Value] = [self.memo[f] for f in factors]
        while bound:
            i = min(bound, key=lambda i: (self._work(i, items), i.uid))
            bound.remove(i)
            within = [v for v in items if i in v[0]]
            within.sort(key=lambda v: v[1].size)
            items = [v for v in items if i not in v[0]]
            if within:
                axes, a = self._product(within)
                place = axes.index(i)
                items.append((axes[:place] + axes[place + 1 :], arr(_total(a, place))))
            else:
                items.append(((), arr(fmpq(self.extent(i.size)))))
        return self._product(items)

    def _work(self, i: Index, items: Sequence[Value]) -> int:
        work = 1
        for j in union(*(axes for axes, _ in items if i in axes)):
            work *= self.extent(j.size)
        return work

    def _product(self, items: Sequence[Value]) -> Value:
        axes, a = items[0]
        for v in items[1:]:
            (axes, x), (_, y) = self._aligned(((axes, a), v))
            a = arr(x * y)
        return axes, a

    def _partial(self, e: Partial) -> Value:
        """The derivative by evaluation: `by` gets an ε for each of its entries, told apart by new indices."""
        tensor, subs = (e.by.tensor, e.by.subs) if isinstance(e.by, Access) else (e.by, ())
        axes, a = self.memo[tensor]
        touched: set[Expr] = {tensor}
        for node in walk(e.of):
            if node not in touched and any(c in touched for c in below(node)):
                touched.add(node)
        if e.of not in touched:
            return (), arr(ZERO)
        entries = tuple(fresh(n) for n in tensor.shape)
        level = new_level()
        batch = union(axes, entries)
        inner = Interpreter({}, self.sizes, self.functions)
        inner.memo = {n: self.memo[n] for n in walk(e.of) if n not in touched and n in self.memo}
        inner.memo[tensor] = batch, _seeded(a, len(axes), level)
        own, out = inner.value(e.of)
        slope = arr(np.frompyfunc(lambda x: tangent(x, level), 1, 1)(out))
        others = union(i for i in own if i not in entries)
        return self._read(others, self._spread(own, slope, others + entries), subs)


def _seeded(a: Arr, lead: int, level: int) -> Arr:
    """The array with axes (batch, entry, own): an ε stands where entry = own. Entries are newer indices than batch."""
    own = a.shape[lead:]
    shape = a.shape[:lead] + own + own
    out = np.empty(shape, dtype=object)
    for at in np.ndindex(*shape):
        entry, place = at[lead : lead + len(own)], at[lead + len(own) :]
        out[at] = Dual(level, a[at[:lead] + place], ONE if entry == place else ZERO)
    return out


def _short(a: Arr) -> Arr:
    """The array, with balls in the place of fractions that are too long to go on with."""
    if a.size <= 4096 and any(type(x) is fmpq and x.height_bits() > LONG for x in a.flat):
        return arr(np.frompyfunc(lambda x: ball(x) if type(x) is fmpq else x, 1, 1)(a))
    return a


def _needs(e: Expr) -> Iterable[Expr]:
    """The nodes whose values the value of this one is made from."""
    if isinstance(e, Sum):
        return _flatten(e)[1]
    if isinstance(e, Partial):
        tensor = e.by.tensor if isinstance(e.by, Access) else e.by
        return (tensor, e.of, *below(e.by))
    return below(e)


def _flatten(e: Sum) -> tuple[list[Index], list[Expr]]:
    """The indices of nested sums and the factors of the product under them."""
    bound: list[Index] = []
    body: Expr = e
    while isinstance(body, Sum) and body.index not in bound:
        bound.append(body.index)
        body = body.body
    factors: list[Expr] = []
    stack = [body]
    while stack:
        f = stack.pop()
        if isinstance(f, Apply) and f.op.name == "mul":
            stack.extend(reversed(f.args))
        elif isinstance(f, Apply) and f.op.name == "neg":
            stack.append(f.args[0])
            factors.append(const(-1))
        else:
            factors.append(f)
    return bound, factors


def _pointwise(name: str, args: list[Arr]) -> Arr:
    match name:
        case "add":
            return arr(args[0] + args[1])
        case "sub":
            return arr(args[0] - args[1])
        case "mul":
            return arr(args[0] * args[1])
        case "neg":
            return arr(-args[0])
        case _:
            return arr(np.frompyfunc(FUNCTIONS[name], len(args), 1)(*args))


def _whole(x: Any) -> int:
    if type(x) is fmpq and x.q == 1:
        return int(x.p)
    if x is ZERO:
        return 0
    raise DomainError(f"a subscript must be a whole number, not {x}")
