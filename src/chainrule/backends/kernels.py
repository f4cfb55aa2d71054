"""Functions that NumPy lacks.

Generated modules carry the source of those they call, so each uses NumPy and these alone, and reads without types.
"""

# pyright: basic

from __future__ import annotations

import numpy as np


def sigmoid(x):
    """1 / (1 + exp(-x)), without overflow on either side."""
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, e) / (1 + e)


def softplus(x):
    """log(1 + exp(x)), without overflow."""
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


def softmax(x, axis):
    """exp(x) over its sum along an axis; the largest entry is taken out first."""
    e = np.exp(x - x.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


def log_softmax(x, axis):
    """The logarithm of softmax."""
    z = x - x.max(axis=axis, keepdims=True)
    return z - np.log(np.exp(z).sum(axis=axis, keepdims=True))


def logsumexp(x, axis=None, keepdims=False):
    """log of the sum of exp(x); the largest entry is taken out first."""
    top = x.max(axis=axis, keepdims=True)
    top = np.where(np.isfinite(top), top, 0)
    with np.errstate(divide="ignore"):
        out = np.log(np.exp(x - top).sum(axis=axis, keepdims=True)) + top
    return out if keepdims else out.sum(axis=axis)


def logdet(a):
    """log of the determinant; NaN where the determinant is not positive."""
    sign, value = np.linalg.slogdet(a)
    return np.where(sign > 0, value, np.nan)[()]


def cholesky(s):
    """The lower factor L of L @ L.T = (S + S.T) / 2."""
    return np.linalg.cholesky((s + s.T) / 2)


def erf(x):
    """The error function: a series of positive terms below 3, a continued fraction above."""
    x = np.asarray(x)
    a = np.minimum(np.abs(x), 6).astype(np.float64)
    small, large = np.minimum(a, 3), np.maximum(a, 3)
    term = total = small
    for n in range(1, 64):
        term = term * (2 / (2 * n + 1)) * small * small
        total = total + term
    tail = large
    for n in range(60, 0, -1):
        tail = large + n / 2 / tail
    near = 2 / np.sqrt(np.pi) * np.exp(-small * small) * total
    far = 1 - np.exp(-large * large) / np.sqrt(np.pi) / tail
    return (np.sign(x) * np.where(a < 3, near, far)).astype(x.dtype)[()]


def windows(x, sizes, stride=1, pad=0):
    """Every window of the last axes of x: (..., positions, inside the window)."""
    k = len(sizes)
    axes = tuple(range(x.ndim - k, x.ndim))
    x = np.pad(x, [(0, 0)] * (x.ndim - k) + [(pad, pad)] * k)
    w = np.lib.stride_tricks.sliding_window_view(x, sizes, axis=axes)
    return w[(..., *[slice(None, None, stride)] * k, *[slice(None)] * k)]


def conv1d(x, k, stride=1, pad=0):
    """Cross-correlation of x (channels, length) with k (out, channels, length)."""
    return np.einsum("cta,oca->ot", windows(x, k.shape[2:], stride, pad), k, optimize=True)


def conv2d(x, k, stride=1, pad=0):
    """Cross-correlation of x (channels, height, width) with k (out, channels, height, width)."""
    return np.einsum("cstab,ocab->ost", windows(x, k.shape[2:], stride, pad), k, optimize=True)


def blocks1d(x, w):
    """The last axis cut into blocks of w; the remainder is dropped."""
    n = x.shape[-1] // w
    return x[..., : n * w].reshape(*x.shape[:-1], n, w)


def blocks2d(x, w):
    """The last two axes cut into blocks of w by w; the remainder is dropped."""
    m, n = x.shape[-2] // w, x.shape[-1] // w
    return x[..., : m * w, : n * w].reshape(*x.shape[:-2], m, w, n, w)


def maxpool1d(x, w):
    """The largest entry of each block of w."""
    return blocks1d(x, w).max(axis=-1)


def maxpool2d(x, w):
    """The largest entry of each block of w by w."""
    return blocks2d(x, w).max(axis=(-3, -1))


def avgpool1d(x, w):
    """The mean of each block of w."""
    return blocks1d(x, w).mean(axis=-1)


def avgpool2d(x, w):
    """The mean of each block of w by w."""
    return blocks2d(x, w).mean(axis=(-3, -1))
