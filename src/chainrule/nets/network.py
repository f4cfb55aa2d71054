"""A network as expressions of the engine: each stage a net input z and an output a, and a loss at the end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chainrule.core.expr import Expr, Shape, Var, const, intern
from chainrule.core.graph import replace
from chainrule.core.size import Size, size
from chainrule.errors import NetworkError
from chainrule.nets import losses, spec as files
from chainrule.nets.activations import activate, plain
from chainrule.nets.spec import LayerSpec, Spec
from chainrule.primitives.arithmetic import add_p, matmul_p, mul_p, transpose_p
from chainrule.primitives.functions import table
from chainrule.primitives.linalg import ones_p

if TYPE_CHECKING:
    from chainrule.nets.work import Worked

Rows = list[list[Fraction]]


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


@dataclass(frozen=True, eq=False)
class Network:
    """A feedforward or unrolled recurrent network with a loss, with numbers or with sizes alone.

    Examples:
        >>> net = Network.parse('''
        ... input = [1, 1]
        ... target = [3]
        ... learning_rate = 0.1
        ... [[layer]]
        ... weights = [[1, 2]]
        ... ''')
        >>> net.sizes
        [2, 1]
        >>> net.work().steps[0].loss_before
        Fraction(0, 1)
    """

    spec: Spec
    name: str = "the network"
    scripts: dict[str, tuple[str, str]] = field(default_factory=dict[str, tuple[str, str]])

    # ------------------------------------------------------------ making one

    @classmethod
    def load(cls, path: str | Path) -> Network:
        """The network in a TOML file.

        Raises:
            NetworkError: the file is not there, is no TOML, or says what cannot be.
        """
        return cls(files.load(path), Path(path).name).checked()

    @classmethod
    def parse(cls, text: str) -> Network:
        """The network in a TOML text."""
        return cls(files.parse(text)).checked()

    @classmethod
    def of(cls, **keys: Any) -> Network:
        """The network with the keys of a network file: `Network.of(inputs=2, layer=[{"units": 3}], loss="mse")`."""
        return cls(files.read(keys)).checked()

    def checked(self) -> Network:
        """The network itself, all of its shapes looked at.

        Raises:
            NetworkError: a shape does not fit its neighbours, or something is missing.
        """
        if not self.spec.layer:
            raise NetworkError(f"{self.name} has no layers", hint="[[layer]] with weights, or with units")
        _ = self.widths, self.numeric, self.loss
        return self

    # ------------------------------------------------------------ sizes and values

    @cached_property
    def steps(self) -> int:
        """Time steps of the recurrent layers; 0 where there are none."""
        return max((l.unroll or 0 for l in self.spec.layer), default=0)

    @cached_property
    def inputs(self) -> list[Rows] | None:
        """The input, features × samples: one matrix, or one for each time step."""
        given = self.spec.input
        if given is None:
            return None
        columns = [_turned(m) if self.spec.orientation == "rows" else m for m in given]
        if len(columns) > 1 and len(columns) != self.steps:
            raise NetworkError(f"the input has {len(columns)} time steps, and the layers unroll {self.steps or 'none'}")
        shapes = {(len(m), len(m[0])) for m in columns}
        if len(shapes) > 1:
            raise NetworkError(f"the time steps of the input have different shapes: {sorted(shapes)}")
        return columns

    @cached_property
    def target(self) -> Rows | None:
        """The targets, outputs × samples; labels become one-hot columns."""
        labels, given = self.spec.labels, self.spec.target
        if labels is not None and given is not None:
            raise NetworkError("target and labels say the same thing: one of them")
        classes = self._units(len(self.spec.layer))
        if labels is not None:
            if not isinstance(classes, int):
                raise NetworkError("labels need a last layer with a number of units")
            return _onehot(labels, classes)
        if given is None:
            return None
        turned = _turned(given) if self.spec.orientation == "rows" else given
        found = self._as_labels(turned, classes)
        return turned if found is None or not isinstance(classes, int) else _onehot(found, classes)

    def _as_labels(self, target: Rows, classes: int | str | None) -> list[int] | None:
        """The classes of the samples, where a loss of distributions is given one whole number a sample."""
        kind, flat = self.loss_kind, [x for row in target for x in row]
        shape, whole = (len(target), len(target[0])), all(x.denominator == 1 and x >= 0 for x in flat)
        line = 1 in shape and len(flat) == self.samples and shape != (classes, self.samples)
        distribution = kind is not None and kind.target == "distribution"
        return [int(x) for x in flat] if distribution and whole and line and classes != 1 else None

    @cached_property
    def samples(self) -> int | str:
        """How many samples the batch has: 1 where nothing is said."""
        if self.inputs is not None:
            return len(self.inputs[0][0])
        return self.spec.samples or 1

    @cached_property
    def widths(self) -> list[int | str]:
        """The number of inputs, then the number of units of each layer.

        Raises:
            NetworkError: weights or biases do not fit.
        """
        first: int | str | None = len(self.inputs[0]) if self.inputs else self.spec.inputs
        layers = self.spec.layer
        if first is None:
            first = self._columns(1)
        if first is None:
            raise NetworkError("the input is missing", hint="input = [[1], [1]], or inputs = 2 for formulas alone")
        found = [first]
        for k, layer in enumerate(layers, 1):
            found.append(self._checked_units(k, layer, found[-1]))
        return found

    def _columns(self, k: int) -> int | None:
        weights = self._owner(k).weights
        return len(weights[0]) if weights else None

    def _owner(self, k: int) -> LayerSpec:
        return self.spec.layer[self.owner(k) - 1]

    def owner(self, k: int) -> int:
        """The layer whose parameters layer k uses: itself, or the one that it shares with.

        Raises:
            NetworkError: it names a layer that cannot be.
        """
        share = self.spec.layer[k - 1].share
        if share is None:
            return k
        if share > len(self.spec.layer) or share == k or self.spec.layer[share - 1].share is not None:
            raise NetworkError(f"layer {k} shares the weights of layer {share}, which has none of its own")
        return share

    def _units(self, k: int) -> int | str | None:
        own = self._owner(k)
        return len(own.weights) if own.weights else own.units

    def _checked_units(self, k: int, layer: LayerSpec, before: int | str) -> int | str:
        own = self._owner(k)
        if layer.share is not None and (layer.weights or layer.bias or layer.units):
            raise NetworkError(f"layer {k} shares layer {layer.share}: it has no weights, bias or units of its own")
        units = self._units(k)
        if units is None:
            raise NetworkError(f"layer {k} has neither weights nor units", hint="weights = [[1, 2], [3, 4]]; units = 2")
        if own.weights is not None:
            rows, columns = len(own.weights), len(own.weights[0])
            source = "the input has" if k == 1 else f"layer {k - 1} has"
            what = "features" if k == 1 else "units"
            if columns != before:
                fits = f"{rows} × {before} would fit"
                if rows == before and columns != before:
                    fits += "; is it transposed?"
                raise NetworkError(
                    f"layer {k}: weights of shape {rows} × {columns} do not fit: {source} {before} {what}", hint=fits
                )
            if own.units is not None and own.units != rows:
                raise NetworkError(f"layer {k}: weights of {rows} rows, and units = {own.units}")
        if isinstance(own.bias, list) and len(own.bias) != units:
            raise NetworkError(f"layer {k}: a bias of {len(own.bias)} numbers, and {units} units")
        if own.recurrent is not None and (len(own.recurrent) != units or len(own.recurrent[0]) != units):
            shape = f"{len(own.recurrent)} × {len(own.recurrent[0])}"
            raise NetworkError(f"layer {k}: recurrent weights of shape {shape}, and {units} units",
                               hint=f"{units} × {units} would fit")  # fmt: skip
        if own.recurrent is not None and layer.unroll is None:
            raise NetworkError(f"layer {k} has recurrent weights and no number of time steps", hint="unroll = 3")
        if layer.unroll is not None and layer.unroll != self.steps:
            raise NetworkError(f"layer {k} unrolls {layer.unroll} time steps, another layer {self.steps}")
        return units

    @property
    def sizes(self) -> list[int | str]:
        """The number of inputs, then the units of each layer."""
        return self.widths

    @cached_property
    def numeric(self) -> bool:
        """Whether it has numbers to work with: an input, targets, and weights everywhere."""
        have = [own.weights is not None for own in map(self._owner, range(1, len(self.spec.layer) + 1))]
        if self.inputs is None and not any(have):
            return False
        missing = [f"the weights of layer {k}" for k, has in enumerate(have, 1) if not has]
        if self.inputs is None:
            missing.append("input")
        if self.target is None:
            missing.append("target")
        missing += [
            f"the recurrent weights of layer {k}"
            for k, layer in enumerate(self.spec.layer, 1)
            if layer.unroll and self._owner(k).recurrent is None
        ]
        if missing:
            raise NetworkError(f"numbers are missing: {', '.join(missing)}",
                               hint="all of them, or sizes alone (inputs, units) for the formulas")  # fmt: skip
        return True

    def values(self) -> dict[str, Any]:
        """The numbers of all variables by name: parameters, input and targets."""
        out: dict[str, Any] = {}
        single = self.samples == 1
        for n, m in enumerate(self.inputs or [], 1):
            out[self._input_name(n)] = [row[0] for row in m] if single else m
        for k in range(1, len(self.spec.layer) + 1):
            own = self._owner(k)
            if self.owner(k) == k:
                out[f"W{k}"] = own.weights
                if isinstance(own.bias, list):
                    out[f"b{k}"] = own.bias
                if own.recurrent is not None:
                    out[f"U{k}"] = own.recurrent
        assert self.target is not None
        out["t"] = [row[0] for row in self.target] if single else self.target
        return out

    @property
    def learning_rate(self) -> Fraction:
        """η, which a worked example needs.

        Raises:
            NetworkError: the file does not say it, or says it twice.
        """
        own, nested = self.spec.learning_rate, self.spec.update.learning_rate
        if own is not None and nested is not None:
            raise NetworkError("learning_rate is said twice: at the top and in [update]")
        rate = nested if own is None else own
        if rate is None:
            raise NetworkError("the learning rate is missing", hint='learning_rate = "1/100"')
        return rate

    @property
    def momentum(self) -> Fraction:
        """μ of the momentum rule.

        Raises:
            NetworkError: the rule is momentum, and the file does not say how much.
        """
        found = self.spec.update.momentum
        if found is None:
            raise NetworkError("update: the rule is momentum, and momentum is missing", hint='momentum = "9/10"')
        return found

    # ------------------------------------------------------------ expressions

    def _extent(self, place: str, n: int | str) -> Size:
        return size(n) if isinstance(n, str) else size(place)

    @cached_property
    def batch(self) -> Size | None:
        """The size of the batch, None for one sample."""
        return None if self.samples == 1 else self._extent("N", self.samples)

    @cached_property
    def _alike(self) -> list[int]:
        """For each layer the first one that has as many units because weights are shared."""
        first = list(range(len(self.spec.layer) + 1))

        def root(k: int) -> int:
            return k if first[k] == k else root(first[k])

        for k in range(1, len(first)):
            owner = self.owner(k)
            for a, b in ((k, owner), (k - 1, owner - 1)):
                low, high = sorted((root(a), root(b)))
                first[high] = low
        return [root(k) for k in range(len(first))]

    def shape(self, layer: int) -> Shape:
        """The shape of the outputs of a layer; layer 0 is the input."""
        same = self._alike[layer]
        units = self._extent(f"n{same}", self.widths[same])
        return (units,) if self.batch is None else (units, self.batch)

    def _var(self, name: str, shape: Shape, base: str, script: str) -> Var:
        self.scripts[name] = (base, script)
        return intern(Var, name, shape, frozenset[str](), None)

    def _input_name(self, step: int) -> str:
        return "a0" if self.inputs is None or len(self.inputs) == 1 else f"a0_{step}"

    @cached_property
    def parameters(self) -> dict[str, Var]:
        """The weights and biases by name, each once: W1, U1 (recurrent), b1, W2, …"""
        out: dict[str, Var] = {}
        for k in range(1, len(self.spec.layer) + 1):
            if self.owner(k) != k:
                continue
            own = self.spec.layer[k - 1]
            rows, columns = self.shape(k)[0], self.shape(k - 1)[0]
            out[f"W{k}"] = self._var(f"W{k}", (rows, columns), "W", str(k))
            if own.unroll is not None:
                out[f"U{k}"] = self._var(f"U{k}", (rows, rows), "U", str(k))
            if self.has_bias(k):
                out[f"b{k}"] = self._var(f"b{k}", (rows,), "b", str(k))
        return out

    def has_bias(self, k: int) -> bool:
        """Whether a layer adds a bias: it says so, or has units alone and does not refuse one."""
        own = self._owner(k)
        if own.bias is None:
            return own.weights is None
        return own.bias is not False

    @cached_property
    def stages(self) -> tuple[Stage, ...]:
        """Every use of a layer in the order of the forward pass."""
        given = [self._var(self._input_name(n), self.shape(0), "a", "0" if n == 0 else f"0,{n}")
                 for n in ([0] if self._input_name(1) == "a0" else range(1, self.steps + 1))]  # fmt: skip
        sequence: list[Var] = given
        out: list[Stage] = []
        for k, layer in enumerate(self.spec.layer, 1):
            if layer.unroll is None:
                stage = self._stage(k, 0, sequence[-1], None)
                out.append(stage)
                sequence = [stage.a]
                continue
            state: Var | None = None
            reached: list[Var] = []
            for step in range(1, layer.unroll + 1):
                stage = self._stage(k, step, sequence[min(step, len(sequence)) - 1], state)
                out.append(stage)
                state = stage.a
                reached.append(stage.a)
            sequence = reached
        return tuple(out)

    def _stage(self, k: int, step: int, source: Var, state: Var | None) -> Stage:
        owner = self.owner(k)
        tail, script = (f"{k}_{step}", f"{k},{step}") if step else (str(k), str(k))
        shape = self.shape(k)
        z = self._var(f"z{tail}", shape, "z", script)
        a = self._var(f"a{tail}", shape, "a", script)
        delta = self._var(f"delta{tail}", shape, "delta", script)
        net: Expr = matmul_p(self.parameters[f"W{owner}"], source)
        if state is not None:
            net = add_p(net, matmul_p(self.parameters[f"U{owner}"], state))
        if self.has_bias(k):
            net = add_p(net, self.repeated(self.parameters[f"b{owner}"]))
        layer = self.spec.layer[k - 1]
        out = activate(layer.activation, z, layer.beta, f"layer {k}")
        return Stage(k, step, owner, z, a, delta, net, out, (source,) if state is None else (source, state))

    def repeated(self, b: Expr) -> Expr:
        """A bias, or b 𝟏ᵀ: a column for each sample."""
        return b if self.batch is None else matmul_p(b, transpose_p(ones_p(params=(self.batch,))))

    @cached_property
    def loss_kind(self) -> losses.Loss | None:
        """The loss by its name, None if it is written as an expression."""
        return losses.find(self.spec.loss)

    @cached_property
    def t(self) -> Var:
        """The targets as a variable, with the facts that their values have."""
        return losses.target_variable(self.loss_kind, self.shape(len(self.widths) - 1), self.target)

    @cached_property
    def loss(self) -> Expr:
        """The loss as an expression of the last output and the targets.

        Raises:
            NetworkError: there is no such loss, or the targets do not fit it.
        """
        last = self.stages[-1]
        if self.target is not None:
            rows, columns = len(self.target), len(self.target[0])
            if rows != self.widths[-1] or (self.inputs is not None and columns != self.samples):
                raise NetworkError(
                    f"the targets are {rows} × {columns}, the outputs {self.widths[-1]} × {self.samples}",
                    hint='features × samples, or orientation = "rows" for samples × features',
                )
            if self.loss_kind is not None:
                activation = self.spec.layer[-1].activation
                losses.check_target(self.loss_kind, self.target, len(self.target), plain(activation))
        found, _ = losses.expression(self.spec.loss, last.a, self.t, self.batch, self.spec.reduction, self.spec.delta)
        return found

    @cached_property
    def reduction(self) -> str:
        """How the loss treats the samples: "mean", "sum" or "as written"."""
        kind = self.loss_kind
        return "as written" if kind is None else self.spec.reduction or kind.reduction

    @cached_property
    def penalty(self) -> Expr | None:
        """What the regularisation adds: λ₁ Σ|w| + ½ λ₂ Σ w² over the weights."""
        l1, l2 = self.spec.regularisation.l1, self.spec.regularisation.l2
        total: Expr | None = None
        for name, w in self.parameters.items():
            if name.startswith("b"):
                continue
            for factor, body in ((l1, table["abs"](w)), (l2 / 2, w**2)):
                if factor:
                    term = mul_p(const(factor), table["sum"](body))
                    total = term if total is None else add_p(total, term)
        return total

    @cached_property
    def cost(self) -> Expr:
        """The loss with the regularisation as one expression of parameters, input and targets."""
        done: dict[Expr, Expr] = {}
        for s in self.stages:
            net = replace(s.net, done)
            done[s.a] = replace(s.out, {s.z: net})
        total = replace(self.loss, done)
        return total if self.penalty is None else add_p(total, self.penalty)

    # ------------------------------------------------------------ what it does

    def work(self, steps: int = 1, floats: bool = False) -> Worked:
        """The whole of backpropagation in exact numbers: forward, δ, gradients and updates; with `floats` in NumPy.

        Raises:
            NetworkError: numbers are missing.
        """
        from chainrule.nets.work import worked

        return worked(self, steps, floats)


def _onehot(labels: Sequence[int], classes: int) -> Rows:
    if max(labels) >= classes:
        raise NetworkError(f"label {max(labels)} is none of the {classes} classes 0 … {classes - 1}")
    return [[Fraction(c == label) for label in labels] for c in range(classes)]


def _turned(m: Rows) -> Rows:
    return [list(column) for column in zip(*m, strict=True)]


def given(net: Network) -> Mapping[str, Var]:
    """The variables that a network is given: parameters, input and targets."""
    first = {v.name: v for s in net.stages for v in s.reads if v.name.startswith("a0")}
    return {**net.parameters, **first, net.t.name: net.t}
