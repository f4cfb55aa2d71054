"""Products: factors side by side, of which some are functions with their arguments; ⊙ and ⊗ bind less than these."""

from __future__ import annotations

from chainrule.checker import syntax as s
from chainrule.checker.applications import application
from chainrule.checker.evaluation import Evaluation
from chainrule.checker.names import defined
from chainrule.checker.printed import written
from chainrule.checker.values import NotUnderstoodError, Val
from chainrule.core.expr import const

LOOSE = ("odot", "otimes")


def product(m: Evaluation, factors: tuple[s.Node, ...], signs: tuple[str, ...]) -> Val:
    """The value of a product."""
    match factors, signs:
        case (s.Number(value=whole), s.Quotient(over=s.Number(value=a), under=s.Number(value=b))), ("",):
            if whole.denominator == 1 and a < b:
                return Val(const(whole + a / b))  # 3½
        case _:
            pass
    for sign in LOOSE:
        if sign in signs:
            k = len(signs) - 1 - signs[::-1].index(sign)
            a = product(m, factors[: k + 1], signs[:k])
            b = product(m, factors[k + 1 :], signs[k + 1 :])
            return m.algebra.hadamard(a, b) if sign == "odot" else m.algebra.outer(_vector(a), _vector(b))
    return _chain(m, factors, signs)


def _vector(a: Val) -> Val:
    if a.ndim != 1:
        raise NotUnderstoodError("⊗ of something that is not a vector")
    return Val(a.body, a.axes)


def _chain(m: Evaluation, factors: tuple[s.Node, ...], signs: tuple[str, ...]) -> Val:
    out: Val | None = None
    k = 0
    while k < len(factors):
        dot = k > 0 and signs[k - 1] == "cdot"
        v, used = _next(m, factors, signs, k)
        k += used
        if out is None:
            out = v
        elif dot and out.ndim == v.ndim == 1 and out.row == v.row:
            out = m.algebra.inner(out, v)
        else:
            out = m.algebra.product(out, v)
    assert out is not None
    return out


def _next(m: Evaluation, factors: tuple[s.Node, ...], signs: tuple[str, ...], k: int) -> tuple[Val, int]:
    """The value of what begins with factor k, and how many factors that takes."""
    found = _claimed(m, factors, signs, k) or _alias(m, factors, signs, k)
    if found is not None:
        return found
    group = factors[k + 1] if k + 1 < len(factors) and signs[k] == "" else None
    if isinstance(group, s.Group):
        applied = application(m, factors[k], group)
        if applied is not None:
            return applied, 2
    return m.value(factors[k]), 1


def _claimed(m: Evaluation, factors: tuple[s.Node, ...], signs: tuple[str, ...], k: int) -> tuple[Val, int] | None:
    """Factors that a wrong line before gave a value to."""
    for n in range(len(factors), k + 1, -1) if m.world.claimed else ():
        found = m.claimed(written(s.Product(factors[k:n], signs[k : n - 1])))
        if found is not None:
            return found, n - k
    return None


def _alias(m: Evaluation, factors: tuple[s.Node, ...], signs: tuple[str, ...], k: int) -> tuple[Val, int] | None:
    """Factors that a symbol stands for: W x within W x + b, where u = W x."""
    if m.bind or m.locals:
        return None
    for n in range(len(factors) - (k == 0), k + 1, -1):
        d = m.world.alias_of_run(factors[k:n], signs[k : n - 1])
        if d is not None:
            return defined(m, d), n - k
    return None
