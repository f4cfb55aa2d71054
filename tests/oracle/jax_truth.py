"""A case with concrete sizes and values, and its derivative by JAX in float64."""

from __future__ import annotations

import textwrap
import zlib
from functools import cached_property
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

jax.config.update("jax_enable_x64", True)

SIZES = (
    {"m": 2, "n": 3, "k": 4, "d": 5, "p": 6, "q": 7, "r": 8},
    {"m": 3, "n": 4, "k": 2, "d": 6, "p": 7, "q": 5, "r": 8},
)


def whole(entry: int | str, sizes: dict[str, int]) -> int:
    """A shape entry as a number."""
    return entry if isinstance(entry, int) else int(eval(entry, {"__builtins__": {}}, sizes))


def function_of(body: str, arguments: list[str], sizes: dict[str, int]) -> Any:
    for name, value in sizes.items():
        body = body.replace("{%s}" % name, str(value))  # noqa: UP031  (braces of the template)
    scope: dict[str, Any] = {"jnp": jnp, "jax": jax, "lax": jax.lax}
    exec(f"def fn({', '.join(arguments)}):\n" + textwrap.indent(body, "    "), scope)
    return scope["fn"]


def draw(shape: tuple[int, ...], props: list[str], rng: np.random.Generator, sizes: dict[str, int]) -> Any:
    """Random values that have the given facts."""
    x = rng.normal(size=shape)
    square = len(shape) == 2 and shape[0] == shape[1]
    if not props:
        return x + 1.5 * np.eye(shape[0]) if square else x
    for prop in props:
        x = _with(prop, x, rng, sizes)
    return x


def _with(prop: str, x: Any, rng: np.random.Generator, sizes: dict[str, int]) -> Any:
    shape = x.shape
    match prop:
        case "positive":
            return rng.uniform(0.5, 1.5, size=shape)
        case "unit":
            return rng.uniform(0.1, 0.9, size=shape)
        case "symmetric":
            return (x + x.T) / 2 + np.eye(shape[0])
        case "diagonal":
            return np.diag(np.diag(x) + 1.5)
        case "lower":
            return np.tril(x) + 1.5 * np.eye(shape[0])
        case "upper":
            return np.triu(x) + 1.5 * np.eye(shape[0])
        case "spd":
            return x @ x.T / shape[0] + 0.5 * np.eye(shape[0])
        case "posdet":
            x = x + 1.5 * np.eye(shape[0])
            x[0] *= np.sign(np.linalg.det(x))
            return x
        case "orthogonal":
            return np.linalg.qr(x)[0]
        case "binary":
            x = (rng.uniform(size=shape) < 0.5).astype(float)
            x.flat[0], x.flat[-1] = 1.0, 0.0
            return x
        case "pm1":
            return np.sign(x)
        case "onehot":
            return np.eye(shape[-1])[rng.integers(shape[-1], size=shape[:-1])]
        case "simplex":
            return np.exp(x) / np.exp(x).sum(-1, keepdims=True)
        case "distances":
            y = rng.normal(size=(shape[0], 2))
            return ((y[:, None] - y[None]) ** 2).sum(-1)
        case _ if prop.startswith("index="):
            return rng.integers(whole(prop[6:], sizes), size=shape)
        case _:
            raise ValueError(f"no values are known for the fact {prop!r}")


class Case:
    """A problem at one set of sizes and values; the same for the same seed, on every machine."""

    def __init__(self, p: dict[str, Any], seed: int) -> None:
        self.p, self.sizes = p, {**SIZES[seed], **p.get("dims", {})}
        rng = np.random.default_rng(zlib.crc32(p["id"].encode()) + 7919 * seed)
        self.shapes = {v: tuple(whole(d, self.sizes) for d in s["shape"]) for v, s in p["vars"].items()}
        self.values = {
            v: np.asarray(draw(self.shapes[v], s.get("props", []), rng, self.sizes)) for v, s in p["vars"].items()
        }
        self.wrt = p["wrt"] if isinstance(p["wrt"], list) else [p["wrt"]] * p["order"]

    @cached_property
    def truth(self) -> Any:
        """The derivative by JAX: output axes, then those of each variable in turn."""
        names = list(self.p["vars"])
        f = function_of(self.p["ref"], names, self.sizes)
        for depth, w in enumerate(self.wrt):
            f = (jax.jacfwd if depth else jax.jacrev)(f, argnums=names.index(w))
        return np.asarray(f(*[jnp.asarray(self.values[n]) for n in names]), dtype=float)

    @cached_property
    def arguments(self) -> dict[str, Any]:
        """What a compiled expression is called with: values, opaque functions, and sizes."""
        out: dict[str, Any] = {v: np.asarray(a) for v, a in self.values.items()}
        for name, spec in self.p.get("opaque", {}).items():
            f = function_of(spec["ref"], ["u"], self.sizes)
            if spec.get("elementwise"):
                first = jax.grad(f)
                orders = (f, jnp.vectorize(first), jnp.vectorize(jax.grad(first)))
            else:
                orders = (f, jax.jacobian(f), jax.jacobian(jax.jacobian(f)))
            for prefix, g in zip(("", "D", "D2"), orders, strict=True):
                out[prefix + name] = lambda u, g=g: np.asarray(g(jnp.asarray(u, dtype=float)))
        return out | {n: s for n, s in self.sizes.items() if n not in out}

    def value(self, f: Any, layout: str | None = "jac") -> Any:
        """What a compiled derivative gives here, its axes in the order of the truth."""
        got = np.asarray(f(**self.arguments), dtype=float)
        return self._unstacked(got) if layout == "vec" else got

    def _unstacked(self, got: Any) -> Any:
        """A Kronecker form, whose columns are stacked on both sides, as an array."""
        rear = tuple(d for w in self.wrt for d in self.shapes[w])
        front = self.truth.shape[: self.truth.ndim - len(rear)]
        n, split = self.truth.ndim, len(front)
        got = got.reshape(front[::-1] + rear[::-1])
        return got.transpose([*range(split)][::-1] + [*range(split, n)][::-1])


def error(got: Any, want: Any) -> float:
    """The largest difference, relative to the largest entry; infinite where the shapes differ."""
    if got.shape != want.shape:
        return float("inf")
    out = float(np.max(np.abs(got - want), initial=0.0) / (1.0 + np.max(np.abs(want), initial=0.0)))
    return out if np.isfinite(out) else float("inf")
