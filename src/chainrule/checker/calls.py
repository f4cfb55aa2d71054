"""Functions that are written by name, with their arguments."""

from __future__ import annotations

from chainrule.checker import syntax as s
from chainrule.checker.evaluation import Evaluation
from chainrule.checker.matrices import matrix_function
from chainrule.checker.pointwise import POINTWISE
from chainrule.checker.powers import power
from chainrule.checker.values import NotUnderstoodError, Val
from chainrule.core.expr import Const, Sum, const, intern
from chainrule.core.index import fresh
from chainrule.primitives import elementwise as e
from chainrule.primitives.arithmetic import div_p, mul_p
from chainrule.primitives.functions import table


def call(m: Evaluation, node: s.Call) -> Val:
    """The value of a named function of its arguments."""
    name = node.name.lower()
    if name == "exp" and m.symbols.survey.own_e and m.symbols.survey.text[node.start : node.start + 1] == "e":
        return power(m, m.value(s.Symbol("e", start=node.start, end=node.start + 1)), node.args[0])
    args = [m.value(a) for a in node.args]
    if name in ("max", "min") and len(args) == 2:
        return _extreme(m, name, args)
    if len(args) != 1:
        raise NotUnderstoodError(f"{node.name} of {len(args)} arguments")
    return _scripted(m, name, node.subs, args[0]) if node.subs else _applied(m, node.name, args[0])


def _applied(m: Evaluation, called: str, a: Val) -> Val:
    name = called.lower()
    if name in POINTWISE:
        return m.algebra.each(table[POINTWISE[name]], a)  # of matrices too, as everywhere in machine learning
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
            return _softmax(a)
        case "sum":
            return m.algebra.total(a)
        case "mean":
            return _mean(m, a)
        case "logsumexp":
            return Val(e.log_p(m.algebra.total(m.algebra.each(e.exp_p, a)).body))
        case "logsoftmax":
            return m.algebra.each(e.log_p, _softmax(a))
        case "inv" | "det" | "logdet":
            return matrix_function(m.algebra, name, a)
        case _:
            raise NotUnderstoodError(f"the function {called} is not known")


def _scripted(m: Evaluation, name: str, subs: tuple[s.Node, ...], a: Val) -> Val:
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
            return _applied(m, f"norm{v}", a)
        case "norm2" | "norm", s.Symbol(name="F"):
            return _applied(m, "norm2", a)
        case "softmax", _:
            raise NotUnderstoodError("softmax with something below it")
        case _:
            raise NotUnderstoodError(f"{name} with something below it that is not understood")


def _extreme(m: Evaluation, name: str, args: list[Val]) -> Val:
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


def _mean(m: Evaluation, a: Val) -> Val:
    count = m.algebra.total(Val(const(1), a.axes))
    if a.ndim != 1:
        raise NotUnderstoodError("the mean of something that is no vector: along which axis?")
    return Val(div_p(m.algebra.total(a).body, count.body))


def _softmax(a: Val) -> Val:
    if a.ndim != 1:
        raise NotUnderstoodError("softmax of something that is no vector: along which axis?")
    k = fresh(a.axes[0].size, "k")
    return Val(div_p(e.exp_p(a.body), intern(Sum, k, e.exp_p(a.on((k,)).body))), a.axes, a.row)
