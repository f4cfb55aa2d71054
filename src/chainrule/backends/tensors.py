"""Primitives on whole arrays of exact scalars: those without a definition, and short cuts for the commonest."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import Any

import numpy as np
from flint import fmpq

from chainrule.backends.functions import log, maximum, minimum, sqrt
from chainrule.backends.scalars import LONG, NOUGHT, ONE, Undefined, ball, divide, invert, primal, sign
from chainrule.core.expr import Apply
from chainrule.core.size import Size

Arr = np.ndarray[Any, Any]
Extent = Callable[[Size], int]
Direct = Callable[[list[Arr], Apply, Extent], Any]

_LARGEST_EXPANSION = 8


def _matmul(args: list[Arr], e: Apply, extent: Extent) -> Any:
    a, b = args
    if a.ndim == 1 and not e.args[0].row:
        return a[:, None] * b[None, :]
    return a @ b


def _matpow(args: list[Arr], e: Apply, extent: Extent) -> Any:
    """A whole power by repeated squaring; in balls where fractions would grow too long."""
    a, n = args[0], e.params[0]
    a = inverse(a) if n < 0 else a
    bits = max((x.height_bits() for x in a.flat if type(x) is fmpq), default=0)
    if bits * abs(n) > LONG:
        a = np.frompyfunc(lambda x: ball(x) if type(x) is fmpq else x, 1, 1)(a)
    out = np.full(a.shape, NOUGHT, dtype=object)
    np.fill_diagonal(out, ONE)
    n = abs(n)
    while n:
        out = np.dot(out, a) if n & 1 else out
        n >>= 1
        a = np.dot(a, a) if n else a
    return out


def _transpose(args: list[Arr], e: Apply, extent: Extent) -> Any:
    return args[0].T


def _sum(args: list[Arr], e: Apply, extent: Extent) -> Any:
    axes, keep = e.params
    return np.add.reduce(args[0], axis=axes, keepdims=keep)


def _mean(args: list[Arr], e: Apply, extent: Extent) -> Any:
    axes, keep = e.params
    total = np.add.reduce(args[0], axis=axes, keepdims=keep)
    count = args[0].size // max(np.size(total), 1)
    return total * fmpq(1, count)


def _fold(f: Callable[[Any, Any], Any]) -> Direct:
    def direct(args: list[Arr], e: Apply, extent: Extent) -> Any:
        axes, keep = e.params
        (a,) = args
        folded = range(a.ndim) if axes is None else axes
        rest = [k for k in range(a.ndim) if k not in folded]
        shape = [a.shape[k] for k in rest]
        flat = a.transpose(*rest, *folded).reshape([*shape, -1])
        out = np.empty(shape, dtype=object)
        for at in np.ndindex(*shape):
            out[at] = reduce(f, flat[at])
        return out.reshape([1 if k in folded else n for k, n in enumerate(a.shape)]) if keep else out

    return direct


def _maxpool(spatial: int) -> Direct:
    def direct(args: list[Arr], e: Apply, extent: Extent) -> Any:
        (a,), w = args, extent(e.params[0])
        lead = a.ndim - spatial
        out = np.empty(a.shape[:lead] + tuple(n // w for n in a.shape[lead:]), dtype=object)
        for at in np.ndindex(*out.shape):
            window = a[at[:lead] + tuple(slice(k * w, (k + 1) * w) for k in at[lead:])]
            out[at] = reduce(maximum, window.ravel())
        return out

    return direct


def det(a: Arr) -> Any:
    """The determinant: by minors, which needs no division, or by elimination where that is too long."""
    n = len(a)
    if n > _LARGEST_EXPANSION:
        return _det_by_elimination(a)
    minors: dict[int, Any] = {0: ONE}
    for row in range(n):
        longer: dict[int, Any] = {}
        for used, minor in minors.items():
            for column in range(n):
                if used >> column & 1:
                    continue
                term = minor * a[row, column]
                if (used >> column + 1).bit_count() & 1:  # columns to the right that earlier rows took
                    term = -term
                key = used | 1 << column
                longer[key] = longer[key] + term if key in longer else term
        minors = longer
    return minors[(1 << n) - 1]


def _det_by_elimination(a: Arr) -> Any:
    a, out = a.copy(), ONE
    for k in range(len(a)):
        p = _pivot(a, k)
        if type(p) is Undefined:
            return p if p.undecided else NOUGHT
        if p != k:
            a[[k, p]] = a[[p, k]]
            out = -out
        out = out * a[k, k]
        for i in range(k + 1, len(a)):
            a[i, k:] = a[i, k:] - divide(a[i, k], a[k, k]) * a[k, k:]
    return out


def _pivot(a: Arr, k: int) -> Any:
    """The row from k on with the best pivot in column k; `Undefined` where all are 0, or may be."""
    best, at, doubtful = None, k, False
    for i in range(k, len(a)):
        c = primal(a[i, k])
        if type(c) is Undefined:
            return c
        s = sign(c)
        if type(s) is Undefined:
            doubtful = True
        elif s:
            if type(c) is fmpq:
                return i
            size = abs(c).mid()
            if best is None or size > best:
                best, at = size, i
    if best is None:
        return Undefined("the inverse of a singular matrix", undecided=doubtful)
    return at


def inverse(a: Arr) -> Arr:
    """The inverse, by Gauss-Jordan elimination."""
    n = len(a)
    work = np.empty((n, 2 * n), dtype=object)
    work[:, :n] = a
    work[:, n:] = NOUGHT
    for k in range(n):
        work[k, n + k] = ONE
    for k in range(n):
        p = _pivot(work, k)
        if type(p) is Undefined:
            return np.full((n, n), p, dtype=object)
        if p != k:
            work[[k, p]] = work[[p, k]]
        work[k] = work[k] * invert(work[k, k])
        for i in range(n):
            if i != k:
                work[i] = work[i] - work[i, k] * work[k]
    return work[:, n:]


def _logdet(args: list[Arr], e: Apply, extent: Extent) -> Any:
    return log(det(args[0]))


def _cholesky(args: list[Arr], e: Apply, extent: Extent) -> Any:
    s = (args[0] + args[0].T) * fmpq(1, 2)
    n = len(s)
    out = np.full((n, n), NOUGHT, dtype=object)
    for j in range(n):
        for i in range(j, n):
            rest = s[i, j]
            for k in range(j):
                rest = rest - out[i, k] * out[j, k]
            out[i, j] = sqrt(rest) if i == j else divide(rest, out[j, j])
    return out


def _filled(value: Any) -> Direct:
    def direct(args: list[Arr], e: Apply, extent: Extent) -> Any:
        return np.full(tuple(extent(n) for n in e.shape), value, dtype=object)

    return direct


DIRECT: dict[str, Direct] = {
    "matmul": _matmul,
    "matpow": _matpow,
    "transpose": _transpose,
    "sum": _sum,
    "mean": _mean,
    "max": _fold(maximum),
    "min": _fold(minimum),
    "prod": _fold(lambda x, y: x * y),
    "maxpool1d": _maxpool(1),
    "maxpool2d": _maxpool(2),
    "ones": _filled(ONE),
    "zeros": _filled(NOUGHT),
    "inv": lambda args, e, extent: inverse(args[0]),
    "det": lambda args, e, extent: det(args[0]),
    "logdet": _logdet,
    "cholesky": _cholesky,
}
