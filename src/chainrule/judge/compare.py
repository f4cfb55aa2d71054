"""Comparing two arrays of exact scalars."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any

import numpy as np
from flint import arb, fmpq

from chainrule.backends.interpreter import Arr
from chainrule.backends.scalars import NOUGHT, ZERO, ball


class Outcome(Enum):
    """Of one comparison."""

    SAME = "same"
    DIFFERENT = "different"
    UNCLEAR = "unclear"


@dataclass(frozen=True)
class Comparison:
    """The outcome, and where they differ the first entry and both values there."""

    outcome: Outcome
    entry: tuple[int, ...] = ()
    left: Any = None
    right: Any = None


def compare(a: Arr, b: Arr, precision: int, zero_bits: int = 512) -> Comparison:
    """Entry by entry: exactly where both are rational, else by whether the balls overlap and are narrow.

    No ball about 0 is narrow beside its centre: from `zero_bits` of precision on, it is enough that it is narrow beside
    the other entries.
    """
    a, b = np.broadcast_arrays(a, b)
    clear = True
    scale: Any = None
    for at in np.ndindex(*a.shape):
        x, y = _plain(a[at]), _plain(b[at])
        if type(x) is fmpq and type(y) is fmpq:
            if x != y:
                return Comparison(Outcome.DIFFERENT, at, x, y)
            continue
        u, v = ball(x), ball(y)
        if not u.overlaps(v):
            return Comparison(Outcome.DIFFERENT, at, x, y)
        if not clear or _narrow(u, v, abs(u), precision // 2):
            continue
        if scale is None:
            scale = _largest(a)
        clear = precision >= zero_bits and _narrow(u, v, scale, precision // 2)
    return Comparison(Outcome.SAME if clear else Outcome.UNCLEAR)


def _plain(x: Any) -> Any:
    return NOUGHT if x is ZERO else x


def _narrow(u: Any, v: Any, beside: Any, bits: int) -> bool:
    if not (u.is_finite() and v.is_finite()):
        return False
    radius = max(v.rad(), u.rad())
    return bool(radius * arb(2) ** bits <= beside.mid())


def _largest(a: Arr) -> Any:
    largest = arb(1)
    for x in a.flat:
        m = abs(ball(_plain(x)))
        if m.is_finite() and m.mid() > largest:
            largest = m.mid()
    return largest
