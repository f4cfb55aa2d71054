"""Two ways to compute with a network: in fractions and balls, or in float64."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from flint import arb, fmpq

from chainrule.backends.compile import compile as compiled
from chainrule.backends.exact import DEFAULT_PRECISION as PRECISION, evaluate_array, exact, exact_array
from chainrule.backends.scalars import ZERO
from chainrule.core.expr import Expr
from chainrule.errors import NetworkError

Value = Any
"""A `Fraction` or a ball, or an array of them."""
MOST_BITS = 400_000  # of a fraction: over 100,000 digits; of the exponent of a ball


@dataclass(frozen=True)
class Exact:
    """Fractions as long as all is rational, else balls of so many bits."""

    bits: int = PRECISION

    def value(self, e: Expr, env: Mapping[str, Any]) -> Value:
        """The value of an expression."""
        arrays: dict[Expr, Any] = {v: exact_array(env[v.name], v.name) for v in e.variables}
        sizes = {name: n for name, n in env.items() if isinstance(n, int)}
        found = self.result(evaluate_array(e, arrays, sizes, None, self.bits))
        return found if found.ndim else found[()]

    def array(self, x: Any) -> Any:
        """Numbers to compute with."""
        return exact_array(x, "a value")

    def number(self, q: Fraction) -> Any:
        """A number to compute with."""
        return exact(q)

    def result(self, a: Any) -> Any:
        """Numbers of FLINT as fractions; balls stay balls."""
        return np.asarray(np.frompyfunc(_presented, 1, 1)(a), dtype=object)

    def limited(self, x: Value, what: str) -> Value:
        """The value itself.

        Raises:
            NetworkError: it has too many digits to go on with.
        """
        for v in np.asarray(x, dtype=object).flat:
            if isinstance(v, arb):
                if not v.is_finite() or int(v.abs_upper().man_exp()[1]) > MOST_BITS:
                    raise NetworkError(
                        f"{what} is too large to compute with",
                        hint="smaller numbers or steps",
                    )
            elif v.numerator.bit_length() + v.denominator.bit_length() > MOST_BITS:
                raise NetworkError(f"{what}: the exact fractions have more than 100 000 digits",
                                   hint="--float, or fewer --steps")  # fmt: skip
        return x


class Floats:
    """NumPy in float64, for networks that are too large for fractions."""

    def value(self, e: Expr, env: Mapping[str, Any]) -> Value:
        """The value of an expression."""
        return compiled(e)(**env)

    def array(self, x: Any) -> Any:
        """Numbers to compute with."""
        return floats(x)

    def number(self, q: Fraction) -> Any:
        """A number to compute with."""
        return float(q)

    def result(self, a: Any) -> Any:
        """The numbers as they are."""
        return a

    def limited(self, x: Value, what: str) -> Value:
        """The value itself.

        Raises:
            NetworkError: it is not a finite number.
        """
        if not np.all(np.isfinite(x)):
            raise NetworkError(f"{what} is no finite number in float64", hint="a smaller learning rate, or fewer steps")
        return x


def floats(x: Any) -> Any:
    """Numbers of any kind in float64; what is too large for it is infinite."""
    if isinstance(x, (float, np.ndarray)) and np.asarray(x).dtype == float:
        return np.asarray(x)
    return np.array(np.frompyfunc(_float, 1, 1)(np.array(x, dtype=object)), dtype=float)


def _float(x: Any) -> float:
    try:
        return float(x)
    except OverflowError:
        return float("inf") if x > 0 else float("-inf")


def plain_number(x: Any) -> Any:
    """A number of FLINT, with a zero that is no object of its own."""
    return fmpq(0) if x is ZERO else x


def _presented(x: Any) -> Any:
    x = plain_number(x)
    return Fraction(int(x.p), int(x.q)) if isinstance(x, fmpq) else x
