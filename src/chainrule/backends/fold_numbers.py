"""Arithmetic on numbers that are known when code is generated, so that 1/0 and (-8)^(1/3) are not left to Python."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction

from chainrule.backends.plan import ATOM, NEG, Code


def _read(text: str) -> Fraction | None:
    try:
        parts = [Fraction(p.strip()) for p in text.split("/")]
    except ValueError:
        return None
    return parts[0] / parts[1] if len(parts) == 2 else parts[0] if len(parts) == 1 else None


def _div(a: Fraction, b: Fraction) -> Fraction | float:
    if b == 0:
        return math.nan if a == 0 else math.inf if a > 0 else -math.inf
    return a / b


def _pow(a: Fraction, b: Fraction) -> Fraction | float:
    if b.denominator == 1 and abs(b) <= 64:
        return math.inf if a == 0 and b < 0 else a**b.numerator
    if a < 0:
        return math.nan
    if a == 1:
        return Fraction(1)
    if a == 0:
        return Fraction(int(b == 0)) if b >= 0 else math.inf
    try:
        return float(a) ** float(b)
    except OverflowError:
        return math.inf if (a > 1) is (b > 0) else 0.0


_RULES: dict[str, Callable[..., Fraction | float]] = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "div": _div,
    "neg": lambda a: -a,
    "pow": _pow,
}


def folded(name: str, texts: Sequence[str]) -> Code | None:
    """The number that this operation on literals gives; None where an operand is no literal."""
    from chainrule.backends.numpy_code import number

    rule = _RULES.get(name)
    values = [_read(t) for t in texts]
    if rule is None or any(v is None for v in values):
        return None
    out = rule(*values)
    if isinstance(out, Fraction):
        return number(out)
    if math.isfinite(out):
        return number(Fraction(out))
    return Code({math.inf: "np.inf", -math.inf: "-np.inf"}.get(out, "np.nan"), NEG if out < 0 else ATOM, (), True)
