"""Constant parts of expressions: their values, and those that have none, of which nothing can be proved."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from math import isfinite, prod
from typing import Any

import flint
from flint import fmpq

from chainrule.backends.exact import checked
from chainrule.backends.interpreter import Interpreter
from chainrule.backends.scalars import ball, is_zero
from chainrule.core.expr import Apply, Const, Expr, SizeValue
from chainrule.core.graph import below
from chainrule.errors import ChainruleError, DomainError
from chainrule.judge.models import generator
from chainrule.judge.points import Problem

_BITS = 512
_LARGEST = 4096  # entries; what is larger is not looked at


def valueless(*roots: Expr) -> tuple[Expr, str] | None:
    """The first constant part that has no value, or none that can be shown to exist; and why.

    The branches of `where` are not looked into: that which is not taken needs no value.

    Examples:
        >>> from chainrule.notation.parser import parse
        >>> valueless(parse("x + 0*log(-1)", "x: n"))[1]
        'log(-1) has no value: log of a negative number'
        >>> valueless(parse("where(x > 0, log(x), 0)", "x: n"))
    """
    nodes, constant = _constant(roots)
    parts: list[tuple[Expr, Expr, bool]] = []  # a node, what of it is worked out, and whether that is a divisor
    for e in nodes:
        if e in constant and not isinstance(e, Const):
            parts.append((e, e, False))
        elif isinstance(e, Apply) and e.op.name == "div" and e.args[1] in constant:
            parts.append((e, e.args[1], True))
    if not parts:
        return None
    problem = Problem(*(part for _, part, _ in parts))
    sizes = problem.sizes(generator("constants"), small=True)
    if sizes is None:
        return None
    with flint.ctx.workprec(_BITS):
        at = Interpreter({}, sizes)
        for e, part, divisor in parts:
            why = _why_not(part, at, divisor)
            if why:
                return e, f"{_text(e)} has no value: {why}"
    return None


def _why_not(e: Expr, at: Interpreter, divisor: bool) -> str:
    try:
        if prod(map(at.extent, e.shape)) > _LARGEST:
            return ""
        value = checked(at.tensor(e))
    except DomainError as nowhere:
        return nowhere.message
    except (ChainruleError, OverflowError):
        return ""
    return "division by zero" if divisor and any(map(is_zero, value.flat)) else ""


def magnitudes(problem: Problem) -> list[Fraction]:
    """How large the constants of a problem are, each worked out as far as no variable stands in it; without 0.

    Examples:
        >>> from chainrule.notation.parser import parse
        >>> magnitudes(Problem(parse("relu(x - 10^6)*(2*3)", "x: n")))
        [Fraction(6, 1), Fraction(1000000, 1)]
    """
    constant = _constant(problem.nodes)[1]
    within = {part for e in constant for part in below(e)} - {
        part for e in problem.nodes if e not in constant for part in below(e)
    }
    outer = [e for e in problem.nodes if e in constant and e not in within]
    sizes = problem.sizes(generator("constants"), small=True) if outer else None
    if sizes is None:
        return []
    with flint.ctx.workprec(_BITS):
        at = Interpreter({}, sizes)
        return sorted({m for e in outer for m in _sizes_of(e, at) if m})


def _sizes_of(e: Expr, at: Interpreter) -> Iterable[Fraction]:
    try:
        if prod(map(at.extent, e.shape)) <= _LARGEST:
            yield from {_size_of(x) for x in checked(at.tensor(e)).flat}
    except (ChainruleError, OverflowError):
        return


def _size_of(x: Any) -> Fraction:
    if type(x) is fmpq:
        return abs(Fraction(int(x.p), int(x.q)))
    about = abs(float(ball(x).mid()))
    return Fraction(f"{about:.3g}") if isfinite(about) else Fraction(0)


def _text(e: Expr) -> str:
    match e:
        case Apply(args=(Const(value=a), Const(value=b))) if e.op.name == "div":
            return f"{a}/{b}"
        case _:
            return e.text()


def _constant(roots: Iterable[Expr]) -> tuple[list[Expr], set[Expr]]:
    """The nodes that must have values, parts before wholes; and those in which no variable or named size stands."""
    constant: dict[Expr, bool] = {}
    stack = [(r, False) for r in reversed(list(roots))]
    while stack:
        e, ready = stack.pop()
        if e in constant:
            continue
        parts = _needed(e)
        if not ready:
            stack.append((e, True))
            stack += [(c, False) for c in reversed(parts) if c not in constant]
        elif isinstance(e, Const):
            constant[e] = True
        elif isinstance(e, SizeValue):
            constant[e] = e.size.constant is not None
        else:
            closed = isinstance(e, Apply) and not e.free and not e.op.name.startswith(("opaque", "where"))
            constant[e] = closed and all(constant[c] for c in parts)
    return list(constant), {e for e, yes in constant.items() if yes}


def _needed(e: Expr) -> tuple[Expr, ...]:
    """The parts that must have a value for the whole to have one."""
    if isinstance(e, Apply):
        return e.args[:1] if e.op.name == "where" else e.args
    return () if e.free else below(e)
