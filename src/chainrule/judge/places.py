"""Where conditions change between two points, and where to look next."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import ceil, isfinite, log2

import numpy as np

from chainrule.backends.interpreter import Arr
from chainrule.judge.points import Point

_APART = 1e-12  # of the way: what lies closer together is one place
_DEPTH = 40


@dataclass(frozen=True, eq=False)
class Look:
    """The conditions at a point: their signs, about their values, and how far it is along the way to another point."""

    point: Point
    signs: Arr
    values: Arr
    t: Fraction = Fraction(0)


def places(low: Look, high: Look) -> list[tuple[int, float]]:
    """The numbers that change their sign between two looks, and about how far along the way."""
    changed = np.flatnonzero(low.signs * high.signs < 0)
    out: list[tuple[int, float]] = []
    for k in changed:
        v, w = float(low.values[k]), float(high.values[k])
        share = v / (v - w) if isfinite(v) and isfinite(w) and isfinite(v - w) and v != w else 0.5
        out.append((int(k), min(max(share, _APART), 1 - _APART)))
    return sorted(out, key=lambda place: place[1])


def halfway(low: Look, high: Look, shares: list[float], depth: int) -> Fraction | None:
    """Where to look next between two looks; None if they have all changes between them at one place."""
    if len(shares) < 2 or depth >= _DEPTH:
        return None
    gap, share = max((b - a, (a + b) / 2) for a, b in pairwise(shares))
    if gap < _APART:
        return None
    if depth % 3 == 2:  # the changes need not lie where straight lines put them
        share, gap = 0.5, 0.5
    unit = 2 ** ceil(3 - log2(gap))
    return low.t + (high.t - low.t) * Fraction(min(max(round(share * unit), 1), unit - 1), unit)


def lowest(left: float, middle: float, right: float) -> float | None:
    """Where to go from 0, with heights at -1, 0 and 1: to the vertex of the parabola, or down its slope to 0."""
    if not all(map(isfinite, (left, middle, right))):
        return None
    bend, slope = (left + right) / 2 - middle, (right - left) / 2
    if bend > abs(slope) / 1000:
        return -slope / (2 * bend)
    return -middle / slope * (1 + 2.0**-20) if slope else None
