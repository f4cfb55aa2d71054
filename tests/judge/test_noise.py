"""Errors that are put into every operation show what rounding does to a result."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from chainrule.judge.noise import Noise, noisy


def spread(f: Callable[[Any], Any], x: Any) -> float:
    """How much a result moves, beside its size."""
    plain = f(x)
    moved = [np.asarray(f(noisy(x, Noise(seed)))) for seed in (1, 2, 3)]
    return float(max(np.max(np.abs(m - plain)) for m in moved) / np.max(np.abs(plain)))


x = np.linspace(0.5, 3, 600)
STABLE: list[Callable[[Any], Any]] = [
    np.exp,
    np.sum,
    lambda x: x * 2 + 1,
    lambda x: x.mean(),
    lambda x: np.einsum("i,j->ij", x, x),
    lambda x: x.reshape(20, 30) @ x.reshape(30, 20),
    lambda x: np.concatenate([x, x])[::2],
    lambda x: np.where(x > 1, x, 2 * x),
    lambda x: np.linalg.inv(np.diag(x[:20])),
    lambda x: np.logaddexp.reduce(x),
]
CANCELLING: list[Callable[[Any], Any]] = [
    lambda x: (x + 1e17) - 1e17 + 1,
    lambda x: np.sqrt((1e14 + x.mean()) ** 2) - 1e14,
    lambda x: np.log(1 + 1e-20 * x) * 1e20 + 1,
    lambda x: np.linalg.inv(np.outer(x[:9], x[:9]) + 1e-14 * np.eye(9)),
    lambda x: np.sum(np.concatenate([1e17 * x, -1e17 * x, x])),
]


@pytest.mark.parametrize("f", STABLE)
def test_what_is_stable_moves_little_but_moves(f: Callable[[Any], Any]) -> None:
    assert 0 < spread(f, x) < 1e-9


@pytest.mark.parametrize("f", CANCELLING)
def test_what_cancels_moves_much(f: Callable[[Any], Any]) -> None:
    assert spread(f, x) > 1e-3


def test_errors_are_the_same_for_the_same_seed_and_leave_other_numbers_alone() -> None:
    first, second = (np.asarray(np.exp(noisy(x, Noise(5)))) for _ in "ab")
    assert np.array_equal(first, second)
    whole = np.arange(3)
    assert noisy(whole, Noise(1)) is whole
    assert (noisy(x, Noise(1)) > 1).dtype == bool


def test_writing_into_an_array_writes_into_it() -> None:
    a = noisy(np.zeros((2, 2)), Noise(1))
    np.fill_diagonal(a, 3.0)
    np.add.at(a, ([0], [1]), 2.0)
    a += 1
    assert np.allclose(np.asarray(a), [[4, 3], [1, 4]])
