"""Expressions: immutable, interned nodes of two levels.

A *tensor* node has a shape; an *index expression* is a scalar-shaped node with free indices. `Access` reads an entry
of a tensor, `Array` makes a tensor from an index expression. Building a node checks it and never simplifies it.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from math import isfinite
from numbers import Rational
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar
from weakref import WeakValueDictionary

from chainrule.core.index import Affine, Index, affine
from chainrule.core.size import ONE, Size
from chainrule.errors import DomainError, WrongType

if TYPE_CHECKING:
    from chainrule.core.primitive import Primitive

Shape: TypeAlias = "tuple[Size, ...]"
ExprLike: TypeAlias = "Expr | int | float | Fraction | Decimal"

# Operators and views live in layers above; they are found by name when first asked for.
_PLACES = {
    "operator": "chainrule.primitives.arithmetic:operator",
    "text": "chainrule.notation.forms:text",
    "latex": "chainrule.notation.forms:latex",
    "evaluate": "chainrule.backends.exact:evaluate",
    "walk": "chainrule.core.graph:walk",
    "packed": "chainrule.core.graph:packed",
    "unpacked": "chainrule.core.graph:unpacked",
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
        return tuple(e for e in _borrow("walk")(self) if isinstance(e, Var))

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

    def __pos__(self) -> Expr:
        return self

    def __abs__(self) -> Expr:
        return _borrow("operator")("abs", self)

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
        if values is not None and not isinstance(values, Mapping):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise WrongType(f"values by variable are wanted, not {type(values).__name__}", hint="evaluate(x=[1, 2])")
        return _borrow("evaluate")(self, {**(values or {}), **named}, precision)

    def __copy__(self) -> Expr:
        return self

    def __deepcopy__(self, memo: object) -> Expr:
        return self

    def __reduce__(self) -> tuple[object, ...]:
        return _borrow("unpacked"), (_borrow("packed")(self),)

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


LONGEST = 4000
"""Digits that a number may have."""


def too_long(value: Rational) -> bool:
    """Whether a number has more digits than can be written."""
    return max(int(value.numerator).bit_length(), int(value.denominator).bit_length()) > 3.33 * LONGEST


def const(value: Any) -> Expr:
    """A number as a node; a float counts as the decimal that it prints as, so 0.1 is 1/10.

    Raises:
        DomainError: it is no real number, or has thousands of digits.
        WrongType: it is no number.
    """
    if isinstance(value, Expr):
        return value
    if getattr(value, "shape", None) == () and hasattr(value, "item"):  # a number of NumPy
        value = value.item()
    if isinstance(value, float) and isfinite(value):
        return intern(Const, Fraction(repr(value)))
    if isinstance(value, Rational):
        if too_long(value):
            raise DomainError(
                f"a number of more than {LONGEST} digits is no part of an expression",
                hint="a variable in its place",
            )
        return intern(Const, Fraction(int(value.numerator), int(value.denominator)))
    if isinstance(value, Decimal) and value.is_finite() and abs(value.adjusted()) <= LONGEST:
        return intern(Const, Fraction(value))
    if isinstance(value, (float, complex, Decimal)):
        raise DomainError(f"{value} is not a real number that can be written exactly")
    if isinstance(value, str):
        raise WrongType(f"{value[:40]!r} is a text, and an expression is wanted", hint="cr.parse(text) makes one")
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
