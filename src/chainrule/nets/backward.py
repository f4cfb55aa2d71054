"""The formulas of backpropagation for a network, each derived by the engine from one layer and the next.

No chain rule is written here: δ of a stage is the gradient of Σ ⟨δ, z⟩ over the stages that read it, δ held fixed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from chainrule.core.expr import Expr, Var
from chainrule.core.graph import replace
from chainrule.explain.derive import grad
from chainrule.nets.network import Network
from chainrule.nets.stages import Stage
from chainrule.nets.writer import textbook
from chainrule.primitives.arithmetic import add_p
from chainrule.primitives.functions import table


@dataclass(frozen=True, eq=False)
class Backward:
    """Formulas for δ, for the gradients of the parameters, and for those of what each stage reads."""

    net: Network

    @cached_property
    def delta(self) -> dict[Stage, Expr]:
        """δ = ∂C/∂z of every stage, the last one first: from the loss, or from the δ of the stages that read it."""
        out: dict[Stage, Expr] = {}
        for s in reversed(self.net.stages):
            formula = grad(self.seen_from(s), s.z)
            assert isinstance(formula, Expr)
            out[s] = self.named(s, formula)
        return out

    def seen_from(self, s: Stage) -> Expr:
        """The scalar whose gradient by z is δ: the loss of a = σ(z), or Σ ⟨δ, z⟩ over the stages that read a."""
        total: Expr | None = None
        if s is self.net.stages[-1]:
            total = replace(self.net.loss, {s.a: s.out})
        for reader in self.readers(s):
            term = _paired(reader.delta, replace(reader.net, {s.a: s.out}))
            total = term if total is None else add_p(total, term)
        assert total is not None
        return total

    def readers(self, s: Stage) -> list[Stage]:
        """The stages that read the output of a stage."""
        return self.readers_of(s.a)

    def readers_of(self, v: Var) -> list[Stage]:
        """The stages that read a variable."""
        return [r for r in self.net.stages if v in r.reads]

    def named(self, s: Stage, formula: Expr) -> Expr:
        """A formula with σ(z) called a again, in the order in which it is written by hand."""
        return textbook(replace(formula, {s.out: s.a}))

    @cached_property
    def parameters(self) -> dict[str, Expr]:
        """∂C/∂W, ∂C/∂U and ∂C/∂b: sums over the stages that use them, and what the regularisation adds."""
        return {name: self._summed(v) for name, v in self.net.parameters.items()}

    def _summed(self, v: Var) -> Expr:
        total = self.linear(v)
        if self.net.penalty is not None and v in self.net.penalty.variables:
            total = add_p(total, self.net.penalty)
        found = grad(total, v)
        assert isinstance(found, Expr)
        return textbook(found)

    def linear(self, v: Var) -> Expr:
        """Σ ⟨δ, z⟩ over the stages whose z depends on a variable."""
        return _total(_paired(s.delta, s.net) for s in self.net.stages if v in s.net.variables)

    @cached_property
    def inputs(self) -> dict[Stage, Expr]:
        """∂C/∂(what the stage reads), through this stage alone: Wᵀ δ."""
        out: dict[Stage, Expr] = {}
        for s in self.net.stages:
            found = grad(_paired(s.delta, s.net), s.reads[0])
            assert isinstance(found, Expr)
            out[s] = found
        return out


def _paired(delta: Var, z: Expr) -> Expr:
    return table["sum"](delta * z)


def _total(parts: Iterable[Expr]) -> Expr:
    total: Expr | None = None
    for e in parts:
        total = e if total is None else add_p(total, e)
    assert total is not None
    return total
