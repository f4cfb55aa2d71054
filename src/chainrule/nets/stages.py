"""The variables of a network, and every use of a layer: a net input z and an output a, in the order of the pass."""

from __future__ import annotations

from dataclasses import dataclass

from chainrule.core.expr import Expr, Shape, Var, intern
from chainrule.core.size import Size, size
from chainrule.nets.activations import activate
from chainrule.nets.data import Data
from chainrule.primitives.arithmetic import add_p, matmul_p, transpose_p
from chainrule.primitives.linalg import ones_p


@dataclass(frozen=True, eq=False)
class Stage:
    """One use of a layer: z from what comes in, and a from z.

    layer: its number, from 1; step: its time step, from 1, or 0; owner: the layer whose parameters it uses.
    net: z as an expression of parameters and earlier outputs (`reads`); out: a as an expression of the variable z.
    """

    layer: int
    step: int
    owner: int
    z: Var
    a: Var
    delta: Var
    net: Expr
    out: Expr
    reads: tuple[Var, ...]

    @property
    def label(self) -> str:
        """2, or 2,3 for layer 2 at time step 3."""
        return f"{self.layer},{self.step}" if self.step else str(self.layer)


class Stages:
    """What a network is made of.

    scripts: for each variable the letter and the superscript that it is written with.
    batch: the size of the batch, None for one sample.
    parameters: the weights and biases by name, each once: W1, U1 (recurrent), b1, W2, …
    inputs: the variable of the input, or one for each time step.
    sequence: every use of a layer in the order of the forward pass.
    """

    def __init__(self, data: Data) -> None:
        self.data = data
        self.scripts: dict[str, tuple[str, str]] = {}
        self.batch = None if data.samples == 1 else _extent("N", data.samples)
        self._alike = _alike(data)
        self.parameters: dict[str, Var] = {}
        for k in data.layers:
            if data.owner(k) == k:
                self._declare(k)
        self.inputs = [
            self._var(name, self.shape(0), "a", "0" if name == "a0" else f"0,{n}")
            for n in range(1, len(data.inputs or [1]) + 1)
            for name in [data.input_name(n)]
        ]
        self.sequence = tuple(self._unrolled())

    def shape(self, layer: int) -> Shape:
        """The shape of the outputs of a layer; layer 0 is the input."""
        same = self._alike[layer]
        units = _extent(f"n{same}", self.data.widths[same])
        return (units,) if self.batch is None else (units, self.batch)

    def _var(self, name: str, shape: Shape, base: str, script: str) -> Var:
        self.scripts[name] = (base, script)
        return intern(Var, name, shape, frozenset[str](), None)

    def _declare(self, k: int) -> None:
        rows, columns = self.shape(k)[0], self.shape(k - 1)[0]
        shapes: dict[str, Shape] = {"W": (rows, columns)}
        if self.data.has_state(k):
            shapes["U"] = (rows, rows)
        if self.data.has_bias(k):
            shapes["b"] = (rows,)
        for base, shape in shapes.items():
            self.parameters[f"{base}{k}"] = self._var(f"{base}{k}", shape, base, str(k))

    def _unrolled(self) -> list[Stage]:
        """The stages: a recurrent layer once for each time step, any other once, from the last step before it."""
        before, out = list(self.inputs), list[Stage]()
        for k in self.data.layers:
            steps = self.data.spec.layer[k - 1].unroll
            if steps is None:
                here = [self._stage(k, 0, before[-1], None)]
            else:
                here = list[Stage]()
                for step in range(1, steps + 1):
                    state = here[-1].a if here else None
                    here.append(self._stage(k, step, before[min(step, len(before)) - 1], state))
            out += here
            before = [s.a for s in here]
        return out

    def _stage(self, k: int, step: int, source: Var, state: Var | None) -> Stage:
        owner = self.data.owner(k)
        tail, script = (f"{k}_{step}", f"{k},{step}") if step else (str(k), str(k))
        z, a, delta = (self._var(f"{base}{tail}", self.shape(k), base, script) for base in ("z", "a", "delta"))
        net: Expr = matmul_p(self.parameters[f"W{owner}"], source)
        if state is not None:
            net = add_p(net, matmul_p(self.parameters[f"U{owner}"], state))
        if self.data.has_bias(k):
            net = add_p(net, self._repeated(self.parameters[f"b{owner}"]))
        layer = self.data.spec.layer[k - 1]
        out = activate(layer.activation, z, layer.beta, f"layer {k}")
        return Stage(k, step, owner, z, a, delta, net, out, (source,) if state is None else (source, state))

    def _repeated(self, b: Expr) -> Expr:
        """A bias, or b 𝟏ᵀ: a column for each sample."""
        return b if self.batch is None else matmul_p(b, transpose_p(ones_p(params=(self.batch,))))


def _extent(place: str, n: int | str) -> Size:
    """A letter of the file, or our own for a number."""
    return size(n) if isinstance(n, str) else size(place)


def _alike(data: Data) -> list[int]:
    """For each layer the first one that has as many units because weights are shared, or used at every step."""
    first = [0, *data.layers]

    def root(k: int) -> int:
        return k if first[k] == k else root(first[k])

    for k in data.layers:
        owner = data.owner(k)
        for a, b in ((k, owner), (k - 1, owner - 1)):
            low, high = sorted((root(a), root(b)))
            first[high] = low
    return [root(k) for k in range(len(first))]
