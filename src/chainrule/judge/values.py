"""Random exact values of variables that obey the facts declared about them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import prod
from random import Random

import numpy as np
from flint import fmpq

from chainrule.backends.interpreter import Arr
from chainrule.backends.scalars import NOUGHT, ONE
from chainrule.backends.tensors import det, inverse
from chainrule.core.expr import Var
from chainrule.judge.models import filled
from chainrule.rewrite.facts import along

_CONVEX = frozenset({"positive", "unit", "symmetric", "diagonal", "lower", "upper", "distances", "spd"})
_BY_ELIMINATION = frozenset({"orthogonal", "spd", "posdet"})  # matrices that are drawn with much work
_FEW = 32  # entries that differ without help
_LITTLE = Fraction(1, 2**30)  # how close to a bound


@dataclass(frozen=True)
class Mode:
    """How values are drawn: scale and sign; `tame`: close to an identity matrix; `whole`: 1 to 4 times the scale.

    With `level` 1 or -1 all entries are almost equal, as large or as small as the scale and the facts allow.
    """

    scale: str
    positive: bool = False
    tame: bool = False
    whole: bool = False
    level: int = 0


def draw(rng: Random, shape: tuple[int, ...], props: frozenset[str], mode: Mode, limit: int | None) -> Arr:
    """Values of the given shape with the given props; whole numbers below `limit` for a variable of indices."""
    if limit is not None:
        return filled(shape, lambda: Fraction(rng.randrange(limit)))
    square = len(shape) == 2 and shape[0] == shape[1]
    for p in sorted(props):
        axis = along(p, len(shape))
        if axis is not None:
            return _along_axis(rng, shape, axis, onehot=p.startswith("onehot"))
    if square and mode.level and props & _BY_ELIMINATION:
        return _structured(rng, _level_matrix(shape[0], props, mode), props - _BY_ELIMINATION)
    plain = mode.whole or prod(shape) <= _FEW or bool(props & {"binary", "pm1"})
    a = filled(shape, lambda: _entry(rng, props, mode) * (1 if plain else _near_one(rng)))
    if not square:
        return a
    if "orthogonal" in props:
        return _orthogonal(a)
    if "spd" in props:
        return _definite(a)
    if mode.tame and not props & {"unit", "binary", "pm1", "distances"}:
        a = a * fmpq(1, 3 * len(a)) + _eye(len(a))
    return _structured(rng, a, props)


def moves(same: Sequence[Var]) -> str:
    """How values of a variable may move and still obey its facts: "freely", "between" two of them, or "" for not."""
    props = frozenset[str]().union(*(v.props for v in same))
    if any(v.index_size is not None for v in same):
        return ""
    if not props:
        return "freely"
    convex = all(p in _CONVEX or (p.startswith("simplex") and along(p, same[0].ndim) is not None) for p in props)
    return "between" if convex else ""


def _structured(rng: Random, a: Arr, props: frozenset[str]) -> Arr:
    n = len(a)
    rows, columns = np.indices((n, n))
    if props & {"symmetric", "distances"}:
        upper = np.triu_indices(n)
        a = a.copy()
        a.T[upper] = a[upper]
    if "distances" in props:
        a = _masked(rows != columns, np.frompyfunc(abs, 1, 1)(a))
    for prop, keep in (("diagonal", rows == columns), ("lower", rows >= columns), ("upper", rows <= columns)):
        if prop in props:
            a = _masked(keep, a)
    if "posdet" in props:
        for _ in range(20):
            d = det(a)
            if d > 0:
                return a
            a = a.copy()
            if d < 0 and not props & {"symmetric"}:
                a[0] = -a[0]
            else:
                a = a + _eye(n) * fmpq(rng.randint(1, 5))
    return a


def _masked(keep: Arr, a: Arr) -> Arr:
    out = np.full(a.shape, NOUGHT, dtype=object)
    out[keep] = a[keep]
    return out


def _entry(rng: Random, props: frozenset[str], mode: Mode) -> Fraction:
    if mode.level:
        return _level(rng, props, mode)
    if "binary" in props:
        return Fraction(rng.randint(0, 1))
    if "pm1" in props:
        return Fraction(rng.choice((-1, 1)))
    if "unit" in props:
        return Fraction(rng.randint(1, 15), 16)
    negative = not mode.positive and "positive" not in props and rng.random() < 0.5
    size = Fraction(rng.randint(1, 4)) if mode.whole else Fraction(rng.randint(3, 39), rng.choice((12, 14, 15, 16)))
    return (-size if negative else size) * Fraction(mode.scale)


def _near_one(rng: Random) -> Fraction:
    """A factor that keeps the many entries of large tensors apart, so that no two are largest."""
    return 1 - Fraction(rng.randrange(2**20), 2**30)


def _level(rng: Random, props: frozenset[str], mode: Mode) -> Fraction:
    high, tilt = mode.level > 0, 1 + Fraction(rng.randint(0, 15), 1024)
    if "binary" in props:
        return Fraction(int(high))
    if "pm1" in props:
        return Fraction(mode.level)
    if "unit" in props:
        return 1 - _LITTLE * tilt if high else _LITTLE * tilt
    if "positive" in props:
        return tilt * (Fraction(mode.scale) if high else 1 / Fraction(mode.scale))
    return mode.level * tilt * Fraction(mode.scale)


def _level_matrix(n: int, props: frozenset[str], mode: Mode) -> Arr:
    if "orthogonal" in props:
        return _eye(n) * mode.level
    scale = Fraction(mode.scale) ** mode.level
    return (_eye(n) + 1) * fmpq(scale.numerator, scale.denominator)


def drawing(shape: tuple[int, ...], props: frozenset[str]) -> int:
    """About how many operations it takes to draw values, except with a level."""
    entries = prod(shape)
    return entries * (8 + 16 * shape[0] if props & _BY_ELIMINATION and len(shape) == 2 else 8)


def _eye(n: int) -> Arr:
    out = np.full((n, n), NOUGHT, dtype=object)
    for k in range(n):
        out[k, k] = ONE
    return out


def _definite(a: Arr) -> Arr:
    """A Gram matrix, made safely definite; of the scale of `a`."""
    scale = max(abs(x) for x in a.flat)
    return (a @ a.T) * (1 / scale) + _eye(len(a)) * scale * fmpq(1, 8)


def _orthogonal(a: Arr) -> Arr:
    """Cayley's transform of a skew matrix: (I - S)(I + S)⁻¹."""
    skew = (a - a.T) * fmpq(1, 2) * (1 / max(abs(x) for x in a.flat))
    eye = _eye(len(a))
    return (eye - skew) @ inverse(eye + skew)


def _along_axis(rng: Random, shape: tuple[int, ...], axis: int, onehot: bool) -> Arr:
    if not shape:
        return filled(shape, lambda: Fraction(1))
    out = np.full(shape, NOUGHT, dtype=object)
    lines = np.moveaxis(out, axis, -1)  # a view
    for at in np.ndindex(*lines.shape[:-1]):
        if onehot:
            lines[(*at, rng.randrange(shape[axis]))] = ONE
        else:
            parts = [rng.randint(1, 9) for _ in range(shape[axis])]
            for k, part in enumerate(parts):
                lines[(*at, k)] = fmpq(part, sum(parts))
    return out
