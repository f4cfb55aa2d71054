"""Worked examples against JAX in float64: random networks, every activation with every loss."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

jax = pytest.importorskip("jax", reason="JAX is not installed; `make oracle` installs it")
jax.config.update("jax_enable_x64", True)
jnp = jax.numpy

from chainrule.nets.losses import LOSSES  # noqa: E402
from chainrule.nets.network import Network  # noqa: E402

ACTIVATIONS: dict[str, Callable[[Any], Any]] = {
    "identity": lambda z: z,
    "sigmoid": jax.nn.sigmoid,
    "tanh": jnp.tanh,
    "relu": jax.nn.relu,
    "softplus": jax.nn.softplus,
    "silu": jax.nn.silu,
    "gelu": lambda z: jax.nn.gelu(z, approximate=False),
    "elu": jax.nn.elu,
    "leaky_relu": jax.nn.leaky_relu,
    "selu": jax.nn.selu,
    "mish": lambda z: z * jnp.tanh(jax.nn.softplus(z)),
    "hardtanh": jax.nn.hard_tanh,
    "sin": jnp.sin,
    "cos": jnp.cos,
    "softmax": lambda z: jax.nn.softmax(z, axis=0),
    "sin(z) + z/2": lambda z: jnp.sin(z) + z / 2,
}


def jax_loss(name: str, a: Any, t: Any) -> Any:
    n = a.shape[1]
    r = a - t
    match name:
        case "half squared error":
            return 0.5 * jnp.sum(r**2)
        case "sum of squares":
            return jnp.sum(r**2)
        case "mean squared error":
            return jnp.mean(r**2)
        case "l1":
            return jnp.sum(jnp.abs(r)) / n
        case "huber":
            return jnp.sum(jnp.where(jnp.abs(r) <= 1, 0.5 * r**2, jnp.abs(r) - 0.5)) / n
        case "hinge":
            return jnp.sum(jnp.maximum(0.0, 1 - t * a)) / n
        case "cross entropy":
            return -jnp.sum(t * jnp.log(a)) / n
        case "cross entropy from logits":
            return -jnp.sum(t * jax.nn.log_softmax(a, axis=0)) / n
        case "binary cross entropy":
            return -jnp.sum(t * jnp.log(a) + (1 - t) * jnp.log(1 - a)) / n
        case "binary cross entropy from logits":
            return jnp.sum(jnp.logaddexp(0.0, a) - t * a) / n
        case _:
            return jnp.sum(t * jnp.log(t / a)) / n


def drawn(activation: str, loss: str) -> dict[str, Any]:
    rng = random.Random(f"{activation} {loss}")
    kind = LOSSES[loss]
    sizes = [rng.randint(1, 5) for _ in range(rng.randint(1, 6))] + [rng.randint(2, 4)]
    samples = rng.randint(1, 5)

    def rows(r: int, c: int) -> list[list[str]]:
        return [[f"{rng.randint(-9, 9)}/{rng.randint(6, 12)}" for _ in range(c)] for _ in range(r)]

    last = {"distribution": "softmax", "unit": "sigmoid"}.get(kind.output, "identity")
    names = [activation] * (len(sizes) - 2) + [last if kind.output != "any" else rng.choice([activation, "identity"])]
    data: dict[str, Any] = {
        "input": rows(sizes[0], samples),
        "learning_rate": "1/10",
        "loss": loss,
        "layer": [
            {"weights": rows(n, m), "bias": [r[0] for r in rows(n, 1)], "activation": a}
            for (m, n), a in zip(pairwise(sizes), names, strict=True)
        ],
    }
    if kind.target == "distribution":
        weights = [[rng.randint(1, 5) for _ in range(samples)] for _ in range(sizes[-1])]
        totals = [sum(column) for column in zip(*weights, strict=True)]
        data["target"] = [[f"{w}/{total}" for w, total in zip(row, totals, strict=True)] for row in weights]
    elif kind.target in ("unit", "signs"):
        options = (0, 1) if kind.target == "unit" else (-1, 1)
        data["target"] = [[rng.choice(options) for _ in range(samples)] for _ in range(sizes[-1])]
    else:
        data["target"] = rows(sizes[-1], samples)
    return data


def floats(x: Any) -> Any:
    return np.array(np.vectorize(float)(np.array(x, dtype=object)), dtype=float)


PAIRS = [
    (activation, loss)
    for i, activation in enumerate(sorted(ACTIVATIONS))
    for j, loss in enumerate(sorted(LOSSES))
    if (i + j) % 4 == 0 or os.environ.get("CHAINRULE_ALL_PAIRS")  # a few seconds each
]


@pytest.mark.parametrize(("activation", "loss"), PAIRS)
def test_gradients_and_loss_are_those_of_jax(activation: str, loss: str) -> None:
    data = drawn(activation, loss)
    net = Network.of(**data)
    step = net.work().steps[0]
    values = {name: jnp.array(floats(v)) for name, v in net.values().items()}
    x, t = (values[name].reshape(len(data[key]), -1) for name, key in (("a0", "input"), ("t", "target")))
    names = [layer["activation"] for layer in data["layer"]]

    def cost(parameters: dict[str, Any]) -> Any:
        a = x
        for k, name in enumerate(names, 1):
            a = ACTIVATIONS[name](parameters[f"W{k}"] @ a + parameters[f"b{k}"][:, None])
        return jax_loss(loss, a, t)

    parameters = {name: values[name] for name in net.parameters}
    value, gradients = jax.value_and_grad(cost)(parameters)
    assert float(step.loss_before) == pytest.approx(float(value), rel=1e-9, abs=1e-12)
    for name, g in step.gradients.items():
        scale = max(1.0, float(np.max(np.abs(gradients[name]))))
        assert np.allclose(floats(g), gradients[name], rtol=1e-8, atol=1e-10 * scale), name
