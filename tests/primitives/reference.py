"""What the functions of the language are in NumPy: written from their textbook meaning, not from the declarations."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

erf = np.vectorize(math.erf, otypes=[float])


def sigmoid(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


_SCALE, _ALPHA = 1.0507009873554804934193349852946, 1.6732632423543772848170429916717

ELEMENTWISE: dict[str, Callable[..., Any]] = {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "div": np.divide,
    "pow": np.power,
    "neg": np.negative,
    **{f.__name__: f for f in (np.exp, np.log, np.sin, np.cos, np.tan, np.sinh, np.cosh, np.tanh, np.sqrt, np.sign)},
    "abs": np.abs,
    "square": np.square,
    "maximum": np.maximum,
    "minimum": np.minimum,
    "asin": np.arcsin,
    "acos": np.arccos,
    "atan": np.arctan,
    "relu": lambda x: x * (x > 0),
    "step": lambda x: (np.asarray(x) > 0) * 1.0,
    "sigmoid": sigmoid,
    "softplus": lambda x: np.log(1 + np.exp(x)),
    "logsigmoid": lambda x: np.log(sigmoid(x)),
    "silu": lambda x: x * sigmoid(x),
    "erf": erf,
    "gelu": lambda x: x * (1 + erf(x / np.sqrt(2))) / 2,
    "gelu_tanh": lambda x: x / 2 * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3))),
    "leaky_relu": lambda x: np.where(x >= 0, x, x / 100),
    "elu": lambda x: np.where(x > 0, x, np.exp(x) - 1),
    "selu": lambda x: _SCALE * np.where(x > 0, x, _ALPHA * (np.exp(x) - 1)),
    "mish": lambda x: x * np.tanh(np.log(1 + np.exp(x))),
    "hardtanh": lambda x: np.clip(x, -1, 1),
    "gt": np.greater,
    "ge": np.greater_equal,
    "lt": np.less,
    "le": np.less_equal,
    "where": np.where,
}


def _pool(x: Any, w: int, spatial: int, f: Callable[..., Any]) -> Any:
    axes = tuple(range(x.ndim - spatial, x.ndim))
    every = (...,) + (slice(None, None, w),) * spatial + (slice(None),) * spatial
    return f(sliding_window_view(x, (w,) * spatial, axes)[every], axis=tuple(range(-spatial, 0)))


def _conv(x: Any, k: Any, stride: int, pad: int, spatial: int) -> Any:
    x = np.pad(x, [(0, 0)] + [(pad, pad)] * spatial)
    windows = sliding_window_view(x, k.shape[2:], tuple(range(1, spatial + 1)))
    windows = windows[(slice(None),) + (slice(None, None, stride),) * spatial]
    letters = "xy"[:spatial], "uv"[:spatial]
    return np.einsum(f"c{''.join(letters)},oc{letters[1]}->o{letters[0]}", windows, k)


def _softmax(x: Any, axis: int) -> Any:
    return np.exp(x) / np.exp(x).sum(axis=axis, keepdims=True)


def _reduce(f: Callable[..., Any]) -> Callable[..., Any]:
    return lambda x, axes, keep: f(x, axis=axes, keepdims=keep)


# Primitives whose meaning is implicit: the evaluator of the tests computes them here.
IMPLICIT: dict[str, Callable[..., Any]] = {
    "inv": np.linalg.inv,
    "det": np.linalg.det,
    "logdet": lambda x: np.linalg.slogdet(x)[1],
    "cholesky": lambda s: np.linalg.cholesky((s + s.T) / 2),
    "max": _reduce(np.max),
    "min": _reduce(np.min),
    "prod": _reduce(np.prod),
    "maxpool1d": lambda x, w: _pool(x, w, 1, np.max),
    "maxpool2d": lambda x, w: _pool(x, w, 2, np.max),
}

# Row vectors are vectors here: of these, tests give the orientation where it matters.
REFERENCE: dict[str, Callable[..., Any]] = {
    **IMPLICIT,
    "sum": _reduce(np.sum),
    "mean": _reduce(np.mean),
    "var": _reduce(np.var),
    "std": _reduce(np.std),
    "logsumexp": _reduce(lambda x, **how: np.log(np.sum(np.exp(x), **how))),
    "norm1": _reduce(lambda x, **how: np.sum(np.abs(x), **how)),
    "norm2": _reduce(lambda x, **how: np.sqrt(np.sum(x**2, **how))),
    "softmax": _softmax,
    "log_softmax": lambda x, axis: np.log(_softmax(x, axis)),
    "cumsum": np.cumsum,
    "tr": np.trace,
    "diag": np.diag,
    "vec": lambda x: x.ravel(order="F"),
    "ones": lambda *n: np.ones(n),
    "zeros": lambda *n: np.zeros(n),
    "eye": np.eye,
    "matpow": np.linalg.matrix_power,
    "transpose": np.transpose,
    "permute": np.transpose,
    "reshape": np.reshape,
    "unsqueeze": np.expand_dims,
    "slice": lambda x, axis, start, stop: np.take(x, range(start, stop), axis=axis),
    "concat": lambda *parts: np.concatenate(parts[:-1], axis=parts[-1]),
    "stack": lambda *parts: np.stack(parts[:-1], axis=parts[-1]),
    "gather": lambda table, idx, axis: np.take(table, idx.astype(int), axis=axis),
    "conv1d": lambda x, k, stride, pad: _conv(x, k, stride, pad, 1),
    "conv2d": lambda x, k, stride, pad: _conv(x, k, stride, pad, 2),
    "avgpool1d": lambda x, w: _pool(x, w, 1, np.mean),
    "avgpool2d": lambda x, w: _pool(x, w, 2, np.mean),
}
