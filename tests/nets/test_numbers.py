"""Losses, softmax with β and recurrent layers against the same written out in NumPy, and differences of it."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from chainrule.nets.losses import LOSSES
from chainrule.nets.network import Network

X = [["1/2", "-1", "1/3"], ["1", "1/4", "-1/2"]]
W = [["1", "-1/2"], ["1/3", "1"]]
TARGETS: dict[str, list[list[str]]] = {
    "any": [["1", "-1/2", "2"], ["1/3", "0", "-1"]],
    "distribution": [["1/4", "1", "1/2"], ["3/4", "0", "1/2"]],
    "unit": [["1", "0", "1/2"], ["0", "1", "1/3"]],
    "signs": [["1", "-1", "-1"], ["-1", "1", "1"]],
}


def floats(rows: Any) -> np.ndarray:
    return np.vectorize(lambda x: float(Fraction(x)), otypes=[float])(np.array(rows, dtype=object))


def softmax(z: np.ndarray) -> np.ndarray:
    return np.exp(z) / np.exp(z).sum(axis=0)


def entries(loss: str, a: np.ndarray, t: np.ndarray, delta: float) -> np.ndarray:
    """What a loss adds up over outputs and samples, before anything is divided by the samples."""
    r = np.abs(a - t)
    match loss:
        case "half squared error":
            return r**2 / 2
        case "sum of squares":
            return r**2
        case "mean squared error":
            return r**2 / len(a)
        case "l1":
            return r
        case "huber":
            return np.where(r <= delta, r**2 / 2, delta * (r - delta / 2))
        case "hinge":
            return np.maximum(0, 1 - t * a)
        case "cross entropy":
            return -t * np.log(a)
        case "cross entropy from logits":
            return -t * np.log(softmax(a))
        case "binary cross entropy":
            return -t * np.log(a) - (1 - t) * np.log(1 - a)
        case "binary cross entropy from logits":
            return np.log(1 + np.exp(a)) - t * a
        case _:
            return t * np.log(np.where(t > 0, t, 1) / a)


@pytest.mark.parametrize("reduction", [None, "mean", "sum"])
@pytest.mark.parametrize("loss", sorted(LOSSES))
def test_a_loss_is_its_formula(loss: str, reduction: str | None) -> None:
    kind = LOSSES[loss]
    last = {"distribution": "softmax", "unit": "sigmoid", "any": "identity"}[kind.output]
    delta = {"delta": "1/3"} if loss == "huber" else {}
    how = {"reduction": reduction} if reduction else {}
    target = TARGETS[kind.target]
    layer = [{"weights": W, "activation": last}]
    step = Network.of(
        input=X, target=target, loss=loss, learning_rate="1/10", layer=layer, **delta, **how
    ).work().steps[0]  # fmt: skip

    def cost(w: np.ndarray) -> float:
        z = w @ floats(X)
        a = {"softmax": softmax, "sigmoid": lambda u: 1 / (1 + np.exp(-u)), "identity": lambda u: u}[last](z)
        total = entries(loss, a, floats(target), 1 / 3).sum()
        summed = (reduction or ("sum" if loss in ("half squared error", "sum of squares") else "mean")) == "sum"
        return float(total if summed else total / 3)

    assert float(step.loss_before) == pytest.approx(cost(floats(W)))
    assert floats_of(step.gradients["W1"]) == pytest.approx(slopes(cost, floats(W)), rel=1e-5)
    assert float(step.loss_after) == pytest.approx(cost(floats_of(step.after["W1"])))


def floats_of(x: Any) -> np.ndarray:
    return np.vectorize(float, otypes=[float])(np.asarray(x, dtype=object))


def slopes(f: Any, w: np.ndarray, h: float = 1e-6) -> np.ndarray:
    out = np.zeros_like(w)
    for at in np.ndindex(*w.shape):
        e = np.zeros_like(w)
        e[at] = h
        out[at] = (f(w + e) - f(w - e)) / (2 * h)
    return out


@pytest.mark.parametrize("beta", ["2", "-1/2", "1"])
def test_softmax_takes_its_inverse_temperature(beta: str) -> None:
    layer = [{"weights": W, "activation": "softmax", "beta": beta}]
    step = Network.of(input=X, target=TARGETS["any"], learning_rate=1, layer=layer).work().steps[0]

    def cost(w: np.ndarray) -> float:
        a = softmax(float(Fraction(beta)) * (w @ floats(X)))
        return float(((a - floats(TARGETS["any"])) ** 2).sum() / 2)

    assert float(step.loss_before) == pytest.approx(cost(floats(W)))
    assert floats_of(step.gradients["W1"]) == pytest.approx(slopes(cost, floats(W)), rel=1e-5)


def test_a_recurrent_layer_reads_each_input_in_turn() -> None:
    inputs = [[["1"], ["2"]], [["-1"], ["1/2"]], [["1/3"], ["1"]]]
    U, b, V = [["1/2", "-1/4"], ["1/5", "1/3"]], ["1/10", "-1/5"], [["1", "-1"]]
    layers = [
        {"weights": W, "recurrent": U, "bias": b, "unroll": 3, "activation": "z^2/4 + z"},
        {"weights": V},
    ]
    step = Network.of(input=inputs, target=[["1/2"]], learning_rate="1/10", layer=layers).work().steps[0]

    def cost(values: dict[str, np.ndarray], x: list[np.ndarray]) -> float:
        state = np.zeros((2, 1))
        for now in x:
            z = values["W1"] @ now + values["U1"] @ state + values["b1"].reshape(2, 1)
            state = z**2 / 4 + z
        return float((values["W2"] @ state - 0.5)[0, 0] ** 2 / 2)

    values = {"W1": floats(W), "U1": floats(U), "b1": floats(b), "W2": floats(V)}
    x = [floats(i) for i in inputs]
    assert float(step.loss_before) == pytest.approx(cost(values, x))
    for name, value in values.items():
        found = slopes(lambda v, name=name: cost({**values, name: v}, x), value)
        assert floats_of(step.gradients[name]) == pytest.approx(found, rel=1e-5), name
    for n, now in enumerate(x):
        found = slopes(lambda v, n=n: cost(values, [*x[:n], v, *x[n + 1 :]]), now)
        assert floats_of(step.stages[n].dx) == pytest.approx(found.ravel(), rel=1e-5), n


def test_the_loss_after_a_step_is_the_loss_before_the_next() -> None:
    layer = [{"weights": W, "bias": ["1/2", 0], "activation": "z^2"}]
    w = Network.of(
        input=X, target=TARGETS["any"], learning_rate="1/10", layer=layer, regularisation={"l1": "1/7", "l2": "1/3"}
    ).work(3)
    for one, two in zip(w.steps, w.steps[1:], strict=False):
        assert one.loss_after == two.loss_before
        assert one.loss_after != one.loss_before
