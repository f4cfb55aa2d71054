"""A second opinion: layers and losses as PyTorch has them, differentiated by its autograd."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import chainrule as cr

torch = pytest.importorskip("torch", reason="PyTorch is not installed; `make oracle` installs it")
F = torch.nn.functional
pytestmark = pytest.mark.filterwarnings("default")  # PyTorch warns about its own future

SIZES = {"m": 3, "n": 4, "k": 5, "c": 2, "o": 3, "l": 8, "w": 6}


@dataclass(frozen=True)
class Layer:
    """A scalar of the language, its declarations, what to differentiate by, and the same in PyTorch."""

    name: str
    expression: str
    given: str
    wrt: str
    torch: Callable[..., Any]


def _softmax_attention(Q: Any, K: Any, V: Any, A: Any) -> Any:
    return (A * F.scaled_dot_product_attention(Q[None], K[None], V[None])[0]).sum()


def _gru(W: Any, U: Any, x: Any, h: Any, a: Any) -> Any:
    n = h.shape[0]
    zero = torch.zeros(3 * n, dtype=torch.float64)
    return a @ torch.gru_cell(x[None], h[None], W, U, zero, zero)[0]


def _lstm(W: Any, U: Any, x: Any, h: Any, s: Any, a: Any) -> Any:
    zero = torch.zeros(4 * h.shape[0], dtype=torch.float64)
    return a @ torch.lstm_cell(x[None], [h[None], s[None]], W, U, zero, zero)[0][0]


GRU = """
    G = W*x; H = U*h
    r = sigmoid(slice(G, 0, 0, n) + slice(H, 0, 0, n))
    z = sigmoid(slice(G, 0, n, 2*n) + slice(H, 0, n, 2*n))
    q = tanh(slice(G, 0, 2*n, 3*n) + r.*slice(H, 0, 2*n, 3*n))
    a'*((1 - z).*q + z.*h)
"""
LSTM = """
    G = W*x + U*h
    i = sigmoid(slice(G, 0, 0, n)); f = sigmoid(slice(G, 0, n, 2*n))
    q = tanh(slice(G, 0, 2*n, 3*n)); o = sigmoid(slice(G, 0, 3*n, 4*n))
    a'*(o.*tanh(f.*s + i.*q))
"""
CELL = "W: 3*n m; U: 3*n n; x: m; h, a: n"
CELL4 = "W: 4*n m; U: 4*n n; x: m; h, s, a: n"
ONE_LAYER = "W: m n; x: n; b, a: m"
LAYERS = [
    Layer("linear", "a'*(W*x + b)", ONE_LAYER, "W", lambda W, x, b, a: a @ F.linear(x, W, b)),
    Layer("cross entropy", "-sum(y.*log_softmax(z))", "z: n; y: n simplex", "z",
          lambda z, y: F.cross_entropy(z[None], y[None])),
    Layer("binary cross entropy", "mean(softplus(z) - y.*z)", "z: n; y: n unit", "z",
          lambda z, y: F.binary_cross_entropy_with_logits(z, y)),
    Layer("mean squared error", "mean((x - y).^2)", "x, y: n", "x", lambda x, y: F.mse_loss(x, y)),
    Layer("Kullback-Leibler", "sum(y.*(log(y) - log_softmax(z)))", "z: n; y: n simplex", "z",
          lambda z, y: F.kl_div(F.log_softmax(z, 0), y, reduction="sum")),
    Layer("layer norm", "c = x - mean(x); a'*(g.*c/sqrt(mean(c.^2) + 0.00001) + b)", "x, g, b, a: n", "x",
          lambda x, g, b, a: a @ F.layer_norm(x, x.shape, g, b)),
    Layer("batch norm", "C = X - mean(X, 0, keep); sum(A.*(C./sqrt(mean(C.^2, 0, keep) + 0.00001)))", "X, A: k n", "X",
          lambda X, A: (A * F.batch_norm(X, None, None, training=True)).sum()),
    Layer("attention", "sum(A.*(softmax(Q*K'/sqrt(n), 1)*V))", "Q: m n; K: k n; V: k o; A: m o", "Q",
          _softmax_attention),
    Layer("attention, keys", "sum(A.*(softmax(Q*K'/sqrt(n), 1)*V))", "Q: m n; K: k n; V: k o; A: m o", "K",
          _softmax_attention),
    Layer("gru", GRU, CELL, "U", _gru),
    Layer("lstm", LSTM, CELL4, "W", _lstm),
    Layer("conv1d", "sum(tanh(conv1d(X, K, 2, 1)))", "X: c l; K: o c 3", "K",
          lambda X, K: torch.tanh(F.conv1d(X[None], K, stride=2, padding=1)).sum()),
    Layer("conv2d", "sum(tanh(conv2d(X, K)))", "X: c l w; K: o c 3 2", "X",
          lambda X, K: torch.tanh(F.conv2d(X[None], K)).sum()),
    Layer("max pooling", "sum(maxpool2d(X, 2).^2)", "X: c l w", "X", lambda X: (F.max_pool2d(X[None], 2) ** 2).sum()),
    Layer("mean pooling", "sum(avgpool1d(X, 3).^2)", "X: c l", "X", lambda X: (F.avg_pool1d(X[None], 3) ** 2).sum()),
    Layer("gelu", "a'*gelu(x)", "a, x: n", "x", lambda a, x: a @ F.gelu(x)),
    Layer("gelu, by tanh", "a'*gelu_tanh(x)", "a, x: n", "x", lambda a, x: a @ F.gelu(x, approximate="tanh")),
    Layer("mish", "a'*mish(x)", "a, x: n", "x", lambda a, x: a @ F.mish(x)),
    Layer("selu", "a'*selu(x)", "a, x: n", "x", lambda a, x: a @ F.selu(x)),
    Layer("elu", "a'*elu(x)", "a, x: n", "x", lambda a, x: a @ F.elu(x)),
    Layer("cosine similarity", "x'*y/(norm2(x)*norm2(y))", "x, y: n", "x",
          lambda x, y: F.cosine_similarity(x, y, dim=0)),
    Layer("logdet", "logdet(S)", "S: n n spd", "S", lambda S: torch.logdet(S)),
    Layer("inverse", "a'*inv(X)*b", "a, b: n; X: n n", "X", lambda a, b, X: a @ torch.linalg.inv(X) @ b),
    Layer("determinant", "det(X)^2", "X: n n", "X", lambda X: torch.linalg.det(X) ** 2),
    Layer("logsumexp", "logsumexp(W*x + b)", "W: m n; x: n; b: m", "W",
          lambda W, x, b: torch.logsumexp(W @ x + b, 0)),
    Layer("kron", "sum(C.*kron(A, B))", "A: m n; B: k o; C: m*k n*o", "A",
          lambda A, B, C: (C * torch.kron(A, B)).sum()),
]  # fmt: skip


def values(variables: tuple[Any, ...]) -> dict[str, Any]:
    rng = np.random.default_rng(7)
    out: dict[str, Any] = {}
    for v in variables:
        x = rng.normal(size=tuple(n.evaluate(SIZES) for n in v.shape))
        if "simplex" in v.props:
            x = np.exp(x) / np.exp(x).sum()
        if "unit" in v.props:
            x = 1 / (1 + np.exp(-x))
        if "spd" in v.props:
            x = x @ x.T + np.eye(len(x))
        out[v.name] = x
    return out


@pytest.mark.parametrize("layer", LAYERS, ids=[layer.name for layer in LAYERS])
def test_value_and_gradient_are_those_of_pytorch(layer: Layer) -> None:
    e = cr.parse(layer.expression, given=layer.given)
    point = values(e.variables)
    tensors = {name: torch.tensor(x, requires_grad=name == layer.wrt) for name, x in point.items()}
    theirs = layer.torch(**tensors)
    theirs.backward()
    value, gradient = cr.compile((e, cr.derive(e, wrt=layer.wrt).result))(**point, n=SIZES["n"])
    np.testing.assert_allclose(value, theirs.detach().numpy(), rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(gradient, tensors[layer.wrt].grad.numpy(), rtol=1e-9, atol=1e-12)
