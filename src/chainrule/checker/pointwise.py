"""Functions that work entry by entry: those with a name, and letters that stand for one, defined or unknown."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeAlias

from chainrule.checker import syntax as s
from chainrule.checker.evaluation import Evaluation
from chainrule.checker.labels import Bind, Key
from chainrule.checker.symbols import Definition
from chainrule.checker.values import NotUnderstoodError, Val
from chainrule.core.expr import Expr, Var, const, intern
from chainrule.core.graph import replace
from chainrule.diff.entry import derivative
from chainrule.primitives.elementwise import sigmoid_p
from chainrule.primitives.functions import table
from chainrule.primitives.opaque import OpaqueFunction

Function: TypeAlias = Callable[[Expr], Expr]

POINTWISE = {
    "exp": "exp", "log": "log", "ln": "log", "sqrt": "sqrt", "sin": "sin", "cos": "cos", "tan": "tan", "sinh": "sinh",
    "cosh": "cosh", "tanh": "tanh", "abs": "abs", "sign": "sign", "sgn": "sign", "relu": "relu", "sigmoid": "sigmoid",
    "logistic": "sigmoid", "softplus": "softplus", "arctan": "atan", "erf": "erf", "step": "step",
    "silu": "silu", "swish": "silu", "gelu": "gelu", "mish": "mish", "arcsin": "asin", "arccos": "acos",
}  # fmt: skip


def elementwise(m: Evaluation, key: Key, primes: int, z: Val) -> Val:
    """σ(z), σ′(z), tanh′(z): a function that a letter stands for, entry by entry."""
    if primes > 2:
        raise NotUnderstoodError("a third derivative")
    return m.algebra.each(_function(m, key, primes), z)


def _function(m: Evaluation, key: Key, primes: int) -> Function:
    found, known = m.symbols.definition(key), m.symbols.survey.known_functions
    if found is not None and found[0].body is not None:
        return _defined(m, found[0].body, *found, primes)
    if m.world.reading.sigmoid and key.base == "sigma":
        return _derived(sigmoid_p, primes)
    name = known.get(key.base) or POINTWISE.get(key.base)
    if name is not None:
        return _derived(table[name], primes)
    return partial(OpaqueFunction(key.base, None, (), elementwise=True), order=primes)


def _defined(m: Evaluation, body: s.Node, d: Definition, bind: Bind, primes: int) -> Function:
    argument = d.arguments[0]
    assert isinstance(argument, s.Symbol)
    x = intern(Var, f"argument of {d.key}", (), frozenset[str](), None)
    inner = m.world.evaluator(bind, f"def {d.key}")
    inner.locals[argument.name] = Val(x)
    out = inner.value(body)
    if out.ndim or out.letters:
        raise NotUnderstoodError(f"{d.key} is not a function of one number")
    return _of_argument(_derivatives(out.body, x, primes), x)


def _derived(f: Function, primes: int) -> Function:
    x = intern(Var, "argument", (), frozenset[str](), None)
    return _of_argument(_derivatives(f(x), x, primes), x)


def _of_argument(out: Expr, x: Var) -> Function:
    return lambda value: replace(out, {x: value})


def _derivatives(out: Expr, x: Var, primes: int) -> Expr:
    for _ in range(primes):
        d = derivative(out, x, ())
        out = const(0) if d is None else d
    return out
