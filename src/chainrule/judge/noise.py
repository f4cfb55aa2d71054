"""Arrays whose every operation is off by a little, far more than rounding: what then moves much is not to be trusted.

This is stochastic arithmetic. Each operation is followed by small random relative errors of its entries; what sums or
eliminates is given entries with such errors instead, because that is what its own rounding amounts to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

_AMOUNT = 2.0**-40  # beside 2**-53, so that the rounding of sums over millions of entries is less
_POOL = 65_521  # random numbers, used again and again; a prime, so that no axis meets the same ones
_EXACT = frozenset({np.negative, np.positive, np.absolute, np.sign, np.heaviside, np.maximum, np.minimum, np.floor})


class Noise:
    """Random relative errors: other ones for every seed."""

    def __init__(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        self._pool = 1 + rng.choice((-1.0, 1.0), _POOL) * rng.uniform(0.5, 1, _POOL) * _AMOUNT
        self._at = 0

    def moved(self, x: Any) -> Any:
        """An array of floating-point numbers with errors; anything else as it is."""
        if not isinstance(x, np.ndarray) or x.dtype.kind != "f":
            return x
        self._at = (self._at + 7919) % _POOL
        return x * np.resize(np.roll(self._pool, self._at), x.shape)


class Noisy(np.ndarray[Any, Any]):
    """An array with a source of errors, which all that is computed from it shares."""

    noise: Noise | None = None

    def __array_finalize__(self, obj: Any) -> None:
        self.noise = getattr(obj, "noise", None)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        """The operation on plain arrays, with errors before it if it sums, else after it."""
        noise, plain = _source(inputs), [_plain(x) for x in inputs]
        out = kwargs.get("out")
        if out is not None:
            kwargs["out"] = tuple(_plain(x) for x in out)
        sums = method != "__call__" or ufunc is np.matmul
        if sums and method != "at":
            plain = [noise.moved(x) for x in plain]
        result = getattr(ufunc, method)(*plain, **kwargs)
        if out is not None:
            return out[0] if len(out) == 1 else out
        return _each(result, lambda x: noisy(x if sums or ufunc in _EXACT else noise.moved(np.asarray(x)), noise))

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        """The function of plain arrays with errors; one that writes into an array is given that array itself."""
        noise = _source((*args, *kwargs.values()))
        writes = func in (np.fill_diagonal, np.copyto, np.put_along_axis)
        move = _plain if writes else lambda x: noise.moved(_plain(x))
        result = func(*_each(args, move), **{k: _each(v, move) for k, v in kwargs.items()})
        return _each(result, lambda x: noisy(x, noise))


def noisy(x: Any, noise: Noise) -> Any:
    """An array that goes on with errors; anything but floating-point numbers as it is."""
    if not isinstance(x, (np.ndarray, np.floating)) or x.dtype.kind != "f":
        return x
    out = np.asarray(x).view(Noisy)
    out.noise = noise
    return out


def _plain(x: Any) -> Any:
    return x.view(np.ndarray) if isinstance(x, Noisy) else x


def _each(x: Any, f: Callable[[Any], Any]) -> Any:
    """A function of each of several things; of the one, if it is one."""
    if type(x) in (tuple, list):
        return type(x)(_each(part, f) for part in x)
    return f(x)


def _source(xs: Iterable[Any]) -> Noise:
    """The errors of the first array that has some."""
    for x in xs:
        if isinstance(x, Noisy) and x.noise is not None:
            return x.noise
    parts = [part for x in xs if type(x) in (tuple, list) for part in x]
    return _source(parts) if parts else Noise(0)
