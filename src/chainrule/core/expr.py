"""Expressions: immutable, interned nodes of two levels.

A *tensor* node has a shape; an *index expression* is a scalar-shaped node with free indices. `Access` reads an entry
of a tensor, `Array` makes a tensor from an index expression. Building a node checks it and never simplifies it.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from math import isfinite
from numbers import Rational
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar
from weakref import WeakValueDictionary

from chainrule.core.index import Affine, Index, Quotient, Remainder, affine
from chainrule.core.size import ONE, Size
from chainrule.errors import DomainError, WrongType

if TYPE_CHECKING:
    from chainrule.core.primitive import Primitive

Shape: TypeAlias = "tuple[Size, ...]"
ExprLike: TypeAlias = "Expr | int | float | Fraction"

# Operators and views live in layers above; they are found by name when first asked for.
_PLACES = {
    "operator": "chainrule.primitives.arithmetic:operator",
    "text": "chainrule.notation.forms:text",
    "latex": "chainrule.notation.forms:latex",
    "evaluate": "chainrule.backends.exact:evaluate",
}


def _borrow(name: str) -> Callable[..., Any]:
    module, attribute = _PLACES[name].split(":")
    return getattr(importlib.import_module(module), attribute)


class Expr:
    """A node. `shape` is () for a scalar; `row` marks a vector that lies; `free` are the free indices.

    `depth` is the number of nodes on the longest way down: recursion is for nodes less deep than `DEEP`.
    """

    __slots__ = ("__weakref__",)
    __array_ufunc__ = None  # NumPy leaves operators with arrays to us, who refuse them in words
    shape: Shape
    row: bool
    free: frozenset[Index]
    depth: int

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def variables(self) -> tuple[Var, ...]:
        """The variables in it, each once, in order of first appearance."""
        return tuple(e for e in walk(self) if isinstance(e, Var))

    @property
    def T(self) -> Expr:
        return _borrow("operator")("transpose", self)

    def __add__(self, other: ExprLike) -> Expr:
        return _borrow("operator")("add", self, other)

    def __radd__(self, other: ExprLike) -> Expr:
        return _borrow("operator")("add", other, self)

    def __sub__(self, other: ExprLike) -> Expr:
        return _borrow("operator")("sub", self, other)

    def __rsub__(self, other: ExprLike) -> Expr:
        return _borrow("operator")("sub", other, self)

    def __mul__(self, other: ExprLike) -> Expr:
        return _borrow("operator")("mul", self, other)

    def __rmul__(self, other: ExprLike) -> Expr:
        return _borrow("operator")("mul", other, self)

    def __truediv__(self, other: ExprLike) -> Expr:
        return _borrow("operator")("div", self, other)

    def __rtruediv__(self, other: ExprLike) -> Expr:
        return _borrow("operator")("div", other, self)

    def __pow__(self, other: ExprLike) -> Expr:
        return _borrow("operator")("pow", self, other)

    def __rpow__(self, other: ExprLike) -> Expr:
        return _borrow("operator")("pow", other, self)

    def __matmul__(self, other: Expr) -> Expr:
        return _borrow("operator")("matmul", self, other)

    def __rmatmul__(self, other: Expr) -> Expr:
        return _borrow("operator")("matmul", other, self)

    def __neg__(self) -> Expr:
        return _borrow("operator")("neg", self)

    def sum(self, axis: int | tuple[int, ...] | None = None, keep: bool = False) -> Expr:
        """Sum over all axes, or over the axes named by whole numbers."""
        return _borrow("operator")("sum", self, axis=axis, keep=keep)

    def text(self, form: str = "matrix") -> str:
        """This expression as text in the language: form "matrix", "index", "element" or "einsum"."""
        return _borrow("text")(self, form)

    def latex(self, form: str = "matrix") -> str:
        """This expression as LaTeX, in the forms of `text`."""
        return _borrow("latex")(self, form)

    def evaluate(self, values: Mapping[Any, Any] | None = None, precision: int | None = None, **named: Any) -> Any:
        """The value at the given point: exact where it is rational, else balls of `precision` bits."""
        return _borrow("evaluate")(self, {**(values or {}), **named}, precision)

    def __copy__(self) -> Expr:
        return self

    def __deepcopy__(self, memo: object) -> Expr:
        return self

    def __reduce__(self) -> tuple[object, ...]:
        return _unpacked, (_packed(self),)

    def __repr__(self) -> str:
        try:
            return self.text()
        except Exception:  # noqa: BLE001  a repr must never hide the error that it is shown for
            return object.__repr__(self)

    def _repr_latex_(self) -> str:
        return f"${self.latex()}$"


DEEP = 60
"""The depth from which a walk must not recurse."""

E = TypeVar("E", bound=Expr)
_table: WeakValueDictionary[tuple[Any, ...], Expr] = WeakValueDictionary()
_NONE: frozenset[Index] = frozenset()


def intern(kind: type[E], *fields: Any) -> E:
    """The one node of this kind with these fields."""
    key = (kind, *fields)
    found = _table.get(key)
    if found is None:
        found = kind(*fields)
        _table[key] = found
    return found  # type: ignore[return-value]


def _set(node: Expr, shape: Shape, row: bool, free: frozenset[Index], *parts: Expr) -> None:
    object.__setattr__(node, "shape", shape)
    object.__setattr__(node, "row", row)
    object.__setattr__(node, "free", free)
    object.__setattr__(node, "depth", 1 + max([p.depth for p in parts], default=0))


def _derived() -> Any:
    return field(init=False, repr=False)


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=False, repr=False)
class Var(Expr):
    """A variable. `props` are facts about its values; `index_size` bounds a variable that holds whole numbers."""

    name: str
    dims: Shape
    props: frozenset[str]
    index_size: Size | None
    shape: Shape = _derived()
    row: bool = _derived()
    free: frozenset[Index] = _derived()
    depth: int = _derived()

    def __post_init__(self) -> None:
        _set(self, self.dims, False, _NONE)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Const(Expr):
    """An exact number."""

    value: Fraction
    shape: Shape = _derived()
    row: bool = _derived()
    free: frozenset[Index] = _derived()
    depth: int = _derived()

    def __post_init__(self) -> None:
        _set(self, (), False, _NONE)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class SizeValue(Expr):
    """A size, used as a scalar."""

    size: Size
    shape: Shape = _derived()
    row: bool = _derived()
    free: frozenset[Index] = _derived()
    depth: int = _derived()

    def __post_init__(self) -> None:
        _set(self, (), False, _NONE)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Apply(Expr):
    """A primitive applied to expressions, with parameters that are not expressions (axes, sizes, opaque names)."""

    op: Primitive
    args: tuple[Expr, ...]
    params: tuple[Any, ...]
    shape: Shape = _derived()
    row: bool = _derived()
    free: frozenset[Index] = _derived()
    depth: int = _derived()

    def __post_init__(self) -> None:
        shape, row = self.op.infer(self.args, self.params)
        args = self.args
        free = args[0].free if len(args) == 1 else _NONE.union(*(a.free for a in args))
        _set(self, shape, row, free, *args)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Array(Expr):
    """The tensor whose entry at `indices` is `body`."""

    indices: tuple[Index, ...]
    body: Expr
    shape: Shape = _derived()
    row: bool = _derived()
    free: frozenset[Index] = _derived()
    depth: int = _derived()

    def __post_init__(self) -> None:
        _set(self, tuple(i.size for i in self.indices), False, self.body.free - frozenset(self.indices), self.body)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Access(Expr):
    """The entry of `tensor` at the subscripts, which may lie outside only under an `Iverson` that is 0."""

    tensor: Expr
    subs: tuple[Affine, ...]
    shape: Shape = _derived()
    row: bool = _derived()
    free: frozenset[Index] = _derived()
    depth: int = _derived()

    def __post_init__(self) -> None:
        _set(self, (), False, self.tensor.free.union(*(s.free for s in self.subs)), self.tensor)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Delta(Expr):
    """Kronecker delta: 1 where the two subscripts are equal, else 0."""

    left: Affine
    right: Affine
    shape: Shape = _derived()
    row: bool = _derived()
    free: frozenset[Index] = _derived()
    depth: int = _derived()

    def __post_init__(self) -> None:
        _set(self, (), False, self.left.free | self.right.free)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Iverson(Expr):
    """1 where `value` ≥ 0, else 0. A product with an Iverson that is 0 is 0, whatever else stands in it."""

    value: Affine
    shape: Shape = _derived()
    row: bool = _derived()
    free: frozenset[Index] = _derived()
    depth: int = _derived()

    def __post_init__(self) -> None:
        _set(self, (), False, self.value.free)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Sum(Expr):
    """Sum of `body` over the bound index `index`."""

    index: Index
    body: Expr
    shape: Shape = _derived()
    row: bool = _derived()
    free: frozenset[Index] = _derived()
    depth: int = _derived()

    def __post_init__(self) -> None:
        _set(self, (), False, self.body.free - {self.index}, self.body)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Partial(Expr):
    """The derivative, not yet worked out, of the scalar `of` by the entry `by` (an `Access`)."""

    of: Expr
    by: Expr
    shape: Shape = _derived()
    row: bool = _derived()
    free: frozenset[Index] = _derived()
    depth: int = _derived()

    def __post_init__(self) -> None:
        _set(self, (), False, self.of.free | self.by.free, self.of)


def children(e: Expr) -> tuple[Expr, ...]:
    """The nodes directly below, lookups in subscripts aside."""
    match e:
        case Apply(args=args):
            return args
        case Array(body=b) | Sum(body=b):
            return (b,)
        case Access(tensor=t):
            return (t,)
        case Partial(of=of, by=by):
            return (of, by)
        case _:
            return ()


def walk(*roots: Expr, stop: Container[Expr] = ()) -> Iterable[Expr]:
    """Every node below the roots once, parts before wholes, in a fixed order; without recursion.

    What lies below nodes in `stop` is not looked at.
    """
    seen: set[Expr] = set()
    out: list[Expr] = []
    stack: list[tuple[Expr, bool]] = [(r, False) for r in reversed(roots)]
    while stack:
        e, done = stack.pop()
        if done:
            out.append(e)
            continue
        if e in seen:
            continue
        seen.add(e)
        stack.append((e, True))
        if e in stop:
            continue
        stack.extend((c, False) for c in reversed(below(e)) if c not in seen)
    return out


def below(e: Expr) -> tuple[Expr, ...]:
    """The nodes directly below, those that lookups read included."""
    kids = children(e)
    if isinstance(e, (Access, Delta, Iverson)):
        kids += tuple(entry for s in _subscripts(e) for entry in _lookups(s))
    return kids


def _subscripts(e: Expr) -> tuple[Affine, ...]:
    match e:
        case Access(subs=subs):
            return subs
        case Delta(left=a, right=b):
            return (a, b)
        case Iverson(value=a):
            return (a,)
        case _:
            return ()


def _lookups(s: Affine) -> Iterable[Expr]:
    from chainrule.core.index import Lookup

    for atom, _ in s.terms:
        match atom:
            case Lookup(entry):
                yield entry
            case Quotient(v, _) | Remainder(v, _):
                yield from _lookups(v)
            case _:
                pass


def rebuild(e: Expr, parts: Mapping[Expr, Expr]) -> Expr:
    """The same node on other parts."""
    match e:
        case Apply(op, args, params):
            return intern(Apply, op, tuple(parts[a] for a in args), params)
        case Array(indices, body):
            return intern(Array, indices, parts[body])
        case Access(tensor, subs):
            return intern(Access, parts[tensor], tuple(s.at({}, parts) for s in subs))
        case Sum(index, body):
            return intern(Sum, index, parts[body])
        case Partial(of, by):
            return intern(Partial, parts[of], parts[by])
        case Delta(a, b):
            return intern(Delta, a.at({}, parts), b.at({}, parts))
        case Iverson(a):
            return intern(Iverson, a.at({}, parts))
        case _:
            return e


def replace(e: Expr, values: Mapping[Expr, Expr]) -> Expr:
    """`e` with whole nodes replaced. Bound indices are left alone: the new nodes must not use them."""
    if not values:
        return e
    done: dict[Expr, Expr] = dict(values)
    for node in walk(e, stop=values):
        if node not in done:
            kids = below(node)
            done[node] = node if all(done[k] is k for k in kids) else rebuild(node, done)
    return done[e]


def at(e: Expr, values: Mapping[Index, Affine]) -> Expr:
    """`e` with free indices replaced by subscripts; bound indices are renamed where they would capture one."""
    values = {i: v for i, v in values.items() if i in e.free and v.index is not i}
    if not values:
        return e
    used = frozenset[Index]().union(*(v.free for v in values.values()))
    done: dict[Expr, Expr] = {}
    if e.depth > DEEP:
        for node in _below_free(e, values, used):
            done[node] = _at(node, values, used, done)
    return _at(e, values, used, done)


def _at(e: Expr, values: Mapping[Index, Affine], used: frozenset[Index], done: dict[Expr, Expr]) -> Expr:
    found = done.get(e)
    if found is not None:
        return found
    if values.keys().isdisjoint(e.free):
        return e
    match e:
        case Access(tensor, subs):
            new = intern(
                Access, _at(tensor, values, used, done), tuple(s.at(values, _entries(s, values)) for s in subs)
            )
        case Delta(a, b):
            new = intern(Delta, a.at(values, _entries(a, values)), b.at(values, _entries(b, values)))
        case Iverson(a):
            new = intern(Iverson, a.at(values, _entries(a, values)))
        case Apply(op, args, params):
            new = intern(Apply, op, tuple([_at(a, values, used, done) for a in args]), params)
        case Sum(index, body):
            if _binds((index,), values, used):
                (index,), body = _fresh_binder((index,), body, used)
                new = intern(Sum, index, at(body, {i: v for i, v in values.items() if i is not e.index}))
            else:
                new = intern(Sum, index, _at(body, values, used, done))
        case Array(indices, body):
            if _binds(indices, values, used):
                indices, body = _fresh_binder(indices, body, used)
                new = intern(Array, indices, at(body, {i: v for i, v in values.items() if i not in e.indices}))
            else:
                new = intern(Array, indices, _at(body, values, used, done))
        case Partial(of, by):
            new = intern(Partial, _at(of, values, used, done), _at(by, values, used, done))
        case _:
            return e
    done[e] = new
    return new


def _binds(bound: tuple[Index, ...], values: Mapping[Index, Affine], used: frozenset[Index]) -> bool:
    """Whether a binder hides an index that is replaced, or would capture one."""
    return any(i in values or i in used for i in bound)


def _below_free(e: Expr, values: Mapping[Index, Affine], used: frozenset[Index]) -> Iterable[Expr]:
    """The nodes of `e` in which `values` replace something as they do in `e`, parts before wholes."""
    stack, seen = [(e, False)], set[Expr]()
    while stack:
        node, done = stack.pop()
        if done:
            yield node
            continue
        if node in seen:
            continue
        seen.add(node)
        stack.append((node, True))
        bound = (node.index,) if isinstance(node, Sum) else node.indices if isinstance(node, Array) else ()
        if _binds(bound, values, used):
            continue
        stack += [(c, False) for c in children(node) if c not in seen and not values.keys().isdisjoint(c.free)]


def alike(a: Expr, b: Expr) -> bool:
    """Whether two expressions are one but for the names of bound indices."""
    stack: list[tuple[Expr, Expr, dict[Index, Affine]]] = [(a, b, {})]
    while stack:
        a, b, names = stack.pop()
        if a is b and names.keys().isdisjoint(a.free):
            continue
        if type(a) is not type(b) or a.shape != b.shape:
            return False
        match a, b:
            case (Apply(), Apply()) if a.op is b.op and a.params == b.params and len(a.args) == len(b.args):
                stack += [(x, y, names) for x, y in zip(a.args, b.args, strict=True)]
            case (Sum(), Sum()) if a.index.size is b.index.size:
                stack.append((a.body, b.body, {**names, a.index: affine(b.index)}))
            case (Array(), Array()):
                bound = {i: affine(j) for i, j in zip(a.indices, b.indices, strict=True)}
                stack.append((a.body, b.body, {**names, **bound}))
            case (Access(), Access()) | (Delta(), Delta()) | (Iverson(), Iverson()):
                if any(list(_lookups(s)) for s in _subscripts(a)):
                    return False
                moved, there = [s.at(names, {}) for s in _subscripts(a)], list(_subscripts(b))
                if moved != there and not (isinstance(a, Delta) and moved == there[::-1]):
                    return False
                stack += [(x, y, names) for x, y in zip(children(a), children(b), strict=True)]
            case (Partial(), Partial()):
                stack += [(a.of, b.of, names), (a.by, b.by, names)]
            case _:
                return False
    return True


def _entries(s: Affine, values: Mapping[Index, Affine]) -> dict[Expr, Expr]:
    return {entry: at(entry, values) for entry in _lookups(s)}


def _fresh_binder(bound: tuple[Index, ...], body: Expr, used: frozenset[Index]) -> tuple[tuple[Index, ...], Expr]:
    from chainrule.core.index import fresh

    clash = {i: fresh(i.size, i.hint) for i in bound if i in used}
    if not clash:
        return bound, body
    return tuple(clash.get(i, i) for i in bound), at(body, {i: affine(j) for i, j in clash.items()})


def _packed(e: Expr) -> list[tuple[type[Expr], tuple[int, ...], tuple[Any, ...]]]:
    """The nodes of an expression in a row, parts before wholes: kind, places of the parts, the rest."""
    place: dict[Expr, int] = {}
    out: list[tuple[type[Expr], tuple[int, ...], tuple[Any, ...]]] = []
    for node in walk(e):
        match node:
            case Var(name=name, dims=dims, props=props, index_size=extent):
                rest: tuple[Any, ...] = (name, dims, props, extent)
            case Const(value=value):
                rest = (value,)
            case SizeValue(size=s):
                rest = (s,)
            case Apply(op=op, params=params):
                rest = (op, params)
            case Array(indices=indices):
                rest = (indices,)
            case Sum(index=index):
                rest = (index,)
            case _:
                rest = _subscripts(node)
        place[node] = len(out)
        out.append((type(node), tuple(place[c] for c in children(node)), rest))
    return out


def _unpacked(nodes: list[tuple[type[Expr], tuple[int, ...], tuple[Any, ...]]]) -> Expr:
    done: list[Expr] = []
    for kind, places, rest in nodes:
        parts = tuple(done[n] for n in places)
        if kind is Apply:
            done.append(intern(Apply, rest[0], parts, rest[1]))
        elif kind is Access:
            done.append(intern(Access, *parts, rest))
        else:
            done.append(intern(kind, *rest, *parts))
    return done[-1]


def const(value: Any) -> Expr:
    """A number as a node; a float counts as the decimal that it prints as, so 0.1 is 1/10."""
    if isinstance(value, Expr):
        return value
    if getattr(value, "shape", None) == () and hasattr(value, "item"):  # a number of NumPy
        value = value.item()
    if isinstance(value, float) and isfinite(value):
        return intern(Const, Fraction(repr(value)))
    if isinstance(value, Rational):
        return intern(Const, Fraction(int(value.numerator), int(value.denominator)))
    if isinstance(value, (float, complex)):
        raise DomainError(f"{value} is not a real number that can be written exactly")
    raise WrongType(
        f"a value of type {type(value).__name__} is no part of an expression",
        hint='a variable in its place, as in x = cr.vector("x", "n"); values go to evaluate(x=…) or cr.compile(e)(x=…)',
    )


def access(tensor: Expr, *subs: Affine | Index | Size | int) -> Expr:
    """The entry of a tensor at subscripts; a scalar is its own entry. Axes of size 1 are read at 0."""
    if not tensor.shape:
        return tensor
    return intern(
        Access, tensor, tuple(affine(0) if n is ONE else affine(s) for s, n in zip(subs, tensor.shape, strict=True))
    )
