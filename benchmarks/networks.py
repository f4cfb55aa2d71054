"""How long it takes to work a network through, exactly and in float64; JAX computes the gradients too where installed.

    python benchmarks/networks.py [--repeat 5]

Prints the machine, the versions, the sizes, medians and ratios; what is compared runs in turn.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
from derivation import installed, interleaved, machine

from chainrule.nets.network import Network
from chainrule.nets.page import worked_page
from chainrule.pages.html import to_html


def rows(rng: random.Random, r: int, c: int) -> list[list[str]]:
    return [[f"{rng.randint(-9, 9)}/{rng.randint(1, 9)}" for _ in range(c)] for _ in range(r)]


def network(sizes: list[int], activation: str, samples: int = 1) -> Network:
    """A network with random fractions, half squared error."""
    rng = random.Random(1)
    return Network.of(
        input=rows(rng, sizes[0], samples),
        target=rows(rng, sizes[-1], samples),
        learning_rate="1/100",
        layer=[
            {
                "weights": rows(rng, n, m),
                "bias": [0] * n,
                "activation": activation if k < len(sizes) - 2 else "identity",
            }
            for k, (m, n) in enumerate(pairwise(sizes))
        ],
    )


def jax_step(net: Network) -> Callable[[], Any]:
    """The same gradients by JAX, without compiling them."""
    import jax
    import jax.numpy as jnp

    values = {
        k: jnp.array(np.vectorize(float)(np.array(v, dtype=object)), dtype=float) for k, v in net.values().items()
    }
    names = [layer.activation for layer in net.spec.layer]
    of = {"identity": lambda z: z, "relu": jax.nn.relu, "tanh": jnp.tanh}

    def cost(p: dict[str, Any]) -> Any:
        a = values["a0"]
        for k, name in enumerate(names, 1):
            b = p[f"b{k}"] if a.ndim == 1 else p[f"b{k}"][:, None]
            a = of[name](p[f"W{k}"] @ a + b)
        return 0.5 * jnp.sum((a - values["t"]) ** 2)

    parameters = {n: values[n] for n in net.parameters}
    return lambda: jax.block_until_ready(jax.grad(cost)(parameters))


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--repeat", type=int, default=5)
    options = ap.parse_args()
    print(machine())
    print("\nOne step, agreement with dual numbers and NumPy included, seconds (median)\n")
    print(f"{'network':34} {'work':>8} {'page':>8} {'jax.grad':>9} {'ratio':>7}")
    for sizes, activation, samples, floats in (
        ([2, 3, 2], "identity", 1, False),
        ([20, 20, 20, 10], "relu", 1, False),
        ([20, 20, 20, 10], "tanh", 1, False),
        ([20, 20, 20, 10], "tanh", 5, False),
        ([784, 128, 10], "relu", 1, True),
        ([784, 128, 10], "relu", 64, True),
    ):
        net = network(sizes, activation, samples)
        net.work(floats=floats)  # imports, and what is computed once for a network
        fresh = [network(sizes, activation, samples) for _ in range(options.repeat)]
        tasks: dict[str, Callable[[], Any]] = {
            "work": lambda some=fresh, f=floats: some.pop().work(floats=f),
            "page": lambda net=net, f=floats: to_html(worked_page(net.work(floats=f), interactive=True)),
        }
        if installed("jax"):
            tasks["jax"] = jax_step(net)
        found = interleaved(tasks, options.repeat)
        name = f"{'-'.join(map(str, sizes))} {activation}, {samples} sample{'s' * (samples > 1)}{', floats' * floats}"
        line = f"{name:34} {found['work']:8.3f} {found['page']:8.3f}"
        jax_seconds = found.get("jax")
        print(line + (f" {jax_seconds:9.4f} {jax_seconds / found['work']:7.3f}" if jax_seconds else ""), flush=True)


if __name__ == "__main__":
    main()
