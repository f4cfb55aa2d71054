"""A network as expressions of the engine, in Python and from a file: layers, a loss at the end, and how it learns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chainrule.core.expr import Expr, Var, const
from chainrule.core.graph import replace
from chainrule.core.size import Size
from chainrule.errors import NetworkError
from chainrule.nets import losses, spec as files
from chainrule.nets.activations import plain
from chainrule.nets.data import Data
from chainrule.nets.orientation import Rows
from chainrule.nets.spec import Spec
from chainrule.nets.stages import Stage, Stages
from chainrule.primitives.arithmetic import add_p, mul_p
from chainrule.primitives.functions import table

if TYPE_CHECKING:
    from chainrule.nets.work import Worked


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

    def with_numbers(self, **keys: Any) -> Network:
        """A network of the same layers with the keys of another file; the two share their expressions."""
        other = Network(files.read(keys), self.name)
        other.__dict__["parts"] = self.parts  # what is worked out once: see `parts`
        return other.checked()

    def checked(self) -> Network:
        """The network itself, all of its shapes looked at.

        Raises:
            NetworkError: a shape does not fit its neighbours, or something is missing.
        """
        if self.any_depth:
            said = self.spec.model_fields_set - {"layers", "samples", "title"}
            if said:
                raise NetworkError(
                    f"{self.name}: layers = {self.spec.layers} is for any layers and loss, and {min(said)} is given",
                    hint="layers alone (samples and title may stand with it), or no layers",
                )
            return self
        if not self.spec.layer:
            raise NetworkError(f"{self.name} has no layers", hint="[[layer]] with weights, or with units")
        update = self.spec.update
        if update.momentum is not None and update.rule != "momentum":
            raise NetworkError("update: momentum is given, and the rule is gradient descent", hint='rule = "momentum"')
        _ = self.sizes, self.numeric, self.loss
        return self

    # ------------------------------------------------------------ sizes and values

    @cached_property
    def any_depth(self) -> bool:
        """Whether it stands for networks of any depth, with no layers of its own."""
        return self.spec.layers is not None

    @cached_property
    def data(self) -> Data:
        """What the file gives."""
        return Data(self.spec, self.name)

    @property
    def sizes(self) -> list[int | str]:
        """The number of inputs, then the units of each layer."""
        return self.data.widths

    @property
    def steps(self) -> int:
        """Time steps of the recurrent layers; 0 where there are none."""
        return self.data.steps

    @property
    def samples(self) -> int | str:
        """How many samples the batch has: 1 where nothing is said."""
        return self.data.samples

    @property
    def target(self) -> Rows | None:
        """The targets, outputs × samples; labels are one-hot columns."""
        return self.data.target

    @property
    def numeric(self) -> bool:
        """Whether it has numbers to work with."""
        return not self.any_depth and self.data.numeric

    def values(self) -> Mapping[str, Any]:
        """The numbers of all variables by name: parameters, input and targets; of one sample as vectors."""
        return self.data.values()

    @property
    def learning_rate(self) -> Fraction:
        """η, which a worked example needs.

        Raises:
            NetworkError: the file does not say it, or says it twice.
        """
        own, nested = self.spec.learning_rate, self.spec.update.learning_rate
        if own is not None and nested is not None:
            raise NetworkError("learning_rate is said twice: at the top and in [update]", hint="one of them")
        rate = nested if own is None else own
        if rate is None:
            raise NetworkError("the learning rate is missing", hint='learning_rate = "1/100"')
        return rate

    @property
    def momentum(self) -> Fraction:
        """μ of the momentum rule; 0 for gradient descent.

        Raises:
            NetworkError: the rule is momentum, and the file does not say how much.
        """
        found = self.spec.update.momentum
        if found is None and self.spec.update.rule == "momentum":
            raise NetworkError("update: the rule is momentum, and momentum is missing", hint='momentum = "9/10"')
        return found or Fraction(0)

    # ------------------------------------------------------------ expressions

    @cached_property
    def parts(self) -> Stages:
        """Its variables, and every use of a layer.

        Raises:
            NetworkError: it has no layers of its own.
        """
        if self.any_depth:
            raise NetworkError(
                f"{self.name} is for any depth: it has no layers of its own", hint="[[layer]] with units"
            )
        return Stages(self.data)

    @property
    def stages(self) -> tuple[Stage, ...]:
        """Every use of a layer in the order of the forward pass."""
        return self.parts.sequence

    @property
    def parameters(self) -> Mapping[str, Var]:
        """The weights and biases by name, each once: W1, U1 (recurrent), b1, W2, …"""
        return self.parts.parameters

    @property
    def batch(self) -> Size | None:
        """The size of the batch, None for one sample."""
        return self.parts.batch

    @property
    def given(self) -> Mapping[str, Var]:
        """The variables that it is given: parameters, inputs and targets."""
        return {**self.parameters, **{v.name: v for v in self.parts.inputs}, self.t.name: self.t}

    @property
    def scripts(self) -> Mapping[str, tuple[str, str]]:
        """For each variable the letter and the superscript that it is written with."""
        return self.parts.scripts

    @cached_property
    def loss_kind(self) -> losses.Loss | None:
        """The loss by its name, None if it is written as an expression."""
        return losses.find(self.spec.loss)

    @cached_property
    def t(self) -> Var:
        """The targets as a variable, with the facts that their values have."""
        return losses.target_variable(self.loss_kind, self.parts.shape(len(self.sizes) - 1), self.target)

    @cached_property
    def loss(self) -> Expr:
        """The loss as an expression of the last output and the targets.

        Raises:
            NetworkError: there is no such loss, or the targets or the last activation do not fit it.
        """
        spec, last, kind = self.spec, self.stages[-1], self.loss_kind
        if kind is None:
            return losses.written(spec.loss, last.a, self.t, self.batch, spec.reduction, spec.delta)
        losses.check(kind, self.target, self.sizes[-1], plain(spec.layer[-1].activation))
        return losses.named(kind, last.a, self.t, self.batch, self.reduction, spec.delta, self.target)

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
    def objective(self) -> Expr:
        """The loss with the regularisation, of the last output, the targets and the weights."""
        return self.loss if self.penalty is None else add_p(self.loss, self.penalty)

    @cached_property
    def cost(self) -> Expr:
        """The loss with the regularisation as one expression of parameters, input and targets."""
        done: dict[Expr, Expr] = {}
        for s in self.stages:
            net = replace(s.net, done)
            done[s.a] = replace(s.out, {s.z: net})
        return replace(self.objective, done)

    # ------------------------------------------------------------ what it does

    def work(self, steps: int = 1, floats: bool = False) -> Worked:
        """The whole of backpropagation in exact numbers: forward, δ, gradients and updates; with `floats` in NumPy.

        Raises:
            NetworkError: numbers are missing.
        """
        from chainrule.nets.work import worked

        return worked(self, steps, floats)
