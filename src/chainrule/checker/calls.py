"""Functions that are written by name, and letters that stand for functions."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from chainrule.checker import syntax as s
from chainrule.checker.labels import Key
from chainrule.checker.values import MisfitError, NotUnderstoodError, Val
from chainrule.core.expr import Const, Expr, Sum, Var, access, const, intern
from chainrule.core.graph import replace
from chainrule.core.index import fresh
from chainrule.primitives import elementwise as e
from chainrule.primitives.arithmetic import div_p, mul_p, sub_p
from chainrule.primitives.functions import table
from chainrule.primitives.opaque import OpaqueFunction

if TYPE_CHECKING:
    from chainrule.checker.meaning import Meaning

POINTWISE = {
    "exp": "exp", "log": "log", "ln": "log", "sqrt": "sqrt", "sin": "sin", "cos": "cos", "tan": "tan", "sinh": "sinh",
    "cosh": "cosh", "tanh": "tanh", "abs": "abs", "sign": "sign", "sgn": "sign", "relu": "relu", "sigmoid": "sigmoid",
    "logistic": "sigmoid", "softplus": "softplus", "arctan": "atan", "erf": "erf", "step": "step",
    "silu": "silu", "swish": "silu", "gelu": "gelu", "elu": "elu", "mish": "mish", "arcsin": "asin", "arccos": "acos",
}  # fmt: skip


def call(m: Meaning, node: s.Call, given: Val | None = None) -> Val:
    """The value of a named function of its arguments."""
    name = node.name.lower()
    own_e = m.symbols.survey.own_e and m.symbols.survey.text[node.start : node.start + 1] == "e"
    if name == "exp" and given is None and own_e:
        return m.power(m.value(s.Symbol("e", start=node.start, end=node.start + 1)), node.args[0])
    args = [given] if given is not None else [m.value(a) for a in node.args]
    if name in ("max", "min") and len(args) == 2:
        return _extreme(m, name, args)
    if len(args) != 1:
        raise NotUnderstoodError(f"{node.name} of {len(args)} arguments")
    a = args[0]
    if node.subs:
        return _scripted(m, name, node.subs, a)
    if name in POINTWISE:
        f = table[POINTWISE[name]]
        if a.ndim == 2 and name in ("exp", "log", "sqrt"):
            pass  # entry by entry, as everywhere in machine learning
        return m.algebra.each(f, a)
    match name:
        case "norm2" | "norm":
            return Val(e.sqrt_p(m.algebra.total(m.algebra.each(lambda x: mul_p(x, x), a)).body))
        case "norm1":
            return m.algebra.total(m.algebra.each(table["abs"], a))
        case "diag":
            return m.algebra.diag(a)
        case "tr" | "trace":
            return m.algebra.trace(a)
        case "softmax":
            return _softmax(m, a)
        case "sum":
            return m.algebra.total(a)
        case "mean":
            return _mean(m, a)
        case "logsumexp":
            return Val(e.log_p(m.algebra.total(m.algebra.each(e.exp_p, a)).body))
        case "logsoftmax":
            return m.algebra.each(e.log_p, _softmax(m, a))
        case "inv" | "det" | "logdet":
            if a.ndim != 2:
                raise MisfitError(f"{name} of {a.describe()}")
            m.algebra.fits(*a.axes, what=f"{name} of {a.describe()}")
            if a.letters:
                raise NotUnderstoodError(f"{name} of a matrix with letters left open")
            node_ = table[name](a.tensor())
            if not node_.shape:
                return Val(node_)
            return Val(access(node_, *(ix := tuple(fresh(n) for n in node_.shape))), ix)
        case _:
            raise NotUnderstoodError(f"the function {node.name} is not known")


def _scripted(m: Meaning, name: str, subs: tuple[s.Node, ...], a: Val) -> Val:
    """log₂ x, ‖x‖₁: a function with a number or a letter below it."""
    below = subs[0] if len(subs) == 1 else s.Group(subs)
    match name, below:
        case "log", s.Number() | s.Symbol():
            base = m.value(below)
            return m.algebra.each(lambda x: div_p(table["log"](x), table["log"](base.body)), a)
        case "log", s.Group(items=items) if all(isinstance(x, s.Number) for x in items):  # log_{10}, digit by digit
            base = int("".join(str(int(x.value)) for x in items if isinstance(x, s.Number)))
            return m.algebra.each(lambda x: div_p(table["log"](x), table["log"](const(base))), a)
        case "norm2" | "norm", s.Number(value=v) if v in (1, 2) and (v == 1 or a.ndim < 2):
            return call(m, s.Call(f"norm{v}", ()), a)
        case "norm2" | "norm", s.Symbol(name="F"):
            return call(m, s.Call("norm2", ()), a)
        case "softmax", _:
            raise NotUnderstoodError("softmax with something below it")
        case _:
            raise NotUnderstoodError(f"{name} with something below it that is not understood")


def _extreme(m: Meaning, name: str, args: list[Val]) -> Val:
    a, b = args
    if name == "max":
        for x, y in ((a, b), (b, a)):
            if isinstance(x.body, Const) and x.body.value == 0 and not x.ndim:
                return m.algebra.each(e.relu_p, y)
    op = e.maximum_p if name == "max" else e.minimum_p
    wide = a if a.ndim else b
    if a.ndim and b.ndim:
        b = m.algebra.add(1, Val(const(0), a.axes, a.row), b)
    return Val(op(a.body, b.body), wide.axes, wide.row)


def _mean(m: Meaning, a: Val) -> Val:
    count = m.algebra.total(Val(const(1), a.axes))
    if a.ndim != 1:
        raise NotUnderstoodError("the mean of something that is no vector: along which axis?")
    return Val(div_p(m.algebra.total(a).body, count.body))


def _softmax(m: Meaning, a: Val) -> Val:
    if a.ndim != 1:
        raise NotUnderstoodError("softmax of something that is no vector: along which axis?")
    k = fresh(a.axes[0].size, "k")
    return Val(div_p(e.exp_p(a.body), intern(Sum, k, e.exp_p(a.on((k,)).body))), a.axes, a.row)


def elementwise(m: Meaning, key: Key, primes: int, z: Val) -> Val:
    """σ(z), σ′(z): a function that a letter stands for, defined or unknown, entry by entry."""
    if primes > 2:
        raise NotUnderstoodError("a third derivative")
    d = m.symbols.definition(key)
    f: Callable[[Expr], Expr]
    if d is not None and d[0].body is not None:
        f = _from_definition(m, key, primes)
    elif m.world.reading.sigmoid and key.base == "sigma":
        f = _derived(e.sigmoid_p, primes)
    elif key.base in m.symbols.survey.known_functions:
        f = _derived(table[m.symbols.survey.known_functions[key.base]], primes)
    elif key.base in POINTWISE:
        f = _derived(table[POINTWISE[key.base]], primes)  # tanh′
    else:
        fn = OpaqueFunction(key.base, None, (), elementwise=True)

        f = partial(fn, order=primes)
    return m.algebra.each(f, z)


def _from_definition(m: Meaning, key: Key, primes: int) -> Callable[[Expr], Expr]:
    found = m.symbols.definition(key)
    assert found is not None
    d, bind = found
    from chainrule.checker.meaning import Meaning

    inner = Meaning(m.world, bind, scope=f"def {key}")
    x = intern(Var, f"argument of {key}", (), frozenset[str](), None)
    argument = d.arguments[0]
    assert isinstance(argument, s.Symbol)
    inner.locals[argument.name] = Val(x)
    assert d.body is not None
    body = inner.value(d.body)
    if body.ndim or body.letters:
        raise NotUnderstoodError(f"{key} is not a function of one number")
    out = _derivatives(body.body, x, primes)
    return lambda value: replace(out, {x: value})


def _derived(f: Callable[[Expr], Expr], primes: int) -> Callable[[Expr], Expr]:
    x = intern(Var, "argument", (), frozenset[str](), None)
    out = _derivatives(f(x), x, primes)
    return lambda value: replace(out, {x: value})


def _derivatives(out: Expr, x: Var, primes: int) -> Expr:
    from chainrule.diff.entry import derivative

    for _ in range(primes):
        d = derivative(out, x, ())
        out = const(0) if d is None else d
    return out


__all__ = ["call", "elementwise", "sub_p"]
