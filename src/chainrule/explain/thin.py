"""Axes of size 1 read as axes of any size: 2 A x for the derivative of x' A x also where x has one entry.

With a name in the place of the 1 the formula is that of any size, in which products stay products. Where stretching or
reshaping needs the 1 to be one, there is no such formula.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

from chainrule.core.expr import Access, Apply, Array, Expr, SizeValue, Sum, Var, intern
from chainrule.core.graph import children, rebuild, walk
from chainrule.core.size import ONE, Size, size
from chainrule.errors import ChainruleError
from chainrule.primitives.opaque import OpaqueFunction

ANY = size("any size")
"""The size that stands for 1: no name that anybody can type."""


def widened(e: Expr) -> tuple[Expr, Mapping[Expr, Expr]] | None:
    """The expression with axes of any size for those of size 1, and what became of its variables; None if it has none.

    Examples:
        >>> from chainrule.primitives.variables import matrix, vector
        >>> x, y = vector("x", 1), vector("y", "n")
        >>> widened(x.T @ x)[0].variables[0].shape
        (Size('any size'),)
        >>> widened(x + y) is None  # x is stretched
        True
    """
    if not any(ONE in v.shape for v in e.variables):
        return None
    return _with_sizes(e, lambda n: ANY if n is ONE else n)


def narrowed(e: Expr) -> Expr | None:
    """The expression with size 1 for any; None where an entry is written out."""
    if any(isinstance(n, (Access, Array, Sum)) for n in walk(e)):
        return None
    found = _with_sizes(e, lambda n: n.substitute({str(ANY): ONE}))
    return None if found is None else found[0]


def _with_sizes(e: Expr, new: Callable[[Size], Size]) -> tuple[Expr, Mapping[Expr, Expr]] | None:
    done: dict[Expr, Expr] = {}
    try:
        for node in walk(e):
            match node:
                case Var(name=name, dims=dims, props=props, index_size=limit):
                    done[node] = intern(Var, name, tuple(map(new, dims)), props, None if limit is None else new(limit))
                case SizeValue(size=n):
                    done[node] = intern(SizeValue, new(n))
                case Apply(op=op, args=args, params=params):
                    done[node] = intern(Apply, op, tuple(done[a] for a in args), _params(params, new))
                    if done[node].shape != tuple(map(new, node.shape)):
                        return None
                case _:
                    kids = {c: done[c] for c in children(node)}
                    done[node] = rebuild(node, kids) if kids else node
    except ChainruleError:
        return None
    return done[e], done


def _params(params: Any, new: Callable[[Size], Size]) -> Any:
    if isinstance(params, Size):
        return new(params)
    if isinstance(params, tuple):
        return tuple(_params(p, new) for p in cast("tuple[Any, ...]", params))
    if isinstance(params, OpaqueFunction):
        arg = None if params.arg is None else tuple(map(new, params.arg))
        return OpaqueFunction(params.name, arg, tuple(map(new, params.out)), params.elementwise)
    return params
