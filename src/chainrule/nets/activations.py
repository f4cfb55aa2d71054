"""Activations: a function of the language entry by entry, an expression in z, or softmax over the units."""

from __future__ import annotations

from fractions import Fraction
from functools import cache

from chainrule.core.expr import Apply, Expr, Var, const, intern
from chainrule.core.graph import replace, walk
from chainrule.core.primitive import Primitive, registry
from chainrule.errors import ChainruleError, NetworkError
from chainrule.notation.parser import parse_program
from chainrule.notation.source import nearest
from chainrule.primitives.arithmetic import mul_p
from chainrule.primitives.functions import table

ALIASES = {"linear": "identity", "none": "identity", "logistic": "sigmoid", "swish": "silu", "σ": "sigmoid"}
OVER_UNITS = ("softmax", "log_softmax")


@cache
def names() -> tuple[str, ...]:
    """What may be written for an activation, expressions aside."""
    own = (n for n, p in registry.items() if p.elementwise and n in table and _of_one(p))
    return tuple(sorted({"identity", *OVER_UNITS, *own}))


def _of_one(p: Primitive) -> bool:
    """Whether it is called with one tensor, and perhaps with numbers that have defaults."""
    return p.call[:1] == ("expr",) and set(p.call[1:]) <= {"number"}


def plain(name: str) -> str:
    """The name of an activation as the language has it: leaky_relu for Leaky-ReLU; an expression stays as it is."""
    lower = name.strip().lower().replace("-", "_").replace(" ", "_")
    lower = ALIASES.get(lower, lower)
    return lower if lower in names() else name


def activate(name: str, z: Expr, beta: Fraction | None, place: str) -> Expr:
    """σ(z) for the net input of a layer: a vector of units, or a matrix of units × samples.

    Raises:
        NetworkError: there is no such activation, or the expression is not one in z alone.
    """
    known = plain(name)
    if not known.strip():
        raise NetworkError(f"{place}: the activation is empty", hint='"relu", or an expression: "z^2"')
    if beta is not None and known not in OVER_UNITS:
        raise NetworkError(f"{place}: beta belongs to softmax, not to {name}", hint='activation = "softmax"')
    if known == "identity":
        return z
    if known in OVER_UNITS:
        scaled = z if beta in (None, 1) else mul_p(const(beta), z)
        return registry[known](scaled, params=(0,))
    if known in names():
        return table[known](z)
    if known.isidentifier() and known != "z":
        near = nearest(known, [*names(), *ALIASES])
        raise NetworkError(
            f"{place}: there is no activation {name!r}", hint=near or f'{", ".join(names())}, or an expression: "z^2"'
        )
    return _expression(name, z, place)


def _expression(text: str, z: Expr, place: str) -> Expr:
    """An expression in the number z, entry by entry."""
    try:
        program = parse_program(text, "z: scalar")
    except ChainruleError as problem:
        raise NetworkError(f"{place}: {problem.message}", place=problem.place, hint=problem.hint) from None
    strangers = [v.name for v in program.expression.variables if v.name != "z"]
    if strangers or program.expression.shape:
        what = f"it has {strangers[0]}" if strangers else "it is not one number"
        raise NetworkError(f"{place}: an activation is an expression in z alone; {what}", hint='"z^2"')
    if not program.expression.variables:
        raise NetworkError(f"{place}: the activation {text!r} does not depend on z", hint='"z^2"')
    bad = [n for n in walk(program.expression) if isinstance(n, Apply) and not n.op.elementwise]
    if bad:
        raise NetworkError(f"{place}: {bad[0].op.name} does not act entry by entry", hint='"z^2", "z*sigmoid(z)"')
    scalar = intern(Var, "z", (), frozenset[str](), None)
    return replace(program.expression, {scalar: z})
