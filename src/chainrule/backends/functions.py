"""Scalar functions on rationals, balls and dual numbers.

The derivative of a function at a ball comes from a power series of FLINT, never from the `partials` of a primitive:
these functions are what those are tested against.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flint import arb, arb_series, fmpq

from chainrule.backends.scalars import (
    NOUGHT,
    ONE,
    ZERO,
    Dual,
    Undefined,
    ball,
    depth,
    divide,
    is_constant,
    is_zero,
    power,
    primal,
    sign,
)

Domain = Callable[[Any, bool], "Undefined | None"]
_LARGEST_EXACT_POWER = 4096


def _everywhere(c: Any, smooth: bool) -> Undefined | None:
    return None


def _above_zero(name: str, closed: bool) -> Domain:
    """The numbers above 0, and 0 itself where `closed`, as long as no derivative is asked for."""

    def check(c: Any, smooth: bool) -> Undefined | None:
        if c > 0:
            return None
        if type(c) is arb and not c.is_zero() and c.contains(0):
            return Undefined(f"{name} of what may be 0", undecided=True)
        if c < 0:
            return Undefined(f"{name} of a negative number")
        if closed:
            return Undefined(f"the derivative of {name} at 0") if smooth else None
        return Undefined(f"{name} of 0")

    return check


def _within_one(name: str) -> Domain:
    def check(c: Any, smooth: bool) -> Undefined | None:
        gap = 1 - c * c
        if gap > 0 or (not smooth and gap == 0):
            return None
        wide = type(gap) is arb and gap.contains(0)
        return Undefined(f"{name} outside (-1, 1)", undecided=wide)

    return check


def compose(x: Any, coefficients: Any) -> Any:
    """Σ_k c_k (x - x₀)^k by Horner's scheme: exact, as x - x₀ is nilpotent."""
    n = _nilpotent(x)
    out = coefficients[-1]
    for c in reversed(coefficients[:-1]):
        out = out * n + c
    return out


def _nilpotent(x: Any) -> Any:
    if type(x) is Dual:
        return Dual(x.level, _nilpotent(x.a), x.b)
    return ZERO


def analytic(
    value: Callable[[Any], Any],
    series: Callable[[Any], Any],
    domain: Domain = _everywhere,
    exact: dict[int, int] | None = None,
) -> Callable[[Any], Any]:
    """A function from its value at a ball and its power series about one."""
    known = {fmpq(k): fmpq(v) for k, v in (exact or {}).items()}

    def f(x: Any) -> Any:
        c = primal(x)
        if type(c) is Undefined:
            return c
        smooth = type(x) is Dual
        if not smooth and type(c) is fmpq and c in known:
            return known[c]
        bad = domain(c, smooth)
        if bad is not None:
            return bad
        c = ball(c)
        if not smooth:
            return value(c)
        order = depth(x) + 1
        terms: list[Any] = series(arb_series([c, 1], order)).coeffs()[:order]
        terms += [arb(0)] * (order - len(terms))
        terms[0] = value(c)
        return compose(x, terms)

    return f


def _sigmoid_series(s: Any) -> Any:
    return 1 / (1 + (-s).exp())


exp = analytic(arb.exp, lambda s: s.exp(), exact={0: 1})
log = analytic(arb.log, lambda s: s.log(), _above_zero("log", closed=False), exact={1: 0})
_root = analytic(arb.sqrt, lambda s: s.sqrt(), _above_zero("sqrt", closed=True), exact={0: 0})
softplus = analytic(lambda c: c.exp().log1p() if c < 0 else c + (-c).exp().log1p(), lambda s: (1 + s.exp()).log())


def sqrt(x: Any) -> Any:
    """Square root, exact for the squares of rationals."""
    if type(x) is fmpq and x > 0:
        found = _exact_root(x, 2)
        if found is not None:
            return found
    return _root(x)


def _exact_root(x: fmpq, degree: int) -> fmpq | None:
    """The root of a positive rational, where it is rational."""
    p, q = x.p.root(degree), x.q.root(degree)
    return fmpq(p, q) if p**degree == x.p and q**degree == x.q else None


def pow_(x: Any, y: Any) -> Any:
    """The power x^y: any x where y is a whole number, else x ≥ 0."""
    e = primal(y)
    if type(e) is Undefined:
        return e
    if not (type(e) is fmpq and is_constant(y)):
        return NOUGHT if is_zero(x) and e > 0 else exp(y * log(x))
    if e.q == 1 and (abs(e.p) <= _LARGEST_EXACT_POWER or type(x) is arb):
        return power(x, int(e.p))
    if is_zero(x) and type(x) is not Dual:
        return NOUGHT if e > 0 else Undefined("a negative power of 0")
    if type(x) is fmpq and x > 0 and e.q <= 16 and abs(e.p) <= _LARGEST_EXACT_POWER:
        found = _exact_root(x, int(e.q))
        if found is not None:
            return found ** int(e.p)
    return _real_power(ball(e))(x)


def _real_power(e: Any) -> Callable[[Any], Any]:
    return analytic(lambda c: c**e, lambda s: (e * s.log()).exp(), _above_zero("a fractional power", closed=False))


def choose(decided: Any, positive: Any, nought: Any, negative: Any) -> Any:
    """One of three by a sign; where the sign is `Undefined`, so is the result."""
    if type(decided) is Undefined:
        return decided
    return positive if decided > 0 else negative if decided < 0 else nought


def maximum(x: Any, y: Any) -> Any:
    s = sign(x - y)
    return ball(x).max(ball(y)) if _too_close(s, x, y) else choose(s, x, x, y)


def minimum(x: Any, y: Any) -> Any:
    s = sign(x - y)
    return ball(x).min(ball(y)) if _too_close(s, x, y) else choose(s, y, x, x)


def _too_close(s: Any, x: Any, y: Any) -> bool:
    """Whether it is not known which of two balls is the larger, so that one about both is the best there is."""
    return type(s) is Undefined and type(x) in (fmpq, arb) and type(y) in (fmpq, arb)


def where(condition: Any, x: Any, y: Any) -> Any:
    return choose(sign(condition), x, y, x)


def _piecewise(positive: Callable[[Any], Any], nought: Any, negative: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def f(x: Any) -> Any:
        s = sign(x)
        if type(s) is Undefined:
            return s
        return positive(x) if s > 0 else negative(x) if s < 0 else nought

    return f


def _comparison(positive: fmpq, nought: fmpq, negative: fmpq) -> Callable[[Any, Any], Any]:
    return lambda x, y: choose(sign(x - y), positive, nought, negative)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "add": lambda x, y: x + y,
    "sub": lambda x, y: x - y,
    "mul": lambda x, y: x * y,
    "neg": lambda x: -x,
    "div": divide,
    "pow": pow_,
    "square": lambda x: x * x,
    "exp": exp,
    "log": log,
    "log1p": lambda x: log(ONE + x),
    "sqrt": sqrt,
    "sin": analytic(arb.sin, lambda s: s.sin(), exact={0: 0}),
    "cos": analytic(arb.cos, lambda s: s.cos(), exact={0: 1}),
    "tan": analytic(arb.tan, lambda s: s.tan(), exact={0: 0}),
    "asin": analytic(arb.asin, lambda s: s.asin(), _within_one("asin"), exact={0: 0}),
    "acos": analytic(arb.acos, lambda s: s.acos(), _within_one("acos")),
    "atan": analytic(arb.atan, lambda s: s.atan(), exact={0: 0}),
    "sinh": analytic(arb.sinh, lambda s: (s.exp() - (-s).exp()) / 2, exact={0: 0}),
    "cosh": analytic(arb.cosh, lambda s: (s.exp() + (-s).exp()) / 2, exact={0: 1}),
    "tanh": analytic(arb.tanh, lambda s: 1 - 2 / (1 + (2 * s).exp()), exact={0: 0}),
    "erf": analytic(arb.erf, lambda s: s.erf(), exact={0: 0}),
    "sigmoid": analytic(lambda c: 1 / (1 + (-c).exp()), _sigmoid_series),
    "softplus": softplus,
    "logsigmoid": lambda x: -softplus(-x),
    "abs": _piecewise(lambda x: x, NOUGHT, lambda x: -x),
    "sign": _piecewise(lambda x: ONE, NOUGHT, lambda x: -ONE),
    "relu": _piecewise(lambda x: x, NOUGHT, lambda x: NOUGHT),
    "step": _piecewise(lambda x: ONE, NOUGHT, lambda x: NOUGHT),
    "maximum": maximum,
    "minimum": minimum,
    "where": where,
    "gt": _comparison(ONE, NOUGHT, NOUGHT),
    "ge": _comparison(ONE, ONE, NOUGHT),
    "lt": _comparison(NOUGHT, NOUGHT, ONE),
    "le": _comparison(NOUGHT, ONE, ONE),
}
