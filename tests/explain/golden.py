"""The golden derivations: `python tests/explain/golden.py` writes them anew; read the difference before keeping it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import chainrule as cr
from chainrule.explain.derivation import Derivation

FOLDER = Path(__file__).parent / "golden"


@dataclass(frozen=True, slots=True)
class Case:
    """A derivation that a person has read."""

    name: str
    expression: str
    given: str
    wrt: str | tuple[str, ...]
    order: int = 1

    def derive(self) -> Derivation:
        return cr.derive(cr.parse(self.expression, given=self.given), wrt=self.wrt, order=self.order)

    @property
    def path(self) -> Path:
        return FOLDER / f"{self.name}.txt"

    def text(self) -> str:
        title = f"{self.expression}\n{self.given}\nby {self.wrt if isinstance(self.wrt, str) else ', '.join(self.wrt)}"
        if self.order == 2:
            title += ", twice"
        d = self.derive()
        return f"{title}\n\n{d}\n"


LINEAR = ("J(W*x + b)", "W: m n; x: n; b: m; J: function(m)")
# Two hidden layers: z1 = W1 x, h1 = relu(z1), z2 = W2 h1, h2 = relu(z2), h3 = W3 h2.
RELU = "W1: p n; W2: q p; W3: m q; x: n; l: function(m)"
# Hidden layer a = f(z), z = w x; output layer with cost C of its net input v a.
HIDDEN = ("C(v*f(w*x))", "w: m n; v: k m; x: n; f: elementwise; C: function(k)")
LOGISTIC = ("sum(log(1 + exp(-(y .* (X*w)))))", "X: m n; w: n; y: m pm1")
ATTENTION = ("sum(G .* (softmax(Q*K'/sqrt(d), 1)*V))", "Q: m d; K: n d; V: n k; G: m k")
RNN = ("J(tanh(W*tanh(W*h0 + U*x1) + U*x2))", "W: m m; U: m n; h0: m; x1: n; x2: n; J: function(m)")
TRACE = ("tr(A*X'*B*X*C)", "A: m n; X: k n; B: k k; C: n m")

CASES = (
    Case("linear-layer-by-weights", *LINEAR, "W"),
    Case("linear-layer-by-input", *LINEAR, "x"),
    Case("linear-layer-by-bias", *LINEAR, "b"),
    Case("softmax-with-temperature", "softmax(β*x)", "β: scalar positive; x: n", "x"),
    Case("relu-network-by-output-weights", "l(W3*h2)", "W3: m q; h2: q; l: function(m)", "W3"),
    Case("relu-network-by-last-hidden-layer", "l(W3*h2)", "W3: m q; h2: q; l: function(m)", "h2"),
    Case("relu-derivative", "relu(x)", "x: scalar", "x"),
    Case("relu-network-hidden-layer-by-its-weights", "relu(W2*h1)", "W2: q p; h1: p", "W2"),
    Case("relu-network-by-second-weights", "l(W3*relu(W2*h1))", "W2: q p; W3: m q; h1: p; l: function(m)", "W2"),
    Case("relu-network-hidden-layer-by-the-one-before", "relu(W2*h1)", "W2: q p; h1: p", "h1"),
    Case("relu-network-by-first-hidden-layer", "l(W3*relu(W2*h1))", "W2: q p; W3: m q; h1: p; l: function(m)", "h1"),
    Case("relu-network-by-first-weights", "l(W3*relu(W2*relu(W1*x)))", RELU, "W1"),
    Case("hidden-layer-by-net-input", "C(v*f(z))", "v: k m; z: m; f: elementwise; C: function(k)", "z"),
    Case("hidden-layer-by-weights", *HIDDEN, "w"),
    Case("softmax-cross-entropy", "-sum(y .* log(softmax(z)))", "y: n simplex; z: n", "z"),
    Case("two-layer-network-squared-error", "0.5*norm2(W2*tanh(W1*x + b1) + b2 - t)^2",
         "W1: k n; b1: k; W2: m k; b2: m; x: n; t: m", "W1"),
    Case("logistic-regression-gradient", *LOGISTIC, "w"),
    Case("logistic-regression-hessian", *LOGISTIC, "w", 2),
    Case("batch-norm", "sum(G .* ((X - mean(X, 0, keep)) ./ std(X, 0, keep)))", "X: m n; G: m n", "X"),
    Case("attention-by-queries", *ATTENTION, "Q"),
    Case("attention-by-keys", *ATTENTION, "K"),
    Case("attention-by-values", *ATTENTION, "V"),
    Case("recurrent-network-two-steps", *RNN, "W"),
    Case("quadratic-form", "0.5*x'*A*x", "A: n n; x: n", "x"),
    Case("quadratic-form-symmetric", "0.5*x'*A*x", "A: n n symmetric; x: n", "x"),
    Case("trace-of-two-chains", *TRACE, "X"),
    Case("inverse-between-vectors", "a'*inv(X)*b", "a: n; b: n; X: n n", "X"),
    Case("gaussian-log-likelihood-by-covariance",
         "-0.5*(logdet(S) + (x - mu)'*inv(S)*(x - mu))", "S: n n spd; x: n; mu: n", "S"),
)  # fmt: skip


def main() -> None:
    """Write every golden file anew, and drop those that no case names."""
    FOLDER.mkdir(exist_ok=True)
    for old in FOLDER.glob("*.txt"):
        old.unlink()
    for case in CASES:
        case.path.write_text(case.text(), encoding="utf-8")


if __name__ == "__main__":
    main()
