"""The formulas of a network as blocks of a page: forward equations, error signals, gradients, update, each derived."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace as changed

from chainrule.core.expr import Apply, Expr, Var
from chainrule.core.graph import replace
from chainrule.explain.derivation import Derivation
from chainrule.explain.derive import derive
from chainrule.nets.backward import Backward
from chainrule.nets.network import Network
from chainrule.nets.numerals import number
from chainrule.nets.stages import Stage
from chainrule.nets.writer import BECOMES, EQUALS, MINUS, PLUS, C, Writer
from chainrule.pages.document import Block, Details, Equations, Row
from chainrule.pages.math import Math
from chainrule.primitives.opaque import OpaqueFunction


class Formulas:
    """Writes the formulas of one network."""

    def __init__(self, net: Network, backward: Backward | None = None) -> None:
        self.net, self.backward = net, backward or Backward(net)
        self.write = Writer(net.scripts)

    # ------------------------------------------------------------ equations

    def forward(self) -> Equations:
        """z and a of every stage, and the loss."""
        rows: list[Row] = []
        for s in self.net.stages:
            rows.append(Row(Math.row(self.write.name(s.z), EQUALS, self.write.of(s.net)), _where(s)))
            rows.append(
                Row(
                    Math.row(self.write.name(s.a), EQUALS, self.write.of(s.out)),
                    self.net.spec.layer[s.layer - 1].activation,
                )
            )
        rows.append(Row(Math.row(C, EQUALS, self.cost()), self.loss_words()))
        return Equations(tuple(rows))

    def cost(self) -> Math:
        """The loss, with the regularisation, as a formula of the last output."""
        parts = [self.write.of(self.net.loss)]
        if self.net.penalty is not None:
            parts += [PLUS, self.write.of(self.net.penalty)]
        return Math.row(*parts)

    def loss_words(self) -> str:
        """The name of the loss, and what is done with the samples."""
        kind = self.net.loss_kind
        words = "the loss" if kind is None else kind.name
        if self.net.batch is not None and kind is not None:
            words += f"; {self.net.reduction} over the samples"
        return words + ("; with regularisation" if self.net.penalty is not None else "")

    def errors(self) -> Equations:
        """δ of every stage, the last one first."""
        rows = [
            Row(
                Math.row(self.write.name(s.delta), EQUALS, self.write.slope(s.z), EQUALS, self.write.of(e)),
                self._error_words(s),
            )
            for s, e in self.backward.delta.items()
        ]
        return Equations(tuple(rows))

    def _error_words(self, s: Stage) -> str:
        if s is self.net.stages[-1]:
            return "from the loss"
        readers = self.backward.readers(s)
        return " and ".join(f"from {_place(r)}" for r in readers)

    def gradients(self) -> Equations:
        """The gradients of the parameters."""
        return Equations(
            tuple(
                Row(Math.row(self.write.slope(n), EQUALS, self.write.of(e)))
                for n, e in self.backward.parameters.items()
            )
        )

    def updates(self) -> Equations:
        """How each parameter changes, all at once."""
        eta, rule = Math.name("eta"), self.net.spec.update
        rows: list[Row] = []
        for n in self.net.parameters:
            step, w = self.write.slope(n), self.write.name(n)
            if rule.weight_decay and not n.startswith("b"):
                step = Math.row(step, PLUS, Math.scaled(number(rule.weight_decay), w))
            if rule.rule == "momentum":
                v = self.velocity(n)
                rows.append(Row(Math.row(v, BECOMES, Math.name("mu"), v, PLUS, step), "0 at the start"))
                step = v
            elif step.parts:
                step = Math.bracket(step)
            rows.append(Row(Math.row(w, BECOMES, w, MINUS, eta, step)))
        return Equations(tuple(rows))

    def velocity(self, name: str) -> Math:
        """What momentum keeps of a parameter's gradients."""
        return Math.sub(Math.name("v"), self.write.name(name))

    # ------------------------------------------------------------ derivations

    def derivations(self) -> Iterator[Block]:
        """How each formula comes about, folded."""
        for s in self.backward.delta:
            yield self.error_derivation(s)
        for n in self.net.parameters:
            yield self.gradient_derivation(n)

    def error_derivation(self, s: Stage) -> Details:
        """The steps to δ of a stage, from C as an unknown function of the net inputs that follow."""
        last = s is self.net.stages[-1]
        formula = self.backward.delta[s]
        if last:
            d = derive(replace(self.net.loss, {s.a: s.out}), s.z)
            d = changed(d, hints={s.out: s.a.name} if isinstance(s.out, Apply) else {})
        else:
            d = self._unknown(self.backward.readers(s), {s.a: s.out}, s.z)
            if isinstance(s.out, Apply):
                d = changed(d, hints={**(d.hints or {}), s.out: s.a.name})
        end = Row(Math.row(self.write.name(s.delta), EQUALS, self.write.of(formula)), "" if last else self._named(s))
        return self.write.details(f"Why δ of layer {s.label} is this", d, end)

    def gradient_derivation(self, name: str) -> Details:
        """The steps to the gradient of a parameter."""
        v = self.net.parameters[name]
        users = [s for s in self.net.stages if v in s.net.variables]
        d = self._unknown(users, {}, v)
        end = Row(
            Math.row(self.write.slope(name), EQUALS, self.write.of(self.backward.parameters[name])), self._called(users)
        )
        base, script = self.net.scripts[name]
        return self.write.details(f"Why the gradient of {base} in layer {script} is this", d, end)

    def _unknown(self, readers: Sequence[Stage], values: dict[Expr, Expr], by: Var) -> Derivation:
        """The derivative of C, an unknown function of the net inputs of some stages, by a variable."""
        total: Expr | None = None
        names: dict[Expr, str] = {}
        for r in readers:
            z = replace(r.net, values)
            names[z] = r.z.name
            fn = OpaqueFunction("C", tuple(z.shape), (), False)
            term = fn(z)
            total = term if total is None else total + term
        assert total is not None
        return changed(derive(total, by), hints=names)

    def _named(self, s: Stage) -> str:
        return self._called(self.backward.readers(s))

    def _called(self, stages: Sequence[Stage]) -> str:
        return ", ".join(f"δ{_raised(r)} = ∂C/∂z{_raised(r)}" for r in stages)


def _raised(s: Stage) -> str:
    return f"^({s.label})" if s.step else s.label.translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))


def _place(s: Stage) -> str:
    return f"layer {s.layer}" + (f" at time {s.step}" if s.step else "")


def _where(s: Stage) -> str:
    return _place(s) + (f", with the weights of layer {s.owner}" if s.owner != s.layer else "")
