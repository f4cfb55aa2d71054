"""What a primitive is: one record that holds its shape rule, meaning, derivative, notation and lowering."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, TypeAlias

from chainrule.core.expr import Apply, Expr, Shape, intern
from chainrule.core.index import Affine

Args: TypeAlias = "tuple[Expr, ...]"
Params: TypeAlias = "tuple[Any, ...]"
Subs: TypeAlias = "tuple[Affine, ...]"


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Primitive:
    """An operation of the language.

    infer: shape and row flag of the result; raises `ShapeError`.
    define: the entry of the result at subscripts, as an index expression of the arguments. None where the meaning
        is implicit (inverse) or a limit (erf): then `jacobian` or `partials` must be given.
    partials: elementwise primitives: one function an argument, of (arguments, result), all scalars; None in place of
        one says that perturbing it is meaningless.
    jacobian: ∂result[ix]/∂args[k][jx] as an index expression: a claim that tests prove from `define` or an oracle.
    product: the entry is a product of entries of the arguments, so that a product of such nodes is one chain.
    call: the kinds of what stands between the parentheses when it is written as a call, in order: "expr", "exprs",
        "axis", "axes" (axes and `keep`, optional), "size", "sizes" (one by one), "shape" ([m, n]), "permutation",
        "string", "number". Empty for what is written with an operator.
    build: the public function, called with those; it checks, fills defaults and applies the primitive.
    """

    name: str
    infer: Callable[[Args, Params], tuple[Shape, bool]]
    define: Callable[[Args, Params, Subs], Expr] | None = None
    expand: Callable[..., Expr] | None = None
    partials: Sequence[Callable[[Args, Expr], Expr] | None] | None = None
    jacobian: Callable[[Args, Params, Expr, Subs, int, Subs], Expr] | None = None
    call: tuple[str, ...] = ()
    build: Callable[..., Expr] | None = None
    elementwise: bool = False
    product: bool = False
    text: str | None = None
    latex: str | Callable[..., str] | None = None
    numpy: str | Callable[..., str] | None = None
    ball: str | None = None
    kink: str | None = None
    domain: str | None = None
    reason: str = ""
    summary: str = ""
    source: str = ""
    example: str = ""

    def __call__(self, *args: Expr, params: Params = ()) -> Expr:
        return intern(Apply, self, args, params)

    def __repr__(self) -> str:
        return f"<primitive {self.name}>"

    def __reduce__(self) -> tuple[Callable[[str], Primitive], tuple[str]]:
        return _registered, (self.name,)


registry: dict[str, Primitive] = {}


def _registered(name: str) -> Primitive:
    """The primitive of this name: a copy of it, or one that was pickled, is itself."""
    if name not in registry:
        import_module("chainrule.primitives")
    return registry[name]


def register(p: Primitive) -> Primitive:
    """Make a primitive known by its name."""
    if p.name in registry:
        raise ValueError(f"a primitive named {p.name!r} is already declared")
    registry[p.name] = p
    return p
