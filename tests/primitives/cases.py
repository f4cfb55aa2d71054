"""For every primitive, expressions that apply it; and random points within its domain."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from chainrule.core.expr import Apply, Expr
from chainrule.core.primitive import registry
from chainrule.core.size import Size, size
from chainrule.primitives import function
from chainrule.primitives.arithmetic import matmul, matpow_p, transpose_p
from chainrule.primitives.variables import matrix, tensor, vector

SIZES = {"m": 2, "n": 3, "k": 4, "r": 5, "l": 7}
M, N, K, R, L = (size(s) for s in SIZES)
_NOT_HERE = {"opaque", "opaque_elementwise", "gt", "ge", "lt", "le"}


def _of(name: str, *args: Any) -> Expr:
    return function(name)(*args)


def reductions(name: str, m: Size, n: Size, k: Size) -> Iterator[Expr]:
    x, X, T = vector("x", n), matrix("X", m, n), tensor("T", m, n, k)
    yield from (_of(name, x), _of(name, X), _of(name, X, 0), _of(name, X, -1, True), _of(name, X.T, 0))
    yield from (_of(name, x, 0, True), _of(name, T, (0, 2)), _of(name, T, (2, 0), True), _of(name, T, 1))


def along(name: str, m: Size, n: Size, k: Size) -> Iterator[Expr]:
    x, X, T = vector("x", n), matrix("X", m, n), tensor("T", m, n, k)
    yield from (_of(name, x), _of(name, x.T), _of(name, X, 0), _of(name, X, 1), _of(name, T, 1), _of(name, T, -1))


def elementwise(name: str, m: Size, n: Size, k: Size) -> Iterator[Expr]:
    p = registry[name]
    if name == "where":
        for c in ("gt", "ge", "lt", "le"):
            x, y, z = vector("x", n), vector("y", n), vector("z", n)
            yield _of("where", _of(c, x, y), z, x)
        return
    arity = 2 if p.call == ("expr", "expr") or name in ("add", "sub", "mul", "div", "pow") else 1
    yield p(*(matrix("XYZ"[a], m, n) for a in range(arity)))
    yield p(*(vector("xyz"[a], n).T for a in range(arity)))
    if arity == 2:  # what is stretched
        yield p(matrix("X", m, n), matrix("Y", 1, n))
        yield p(tensor("S"), matrix("Y", m, n))
        yield p(matrix("X", m, 1), tensor("S"))


def matrices(name: str, m: Size, n: Size, k: Size) -> Iterator[Expr]:
    yield _of(name, matrix("A", n, n))
    if name == "diag":
        yield _of(name, vector("x", m))
        yield _of(name, vector("x", m).T)


def convolutions(name: str, m: Size, n: Size, k: Size) -> Iterator[Expr]:
    if name == "conv1d":
        X, W = tensor("X", m, L), tensor("W", k, m, n)
    else:
        X, W = tensor("X", m, R, L), tensor("W", k, m, n, 2)
    for stride, pad in ((1, 0), (2, 0), (1, 1), (3, 2)):
        yield _of(name, X, W, stride, pad)


def pools(name: str, m: Size, n: Size, k: Size) -> Iterator[Expr]:
    yield _of(name, tensor("X", m, R, L), 2)
    yield _of(name, tensor("X", R, L), 3)
    if name.endswith("1d"):
        yield _of(name, vector("x", L), n)


def products(m: Size, n: Size, k: Size) -> Iterator[Expr]:
    A, B, x, y = matrix("A", m, n), matrix("B", n, k), vector("x", n), vector("y", m)
    yield from (matmul(A, B), matmul(A, x), matmul(y.T, A), matmul(x.T, x), matmul(x, y.T))


def kroneckers(m: Size, n: Size, k: Size) -> Iterator[Expr]:
    A, B, x, y = matrix("A", m, n), matrix("B", n, k), vector("x", n), vector("y", m)
    for a, b in itertools.product((A, x, x.T), (B, y, y.T)):
        yield _of("kron", a, b)


def einsums(m: Size, n: Size, k: Size) -> Iterator[Expr]:
    A, B, C, x = matrix("A", m, n), matrix("B", n, k), matrix("C", n, n), vector("x", n)
    yield from (_of("einsum", "ij,jk->ik", A, B), _of("einsum", "ij,jk", A, B), _of("einsum", "ii->i", C))
    yield from (_of("einsum", "ij,j->", A, x), _of("einsum", "ii->", C), _of("einsum", " a b -> b a", A))
    yield _of("einsum", "ij,jk,i->kji", A, B, vector("y", m))


def joins(name: str, m: Size, n: Size, k: Size) -> Iterator[Expr]:
    X, x, y = matrix("X", m, n), vector("x", n), vector("y", n)
    if name == "stack":
        yield from (_of(name, 0, x, y, x), _of(name, -1, x, y), _of(name, 1, X, X + X), _of(name, 0, x))
        return
    yield from (_of(name, 0, x, vector("z", m), y), _of(name, 0, X, matrix("Y", k, n)), _of(name, 0, x.T, y.T))
    yield from (_of(name, -1, X, matrix("Z", m, k), matrix("U", m, 1)), _of(name, 0, x))


def gathers(m: Size, n: Size, k: Size) -> Iterator[Expr]:
    T, idx = tensor("T", m, n, k), vector("idx", R, f"index({n})")
    yield from (_of("gather", T, idx, 1), _of("gather", matrix("E", n, k), idx))
    yield _of("gather", matrix("E", n, k), matrix("jdx", m, k, f"index({n})"))
    yield _of("gather", vector("x", n), tensor("one", f"index({n})"))


def axes(name: str, m: Size, n: Size, k: Size) -> Iterator[Expr]:
    x, X, T = vector("x", n), matrix("X", m, n), tensor("T", m, n, k)
    match name:
        case "transpose":
            yield from (transpose_p(X), transpose_p(x))
        case "permute":
            yield from (_of(name, T, (2, 0, 1)), _of(name, X, (1, 0)), _of(name, X, (-1, 0)), _of(name, x, (0,)))
        case "reshape":
            yield from (_of(name, T, (k, m, n)), _of(name, X, (m * n,)), _of(name, T, (m * n, 1, k)))
            yield from (_of(name, _of(name, X, (m * n,)), (n, m)), _of(name, x, (1, n)))
        case "unsqueeze":
            yield from (_of(name, x, 0), _of(name, x, -1), _of(name, T, 2), _of(name, tensor("S"), 0))
        case "slice":
            y = vector("y", L)
            yield from (_of(name, y, 0, 1, 4), _of(name, matrix("Y", m, L), 1, 2, L), _of(name, y, 0, 0, L - 1))
        case "vec":
            yield from (_of(name, X), _of(name, x), _of(name, x.T))
        case _:
            raise AssertionError(name)


def powers(m: Size, n: Size, k: Size) -> Iterator[Expr]:
    for power in (0, 1, 2, 3, -1, -2):
        yield matpow_p(matrix("A", n, n), params=(power,))


def filled(name: str, m: Size, n: Size, k: Size) -> Iterator[Expr]:
    yield from (_of(name, n), *([] if name == "eye" else [_of(name, m, n, 3)]))


def cases(name: str, m: Size = M, n: Size = N, k: Size = K) -> list[Apply]:
    """Expressions whose outermost node applies the primitive."""
    makers: list[tuple[str, Callable[..., Iterator[Expr]]]] = [
        ("sum mean var std max min prod logsumexp norm1 norm2", reductions),
        ("softmax log_softmax cumsum", along),
        ("tr det logdet inv diag cholesky", matrices),
        ("transpose permute reshape unsqueeze slice vec", axes),
        ("conv1d conv2d", convolutions),
        ("maxpool1d maxpool2d avgpool1d avgpool2d", pools),
        ("concat stack", joins),
        ("ones zeros eye", filled),
    ]
    alone: dict[str, Callable[..., Iterator[Expr]]] = {
        "matmul": products, "kron": kroneckers, "einsum": einsums, "gather": gathers, "matpow": powers,
    }  # fmt: skip
    if name in _NOT_HERE:
        return []
    if name in alone:
        made = alone[name](m, n, k)
    else:
        made = next((f for names, f in makers if name in names.split()), elementwise)(name, m, n, k)
    out = [e for e in made if isinstance(e, Apply)]
    assert all(e.op.name == name for e in out), name
    return out


def point(e: Expr, sizes: dict[str, int], seed: int = 0) -> dict[str, np.ndarray]:
    """Random values of the variables, within the domain of the outermost primitive; no two entries are equal."""
    rng = np.random.default_rng(seed)
    domain = e.op.domain or "" if isinstance(e, Apply) else ""
    out: dict[str, np.ndarray] = {}
    for v in e.variables:
        shape = tuple(n.evaluate(sizes) for n in v.shape)
        if v.index_size is not None:
            out[v.name] = rng.integers(0, v.index_size.evaluate(sizes), shape)
            continue
        a = rng.uniform(0.2, 1.7, shape)
        if domain == "unit:0":
            a = rng.uniform(-0.9, 0.9, shape)
        elif domain.split(":")[0] in ("invertible", "posdet", "spd"):
            a = _well_conditioned(a)
        elif not domain and e.op.name not in ("pow", "matpow"):
            a = a * rng.choice([-1, 1], shape)
        out[v.name] = a
    return out


def _well_conditioned(a: np.ndarray) -> np.ndarray:
    """Positive definite, but not symmetric."""
    return a / 10 + 2 * np.eye(len(a)) + np.tril(np.full(a.shape, 0.1))
