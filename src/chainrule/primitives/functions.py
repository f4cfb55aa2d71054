"""The functions of the language as Python functions, found by their names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from inspect import cleandoc
from types import MappingProxyType

from chainrule.core.expr import Expr, ExprLike, const
from chainrule.core.primitive import Primitive, registry
from chainrule.errors import ShapeError, UnknownName
from chainrule.primitives.arithmetic import matmul_p, mul_p, transpose_p
from chainrule.primitives.shapes import show


def outer(x: ExprLike, y: ExprLike) -> Expr:
    """The outer product x yᵀ of two vectors: entry (i, j) is x_i y_j.

    Raises:
        ShapeError: one of them is not a vector.

    Examples:
        >>> from chainrule.primitives.variables import vector
        >>> outer(vector("x", "m"), vector("y", "n")).shape
        (Size('m'), Size('n'))
    """
    a, b = const(x), const(y)
    if a.ndim != 1 or b.ndim != 1:
        raise ShapeError(f"outer needs two vectors, not shapes {show(a.shape)} and {show(b.shape)}")
    return matmul_p(transpose_p(a) if a.row else a, b if b.row else transpose_p(b))


def hadamard(a: ExprLike, b: ExprLike) -> Expr:
    """The product entry by entry, as `*` in Python and `.*` in the language."""
    return mul_p(const(a), const(b))


_DOMAINS = {
    "positive": "is positive",
    "nonnegative": "is not negative",
    "nonzero": "is not 0",
    "unit": "lies between −1 and 1",
    "invertible": "is invertible",
    "posdet": "has a positive determinant",
    "spd": "is positive definite (its symmetric part)",
}


def _domain(domain: str) -> str:
    kind, place = domain.split(":")
    return f"Defined and differentiable where argument {int(place) + 1} {_DOMAINS[kind]}."


def _public(p: Primitive) -> Callable[..., Expr]:
    assert p.build is not None
    build = p.build
    build.__name__ = build.__qualname__ = p.name
    parts = [cleandoc(build.__doc__) if build.__doc__ else f"{p.summary[:1].upper()}{p.summary[1:]}."]
    if p.domain:
        parts.append(_domain(p.domain))
    if p.kink:
        parts.append(f"At kinks: {p.kink}.")
    parts.append(f"Derivative: {p.reason}.")
    if p.source:
        parts.append(f"Source: {p.source}")
    build.__doc__ = "\n\n".join(parts)
    return build


table: Mapping[str, Callable[..., Expr]] = MappingProxyType(
    {name: _public(p) for name, p in registry.items() if p.build is not None} | {"outer": outer, "hadamard": hadamard}
)
"""Every function of the language by its name."""


def function(name: str) -> Callable[..., Expr]:
    """The function of the language that has this name.

    Raises:
        UnknownName: there is none.

    Examples:
        >>> from chainrule.primitives.variables import vector
        >>> function("softmax")(vector("x", "n")).shape
        (Size('n'),)
    """
    found = table.get(name)
    if found is None:
        from difflib import get_close_matches

        near = get_close_matches(name, table, 1)
        raise UnknownName(f"there is no function {name}", hint=near[0] if near else "")
    return found


def __getattr__(name: str) -> Callable[..., Expr]:
    try:
        return table[name]
    except KeyError:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}") from None


def __dir__() -> list[str]:
    return sorted({*globals(), *table})
